"""What Tango's C++ database and pytango-db were asked and answered, with the remote store as the client."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from server_core.database.caller import USUAL
from server_core.database.commands import COMMANDS
from server_core.database.device_table import seconds
from server_core.database.families import CLASS, CLASS_ATTRIBUTE, CLASS_PIPE, DEVICE_ATTRIBUTE, DEVICE_PIPE
from server_core.database.remote import RemoteStore
from server_core.database.server_data import unpack_server_data
from server_core.database.sqlite import SqliteStore
from server_core.database.store import DeviceExport, DeviceRecord, EventRecord, HistoryEntry, ServerInfo
from server_core.model.conversion import from_command_data, to_command_data
from server_core.model.errors import DevError, DevFailed
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout
from tests.captured.wire import exchange
from tests.database.conftest import CommandTable


class Recorded:
    """The database of one recorded exchange: takes its request alone, and gives its answer."""

    patience = USUAL

    def __init__(self, name: str) -> None:
        asked, answered = exchange(name).messages
        self.command, self.argin = asked.body["command"], asked.body["argin"]["value"]
        self.answer = answered.body

    def __call__(self, request: CommandInout) -> TypedValue:
        argin = from_command_data(request.argin.type, request.argin.value)
        assert (request.command, argin) == (self.command, self.argin)
        if "errors" in self.answer:
            raise DevFailed(*(DevError(each["reason"], each["desc"], each["origin"]) for each in self.answer["errors"]))
        kind, value = COMMANDS[self.command].out_type, self.answer["return"]["value"]
        if isinstance(value, dict):
            value = (value["lvalue"], value["svalue"])
        return TypedValue(kind, to_command_data(kind, value))

    def call_all(self, requests: Sequence[CommandInout]) -> None:
        for request in requests:
            self(request)

    def close(self) -> None:
        """Nothing is open."""


Ask = Callable[[RemoteStore], object]

BOTH: list[tuple[str, Ask, object]] = [
    ("DbAddDevice", lambda store: store.add_device("Dummy/x", "dum/my/1", "Dummy"), None),
    ("DbDeleteServer", lambda store: store.delete_server("Dummy/z"), None),
    ("DbRenameServer", lambda store: store.rename_server("Dummy/x", "Dummy/z"), None),
    ("DbUnExportDevice", lambda store: store.unexport_device("dum/my/1"), None),
    ("DbGetServerInfo", lambda store: store.server_info("AllTypes/a"), None),
    ("DbPutDeviceAlias", lambda store: store.put_device_alias("dum/my/1", "dummyalias"), None),
    ("DbGetAliasDevice", lambda store: store.alias_device("dummyalias"), "dum/my/1"),
    ("DbGetAliasDevice.exc", lambda store: store.alias_device("noalias"), "DB_DeviceNotDefined"),
    ("DbPutAttributeAlias", lambda store: store.put_attribute_alias("test/all/1/double_scalar", "attalias"), None),
    ("DbGetAttributeAlias", lambda store: store.alias_attribute("attalias"), "test/all/1/double_scalar"),
    ("DbDeleteAttributeAlias", lambda store: store.delete_attribute_alias("attalias"), None),
    ("DbPutClassProperty", lambda store: store.put_class_property("AllTypes", {"cp": ["a", "b"]}), None),
    ("DbDeleteClassProperty", lambda store: store.delete_class_property("AllTypes", ["cp"]), None),
    ("DbDeleteProperty", lambda store: store.delete_property("obj", ["op"]), None),
    ("DbGetObjectList", lambda store: store.property_objects(), ["obj"]),
    (
        "DbGetDeviceAttributeProperty2",
        lambda store: store.get_device_attribute_property("test/all/1", ["double_scalar", "float_scalar", "nope"]),
        {"double_scalar": {"label": ["LBL"], "unit": ["u"]}, "float_scalar": {"x": ["1", "2"]}, "nope": {}},
    ),
    (
        "DbPutClassAttributeProperty2",
        lambda store: store.put_class_attribute_property("AllTypes", {"double_scalar": {"label": ["CL"]}}),
        None,
    ),
    (
        "DbGetClassAttributeProperty2",
        lambda store: store.get_class_attribute_property("AllTypes", ["double_scalar"]),
        {"double_scalar": {"label": ["CL"]}},
    ),
    (
        "DbDeleteClassAttributeProperty",
        lambda store: store.delete_class_attribute_property("AllTypes", "double_scalar", ["label"]),
        None,
    ),
]
"""What was recorded with both: the end of the exchange's name, the question, and its result or the reason of a failure
(None for nothing)."""

CASES: list[tuple[str, Ask, object]] = [
    *((f"{database}.{name}", ask, result) for name, ask, result in BOTH for database in ("dbcpp", "db")),
    ("dbcpp.DbUnExportServer", lambda store: store.unexport_server("Dummy/x"), None),
    (
        "dbcpp.DbPutDeviceProperty",
        lambda store: store.put_device_property("test/all/1", {"p1": ["1", "2", "3"], "p2": ["x"]}),
        None,
    ),
    (
        "dbcpp.DbGetDeviceProperty",
        lambda store: store.get_device_property("test/all/1", ["p1", "p2", "p3"]),
        {"p1": ["1", "2", "3"], "p2": ["x"]},
    ),
    ("dbcpp.DbGetClassPropertyList", lambda store: store.class_properties("AllTypes"), ["clsprop", "cp"]),
    (
        "dbcpp.DbPutDeviceAttributeProperty2",
        lambda store: store.put_device_attribute_property(
            "test/all/1", {"double_scalar": {"label": ["LBL"], "unit": ["u"]}, "float_scalar": {"x": ["1", "2"]}}
        ),
        None,
    ),
    (
        "dbcpp.DbDeleteDeviceAttributeProperty",
        lambda store: store.delete_device_attribute_property("test/all/1", "double_scalar", ["label", "unit"]),
        None,
    ),
    (
        "dbcpp.DbExportDevice",
        lambda store: store.export_devices([DeviceExport("dum/my/1", "IOR:00", "vm", 123, "5")]),
        None,
    ),
    ("dbcpp.DbAddServer", lambda store: store.add_server("Dummy/y", [("dum/my/2", "Dummy")]), None),
    ("dbcpp.DbDeleteDevice", lambda store: store.delete_device("dum/my/1"), None),
    ("dbcpp.DbExportEvent", lambda store: store.export_event(DeviceExport("ev", "IOR:00", "vm", 1, "1")), None),
    ("db.DbImportEvent.exc", lambda store: store.event("notifd/factory/vm"), "DB_DeviceNotDefined"),
    ("db.DbPutServerInfo", lambda store: store.put_server_info(ServerInfo("Dummy/x", "vm", 1, 2)), None),
    ("dbcpp.DbGetDeviceAlias", lambda store: store.device_alias("dum/my/1"), "dummyalias"),
    ("db.DbGetDeviceAlias.exc", lambda store: store.device_alias("sys/tg_test/1"), "DB_AliasNotDefined"),
    ("dbcpp.DbGetAttributeAlias2", lambda store: store.attribute_alias("test/all/1/double_scalar"), "attalias"),
    ("dbcpp.DbGetDeviceList", lambda store: store.device_names("AllTypes/a", "AllTypes"), ["test/all/1", "test/all/2"]),
    (
        "dbcpp.DbGetDevicePropertyList",
        lambda store: store.device_properties("test/all/1"),
        ["myprop", "other", "p1", "p2", "polled_attr", "polled_cmd"],
    ),
    ("dbcpp.DbGetProperty", lambda store: store.get_property("CtrlSystem", ["Services"]), {}),
    (
        "dbcpp.DbGetDevicePropertyHist",
        lambda store: store.device_property_history("test/all/1", "p1"),
        [HistoryEntry("p1", "2026-11-21 08:43:28", ("1", "2", "3"))],
    ),
    (
        "dbcpp.DbGetClassPropertyHist",
        lambda store: store.class_property_history("AllTypes", "cp"),
        [HistoryEntry("cp", "2026-11-21 08:43:28", ("a", "b"))],
    ),
    (
        "dbcpp.DbGetPropertyHist",
        lambda store: store.property_history("obj", "op"),
        [HistoryEntry("op", "2026-11-21 08:43:28", ("a", "b"))],
    ),
    (
        "dbcpp.DbGetDeviceAttributePropertyHist",
        lambda store: store.device_attribute_property_history("test/all/1", "double_scalar", "label"),
        [
            HistoryEntry("label", "2026-11-21 08:43:18", ("DS",), member="double_scalar"),
            HistoryEntry("label", "2026-11-21 08:43:28", ("LBL",), member="double_scalar"),
        ],
    ),
    (
        "db.DbGetClassAttributePropertyHist",
        lambda store: store.class_attribute_property_history("AllTypes", "double_scalar", "label"),
        [HistoryEntry("label", "2026-11-21 08:40:56", ("CL",), member="double_scalar")],
    ),
    (
        "startup.cpp934.db.DbGetClassProperty",
        lambda store: [
            *store.get_class_property(
                "DServer", ["doc_url", "cvs_tag", "cvs_location", "AllowedAccessCmd", "svn_tag", "svn_location"]
            )
        ],
        ["AllowedAccessCmd"],
    ),
]


@pytest.mark.parametrize(("name", "ask", "result"), CASES, ids=[name for name, _, _ in CASES])
def test_the_recorded_exchange(name: str, ask: Ask, result: object) -> None:
    """wire 12: the store asks as other clients do, and understands the answers; a missing class property has no filler,
    a missing device property a blank."""
    store = RemoteStore("h:1", Recorded(name))
    if not name.endswith(".exc"):
        assert ask(store) == result
        return
    with pytest.raises(DevFailed) as failure:
        ask(store)
    assert failure.value.reason == result
    assert failure.value.errors[-1].reason == "API_CommandFailed"


def texts(name: str) -> list[str]:
    """What was answered in an exchange, a list of strings."""
    return list(exchange(name).messages[1].body["return"]["value"])


def test_the_start_of_a_server_with_the_cpp_database() -> None:
    """wire 12.1: the recorded answer to a server that has nothing but its device."""
    data = unpack_server_data("TangoTest/test", "vm", texts("startup.cppdb.dbcpp.DbGetDataForServerCache"))
    assert data is not None
    assert (data.admin.name, data.admin.exported, data.admin.ior) == ("dserver/TangoTest/test", False, "nada")
    assert (data.factory, data.channel, data.access) == (None, None, None)
    assert data.devices == {"TangoTest": ["sys/tg_test/1"]}
    assert not any((*data.values.values(), *data.members.values()))


STARTS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("data").joinpath("server_starts.json").read_text("utf-8")
)
"""What the C++ database answered to DbGetDataForServerCache, to a client of today and to an old one."""


@pytest.mark.parametrize("release", STARTS)
def test_properties_of_all_kinds_for_the_start_of_a_server(release: str) -> None:
    """wire 12.1: with everything; old clients are told neither the release nor pipes."""
    data = unpack_server_data("Pump/one", "vm", STARTS[release])
    assert data is not None
    assert data.factory == EventRecord("notifd/factory/vm", True, "IOR:01", "vm", 7, "4")
    assert data.channel == EventRecord("dserver/Pump/one", True, "IOR:02", "vm", 8, "5")
    assert data.devices == {"Pump": ["pump/all/1", "pump/all/2"], "Valve": ["pump/valve/1"]}
    del data.values[CLASS, "dserver"]
    assert {owner: found for (_, owner), found in data.values.items() if found} == {
        "dserver/pump/one": {"polling_threads_pool_conf": ["pump/all/1,pump/all/2", "pump/valve/1"]},
        "pump": {"Gas": ["Äther", "N2"]},
        "pump/all/1": {"Blank": [""], "Host": ["a", "", "c"], "Text": ['it\'s \\ "q" 5 €']},
        "ctrlsystem": {"Services": ["AccessControl/tango:sys/access_control/1"]},
    }
    pipes = {
        (CLASS_PIPE, "pump"): {"p": {"label": ["Class P"]}},
        (DEVICE_PIPE, "pump/all/2"): {"p": {"description": ["a", "b"], "label": ["P"]}},
    }
    assert {key: found for key, found in data.members.items() if found} == {
        (CLASS_ATTRIBUTE, "pump"): {"flow": {"format": ["%6.2f"]}},
        (DEVICE_ATTRIBUTE, "pump/all/1"): {
            "flow": {"abs_change": ["-1", "1"], "unit": ["l/s"]},
            "Level": {"__value": ["4.5"]},
        },
        **(pipes if release == "release 1.13" else {}),
    }
    assert data.access is not None
    name, record = data.access
    assert record == DeviceRecord(
        name, "TangoAccessControl/1", "TangoAccessControl", ior="IOR:00", host="vm", pid=123, version="5"
    )


def test_a_database_without_pipe_properties(sqlite: SqliteStore) -> None:
    """There is nothing to find and nothing to delete; what cannot be kept is refused. The commands that are missing are
    asked for once."""
    pipes = {name for name in COMMANDS if "Pipe" in name}
    caller = CommandTable(sqlite, pipes)
    store = RemoteStore("h:1", caller)
    for _ in range(2):
        assert store.get_device_pipe_property("a/b/c", ["p", "q"]) == {"p": {}, "q": {}}
        assert store.get_class_pipe_property("C", ["p"]) == {"p": {}}
        assert store.device_pipes("a/b/c") == []
        assert store.device_pipe_property_history("a/b/c", "p", "*") == []
        store.delete_device_pipe_property("a/b/c", "p", ["label"])
        store.delete_device_pipe("a/b/c", "p")
        with pytest.raises(DevFailed, match="Command DbPutDevicePipeProperty not found"):
            store.put_device_pipe_property("a/b/c", {"p": {"label": ["P"]}})
    assert len([command for command in caller.asked if command in pipes]) == 6 + 2


@pytest.mark.parametrize("date", ["0000-00-00 00:00:00", None])
def test_dates_of_what_never_happened(date: str | None) -> None:
    """DB-12: the oldest tables hold zeros."""
    assert seconds(date) is None
