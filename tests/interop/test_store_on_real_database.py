"""Our remote store with pytango-db as its database, call by call beside the embedded store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.remote import RemoteStore
from server_core.database.sqlite import SqliteStore
from server_core.database.store import DeviceExport, HistoryEntry, ServerInfo, Store
from server_core.model.errors import DevFailed
from tests.peers.fixtures import Database

Call = Callable[[Any], object]

HOST = "hosta"


def exported(*names: str) -> list[DeviceExport]:
    return [DeviceExport(name, "IOR:00", HOST, 123, "6") for name in names]


DEFINED: list[Call] = [
    lambda s: s.add_device("Pump/one", "store/pump/1", "Pump"),
    lambda s: s.add_device("Pump/one", "Store/Pump/2", "Pump", "pump_two"),
    lambda s: s.add_server("Pump/two", [("store/pump/3", "Pump"), ("store/valve/1", "Valve")]),
]

GROUPS: dict[str, list[Call]] = {
    "devices": [
        lambda s: s.device("store/pump/1"),
        lambda s: s.device("STORE/pump/2"),
        lambda s: s.device("pump_two"),
        lambda s: s.device("PUMP_TWO"),
        lambda s: s.device("dserver/Pump/one"),
        lambda s: s.device("store/no/1"),
        lambda s: s.device("no_alias"),
        lambda s: s.device("store/*/1"),
        lambda s: s.device("o'clock"),
        lambda s: s.devices("Pump/*"),
        lambda s: s.devices("pump/one", "PUMP"),
        lambda s: s.devices(name="store/*/1"),
        lambda s: s.devices(name="store/_ump/1"),
        lambda s: s.devices(name="store/_ump/*"),
        lambda s: s.devices(name="%"),
        lambda s: s.devices(name="st%e/*"),
        lambda s: s.device_names("Pump/two", "Valve"),
        lambda s: s.device_names("Pump/two", "No"),
        lambda s: s.device_names("No/such", "Pump"),
        lambda s: s.servers("Pump/*"),
        lambda s: s.servers("No*"),
        lambda s: s.distinct("domain", name="store/*"),
        lambda s: s.distinct("family", name="STORE/*"),
        lambda s: s.distinct("member", name="store/pump/*"),
        lambda s: s.distinct("class", server="Pump/*"),
        lambda s: s.distinct("server", dev_class="pump"),
        lambda s: s.distinct("alias", alias="pump*"),
        lambda s: s.distinct("host", server="Pump/*"),
        lambda s: s.class_inheritance("store/pump/1"),
        lambda s: s.add_device("Pump/one", "nonsense", "Pump"),
        lambda s: s.add_device("Pump/three", "store/pump/1", "Pump"),
        lambda s: s.device("store/pump/1").server,
        lambda s: s.rename_server("Pump/three", "Pump/four"),
        lambda s: s.device("dserver/Pump/four").server,
        lambda s: s.rename_server("Pump/four", "Pump/five"),
        lambda s: s.delete_device("store/valve/1"),
        lambda s: s.delete_device("store/valve/1"),
        lambda s: s.device("store/valve/1"),
        lambda s: s.delete_server("Pump/two"),
        lambda s: s.servers("Pump/*"),
    ],
    "exports": [
        lambda s: s.export_devices(exported("store/pump/1", "store/pump/2", "dserver/Pump/one")),
        lambda s: s.device("store/pump/1")[:9],
        lambda s: s.device("store/pump/1").started is not None,
        lambda s: s.distinct("name", name="store/*", exported=True),
        lambda s: s.distinct("name", server="Pump/*", exported=False),
        lambda s: s.host_servers(HOST),
        lambda s: s.export_devices(exported("store/no/1")),
        lambda s: s.unexport_server("PUMP/one"),
        lambda s: s.device("store/pump/1")[:9],
        lambda s: s.device("store/pump/1").stopped is not None,
        lambda s: s.unexport_server("No/such"),
        lambda s: s.distinct("name", name="store/*", exported=True),
        lambda s: s.export_event(DeviceExport("storechannel", "IOR:00", HOST, 7, "1")),
        lambda s: s.event("storechannel"),
        lambda s: s.unexport_event("storechannel"),
        lambda s: s.event("storechannel").exported,
        lambda s: s.event("no_channel"),
        lambda s: s.unexport_event("no_channel"),
    ],
    "start information": [
        lambda s: s.server_info("Pump/one"),
        lambda s: s.put_server_info(ServerInfo("Pump/one", HOST, 1, 3)),
        lambda s: s.server_info("pump/one"),
        lambda s: s.delete_server_info("PUMP/one"),
        lambda s: s.server_info("Pump/one"),
    ],
    "aliases": [
        lambda s: s.put_device_alias("store/pump/1", "pump_one"),
        lambda s: s.device_alias("STORE/pump/1"),
        lambda s: s.alias_device("PUMP_one"),
        lambda s: s.alias_device("no_alias"),
        lambda s: s.device_alias("store/pump/3"),
        lambda s: s.device_aliases("pump*"),
        lambda s: s.delete_device_alias("pump_one"),
        lambda s: s.delete_device_alias("pump_one"),
        lambda s: s.device_aliases("pump*"),
        lambda s: s.put_attribute_alias("store/pump/1/flow", "flow_one"),
        lambda s: s.alias_attribute("FLOW_one"),
        lambda s: s.alias_attribute("no_alias"),
        lambda s: s.attribute_alias("store/pump/1/FLOW"),
        lambda s: s.attribute_alias("store/pump/1/no"),
        lambda s: s.attribute_aliases("flow*"),
        lambda s: s.delete_attribute_alias("flow_one"),
        lambda s: s.attribute_aliases("flow*"),
    ],
    "pipe properties": [
        lambda s: s.get_device_pipe_property("store/pump/1", ["p"]),
        lambda s: s.get_class_pipe_property("Pump", ["p"]),
        lambda s: s.device_pipes("store/pump/1"),
        lambda s: s.class_pipes("Pump"),
        lambda s: s.delete_device_pipe_property("store/pump/1", "p", ["label"]),
        lambda s: s.delete_device_pipe("store/pump/1", "p"),
        lambda s: s.device_pipe_property_history("store/pump/1", "p", "*"),
    ],
}
for kind, owner, names in (
    ("device_property", "store/pump/1", "device_properties"),
    ("class_property", "Pump", "class_properties"),
    ("property", "StoreObject", "properties"),
):
    GROUPS[kind] = [
        lambda s, k=kind, o=owner: getattr(s, f"put_{k}")(o, {"one": ["1"], "many": ["a", "", "c"], "Blank": [""]}),
        lambda s, k=kind, o=owner: getattr(s, f"put_{k}")(o, {"one": ["2", "3"]}),
        lambda s, k=kind, o=owner: getattr(s, f"get_{k}")(o, ["ONE", "many", "Blank", "nope"]),
        lambda s, k=kind, o=owner: getattr(s, f"get_{k}")(o, []),
        lambda s, k=kind: getattr(s, f"get_{k}")("No/such/1", ["one"]),
        lambda s, n=names, o=owner: getattr(s, n)(o),
        lambda s, n=names, o=owner: getattr(s, n)(o, "*an*"),
        lambda s, k=kind, o=owner: getattr(s, f"put_{k}")(o, {"alone": ["x", "y"]}),
        lambda s, k=kind, o=owner: getattr(s, f"{k}_history")(o, "alone"),
        lambda s, k=kind, o=owner: getattr(s, f"delete_{k}")(o, ["many", "nope"]),
        lambda s, n=names, o=owner: getattr(s, n)(o),
        lambda s, k=kind, o=owner: getattr(s, f"put_{k}")(o, {"one": []}),
        lambda s, n=names, o=owner: getattr(s, n)(o),
    ]
for kind, owner in (("device_attribute", "store/pump/1"), ("class_attribute", "Pump")):
    GROUPS[kind] = [
        lambda s, k=kind, o=owner: getattr(s, f"put_{k}_property")(
            o, {"flow": {"unit": ["l/s"], "abs_change": ["-1", "1"]}, "Level": {"label": ["L"], "__value": ["4.5"]}}
        ),
        lambda s, k=kind, o=owner: getattr(s, f"get_{k}_property")(o, ["flow", "LEVEL", "nope"]),
        lambda s, k=kind: getattr(s, f"get_{k}_property")("No/such/1", ["flow"]),
        lambda s, k=kind, o=owner: getattr(s, f"{k}s")(o),
        lambda s, k=kind, o=owner: getattr(s, f"{k}s")(o, "f*"),
        lambda s, k=kind, o=owner: getattr(s, f"put_{k}_property")(o, {"alone": {"unit": ["m"]}}),
        lambda s, k=kind, o=owner: getattr(s, f"{k}_property_history")(o, "alone", "unit"),
        lambda s, k=kind, o=owner: getattr(s, f"delete_{k}_property")(o, "flow", ["unit", "nope"]),
        lambda s, k=kind, o=owner: getattr(s, f"get_{k}_property")(o, ["flow"]),
        lambda s, k=kind, o=owner: getattr(s, f"delete_{k}")(o, "Level"),
        lambda s, k=kind, o=owner: getattr(s, f"{k}s")(o),
    ]


def told(store: Store, call: Call) -> object:
    """What a call gives, dates left out; the reasons of its failure."""
    try:
        result = call(store)
    except DevFailed as failure:
        return failure.reason
    return _dateless(result)


def _dateless(value: object) -> object:
    if isinstance(value, HistoryEntry):
        return value._replace(date="")
    return [_dateless(item) for item in value] if type(value) is list else value


@pytest.fixture
def stores(real_database: Database, tmp_path: Path) -> Iterator[tuple[RemoteStore, SqliteStore]]:
    """The store of pytango-db and an embedded one, with the same devices."""
    remote, embedded = RemoteStore(real_database.host), SqliteStore(tmp_path / "names.sqlite")
    for store in (remote, embedded):
        for call in DEFINED:
            call(store)
    yield remote, embedded
    for server in remote.servers("Pump/*"):
        remote.delete_server(server)
    remote.close()
    embedded.close()


@pytest.mark.parametrize("group", GROUPS)
def test_the_real_database_answers_as_the_embedded_one(stores: tuple[RemoteStore, SqliteStore], group: str) -> None:
    """DB-20..DB-114 with pytango-db; wire 12."""
    different = []
    for number, call in enumerate(GROUPS[group]):
        real, embedded = (told(store, call) for store in stores)
        if real != embedded:
            different.append((number, real, embedded))
    assert different == []


def test_text_that_cannot_be_sent_is_refused(stores: tuple[RemoteStore, SqliteStore]) -> None:
    """TYP-9: what is no Unicode text, in a property and in what is exported."""
    remote, _ = stores
    with pytest.raises(DevFailed) as caught:
        remote.put_property("StoreObject", {"p": ["\udcff"]})
    assert [error.reason for error in caught.value.errors] == ["API_EncodeErr", "API_CommandFailed"]
    with pytest.raises(DevFailed, match=r"DbExportDevice cannot be sent.*U\+DCFF"):
        remote.export_devices([DeviceExport("store/pump/1", "IOR:00", "\udcff", 123, "6")])
