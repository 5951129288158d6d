"""`Database` under PyTango's names, and the public names of the package."""

from __future__ import annotations

from typing import Any

import pytest

import tangoterm.client
from tangoterm.client import (
    Database,
    DbDevExportInfo,
    DbDevInfo,
    DbServerInfo,
    DevFailed,
)


@pytest.fixture
def database(store: Any) -> Database:
    return Database()


def test_devices_are_defined_found_and_removed(database: Database) -> None:
    database.add_device(DbDevInfo("lab/pump/1", "Pump", "vacuum/1"))
    database.add_server("vacuum/2", [DbDevInfo("lab/pump/2", "Pump"), DbDevInfo("hall/pump/3", "Pump")])
    assert database.get_device_name("vacuum/2", "Pump") == ["hall/pump/3", "lab/pump/2"]
    assert list(database.get_server_list("vac*")) == ["vacuum/1", "vacuum/2"]
    assert database.get_server_name_list().value_string == ["bench", "vacuum"]
    assert database.get_instance_name_list("vacuum") == ["1", "2"]
    assert {"Bench", "Pump"} <= set(database.get_class_list())
    assert database.get_server_class_list("vacuum/1") == ["Pump"]
    assert database.get_device_domain("*") == ["dserver", "hall", "lab"]
    assert database.get_device_family("lab/*") == ["bench", "pump"]
    assert database.get_device_member("lab/pump/*") == ["1", "2"]
    assert database.get_class_for_device("lab/pump/1") == "Pump"
    database.delete_device("lab/pump/1")
    with pytest.raises(DevFailed) as caught:
        database.get_device_info("lab/pump/1")
    assert caught.value.reason == "DB_DeviceNotDefined"
    database.delete_server("vacuum/2")
    assert database.get_server_list("vacuum/2") == []


def test_a_served_device_is_exported(database: Database) -> None:
    assert database.get_device_info("lab/bench/1").started_date == "Not available"
    database.export_device(DbDevExportInfo("lab/bench/1", "tcp://h:1", "h", "5", 7))
    info = database.get_device_info("lab/bench/1")
    assert (info.exported, info.ior, info.host, info.pid, info.ds_full_name) == (1, "tcp://h:1", "h", 7, "bench/test")
    assert database.import_device("lab/bench/1").exported == 1
    assert database.get_device_exported("lab/*") == ["lab/bench/1"]
    assert database.get_device_exported_for_class("Bench") == ["lab/bench/1"]
    database.export_device(DbDevExportInfo("dserver/bench/test", "tcp://h:1", "h", "5", 7))
    assert database.get_host_list() == ["h"]
    assert database.get_host_server_list("H") == ["bench/test"]
    database.unexport_server("bench/test")
    assert database.get_device_exported("*") == []


def test_server_info(database: Database) -> None:
    database.put_server_info(DbServerInfo("bench/test", "h", 1, 3))
    assert database.get_server_info("bench/test") == DbServerInfo("bench/test", "h", 1, 3)


def test_aliases(database: Database) -> None:
    database.put_device_alias("lab/bench/1", "bench")
    assert database.get_device_from_alias("bench") == "lab/bench/1"
    assert database.get_alias_from_device("lab/bench/1") == "bench"
    assert database.get_device_alias_list("b*") == ["bench"]
    database.delete_device_alias("bench")
    assert database.get_device_alias_list() == []
    database.put_attribute_alias("lab/bench/1/level", "height")
    assert database.get_attribute_from_alias("height") == "lab/bench/1/level"
    assert database.get_attribute_alias_list("h*") == ["height"]
    assert database.get_alias_from_attribute("lab/bench/1/level") == "height"
    database.delete_attribute_alias("height")


@pytest.mark.parametrize("family", ["device", "class"])
def test_properties_of_devices_and_classes(database: Database, family: str) -> None:
    owner = {"device": "lab/bench/1", "class": "Bench"}[family]
    get, put, delete = (getattr(database, f"{verb}_{family}_property") for verb in ("get", "put", "delete"))
    put(owner, {"gain": 2, "list": ["a", "b"]})
    put(owner, {"gain": 3})
    assert get(owner, ["gain", "list", "none"]) == {"gain": ["3"], "list": ["a", "b"], "none": []}
    assert get(owner, "gain") == {"gain": ["3"]}
    assert sorted(getattr(database, f"get_{family}_property_list")(owner)) == ["gain", "list"]
    history = getattr(database, f"get_{family}_property_history")(owner, "gain")
    assert [list(entry.value) for entry in history] == [["2"], ["3"]]
    delete(owner, ["gain"])
    assert get(owner, "gain") == {"gain": []}


@pytest.mark.parametrize("family", ["device", "class"])
def test_properties_of_attributes(database: Database, family: str) -> None:
    owner = {"device": "lab/bench/1", "class": "Bench"}[family]
    get, put, delete = (getattr(database, f"{verb}_{family}_attribute_property") for verb in ("get", "put", "delete"))
    put(owner, {"level": {"unit": "cm", "min_value": 3}})
    assert get(owner, ["level", "row"]) == {"level": {"unit": ["cm"], "min_value": ["3"]}, "row": {}}
    assert getattr(database, f"get_{family}_attribute_list")(owner, "*") == ["level"]
    delete(owner, {"level": ["unit"]})
    assert get(owner, "level") == {"level": {"min_value": ["3"]}}


def test_free_properties(database: Database) -> None:
    database.put_property("CtrlSystem", {"WAttrNaNAllowed": "true"})
    assert database.get_property("CtrlSystem", "WAttrNaNAllowed") == {"WAttrNaNAllowed": ["true"]}
    assert database.get_object_list() == ["CtrlSystem"]
    assert database.get_object_property_list("CtrlSystem") == ["WAttrNaNAllowed"]
    database.delete_property("CtrlSystem", "WAttrNaNAllowed")
    assert database.get_object_list() == []


def test_the_package_offers_all_it_names() -> None:
    for name in tangoterm.client.__all__:
        assert getattr(tangoterm.client, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = tangoterm.client.Nothing


def test_the_database_of_another_machine_is_named_by_host_and_port() -> None:
    for database in (Database("127.0.0.1", 1), Database("127.0.0.1:1")):
        with pytest.raises(DevFailed, match=r"on host 127\.0\.0\.1 with port 1"):
            database.get_device_exported("*")
