"""Peers for tests, one of each for a whole run; factories for tests that disturb theirs.

A peer that is not installed skips the test; with `TANGOTERM_PEERS=required` in the environment it fails it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from socket import gethostname
from typing import Any, NamedTuple

import pytest

from tests.peers.client import PyTangoClient
from tests.peers.process import LOOPBACK, Server, environment

REQUIRED = os.environ.get("TANGOTERM_PEERS") == "required"
"""Read before the tests get an environment of their own."""
CPP_SERVERS = Path("/usr/lib/tango")
SERVE = Path(__file__).with_name("serve.py")

Devices = Sequence[tuple[str, str]]
"""Names of devices and their classes."""
ALL_TYPES: Devices = (("test/alltypes/1", "AllTypes"), ("test/alltypes/2", "AllTypes"))
TANGO_TEST: Devices = (("sys/tg_test/1", "TangoTest"),)


def missing(peer: str) -> Any:
    """The peer is not installed."""
    (pytest.fail if REQUIRED else pytest.skip)(f"{peer} is not installed")


def need_module(module: str, peer: str) -> None:
    """Skip without a Python package."""
    if find_spec(module) is None:
        missing(peer)


def need_program(name: str, peer: str) -> str:
    """The path of a C++ server; skip without it."""
    program = CPP_SERVERS / name
    if not program.exists():
        missing(peer)
    return str(program)


class Peers:
    """Starts peers; all of them end with `close`, the last one first."""

    def __init__(self, directories: pytest.TempPathFactory) -> None:
        self._directories = directories
        self._ends = ExitStack()

    def directory(self, name: str) -> Path:
        """A new directory."""
        return self._directories.mktemp(name)

    def ends_with(self, server: Server) -> None:
        """End a server when the others end."""
        self._ends.callback(server.kill)

    def environment(self, **variables: str) -> dict[str, str]:
        """An environment with a home of its own."""
        return environment(self._directories.mktemp("peer_home"), **variables)

    def server(self, command: Callable[[int], Sequence[str]], **variables: str) -> Server:
        """A server process."""
        server = Server(command, self.directory("peer"), self.environment(**variables))
        self.ends_with(server)
        return server

    def pytango_client(self, host: str = "", **variables: str) -> PyTangoClient:
        """A PyTango client; `host` is its TANGO_HOST."""
        need_module("tango", "PyTango")
        client = PyTangoClient(self.environment(**({"TANGO_HOST": host} if host else {}), **variables))
        self._ends.callback(client.close)
        return client

    def database(self) -> Database:
        """`PyDatabaseds` with a new file."""
        need_module("tango", "PyTango")
        need_module("databaseds", "pytango-db")
        database = Database(self, self.directory("peer_database"))
        self.ends_with(database)
        return database

    def our_database(self) -> OurDatabase:
        """`tangoterm database` with a new file."""
        database = OurDatabase(self, self.directory("our_database"))
        self.ends_with(database)
        return database

    def pytango_server(
        self,
        server: str = "AllTypes",
        devices: Devices = ALL_TYPES,
        database: Database | None = None,
        instance: str = "pytango",
        options: Sequence[str] = (),
        **variables: str,
    ) -> Server:
        """A PyTango server of `servers/SERVER.py`, without a database or with one, where its devices get defined."""
        need_module("tango", "PyTango")
        command = [sys.executable, str(SERVE), "tango", server]
        return self._device_server(command, instance, devices, database, options, variables)

    def our_server(
        self,
        server: str = "AllTypes",
        devices: Devices = ALL_TYPES,
        database: Database | None = None,
        instance: str = "ours",
        options: Sequence[str] = (),
        **variables: str,
    ) -> Server:
        """The same devices served by `server_core`."""
        command = [sys.executable, str(SERVE), "server_core", server]
        return self._device_server(command, instance, devices, database, options, variables)

    def tango_test(
        self, database: Database | None = None, instance: str = "cpp", devices: Devices = TANGO_TEST, **variables: str
    ) -> Server:
        """The C++ TangoTest."""
        command = [need_program("TangoTest", "tango-test")]
        return self._device_server(command, instance, devices, database, (), variables)

    def starter(self, database: Database, directory: Path = CPP_SERVERS) -> Server:
        """The C++ Starter of this host, which starts the programs in a directory."""
        return self._starter([need_program("Starter", "tango-starter")], database, directory)

    def our_starter(self, database: Database, directory: Path) -> Server:
        """The same of `server_core`."""
        return self._starter([sys.executable, "-m", "server_core.devices", "Starter"], database, directory)

    def _starter(self, command: Sequence[str], database: Database, directory: Path) -> Server:
        host = gethostname().split(".")[0]
        devices = [(f"tango/admin/{host}", "Starter")]
        logs = str(self.directory("starter_logs"))
        database.put_property(
            devices[0][0], StartDsPath=[str(directory)], StartServersAtStartup="false", LogFileHome=logs
        )
        return self._device_server(command, host, devices, database, (), {})

    def _device_server(
        self,
        command: Sequence[str],
        instance: str,
        devices: Devices,
        database: Database | None,
        options: Sequence[str],
        variables: dict[str, str],
    ) -> Server:
        if database is None:
            options = ["-nodb", "-dlist", ",".join(f"{cls}::{name}" for name, cls in devices), *options]
        else:
            database.add_server(f"{Path(command[-1]).name}/{instance}", devices)
            variables = {"TANGO_HOST": database.host, **variables}
        return self.server(
            lambda port: [*command, instance, *options, "-ORBendPoint", f"giop:tcp:{LOOPBACK}:{port}"], **variables
        )

    def close(self) -> None:
        """End all."""
        self._ends.close()


class Database(Server):
    """`PyDatabaseds` with a new file. `host` is its TANGO_HOST."""

    def __init__(self, peers: Peers, directory: Path) -> None:
        self._peers = peers
        self._client: PyTangoClient | None = None
        self.file = directory / "database.sqlite"
        super().__init__(self.command, directory, peers.environment(PYTANGO_DATABASE_NAME=str(self.file)))

    def command(self, port: int) -> list[str]:
        """Its command line."""
        return [sys.executable, "-m", "databaseds.database", "--host", LOOPBACK, "--port", str(port), "2"]

    def device(self, name: str) -> str:
        """The name of a device that stands in this database, for clients of any TANGO_HOST."""
        return f"tango://{self.host}/{name}"

    @property
    def client(self) -> PyTangoClient:
        """A PyTango client whose `db` is this database, to look into it and to change it."""
        if self._client is None:
            self._client = self._peers.pytango_client(self.host)
            self._client(f"db = tango.Database({LOOPBACK!r}, {self.port})")
        return self._client

    def add_server(self, server: str, devices: Devices) -> None:
        """Define `Executable/instance` with its devices and the admin device; what is there already stays as it is."""
        self.client(
            f"""
            known = [word.lower() for word in db.get_device_class_list({server!r})[::2]]
            wanted = [*{list(devices)!r}, ("dserver/" + {server!r}, "DServer")]
            for name, cls in [each for each in wanted if each[0].lower() not in known]:
                info = tango.DbDevInfo()
                info.name, info._class, info.server = name, cls, {server!r}
                db.add_device(info)
            """
        )

    def add_device(self, server: str, name: str, cls: str) -> None:
        """Define one device of a server."""
        self.add_server(server, [(name, cls)])

    def put_property(self, device: str, **values: str | list[str]) -> None:
        """Set properties of a device."""
        self.client(f"db.put_device_property({device!r}, {values!r})")

    def put_attribute_property(self, device: str, attribute: str, **values: str | list[str]) -> None:
        """Set properties of an attribute of a device, such as `abs_change`."""
        self.client(f"db.put_device_attribute_property({device!r}, {{{attribute!r}: {values!r}}})")


class OurDatabase(Database):
    """`tangoterm database` with a new file, which does what `PyDatabaseds` does."""

    def command(self, port: int) -> list[str]:
        """Its command line."""
        options = ["--file", str(self.file), "--bind", LOOPBACK, "--port", str(port)]
        return [sys.executable, "-m", "tangoterm", "database", *options]


class Facility(NamedTuple):
    """A control system of others."""

    database: Database
    tango_test: Server
    pytango: Server


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    """Starts peers that live until the end of the run."""
    peers = Peers(tmp_path_factory)
    yield peers
    peers.close()


@pytest.fixture
def own_peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    """Starts peers that end with the test, for tests that kill, freeze or reconfigure theirs."""
    peers = Peers(tmp_path_factory)
    yield peers
    peers.close()


@pytest.fixture(scope="session")
def real_database(peers: Peers) -> Database:
    """`PyDatabaseds`: `host` is its TANGO_HOST, `add_server`, `put_property`, ... define things in it."""
    return peers.database()


@pytest.fixture(scope="session")
def our_database(peers: Peers) -> OurDatabase:
    """`tangoterm database`, in the place of `real_database`."""
    return peers.our_database()


@pytest.fixture(scope="session")
def pytango_client(peers: Peers) -> PyTangoClient:
    """A PyTango client process without TANGO_HOST."""
    return peers.pytango_client()


@pytest.fixture(scope="session")
def other_pytango_client(peers: Peers) -> PyTangoClient:
    """Another process of that kind."""
    return peers.pytango_client()


@pytest.fixture(scope="session")
def pytango_all_types(peers: Peers) -> Server:
    """A PyTango server without database of `test/alltypes/1` and `test/alltypes/2`."""
    return peers.pytango_server()


@pytest.fixture(scope="session")
def our_all_types(peers: Peers) -> Server:
    """Its twin, served by `server_core`."""
    return peers.our_server()


@pytest.fixture(scope="session")
def pytango_all_types_in_database(peers: Peers, real_database: Database) -> Server:
    """A PyTango server of `test/pytango/1` and `test/pytango/2`, in `real_database`."""
    devices = [("test/pytango/1", "AllTypes"), ("test/pytango/2", "AllTypes")]
    return peers.pytango_server(devices=devices, database=real_database)


@pytest.fixture(scope="session")
def tango_test_server(peers: Peers) -> Server:
    """The C++ TangoTest without database, with `sys/tg_test/1`."""
    return peers.tango_test()


@pytest.fixture(scope="session")
def tango_test_in_database(peers: Peers, real_database: Database) -> Server:
    """The C++ TangoTest with `sys/tg_test/1`, in `real_database`."""
    return peers.tango_test(real_database)


@pytest.fixture(scope="session")
def starter_server(peers: Peers, real_database: Database) -> Server:
    """The C++ Starter of this host, in `real_database`."""
    return peers.starter(real_database)


@pytest.fixture(scope="session")
def facility(peers: Peers) -> Facility:
    """A database of its own with a C++ TangoTest, `sys/tg_test/1`, and a PyTango server, `test/pytango/1`; for tests
    that find there what they have left and nothing else."""
    database = peers.database()
    devices = [("test/pytango/1", "AllTypes")]
    return Facility(database, peers.tango_test(database), peers.pytango_server(devices=devices, database=database))
