"""The database as a device: a store behind real connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme

from server_core import AttrWriteType, Device, attribute, class_property, command, device_property, pipe
from server_core.database import query
from server_core.database.caller import DatabaseCaller, Patience
from server_core.database.commands import COMMANDS
from server_core.database.remote import RemoteStore
from server_core.database.store import DeviceExport
from server_core.devices.data_base import DataBase
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.names import DATABASE_DEVICE, HostPort
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.operations import CommandInout, CommandListQuery
from server_core.server.process import DeviceServer
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import native_text
from server_core.transport.tls import ClientTls, ServerTls
from tests.database.database_server import Client, Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def remote(database: Database) -> Iterator[RemoteStore]:
    store = RemoteStore(database.host)
    yield store
    store.close()


def test_it_registers_itself(database: Database, remote: RemoteStore) -> None:
    """DB-1."""
    record = remote.device(DATABASE_DEVICE)
    assert (record.server, record.dev_class, record.exported) == ("DataBaseds/2", "DataBase", True)
    assert f"tcp://{database.host}" in native_text(record.ior)


def test_its_commands_are_those_of_the_table(database: Database) -> None:
    """DB-2, DB-4."""
    connection = Connection.open(database.endpoint, ident=ClientIdent())
    offered = {info.cmd_name: info for info in connection.call(CommandListQuery(DATABASE_DEVICE), 3.0)}
    connection.close()
    assert set(offered) == {*COMMANDS, "ResetTimingValues", "State", "Status", "Init"}
    for name, declared in COMMANDS.items():
        assert (offered[name].in_type, offered[name].out_type) == (declared.in_type, declared.out_type)


def test_a_remote_store_shows_what_the_file_holds(database: Database, remote: RemoteStore) -> None:
    remote.add_server("PS/one", [(f"lab/ps/{number}", "PowerSupply") for number in range(50)])
    remote.put_device_alias("lab/ps/7", "seven")
    remote.export_devices([DeviceExport("lab/ps/7", "tcp://h:1", "h", 42, "5")])
    remote.put_device_property("lab/ps/7", {"Odd": ["a'b\"c\\d%_", "line1\nline2", "été"], "Empty": []})
    assert remote.devices() == database.store.devices()
    assert remote.device("SEVEN") == database.store.device("lab/ps/7")
    assert remote.get_device_property("lab/ps/7", ["odd", "Empty"]) == {"odd": ["a'b\"c\\d%_", "line1\nline2", "été"]}


def test_errors_come_through_with_their_reasons(remote: RemoteStore) -> None:
    with pytest.raises(DevFailed) as caught:
        remote.device("no/such/device")
    assert caught.value.reason == "DB_DeviceNotDefined"
    with pytest.raises(DevFailed) as caught:
        remote.add_device("bad", "a/b/c", "X")
    assert caught.value.reason == "DB_IncorrectServerName"


def test_a_restarted_database_is_found_again(database: Database, remote: RemoteStore) -> None:
    """Reads and writes that surely were not executed are repeated without notice."""
    remote.put_property("o", {"p": ["1"]})
    database.server.stop()
    with pytest.raises(ConnectionFailed, match=f"on host 127.0.0.1 with port {database.port}") as caught:
        remote.get_property("o", ["p"])
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_CantConnectToDatabase"]
    database.start()
    assert remote.get_property("o", ["p"]) == {"p": ["1"]}


def test_a_restart_between_two_calls_goes_unnoticed(database: Database, remote: RemoteStore) -> None:
    assert remote.servers() == ["DataBaseds/2"]
    database.server.stop()
    database.start()
    assert remote.servers() == ["DataBaseds/2"]


def test_the_next_host_is_tried(database: Database) -> None:
    store = RemoteStore(f"127.0.0.1:1,{database.host}")
    assert store.servers() == ["DataBaseds/2"]
    store.close()


def test_text_that_cannot_be_sent_is_refused(database: Database) -> None:
    """TYP-9: before it leaves this process."""
    store = RemoteStore(database.host)
    with pytest.raises(DevFailed, match="DbPutProperty cannot be sent") as caught:
        store.put_property("obj", {"p": ["\udcff"]})
    assert caught.value.reason == "API_EncodeErr"
    store.close()


def test_a_call_without_answer_times_out(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "TIME_LIMIT", 0.3)
    caller = DatabaseCaller([HostPort("127.0.0.1", database.port)], patience=Patience(3.0, 0.1))
    endless = "count(*) from (with recursive n(i) as (select 1 union all select i + 1 from n) select * from n)"
    request = CommandInout(DATABASE_DEVICE, "DbMySqlSelect", TypedValue(CmdArgType.DevString, endless))
    with pytest.raises(CommunicationFailed, match="exceeded on device sys/database/2") as caught:
        caller(request)
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_DeviceTimedOut"]
    caller.close()


def test_it_needs_an_sqlite_store(tmp_path: Path, database: Database) -> None:
    """A database server on a remote store would serve another one's data twice."""
    store = RemoteStore(database.host)
    store.add_device("DataBaseds/3", "sys/database/3", "DataBase")
    server = DeviceServer([DataBase], "DataBaseds", "3", store=store, unix_path=str(tmp_path / "three.sock"))
    with pytest.raises(DevFailed, match="must be an SQLite one"):
        server.start()
    store.close()


def test_state_is_on(database: Database) -> None:
    """DB-3."""
    connection = Connection.open(database.endpoint, ident=ClientIdent())
    assert connection.call(CommandInout(DATABASE_DEVICE, "State", VOID), 3.0).value == 0
    assert connection.call(CommandInout(DATABASE_DEVICE, "Status", VOID), 3.0).value == "Device is OK"
    connection.close()


def test_a_database_can_be_reached_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    certificate = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "certificate", "key")}
    authority.cert_pem.write_to_path(files["ca"])
    certificate.cert_chain_pems[0].write_to_path(files["certificate"])
    certificate.private_key_pem.write_to_path(files["key"])
    database = Database(tmp_path, ServerTls(str(files["certificate"]), str(files["key"])))
    with_certificate = RemoteStore(database.host, tls=ClientTls(str(files["ca"])))
    without = RemoteStore(database.host)
    assert with_certificate.servers() == ["DataBaseds/2"]
    with pytest.raises(ConnectionFailed):
        without.servers()
    with_certificate.close()
    database.close()


# ---- one round trip instead of many


class Counted(DatabaseCaller):
    """Remembers which commands have gone to the database, and in how many round trips; refuses some."""

    def __init__(self, database: Database, refused: Sequence[str] = ()) -> None:
        super().__init__([HostPort("127.0.0.1", database.port)], patience=Patience(20.0, 20.0))
        self.commands: list[str] = []
        self.trips = 0
        self.refused = refused

    def __call__(self, request: CommandInout) -> Any:
        self.commands.append(request.command)
        self.trips += 1
        if request.command in self.refused:
            raise DevFailed.of("PyDs_PythonError", "NotImplementedError", "python")
        return super().__call__(request)

    def call_all(self, requests: Sequence[CommandInout]) -> None:
        self.commands += [request.command for request in requests]
        self.trips += 1
        super().call_all(requests)


class Supply(Device):
    """A device with properties of all kinds."""

    host_name = device_property(dtype=str, default_value="none")
    limits = device_property(dtype=(int,))
    model = class_property(dtype=str)

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, memorized=True, hw_memorized=True, unit="m")
    def current(self) -> float:
        return 1.0

    @current.write
    def current(self, value: float) -> None:
        self.written = value

    @pipe(label="all of it")
    def everything(self) -> tuple[str, dict[str, object]]:
        return "supply", {"current": 1.0}


def define_supplies(store: RemoteStore) -> None:
    store.add_server("Supply/one", [(f"lab/supply/{number}", "Supply") for number in range(20)])
    store.put_class_property("Supply", {"MODEL": ["XL"]})
    store.put_device_property("lab/supply/7", {"Host_Name": ["h"], "limits": ["1", "2"]})
    store.put_device_attribute_property("lab/supply/7", {"Current": {"__value": ["2.5"], "unit": ["A"]}})
    store.put_class_attribute_property("Supply", {"current": {"label": ["I"]}})
    store.put_device_pipe_property("lab/supply/7", {"everything": {"label": ["the seventh"]}})


def state_of(server: DeviceServer) -> tuple[object, ...]:
    device: Any = server.registry.find("lab/supply/7").kernel.device
    other: Any = server.registry.find("lab/supply/8").kernel.device
    config = device.get_attribute_config("current")[0]
    return (
        *(device.host_name, device.limits, device.model, device.written, config.unit, config.label),
        *(other.host_name, other.limits, other.get_attribute_config("current")[0].unit),
    )


@pytest.mark.parametrize("refused", [[], ["DbGetDataForServerCache"]], ids=["one command", "single commands"])
def test_a_server_asks_for_all_it_needs_in_one_command(
    database: Database, tmp_path: Path, refused: Sequence[str]
) -> None:
    """DB-115, DB-200, DB-201: a database that does not know the command is asked for each thing on its own."""
    caller = Counted(database, refused)
    store = RemoteStore(database.host, caller)
    define_supplies(store)
    caller.commands.clear()
    caller.trips = 0
    server = DeviceServer([Supply], "Supply", "one", store=store, unix_path=str(tmp_path / "supply.sock"))
    server.start()
    started, trips = list(caller.commands), caller.trips
    found = state_of(server)
    server.stop()
    caller.close()
    assert found == ("h", [1, 2], "XL", 2.5, "A", "I", "none", None, "m")
    assert started.count("DbGetDataForServerCache") == 1
    assert started.count("DbExportDevice") == 21
    reading = [command for command in started if command.startswith("DbGet") and "Property" in command]
    if refused:
        assert len(reading) > 60
    else:
        assert len(reading) <= 2  # the answer has no attributes of the admin device
        assert trips < 10


def test_what_is_changed_during_the_start_is_seen(database: Database) -> None:
    """DB-200: the one answer is good for what nobody has changed since."""
    store = RemoteStore(database.host)
    define_supplies(store)
    with store.starting("Supply/one", "h"):
        assert store.get_device_property("LAB/supply/7", ["limits", "nope"]) == {"limits": ["1", "2"]}
        store.put_device_property("lab/supply/7", {"limits": ["3"]})
        assert store.get_device_property("lab/supply/7", ["limits"]) == {"limits": ["3"]}
        assert store.get_device_property("lab/supply/8", ["*"]) == {}
        store.delete_device_attribute_property("lab/supply/7", "current", ["unit"])
        assert store.get_device_attribute_property("lab/supply/7", ["current"]) == {"current": {"__value": ["2.5"]}}
        assert store.device_names("supply/ONE", "supply")[:2] == ["lab/supply/0", "lab/supply/1"]
        assert store.device_names("DataBaseds/2", "DataBase") == [DATABASE_DEVICE]
    store.put_device_property("lab/supply/8", {"limits": ["4"]})
    assert store.get_device_property("lab/supply/8", ["limits"]) == {"limits": ["4"]}
    store.close()


def test_many_devices_are_exported_in_one_round_trip(database: Database) -> None:
    """DB-38: each is a transaction of its own, so those after a refused one are exported too."""
    caller = Counted(database)
    store = RemoteStore(database.host, caller)
    define_supplies(store)
    before = caller.trips
    store.export_devices([DeviceExport(f"lab/supply/{number}", "ior", "h", 1, "6") for number in range(20)])
    assert caller.trips == before + 1
    assert len(database.store.distinct("name", name="lab/supply/*", exported=True)) == 20
    database.store.unexport_server("Supply/one")
    names = ["lab/supply/1", "no/such/device", "lab/supply/2"]
    with pytest.raises(DevFailed) as caught:
        store.export_devices([DeviceExport(name, "ior", "h", 1, "6") for name in names])
    assert caught.value.reason == "DB_DeviceNotDefined"
    assert database.store.distinct("name", name="lab/supply/*", exported=True) == ["lab/supply/1", "lab/supply/2"]
    store.close()


# ---- attributes


@pytest.fixture
def client(database: Database) -> Iterator[Client]:
    client = Client(database)
    yield client
    client.close()


def test_timing_attributes(database: Database, client: Client) -> None:
    """DB-116, DB-220, DB-221, DB-222: times in ms by command, sorted by name, zero before the first call."""
    assert client.read("StoredProcedureRelease").value == "release 1.13"
    names = client.read("Timing_index").value
    assert names == sorted(COMMANDS)
    place = names.index("DbGetServerList")
    figures = ("Timing_average", "Timing_minimum", "Timing_maximum", "Timing_calls")
    assert [client.read(name).value[place] for name in figures] == [0, 0, 0, 0]
    for _ in range(3):
        client("DbGetServerList", "*")
    with pytest.raises(DevFailed):
        client("DbGetAliasDevice", "unknown")
    average, minimum, maximum, calls = (client.read(name).value[place] for name in figures)
    assert calls == 3
    assert 0 < minimum <= average <= maximum < 60_000
    assert client.read("Timing_calls").value[names.index("DbGetAliasDevice")] == 1
    lines = client.read("Timing_info").value
    assert lines[:4] == [
        f"TANGO Database Timing info on host {socket.gethostname()}",
        " ",
        "command\taverage\tminimum\tmaximum\tcalls",
        " ",
    ]
    assert lines[4 + place] == f"DbGetServerList\t{average:6.3f}\t{minimum:6.3f}\t{maximum:6.3f}\t3"
    client("ResetTimingValues")
    assert not any(client.read("Timing_calls").value)
    assert not any(client.read("Timing_maximum").value)


# ---- Starters


class Starter(Device):
    """Counts how often it is told that something has changed."""

    def init_device(self) -> None:
        super().init_device()
        self.told = threading.Semaphore(0)

    @command
    def UpdateServersInfo(self) -> None:
        self.told.release()


@pytest.fixture
def starter(database: Database, tmp_path: Path) -> Iterator[Starter]:
    """A Starter of host `hosta`."""
    database.store.add_device("Starter/hosta", "tango/admin/hosta", "Starter")
    database.store.add_device("PS/one", "lab/ps/1", "PS")
    path = str(tmp_path / "starter.sock")
    with DeviceServer([Starter], "Starter", "hosta", store=database.store, unix_path=path) as server:
        device: Any = server.registry.find("tango/admin/hosta").kernel.device
        yield device


def is_told(starter: Starter) -> bool:
    """Whether it is told, and that once."""
    return starter.told.acquire(timeout=20) and not starter.told.acquire(timeout=0.05)


def test_the_starter_of_a_host_is_told_of_changes(client: Client, starter: Starter) -> None:
    """DB-225: after start information, renaming, deletion, and the export of an admin device of its host."""
    client("DbPutServerInfo", ["PS/one", "hosta.lab", "1", "1"])
    assert is_told(starter)
    client("DbRenameServer", ["PS/one", "PS/two"])
    assert is_told(starter)
    client("DbExportDevice", ["dserver/PS/two", "tcp://h:1", "hosta.lab", "1", "6"])
    assert is_told(starter)
    client("DbPutServerInfo", ["PS/two", "hostb", "1", "1"])
    assert is_told(starter)
    client("DbPutServerInfo", ["PS/two", "hostb", "1", "2"])
    client("DbExportDevice", ["dserver/Starter/hosta", "tcp://127.0.0.1:1", "hosta", "1", "6"])
    client("DbExportDevice", ["lab/ps/1", "tcp://h:1", "hosta", "1", "6"])
    assert not starter.told.acquire(timeout=0.1)
    client("DbDeleteServer", "PS/two")
    assert is_told(starter)


def test_telling_starters_can_be_switched_off_and_sent_elsewhere(client: Client, starter: Starter) -> None:
    """DB-225: the free property FireToStarter, and the class property that names the domain of Starters."""
    client("DbPutProperty", ["Default", "1", "FireToStarter", "1", "false"])
    client("DbPutServerInfo", ["PS/one", "hosta", "1", "1"])
    client("DbDeleteProperty", ["Default", "FireToStarter"])
    client("DbPutClassProperty", ["Starter", "1", "Domain", "1", "other/starter"])
    client("DbPutServerInfo", ["PS/one", "hosta", "1", "2"])
    assert not starter.told.acquire(timeout=0.1)
    client("DbPutClassProperty", ["Starter", "1", "Domain", "1", "tango/admin"])
    client("DbDeleteServer", "PS/one")
    assert is_told(starter)
