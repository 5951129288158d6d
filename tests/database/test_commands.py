"""Every Db command as a client sends it: layouts of arguments and results, wildcards, what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.model.errors import DevFailed
from server_core.protocol.giop.ior import device_ior
from tests.database.database_server import Client, Database

DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
LONG_DATE = re.compile(r"\d+(st|nd|rd|th) [A-Z][a-z]+ \d{4} at \d\d:\d\d:\d\d")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def call(database: Database) -> Iterator[Client]:
    """A client of a database with two servers in it."""
    client = Client(database)
    client("DbAddServer", ["PS/one", "lab/ps/1", "PowerSupply", "Lab/PS/2", "PowerSupply", "lab/cam/1", "Camera"])
    client("DbAddServer", ["PS/two", "hall/ps/1", "PowerSupply"])
    yield client
    client.close()


def reason(call: Client, command: str, argin: Any) -> str:
    with pytest.raises(DevFailed) as caught:
        call(command, argin)
    return caught.value.reason


def record(answer: Any) -> tuple[list[int], list[str]]:
    numbers, texts = answer
    return list(numbers), list(texts)


def history(answer: list[str]) -> list[str]:
    return ["<date>" if DATE.fullmatch(text) else text for text in answer]


# ---- servers and devices


def test_devices_by_server_and_class(call: Client) -> None:
    """DB-25, DB-26, DB-27: the admin device is one of them; both filters count for one, the exact name for another."""
    assert call("DbGetDeviceList", ["ps/ONE", "PowerSupply"]) == ["lab/ps/1", "Lab/PS/2"]
    assert call("DbGetDeviceList", ["PS/*", "D*"]) == ["dserver/PS/one", "dserver/PS/two"]
    assert reason(call, "DbGetDeviceList", ["PS/one"]) == "DB_IncorrectArguments"
    pairs = ["dserver/PS/one", "DServer", "lab/cam/1", "Camera", "lab/ps/1", "PowerSupply", "Lab/PS/2", "PowerSupply"]
    assert call("DbGetDeviceClassList", "PS/one") == pairs
    assert call("DbGetDeviceClassList", "PS/*") == []
    assert call("DbGetDeviceServerClassList", "PS/*") == ["Camera", "DServer", "PowerSupply"]
    assert call("DbGetDeviceServerClassList", "Nope/x") == []


def test_classes_and_their_parents(call: Client) -> None:
    """DB-28, DB-29, DB-30: classes are those of devices; parents stand in the class property InheritedFrom."""
    assert call("DbGetClassForDevice", "LAB/ps/1") == "PowerSupply"
    assert reason(call, "DbGetClassForDevice", "lab/ps/99") == "DB_IncorrectArguments"
    assert call("DbGetClassInheritanceForDevice", "lab/ps/1") == ["PowerSupply"]
    call("DbPutClassProperty", ["PowerSupply", "1", "InheritedFrom", "2", "Supply", "Device_6Impl"])
    assert call("DbGetClassInheritanceForDevice", "lab/ps/1") == ["PowerSupply", "Supply", "Device_6Impl"]
    assert call("DbGetClassList", "*") == ["Camera", "DataBase", "DServer", "PowerSupply"]
    assert call("DbGetClassList", "P*") == ["PowerSupply"]


def test_fields_of_the_names_that_match(call: Client) -> None:
    """DB-31, DB-32, DB-33, DB-34: the filter is on the whole name, of exported devices and others."""
    assert call("DbGetDeviceDomainList", "*l*/ps/*") == ["hall", "lab"]
    assert call("DbGetDeviceFamilyList", "lab/*") == ["cam", "ps"]
    assert call("DbGetDeviceMemberList", "lab/ps/*") == ["1", "2"]
    assert call("DbGetDeviceWideList", "lab/*") == ["lab/cam/1", "lab/ps/1", "Lab/PS/2"]
    assert call("DbGetDeviceWideList", "lab") == []


def test_server_names_and_their_parts(call: Client) -> None:
    """DB-35, DB-36, DB-37: executables by a filter on the whole name, instances of executables that match."""
    assert call("DbGetServerList", "P*") == ["PS/one", "PS/two"]
    assert call("DbGetServerNameList", "*") == ["DataBaseds", "PS"]
    assert call("DbGetServerNameList", "PS/o*") == ["PS"]
    assert call("DbGetInstanceNameList", "ps") == ["one", "two"]
    assert call("DbGetInstanceNameList", "P*") == ["one", "two"]
    assert call("DbGetInstanceNameList", "Nope") == []


def test_a_server_lives_as_long_as_a_device_carries_its_name(call: Client) -> None:
    """DB-13, DB-22: the admin device stays when all others are gone; start information has a life of its own."""
    call("DbPutServerInfo", ["PS/two", "hosta", "1", "2"])
    call("DbDeleteDevice", "hall/ps/1")
    assert call("DbGetDeviceClassList", "PS/two") == ["dserver/PS/two", "DServer"]
    assert call("DbGetServerList", "PS/two") == ["PS/two"]
    call("DbDeleteServer", "PS/two")
    assert call("DbGetServerList", "PS/two") == []
    assert call("DbGetServerInfo", "PS/two") == ["PS/two", "hosta", "1", "2"]
    assert reason(call, "DbDeleteServer", "PS/two") == "DB_IncorrectServerName"


# ---- export


def test_import_and_info_of_a_device(call: Client) -> None:
    """DB-39, DB-41, DB-42: by name or alias, keyed as asked in lower case; dates in words; what was known stays."""
    assert record(call("DbImportDevice", "Lab/ps/1")) == (
        [0, 0],
        ["lab/ps/1", "nada", "0", "PS/one", "nada", "PowerSupply"],
    )
    call("DbExportDevice", ["lab/ps/1", "tcp://h:1", "hosta.lab", "42", "6"])
    call("DbPutDeviceAlias", ["lab/ps/1", "PsOne"])
    assert record(call("DbImportDevice", "PSONE")) == (
        [1, 42],
        ["psone", "tcp://h:1", "6", "PS/one", "hosta.lab", "PowerSupply"],
    )
    numbers, texts = record(call("DbGetDeviceInfo", "lab/ps/1"))
    assert (numbers, texts[:5], texts[6:]) == (
        [1, 42],
        ["lab/ps/1", "tcp://h:1", "6", "PS/one", "hosta.lab"],
        ["?", "PowerSupply"],
    )
    assert LONG_DATE.fullmatch(texts[5])
    call("DbUnExportDevice", "LAB/ps/1")
    call("DbUnExportDevice", "no/such/device")
    numbers, texts = record(call("DbGetDeviceInfo", "lab/ps/1"))
    assert (numbers, texts[1], texts[4]) == ([0, 42], "tcp://h:1", "hosta.lab")
    assert LONG_DATE.fullmatch(texts[6])
    assert reason(call, "DbImportDevice", "lab/ps/99") == "DB_DeviceNotDefined"
    assert reason(call, "DbGetDeviceInfo", "lab/ps/99") == "DB_DeviceNotDefined"


def test_exported_devices_by_class_and_host(call: Client) -> None:
    """DB-43, DB-44, DB-45, DB-46: a host is known by its short name too, by its servers' admin devices."""
    call("DbExportDevice", ["lab/ps/1", "tcp://h:1", "hosta.lab", "null", "6"])
    call("DbExportDevice", ["dserver/PS/one", "tcp://h:1", "hosta.lab", "42", "6"])
    call("DbPutDeviceAlias", ["lab/ps/1", "PsOne"])
    assert call("DbGetDeviceExportedList", "lab/*") == ["lab/ps/1"]
    assert call("DbGetDeviceExportedList", "PsO*") == ["lab/ps/1"]
    assert call("DbGetExportdDeviceListForClass", "Power*") == ["lab/ps/1"]
    assert call("DbGetExportdDeviceListForClass", "Camera") == []
    assert call("DbGetHostList", "host*") == ["hosta.lab"]
    assert "nada" in call("DbGetHostList", "*")
    assert call("DbGetHostServerList", "hosta") == call("DbGetHostServerList", "hosta.lab") == ["PS/one"]
    assert call("DbGetHostServerList", "host") == []


def test_event_channels(call: Client) -> None:
    """DB-47, DB-48, DB-49: stored in lower case under their own names; gone ones are remembered."""
    assert reason(call, "DbImportEvent", "notifd/factory/h_1") == "DB_DeviceNotDefined"
    call("DbExportEvent", ["Notifd/factory/h_1", "IOR:02", "hosta", "55", "1"])
    assert record(call("DbImportEvent", "NOTIFD/factory/h_1")) == (
        [1, 55],
        ["notifd/factory/h_1", "IOR:02", "1", "hosta"],
    )
    assert reason(call, "DbImportEvent", "notifd/factory/hx1") == "DB_DeviceNotDefined"
    call("DbUnExportEvent", "notifd/factory/h_1")
    call("DbUnExportEvent", "notifd/factory/unknown")
    assert record(call("DbImportEvent", "notifd/factory/h_1"))[0] == [0, 55]
    assert reason(call, "DbExportEvent", ["x", "IOR:02", "hosta", "55"]) == "DB_IncorrectArguments"


def test_start_information_of_servers(call: Client) -> None:
    """DB-50, DB-51, DB-52, DB-53: three blanks for what is not stored; all servers of a host with theirs."""
    assert call("DbGetServerInfo", "PS/one") == ["PS/one", " ", " ", " "]
    call("DbPutServerInfo", ["PS/One", "hosta.lab", "1", "3", "ignored"])
    assert call("DbGetServerInfo", "PS/one") == ["PS/one", "hosta.lab", "1", "3"]
    assert reason(call, "DbPutServerInfo", ["PS/one", "hosta", "1"]) == "DB_IncorrectArguments"
    assert reason(call, "DbPutServerInfo", ["PS/one", "hosta", "x", "1"]) == "DB_IncorrectArguments"
    for server in ("PS/one", "PS/two"):
        call("DbExportDevice", [f"dserver/{server}", "tcp://h:1", "hosta.lab", "42", "6"])
    assert call("DbGetHostServersInfo", "hosta") == ["PS/one", "1", "3", "PS/two", " ", " "]
    call("DbDeleteServerInfo", "ps/ONE")
    assert call("DbGetServerInfo", "PS/one") == ["PS/one", " ", " ", " "]


# ---- aliases


def test_aliases_of_devices(call: Client) -> None:
    """DB-54, DB-55, DB-56, DB-57, DB-58."""
    call("DbPutDeviceAlias", ["lab/ps/1", "PsOne"])
    call("DbPutDeviceAlias", ["no/such/device", "nobody"])
    assert call("DbGetDeviceAlias", "LAB/ps/1") == "PsOne"
    assert call("DbGetAliasDevice", "psone") == "lab/ps/1"
    assert call("DbGetDeviceAliasList", "p*") == ["PsOne"]
    assert call("DbGetDeviceAliasList", "") == []
    assert reason(call, "DbPutDeviceAlias", ["lab/ps/2", "psone"]) == "DB_SQLError"
    assert reason(call, "DbPutDeviceAlias", ["lab/ps/2", "a/b"]) == "DB_IncorrectArguments"
    assert reason(call, "DbPutDeviceAlias", ["lab/ps/2"]) == "DB_IncorrectArguments"
    assert reason(call, "DbGetDeviceAlias", "lab/cam/1") == "DB_AliasNotDefined"
    assert reason(call, "DbGetDeviceAlias", "bad") == "DB_IncorrectDeviceName"
    assert reason(call, "DbGetAliasDevice", "nobody") == "DB_DeviceNotDefined"
    call("DbDeleteDeviceAlias", "PSONE")
    call("DbDeleteDeviceAlias", "unknown")
    assert call("DbGetDeviceAliasList", "*") == []


def test_aliases_of_attributes(call: Client) -> None:
    """DB-59, DB-60, DB-61, DB-62, DB-63, DB-64: listed in the order of the attributes' own names."""
    call("DbPutAttributeAlias", ["lab/ps/1/current", "I1"])
    call("DbPutAttributeAlias", ["lab/zz/9/angle", "Z1"])
    assert call("DbGetAttributeAlias", "i1") == call("DbGetAliasAttribute", "i1") == "lab/ps/1/current"
    assert call("DbGetAttributeAlias2", "LAB/ps/1/Current") == "I1"
    assert call("DbGetAttributeAliasList", "*") == ["Z1", "I1"]
    call("DbPutAttributeAlias", ["lab/ps/1/current", "I2"])
    assert call("DbGetAttributeAliasList", "i*") == ["I2"]
    for command, argin in (
        ("DbPutAttributeAlias", ["lab/ps/2/current", "i2"]),
        ("DbPutAttributeAlias", ["lab/ps/1", "X"]),
        ("DbGetAttributeAlias", "I1"),
        ("DbGetAliasAttribute", "I1"),
        ("DbGetAttributeAlias2", "lab/ps/1/nope"),
    ):
        assert reason(call, command, argin) == "DB_SQLError"
    assert reason(call, "DbPutAttributeAlias", ["lab/ps/1/current"]) == "DB_IncorrectArguments"
    call("DbDeleteAttributeAlias", "i2")
    call("DbDeleteAttributeAlias", "unknown")
    assert call("DbGetAttributeAliasList", "*") == ["Z1"]


# ---- properties of devices, classes and objects


def test_properties_of_devices(call: Client) -> None:
    """DB-65, DB-66, DB-67, DB-68, DB-69: a blank behind a count of 0; `*` in names; deletions are history."""
    call("DbPutDeviceProperty", ["lab/ps/1", "2", "Host", "1", "h", "Limits", "2", "1", "2"])
    call("DbPutDeviceProperty", ["lab/ps/1", "1", "Empty", "0"])
    assert call("DbGetDeviceProperty", ["LAB/ps/1", "host", "Nope", "Limits"]) == [
        *("LAB/ps/1", "3", "host", "1", "h", "Nope", "0", " ", "Limits", "2", "1", "2")
    ]
    assert call("DbGetDeviceProperty", ["lab/ps/1", "*"]) == ["lab/ps/1", "1", "*", "3", "h", "1", "2"]
    assert reason(call, "DbGetDeviceProperty", ["lab/ps/1"]) == "DB_IncorrectArguments"
    assert call("DbGetDevicePropertyList", ["lab/ps/1", "*"]) == ["Host", "Limits"]
    assert call("DbGetDevicePropertyList", ["lab/ps/1", "h*"]) == ["Host"]
    assert call("DbGetDevicePropertyList", ["lab/ps/1", ""]) == []
    for malformed in (["lab/ps/1", "1", "P", "2", "one"], ["lab/ps/1", "x", "P", "1", "one"], ["lab/ps/1"]):
        assert reason(call, "DbPutDeviceProperty", malformed) == "DB_IncorrectArguments"
    call("DbDeleteDeviceProperty", ["lab/ps/1", "l*", "unknown"])
    assert history(call("DbGetDevicePropertyHist", ["lab/ps/1", "limits"])) == [
        *("Limits", "<date>", "2", "1", "2"),
        *("Limits", "<date>", "0"),
    ]


def test_properties_of_classes(call: Client) -> None:
    """DB-70, DB-71, DB-72, DB-73, DB-74: no filler, and no wildcard but in deletion and history."""
    call("DbPutClassProperty", ["Supply", "2", "Model", "1", "XL", "Steps", "2", "1", "2"])
    assert call("DbGetClassProperty", ["supply", "Model", "Nope", "Steps"]) == [
        *("supply", "3", "Model", "1", "XL", "Nope", "0", "Steps", "2", "1", "2")
    ]
    assert call("DbGetClassProperty", ["Supply", "*"]) == ["Supply", "1", "*", "0"]
    assert call("DbGetClassPropertyList", "SUPPLY") == ["Model", "Steps"]
    assert call("DbGetClassPropertyList", "Supp*") == []
    call("DbDeleteClassProperty", ["Supply", "*"])
    assert call("DbGetClassPropertyList", "Supply") == []
    assert history(call("DbGetClassPropertyHist", ["Supply", "M*"])) == [
        *("Model", "<date>", "1", "XL"),
        *("Model", "<date>", "0"),
    ]


def test_free_properties(call: Client) -> None:
    """DB-75, DB-76, DB-77, DB-78, DB-79, DB-80."""
    call("DbPutProperty", ["Obj", "2", "A", "1", "1", "B", "2", "x", "y"])
    assert call("DbGetProperty", ["obj", "A", "C"]) == ["obj", "2", "A", "1", "1", "C", "0", " "]
    assert call("DbGetProperty", ["Obj", "*"]) == ["Obj", "1", "*", "3", "1", "x", "y"]
    assert call("DbGetPropertyList", ["Obj", "*"]) == ["A", "B"]
    assert call("DbGetObjectList", "o*") == ["Obj"]
    call("DbDeleteProperty", ["Obj", "A", "C"])
    assert call("DbGetPropertyList", ["Obj", "*"]) == ["B"]
    assert history(call("DbGetPropertyHist", ["Obj", "a"])) == ["A", "<date>", "1", "1", "A", "<date>", "0"]
    call("DbDeleteProperty", ["Obj", "*"])
    assert call("DbGetObjectList", "*") == []


# ---- properties of attributes and pipes


def test_single_values_of_attributes(call: Client) -> None:
    """DB-81, DB-83, DB-90, DB-92: the old form, where a property of k elements stands k times."""
    for word, owner in (("Device", "lab/ps/1"), ("Class", "Supply")):
        call(f"DbPut{word}AttributeProperty", [owner, "2", "i", "2", "unit", "A", "label", "I", "u", "1", "unit", "V"])
        call(f"DbPut{word}AttributeProperty2", [owner, "1", "u", "1", "abs_change", "2", "-1", "1"])
        assert call(f"DbGet{word}AttributeProperty", [owner, "i", "u", "nope"]) == [
            *(owner, "3", "i", "2", "label", "I", "unit", "A"),
            *("u", "3", "abs_change", "-1", "abs_change", "1", "unit", "V", "nope", "0"),
        ]
        call(f"DbDelete{word}Attribute", [owner, "i"])
        call(f"DbDelete{word}Attribute", [owner, "u"])


def members(call: Client, word: str, owner: str, kind: str, version: str) -> None:
    """The commands for properties of attributes or pipes that devices and classes have in common."""
    put, get = f"DbPut{word}{kind}Property{version}", f"DbGet{word}{kind}Property{version}"
    call(put, [owner, "2", "one", "2", "label", "1", "L", "range", "2", "1", "2", "two", "1", "label", "1", "M"])
    call(put, [owner, "1", "ONE", "1", "Label", "1", "LL"])
    assert call(get, [owner.upper(), "one", "nope"]) == [
        *(owner.upper(), "2", "one", "2", "Label", "1", "LL", "range", "2", "1", "2", "nope", "0")
    ]
    assert call(get, [owner]) == [owner, "0"]
    assert [name.lower() for name in call(f"DbGet{word}{kind}List", [owner, "*"])] == ["one", "two"]
    assert call(f"DbGet{word}{kind}List", [owner, "t*"]) == ["two"]
    call(f"DbDelete{word}{kind}Property", [owner, "one", "range", "unknown"])
    assert history(call(f"DbGet{word}{kind}PropertyHist", [owner, "*", "r*"])) == [
        *("one", "range", "<date>", "2", "1", "2"),
        *("one", "range", "<date>", "0"),
    ]
    call(f"DbDelete{word}{kind}", [owner, "two"])
    assert [name.lower() for name in call(f"DbGet{word}{kind}List", [owner, "*"])] == ["one"]
    assert history(call(f"DbGet{word}{kind}PropertyHist", [owner, "two", "label"])) == [
        *("two", "label", "<date>", "1", "M")
    ]
    assert reason(call, f"DbDelete{word}{kind}Property", [owner, "one"]) == "DB_IncorrectArguments"
    assert reason(call, f"DbDelete{word}{kind}", [owner]) == "DB_IncorrectArguments"
    assert reason(call, put, [owner, "1", "one", "2", "label", "1", "L"]) == "DB_IncorrectArguments"
    call(f"DbDelete{word}{kind}", [owner, "one"])


def delete_all(call: Client, kind: str, version: str) -> None:
    """All properties of some members of a device, each with its entry in the history."""
    put = f"DbPutDevice{kind}Property{version}"
    call(put, ["lab/cam/1", "2", "x", "1", "label", "1", "X", "y", "1", "label", "1", "Y"])
    call(f"DbDeleteAllDevice{kind}Property", ["lab/cam/1", "x", "y", "unknown"])
    assert call(f"DbGetDevice{kind}List", ["lab/cam/1", "*"]) == []
    assert history(call(f"DbGetDevice{kind}PropertyHist", ["lab/cam/1", "y", "*"])) == [
        *("y", "label", "<date>", "1", "Y"),
        *("y", "label", "<date>", "0"),
    ]
    assert reason(call, f"DbDeleteAllDevice{kind}Property", ["lab/cam/1"]) == "DB_IncorrectArguments"
    assert reason(call, f"DbDeleteAllDevice{kind}Property", ["bad", "x"]) == "DB_IncorrectDeviceName"


def test_attribute_properties_of_devices(call: Client) -> None:
    """DB-82, DB-84, DB-85, DB-86, DB-87, DB-88, DB-89."""
    members(call, "Device", "lab/ps/1", "Attribute", "2")
    delete_all(call, "Attribute", "2")
    assert reason(call, "DbDeleteDeviceAttributeProperty", ["bad", "i", "unit"]) == "DB_IncorrectDeviceName"


def test_attribute_properties_of_classes(call: Client) -> None:
    """DB-91, DB-93, DB-94, DB-95, DB-96, DB-97."""
    members(call, "Class", "Supply", "Attribute", "2")


def test_pipe_properties_of_classes(call: Client) -> None:
    """DB-98, DB-99, DB-100, DB-101, DB-102, DB-103."""
    members(call, "Class", "Supply", "Pipe", "")


def test_pipe_properties_of_devices(call: Client) -> None:
    """DB-104, DB-105, DB-106, DB-107, DB-108, DB-109, DB-110."""
    members(call, "Device", "lab/ps/1", "Pipe", "")
    delete_all(call, "Pipe", "")
    assert reason(call, "DbDeleteDevicePipe", ["bad", "p"]) == "DB_IncorrectDeviceName"


# ---- the database as a whole


def test_forwarded_attributes_of_a_device(call: Client) -> None:
    """DB-111: those whose root is an attribute of the device, with or without the name of a control system."""
    root = "__root_att"
    call("DbPutDeviceAttributeProperty", ["lab/cam/1", "1", "fwd", "1", root, "lab/ps/1/current"])
    call("DbPutDeviceAttributeProperty", ["lab/cam/1", "1", "far", "1", root, "tango://h:10000/Lab/ps/1/current"])
    call("DbPutDeviceAttributeProperty", ["lab/cam/1", "1", "other", "1", root, "lab/ps/11/current"])
    assert call("DbGetForwardedAttributeListForDevice", "lab/ps/1") == [
        *("lab/cam/1", "far", "tango://h:10000/Lab/ps/1/current"),
        *("lab/cam/1", "fwd", "lab/ps/1/current"),
    ]
    assert call("DbGetForwardedAttributeListForDevice", "lab/ps/2") == []


def test_the_database_about_itself(call: Client) -> None:
    """DB-112."""
    call("DbPutDeviceProperty", ["lab/ps/1", "1", "Two", "2", "a", "b"])
    lines = call("DbInfo")
    assert lines[:2] == ["TANGO Database sys/database/2", " "]
    assert re.fullmatch(rf"Running since {DATE.pattern}", lines[2])
    assert lines[3:9] == [
        " ",
        "Devices defined  = 8",
        "Devices exported  = 2",
        "Device servers defined  = 3",
        "Device servers exported  = 1",
        " ",
    ]
    words = ("Device properties", "Class properties", "Device attribute properties", "Class attribute properties")
    for word, line in zip((*words, "Object properties"), lines[9:], strict=True):
        assert re.fullmatch(rf"{word} defined  = \d+ \[History lgth = \d+\]", line)
    assert lines[9].startswith("Device properties defined  = 2 ")


def test_queries(call: Client) -> None:
    """DB-113: a flag for each value, rows and columns; the word SELECT may be missing; one statement that reads."""
    assert record(call("DbMySqlSelect", "name, alias FROM device WHERE name LIKE 'lab/ps/%' ORDER BY name")) == (
        [1, 0, 1, 0, 2, 2],
        ["lab/ps/1", "", "Lab/PS/2", ""],
    )
    assert record(call("DbMySqlSelect", "select name from device where name = 'zz'")) == ([0, 1], [])
    assert reason(call, "DbMySqlSelect", "select 1; select 2") == "DB_IncorrectArguments"
    for refused in ("delete from device", "select nope from device"):
        assert reason(call, "DbMySqlSelect", refused) == "DB_SQLError"


@pytest.mark.parametrize("argin", [["PS/x"], ["PS/x", "a/b/c"], ["PS/x", "a/b/c", "X", "a/b/d"], []])
def test_a_server_needs_pairs_of_device_and_class(call: Client, argin: list[str]) -> None:
    """DB-21: an odd number of arguments, three at least."""
    assert reason(call, "DbAddServer", argin) == "DB_IncorrectArguments"
    assert call("DbGetServerList", "PS/x") == []


@pytest.mark.parametrize("name", ["PS", "PS/*", "PS/on%", ""])
def test_a_server_is_deleted_by_its_name_alone(call: Client, name: str) -> None:
    """DB-23"""
    with pytest.raises(DevFailed, match="failed to delete server, server name incorrect"):
        call("DbDeleteServer", name)
    assert call("DbGetServerList", "PS/*") == ["PS/one", "PS/two"]


def test_database_servers(call: Client, database: Database) -> None:
    """DB-114: from the records of exported `sys/database/*` devices."""
    assert call("DbGetCSDbServerList") == [database.host]
    call("DbAddDevice", ["DataBaseds/3", "sys/database/3", "DataBase"])
    assert call("DbGetCSDbServerList") == [database.host]
    call("DbExportDevice", ["sys/database/3", "unix:///s,tls://far:10000", "far", "1", "6"])
    assert call("DbGetCSDbServerList") == [database.host, "far:10000"]
    call("DbExportDevice", ["sys/database/3", device_ior("far", 10000, b"database", ""), "far", "1", "6"])
    assert call("DbGetCSDbServerList") == [database.host, "far:10000"]
    call("DbUnExportDevice", "sys/database/3")
    assert call("DbGetCSDbServerList") == [database.host]


def test_the_data_that_a_server_needs_to_start(call: Client) -> None:
    """DB-115, DB-200: all properties of one server, in one list whose order depends on the client's release."""
    call("DbDeleteClassProperty", ["DServer", "*"])
    call("DbPutClassProperty", ["Camera", "1", "Model", "1", "XL"])
    call("DbPutDeviceProperty", ["lab/cam/1", "1", "Host", "1", "h"])
    call("DbPutDeviceProperty", ["dserver/PS/one", "1", "Depth", "1", "3"])
    call("DbPutDeviceAttributeProperty", ["lab/cam/1", "1", "gain", "1", "unit", "dB"])
    call("DbPutDevicePipeProperty", ["lab/cam/1", "1", "p", "1", "label", "1", "P"])
    call("DbPutProperty", ["CtrlSystem", "1", "Services", "1", "AccessControl/tango:sys/access/1"])
    call("DbExportEvent", ["notifd/factory/hostq", "IOR:1", "hostq", "7", "1"])
    start = [
        *("dserver/PS/one", "nada", "0", "PS/one", "nada", "0", "0", "DServer"),
        *("notifd/factory/hostq", "IOR:1", "1", "hostq", "1", "7"),
        *("dserver/PS/one", "Not Found"),
        *("DServer", "0", "Default", "0"),
        *("dserver/PS/one", "1", "Depth", "1", "3"),
        *("PS/one", "2"),
    ]
    supplies = [
        *("PowerSupply", "0", "PowerSupply", "0", "PowerSupply", "2", "lab/ps/1", "Lab/PS/2"),
        *("lab/ps/1", "0", "lab/ps/1", "0", "Lab/PS/2", "0", "Lab/PS/2", "0"),
    ]
    camera = [
        *("Camera", "1", "Model", "1", "XL", "Camera", "0", "Camera", "1", "lab/cam/1"),
        *("lab/cam/1", "1", "Host", "1", "h", "lab/cam/1", "1", "gain", "1", "unit", "1", "dB"),
    ]
    end = ["CtrlSystem", "1", "Services", "1", "AccessControl/tango:sys/access/1", "sys/access/1", "Not Found"]
    assert call("DbGetDataForServerCache", ["PS/one", "hostq"]) == [*start, *supplies, *camera, *end]
    modern = call("DbGetDataForServerCache", ["PS/one", "hostq%%9.3.4"])
    assert modern[:1] + modern[1 : 1 + len(start)] == ["release 1.13", *start]
    pipe = ["lab/cam/1", "1", "p", "1", "label", "1", "P"]
    assert modern[-len(pipe) - len(end) :] == [*pipe, *end]
    assert len(modern) == 1 + len(start) + len(supplies) + len(camera) + len(end) + 2 * 4 + len(pipe)
    assert call("DbGetDataForServerCache", ["Nope/x", "h%%9"]) == ["release 1.13", "dserver/Nope/x", "Not Found"]
    assert reason(call, "DbGetDataForServerCache", ["PS/one"]) == "DB_IncorrectArguments"
