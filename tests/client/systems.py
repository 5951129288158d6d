"""Control systems with databases of their own, in this process, for tests that name one by host and port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server_core import Device
from server_core.database.remote import RemoteStore
from server_core.database.sqlite import SqliteStore
from server_core.devices.data_base import DataBase
from server_core.model.names import DATABASE_DEVICE
from server_core.server.process import DeviceServer
from server_core.transport.endpoint import UNIX, parse_endpoints


def port_of(server: DeviceServer) -> int:
    """The TCP port of a server."""
    return next(end.port for end in parse_endpoints(server.endpoints) if end.scheme != UNIX)


@contextmanager
def database_server(directory: Path) -> Iterator[str]:
    """A database server; gives its `host:port`."""
    directory.mkdir(exist_ok=True)
    store = SqliteStore(directory / "names.sqlite")
    store.add_device("DataBaseds/2", DATABASE_DEVICE, "DataBase")
    with DeviceServer([DataBase], "DataBaseds", "2", store=store, unix_path=str(directory / "db.sock")) as server:
        yield f"127.0.0.1:{port_of(server)}"
    store.close()


@contextmanager
def device_server(
    host: str, dev_class: type[Device], *names: str, instance: str = "test"
) -> Iterator[tuple[DeviceServer, RemoteStore]]:
    """A server of devices that stand in the database at `host`; gives it with the database as it sees it."""
    store = RemoteStore(host)
    server_name = f"{dev_class.__name__}/{instance}"
    store.add_server(server_name, [(name, dev_class.__name__) for name in names])
    with DeviceServer([dev_class], dev_class.__name__, instance, store=store) as server:
        yield server, store
    store.close()
