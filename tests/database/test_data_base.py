"""The database as a device: a store behind real connections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from server_core.database import query
from server_core.database.caller import DatabaseCaller
from server_core.database.commands import COMMANDS
from server_core.database.remote import DATABASE_DEVICE, RemoteStore
from server_core.database.store import DeviceExport
from server_core.devices.data_base import DataBase
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.names import HostPort
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.operations import CommandInout, CommandListQuery
from server_core.server.process import DeviceServer
from server_core.transport.blocking import Connection
from server_core.transport.tls import ClientTls, ServerTls
from tests.database.database_server import Database


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
    assert f"tcp://{database.host}" in record.ior


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
    assert caught.value.reason == "API_CantConnectToDatabase"
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


def test_a_call_without_answer_times_out(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "TIME_LIMIT", 0.3)
    caller = DatabaseCaller([HostPort("127.0.0.1", database.port)], timeout=0.1)
    endless = "count(*) from (with recursive n(i) as (select 1 union all select i + 1 from n) select * from n)"
    request = CommandInout(DATABASE_DEVICE, "DbMySqlSelect", TypedValue(CmdArgType.DevString, endless))
    with pytest.raises(CommunicationFailed, match="exceeded on device sys/database/2") as caught:
        caller(request)
    assert caught.value.reason == "API_DeviceTimedOut"
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
