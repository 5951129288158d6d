"""Devices, servers and aliases, the same in every home of a store."""

from __future__ import annotations

import os
import time

import pytest

from server_core.database.store import DeviceExport, ServerInfo, Store
from server_core.model.errors import DevFailed


def fails(reason: str, call: object, *args: object) -> str:
    with pytest.raises(DevFailed) as caught:
        call(*args)  # type: ignore[operator]
    assert caught.value.reason == reason
    return caught.value.desc


def define(store: Store) -> None:
    store.add_server("PS/one", [("lab/ps/1", "PowerSupply"), ("Lab/PS/2", "PowerSupply"), ("lab/cam/1", "Camera")])
    store.add_server("Other/x", [("sys/o_1/1", "Other"), ("sys/oA1/1", "Other")])


def test_a_new_device_is_defined_and_not_exported(store: Store) -> None:
    """DB-12, DB-20."""
    store.add_device("PS/one", "lab/ps/1", "PowerSupply", "ps")
    record = store.device("LAB/ps/1")
    assert record == ("lab/ps/1", "PS/one", "PowerSupply", "ps", False, "nada", "nada", 0, "0", None, None)
    assert type(record.exported) is bool


def test_a_server_gets_its_admin_device(store: Store) -> None:
    store.add_device("PS/one", "lab/ps/1", "PowerSupply")
    assert store.device("dserver/ps/ONE").dev_class == "DServer"
    assert [record.name for record in store.devices()] == ["dserver/PS/one", "lab/ps/1"]


def test_names_keep_their_spelling_and_compare_without_case(store: Store) -> None:
    """NAME-3, DB-5."""
    define(store)
    assert store.device("lab/ps/2").name == "Lab/PS/2"
    assert [record.name for record in store.devices("ps/ONE", "powersupply")] == ["lab/ps/1", "Lab/PS/2"]


@pytest.mark.parametrize("given", ["tango://host:10000/lab/ps/4", "//host/lab/ps/4", "tango:lab/ps/4", "taco:lab/ps/4"])
def test_protocol_and_host_are_not_stored(store: Store, given: str) -> None:
    """NAME-14."""
    store.add_device("PS/one", given, "PowerSupply")
    assert store.device("lab/ps/4").name == "lab/ps/4"


def test_adding_again_clears_alias_and_export_and_keeps_properties(store: Store) -> None:
    """DB-20: B004..B007, A017."""
    store.add_device("PS/one", "lab/ps/1", "PowerSupply", "ps")
    store.export_devices([DeviceExport("lab/ps/1", "tcp://h:1", "h", 7, "5")])
    store.put_device_property("lab/ps/1", {"Kept": ["yes"]})
    store.add_device("PS/two", "LAB/ps/1", "Better")
    assert store.device("lab/ps/1") == ("LAB/ps/1", "PS/two", "Better", "", False, "nada", "nada", 0, "0", None, None)
    assert store.get_device_property("lab/ps/1", ["Kept"]) == {"Kept": ["yes"]}


@pytest.mark.parametrize(
    ("server", "device", "dev_class", "reason"),
    [
        ("PS/one", "lab/ps", "X", "DB_IncorrectDeviceName"),
        ("PS/one", "lab//1", "X", "DB_IncorrectDeviceName"),
        ("PS/one", "lab/ps/*", "X", "DB_IncorrectDeviceName"),
        ("PS/one", f"lab/{'p' * 86}/1", "X", "DB_IncorrectDeviceName"),
        ("PS", "lab/ps/1", "X", "DB_IncorrectServerName"),
        ("PS/*", "lab/ps/1", "X", "DB_IncorrectServerName"),
        ("PS/one", "lab/ps/1", "", "DB_IncorrectArguments"),
    ],
)
def test_wrong_names_are_refused(store: Store, server: str, device: str, dev_class: str, reason: str) -> None:
    """NAME-2, NAME-13, NAME-14."""
    fails(reason, store.add_device, server, device, dev_class)
    assert store.devices() == []


def test_a_server_is_added_as_a_whole_or_not_at_all(store: Store) -> None:
    """DB-11, DB-21."""
    fails("DB_IncorrectDeviceName", store.add_server, "PS/one", [("lab/ps/1", "X"), ("bad", "X")])
    assert store.devices() == []


def test_lists_are_filtered_sorted_and_distinct(store: Store) -> None:
    """DB-6, DB-7, DB-25..DB-36."""
    define(store)
    assert store.servers() == ["Other/x", "PS/one"]
    assert store.servers("p*") == ["PS/one"]
    assert store.distinct("domain") == ["dserver", "lab", "sys"]
    assert store.distinct("family", name="lab/*") == ["cam", "ps"]
    assert store.distinct("member", name="LAB/PS/*") == ["1", "2"]
    assert store.distinct("class", server="PS/*") == ["Camera", "DServer", "PowerSupply"]
    assert store.distinct("name", name="*ps/1") == ["lab/ps/1"]
    assert store.distinct("host") == ["nada"]
    with pytest.raises(ValueError, match="'colour' is not a field"):
        store.distinct("colour")


@pytest.mark.parametrize("pattern", ["%", "sys/o?1/1", "sys/o%1/1", "", "lab", "*'*", 'x"*'])
def test_only_the_star_is_a_wildcard(store: Store, pattern: str) -> None:
    """DB-6: B015..B018; an empty filter matches nothing."""
    define(store)
    assert store.devices(name=pattern) == []
    assert store.distinct("name", name=pattern) == []


def test_an_underscore_is_itself(store: Store) -> None:
    define(store)
    assert [record.name for record in store.devices(name="sys/o_1/*")] == ["sys/o_1/1"]


def test_export_and_unexport(store: Store) -> None:
    """DB-12, DB-38..DB-40, DB-43."""
    define(store)
    before = time.time()
    store.export_devices([DeviceExport("LAB/ps/1", "tcp://h:1,unix:///s", "hosta", os.getpid(), "5")])
    record = store.device("lab/ps/1")
    assert record[:9] == (
        "lab/ps/1",
        "PS/one",
        "PowerSupply",
        "",
        True,
        "tcp://h:1,unix:///s",
        "hosta",
        os.getpid(),
        "5",
    )
    assert record.started is not None
    assert -1 <= record.started - before <= 5
    assert store.distinct("name", exported=True) == ["lab/ps/1"]

    store.unexport_device("LAB/PS/1")
    record = store.device("lab/ps/1")
    assert (record.exported, record.ior, record.pid) == (False, "tcp://h:1,unix:///s", os.getpid())
    assert record.stopped is not None

    store.export_devices([DeviceExport("lab/ps/1", "a", "h", 1, "5"), DeviceExport("lab/ps/2", "b", "h", 1, "5")])
    store.unexport_server("ps/one")
    store.unexport_server("Nope/x")
    assert store.distinct("name", exported=True) == []


def test_export_of_an_unknown_device_is_refused(store: Store) -> None:
    desc = fails("DB_DeviceNotDefined", store.export_devices, [DeviceExport("no/such/1", "a", "h", 1, "5")])
    assert desc == "device no/such/1 not defined in the database !"


def test_deleting_a_device_takes_its_properties_and_aliases_along(store: Store) -> None:
    """DB-22: B067..B069."""
    define(store)
    store.put_device_property("lab/ps/1", {"P": ["1"]})
    store.put_device_attribute_property("lab/ps/1", {"current": {"unit": ["A"]}})
    store.put_device_pipe_property("lab/ps/1", {"p": {"label": ["P"]}})
    store.put_attribute_alias("lab/ps/1/current", "I1")
    store.delete_device("LAB/ps/1")
    fails("DB_DeviceNotDefined", store.device, "lab/ps/1")
    assert store.device_properties("lab/ps/1") == []
    assert store.device_attributes("lab/ps/1") == []
    assert store.device_pipes("lab/ps/1") == []
    assert store.attribute_aliases() == []
    store.delete_device("lab/ps/1")
    fails("DB_IncorrectDeviceName", store.delete_device, "bad")
    assert store.device("dserver/PS/one").dev_class == "DServer"


def test_deleting_a_server_removes_all_of_it(store: Store) -> None:
    """DB-23."""
    define(store)
    store.put_device_property("lab/ps/1", {"P": ["1"]})
    store.delete_server("PS/one")
    assert store.servers() == ["Other/x"]
    assert store.get_device_property("lab/ps/1", ["P"]) == {}
    fails("DB_IncorrectServerName", store.delete_server, "PS/one")
    fails("DB_IncorrectServerName", store.delete_server, "PS")


def test_renaming_a_server_moves_its_admin_device_and_start_information(store: Store) -> None:
    """DB-24, with the server table renamed too."""
    define(store)
    store.put_server_info(ServerInfo("PS/one", "hosta", 1, 3))
    store.put_device_property("dserver/PS/one", {"polling_threads_pool_size": ["4"]})
    store.rename_server("ps/one", "Supplies/main")
    assert store.servers() == ["Other/x", "Supplies/main"]
    assert store.device("dserver/Supplies/main").server == "Supplies/main"
    assert store.get_device_property("dserver/Supplies/main", ["polling_threads_pool_size"]) != {}
    assert store.server_info("Supplies/main") == ("Supplies/main", "hosta", 1, 3)
    fails("DB_IncorrectServerName", store.rename_server, "PS/one", "A/b")
    fails("DB_IncorrectArguments", store.rename_server, "Supplies/main", "Other/x")
    fails("DB_IncorrectArguments", store.rename_server, "Supplies", "A/b")


def test_start_information(store: Store) -> None:
    """DB-50..DB-52; its host follows the last export (DB-38)."""
    define(store)
    assert store.server_info("PS/one") is None
    store.put_server_info(ServerInfo("PS/one", "hosta", 1, 3))
    store.put_server_info(ServerInfo("ps/ONE", "hostb", 0, 0))
    assert store.server_info("PS/one") == ("PS/one", "hostb", 0, 0)
    store.export_devices([DeviceExport("lab/ps/1", "a", "hostc", 1, "5")])
    assert store.server_info("PS/one") == ("PS/one", "hostc", 0, 0)
    store.delete_server_info("PS/ONE")
    assert store.server_info("PS/one") is None


def test_device_aliases(store: Store) -> None:
    """DB-54..DB-58, NAME-9."""
    define(store)
    store.put_device_alias("lab/ps/1", "PsOne")
    assert store.device_alias("LAB/ps/1") == "PsOne"
    assert store.alias_device("psone") == "lab/ps/1"
    assert store.device("PSONE").name == "lab/ps/1"
    fails("DB_SQLError", store.put_device_alias, "lab/ps/2", "psone")
    store.put_device_alias("LAB/ps/1", "PSone")
    assert store.device_aliases() == ["PSone"]
    store.put_device_alias("lab/ps/1", "PsOne")
    store.put_device_alias("lab/ps/2", "two")
    assert store.device_aliases() == ["PsOne", "two"]
    assert store.device_aliases("t*") == ["two"]
    store.put_device_alias("lab/ps/1", "first")
    assert store.device_aliases() == ["first", "two"]
    store.delete_device_alias("FIRST")
    store.delete_device_alias("unknown")
    fails("DB_AliasNotDefined", store.device_alias, "lab/ps/1")
    fails("DB_DeviceNotDefined", store.alias_device, "first")


def test_a_device_is_not_added_with_an_alias_that_is_taken(store: Store) -> None:
    """DB-20: nor is the former record of its name lost then; its own alias it may have again."""
    store.add_device("PS/one", "lab/ps/1", "X", "one")
    store.add_device("PS/one", "lab/ps/2", "X", "two")
    with pytest.raises(DevFailed, match="alias ONE already exists !"):
        store.add_device("PS/two", "lab/ps/2", "Y", "ONE")
    assert (store.device("lab/ps/2").server, store.device_alias("lab/ps/2")) == ("PS/one", "two")
    store.add_device("PS/one", "LAB/ps/2", "X", "Two")
    assert store.device_aliases() == ["one", "Two"]


@pytest.mark.parametrize("alias", ["", "a/b", "a b", "a#b", "a:b", "a->b", "a" * 256])
def test_aliases_that_could_not_be_used_are_refused(store: Store, alias: str) -> None:
    """NAME-9."""
    define(store)
    fails("DB_IncorrectArguments", store.put_device_alias, "lab/ps/1", alias)
    fails("DB_IncorrectArguments", store.put_attribute_alias, "lab/ps/1/current", alias)
    if alias:
        fails("DB_IncorrectArguments", store.add_device, "PS/one", "lab/ps/9", "X", alias)


def test_a_device_name_goes_before_an_alias_and_no_alias_is_no_name(store: Store) -> None:
    define(store)
    for name in ("", "*", "lab/ps/*", "no/such/1", "o'clock", 'say "hi"'):
        assert fails("DB_DeviceNotDefined", store.device, name) == f"device {name} not defined in the database !"


def test_attribute_aliases(store: Store) -> None:
    """DB-59..DB-64."""
    store.put_attribute_alias("lab/ps/1/current", "I1")
    store.put_attribute_alias("lab/z/1/Anode", "Z1")
    assert store.alias_attribute("i1") == "lab/ps/1/current"
    assert store.attribute_alias("LAB/ps/1/Current") == "I1"
    fails("DB_SQLError", store.put_attribute_alias, "lab/ps/2/current", "i1")
    fails("DB_SQLError", store.put_attribute_alias, "lab/ps/1", "X")
    store.put_attribute_alias("lab/ps/1/current", "A1")
    assert store.attribute_aliases() == ["Z1", "A1"]  # in the order of the attributes
    assert store.attribute_aliases("a*") == ["A1"]
    store.delete_attribute_alias("a1")
    fails("DB_SQLError", store.alias_attribute, "A1")
    fails("DB_SQLError", store.attribute_alias, "lab/ps/1/current")
