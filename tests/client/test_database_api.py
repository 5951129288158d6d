"""More of `Database`: values as people give them, pipes, history, services, its own commands, and the asyncio twin."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from server_core import Device
from server_core.database.caller import DatabaseCaller
from server_core.server.process import DeviceServer
from tangoterm.client import (
    AccessControlType,
    Database,
    DbDatum,
    DbDevExportInfo,
    DbDevInfo,
    DbHistory,
    DbServerData,
    DbServerInfo,
    DevFailed,
    DeviceProxy,
    DevState,
    aio,
    close_connections,
)
from tests.captured import Case, replayed
from tests.database.database_server import Database as DatabaseServer


@pytest.fixture
def database(store: Any) -> Database:
    return Database()


def test_values_are_kept_as_text(database: Database) -> None:
    """PROP-4: a text or a sequence of anything; lists of strings come back, an empty one for what is not there."""
    database.put_device_property("lab/bench/1", {"L": [1, 2.5, "x", True], "one": "x y", "number": 3})
    found = database.get_device_property("lab/bench/1", ["l", "one", "number", "nope"])
    assert found == {"l": ["1", "2.5", "x", "True"], "one": ["x y"], "number": ["3"], "nope": []}
    database.put_device_property("lab/bench/1", DbDatum("datum", ["a", "b"]))
    database.put_device_property("lab/bench/1", [DbDatum("first", ["1"]), DbDatum("second", ["2"])])
    names = [DbDatum("datum"), DbDatum("first")]
    assert database.get_device_property("lab/bench/1", names) == {"datum": ["a", "b"], "first": ["1"]}
    database.delete_device_property("lab/bench/1", DbDatum("datum"))
    assert database.get_property_forced("lab/bench/1", "datum") == {"datum": []}
    assert database.get_device_property_list("lab/bench/1", "s*") == ["second"]


@pytest.mark.parametrize("case", [case for case in replayed("model", "properties") if case.id.startswith("PC-")])
def test_as_with_a_real_client(database: Database, case: Case) -> None:
    """PROP-1, PROP-2, PROP-3, PROP-4, PROP-11: device and free properties, lists and history."""
    device = DeviceProxy("lab/bench/1")

    def put_and_get(value: dict[str, Any], name: str) -> list[Any]:
        return [device.put_property(value), device.get_property(name)]

    def history() -> list[DbHistory]:
        database.put_property("obj", {"a": ["1", "2"]})
        return database.get_property_history("obj", "a")

    expected = case.data["out"]
    if case.id == "PC-1":
        assert device.get_property("nope") == expected
    elif case.id == "PC-2":
        assert put_and_get({"L": [1, 2.5, "x", True]}, "L") == expected
    elif case.id == "PC-3":
        assert put_and_get({"L": []}, "L") == expected
    elif case.id == "PC-4":
        assert put_and_get({"L": "one"}, "l") == expected
    elif case.id == "PC-5":
        device.put_property({"L": ["x"], "polled_attr": ["level", "1000"], "polled_cmd": ["State", "1000"]})
        assert list(device.get_property_list("*")) == expected
    elif case.id == "PC-7":
        database.put_property("obj", {"a": ["1", "2"]})
        assert [None, database.get_property("obj", ["a", "b"])] == expected
    elif case.id == "PC-8":
        found = [
            [each.get_name(), len(each.get_date()), each.is_deleted(), each.get_value().value_string]
            for each in history()
        ]
        assert found == expected
    elif case.id == "PC-9":
        history()
        database.delete_property("obj", "a")
        entries = database.get_property_history("obj", "a")
        assert [[each.get_name(), each.is_deleted(), each.get_value()] for each in entries] == expected
    else:
        pytest.fail(f"{case.id} is not known here")


@pytest.mark.parametrize("family", ["device", "class"])
def test_properties_of_pipes_and_their_history(database: Database, family: str) -> None:
    """PROP-1, DB-98, DB-104: as those of attributes."""
    owner = {"device": "lab/bench/1", "class": "Bench"}[family]
    get, put, delete = (getattr(database, f"{verb}_{family}_pipe_property") for verb in ("get", "put", "delete"))
    put(owner, {"blob": {"label": "A blob", "list": [1, 2]}})
    assert get(owner, ["blob", "other"]) == {"blob": {"label": ["A blob"], "list": ["1", "2"]}, "other": {}}
    assert getattr(database, f"get_{family}_pipe_list")(owner) == ["blob"]
    delete(owner, {"blob": ["list"]})
    assert get(owner, "blob") == {"blob": {"label": ["A blob"]}}
    history = getattr(database, f"get_{family}_pipe_property_history")(owner, "*", "list")
    assert [(each.get_attribute_name(), list(each.get_value()), each.is_deleted()) for each in history] == [
        ("blob", ["1", "2"], False),
        ("blob", [], True),
    ]


def test_history_of_a_class_attribute(database: Database) -> None:
    database.put_class_attribute_property("Bench", {"level": {"unit": "cm"}})
    (entry,) = database.get_class_attribute_property_history("Bench", "lev*", "unit")
    assert (entry.get_attribute_name(), entry.get_name(), entry.get_value()) == ("level", "unit", ["cm"])


def test_records_under_the_names_of_pytango() -> None:
    info = DbDevInfo("a/b/c", "K", "S/1")
    info.klass = "L"
    assert info._class == info.klass == "L"
    datum = DbDatum("name", ["x"])
    datum.append("y")
    assert (datum.size(), datum.is_empty(), datum.value_string) == (2, False, ["x", "y"])


def test_servers(database: Database) -> None:
    database.put_server_info(DbServerInfo("bench/test", "h", 1, 3))
    database.delete_server_info("bench/test")
    assert database.get_server_info("bench/test") == DbServerInfo("bench/test", "", 0, 0)
    database.export_server([DbDevExportInfo("lab/bench/1", "i", "h.dom", "6", 1)])
    database.export_server(DbDevExportInfo("dserver/bench/test", "i", "h.dom", "6", 1))
    assert database.get_device_exported("*") == ["dserver/bench/test", "lab/bench/1"]
    assert database.get_host_server_list("h") == ["bench/test"]
    database.rename_server("bench/test", "bench/other")
    assert database.get_server_list() == ["bench/other"]
    database.put_class_property("Bench", {"InheritedFrom": ["Table"]})
    assert database.get_class_inheritance_for_device("lab/bench/1") == ["Bench", "Table"]


def test_services(database: Database) -> None:
    """PROP-14: the free property CtrlSystem/Services."""
    database.register_service("Archiver", "one", "lab/arch/1")
    database.register_service("Archiver", "two", "lab/arch/2")
    database.register_service("archiver", "ONE", "lab/arch/3")
    assert database.get_property("CtrlSystem", "Services") == {
        "Services": ["Archiver/two:lab/arch/2", "archiver/ONE:lab/arch/3"]
    }
    assert database.get_services("Archiver", "*") == ["lab/arch/2", "lab/arch/3"]
    assert database.get_services("archiver", "one") == ["lab/arch/3"]
    assert database.get_service_list("*two") == {"Archiver/two": "lab/arch/2"}
    assert database.get_device_service_list("LAB/arch/2") == ["Archiver", "two"]
    database.unregister_service("archiver", "two")
    database.unregister_service("archiver", "one")
    assert database.get_service_list() == {}


def test_event_channels_and_commands_of_the_embedded_database(database: Database) -> None:
    """DB-2: its commands can be executed though no device serves it."""
    database.export_event(["Channel", "IOR:1", "h", "7", "1"])
    assert database.command_inout("DbImportEvent", "channel") == ([1, 7], ["channel", "IOR:1", "1", "h"])
    database.unexport_event("channel")
    assert database.command_inout("dbimportevent", "channel")[0] == [0, 7]
    assert database.get_info().startswith(f"TANGO Database {database.address}\n")
    with pytest.raises(DevFailed) as caught:
        database.command_inout("DbNothing")
    assert caught.value.reason == "API_CommandNotFound"
    assert database.get_file_name() == database.address
    with pytest.raises(DevFailed) as caught:
        database.get_db_host()
    assert caught.value.reason == "API_TangoHostNotSet"
    assert database.get_access_control() is AccessControlType.ACCESS_WRITE


def test_a_refusal_of_a_remote_database_says_what_was_asked(tmp_path: Path) -> None:
    """DB-10, ERR-2: the database's reason first, and what the client wanted on top."""
    server = DatabaseServer(tmp_path)
    database = Database("127.0.0.1", server.port)
    assert (database.get_db_host(), database.get_db_port_num()) == ("127.0.0.1", server.port)
    assert database.command_inout("DbGetServerList", "*") == ["DataBaseds/2"]
    numbers, texts = database.command_inout("DbImportDevice", "sys/database/2")
    assert (numbers[0], texts[0]) == (1, "sys/database/2")
    for call, command, reason in (
        (lambda: database.get_class_for_device("no/such/device"), "DbImportDevice", "DB_DeviceNotDefined"),
        (lambda: database.get_device_from_alias("nobody"), "DbGetAliasDevice", "DB_DeviceNotDefined"),
        (lambda: database.delete_server("no/server"), "DbDeleteServer", "DB_IncorrectServerName"),
        (lambda: database.export_device(DbDevExportInfo("no/such/1")), "DbExportDevice", "DB_DeviceNotDefined"),
    ):
        with pytest.raises(DevFailed) as caught:
            call()
        assert [error.reason for error in caught.value.errors] == [reason, "API_CommandFailed"]
        text = f"Failed to execute command_inout on device sys/database/2, command {command}"
        assert caught.value.errors[1].desc == text
    with pytest.raises(DevFailed, match="is no file"):
        database.get_file_name()
    database._handle.close()
    server.close()


def test_a_server_moves_to_another_control_system(database: Database, tmp_path: Path) -> None:
    server = DatabaseServer(tmp_path)
    database.put_device_property("lab/bench/1", {"gain": ["1", "2"]})
    database.put_device_property("dserver/bench/test", {"polling_threads_pool_size": "4"})
    database.put_class_property("Bench", {"Model": "XL"})
    database.put_device_attribute_property("lab/bench/1", {"level": {"unit": "cm"}})
    database.put_class_attribute_property("Bench", {"level": {"format": "%d"}})
    data = DbServerData("bench", "test")
    assert data.get_name() == "bench/test"
    assert not data.already_exist(server.host)
    data.put_in_database(server.host)
    assert data.already_exist(server.host)
    there = Database(server.host)
    assert there.get_device_class_list("bench/test") == database.get_device_class_list("bench/test")
    for call, *arguments in (
        ("get_device_property", "lab/bench/1", "gain"),
        ("get_device_property", "dserver/bench/test", "polling_threads_pool_size"),
        ("get_class_property", "Bench", "Model"),
        ("get_device_attribute_property", "lab/bench/1", "level"),
        ("get_class_attribute_property", "Bench", "level"),
    ):
        moved = getattr(there, call)(*arguments)
        assert moved == getattr(database, call)(*arguments)
        assert all(moved.values())
    data.remove()
    assert database.get_server_list() == []
    data.remove(server.host)
    assert there.get_server_list() == ["DataBaseds/2"]
    with pytest.raises(DevFailed) as caught:
        DbServerData("bench", "test")
    assert caught.value.reason == "DB_IncorrectServerName"
    close_connections()
    server.close()


def test_finding_a_device_costs_one_look_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DB-41: what the database says of a device when its proxy is made is good for the first request too."""
    server = DatabaseServer(tmp_path)
    asked: list[str] = []
    call = DatabaseCaller.__call__

    def counted(self: DatabaseCaller, request: Any) -> Any:
        asked.append(request.command)
        return call(self, request)

    monkeypatch.setattr(DatabaseCaller, "__call__", counted)
    device = DeviceProxy(f"tango://{server.host}/sys/database/2")
    assert device.state() is DevState.ON
    assert len(asked) == 1
    close_connections()
    server.close()


class Plain(Device):
    def init_device(self) -> None:
        self.set_state(DevState.ON)


def test_a_device_that_moved_since_it_was_found_is_found_again(store: Any) -> None:
    store.add_device("Plain/1", "lab/plain/1", "Plain")
    with DeviceServer([Plain], "Plain", "1", store=store):
        device = DeviceProxy("lab/plain/1")
    with DeviceServer([Plain], "Plain", "1", store=store):
        assert device.state() is DevState.ON
        close_connections()


async def test_the_asyncio_twin_has_the_same_calls(store: Any) -> None:
    database = aio.Database()
    await database.put_device_property("lab/bench/1", {"gain": 3})
    assert await database.get_device_property("lab/bench/1", "gain") == {"gain": ["3"]}
    assert (await database.get_info()).startswith("TANGO Database")
    assert await database.get_access_control() is AccessControlType.ACCESS_WRITE
    public = {name for name in dir(Database) if not name.startswith("_")}
    assert public == {name for name in dir(aio.Database) if not name.startswith("_")}
    for name in public:
        if name.startswith(("put_", "delete_")):
            assert inspect.iscoroutinefunction(getattr(aio.Database, name))
    await aio.close_connections()
