"""How devices and attributes are named, and what is said of names that are wrong (NAME-1 to NAME-8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from server_core import Device, attribute, command
from server_core.database.remote import RemoteStore
from server_core.database.store import Store
from server_core.server.process import DeviceServer
from tangoterm.client import (
    AttributeProxy,
    ConnectionFailed,
    Database,
    DevFailed,
    DeviceProxy,
    WrongNameSyntax,
    close_connections,
)
from tests.captured import Case, replayed
from tests.client.systems import database_server, device_server, port_of

NAME = "test/attr/2"


class Plain(Device):
    @attribute(dtype=float)
    def plain(self) -> float:
        return 0.0


class Site(NamedTuple):
    """A control system with one device, which has the alias `MyAlias` and whose attribute has the alias `MyAtt`."""

    host: str
    port: int
    store: RemoteStore


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with database_server(tmp_path) as host, device_server(host, Plain, NAME) as (server, store):
        monkeypatch.setenv("TANGO_HOST", host)
        store.put_device_alias(NAME, "MyAlias")
        store.put_attribute_alias(f"{NAME}/plain", "MyAtt")
        yield Site(host, port_of(server), store)
        close_connections()


def outcome(call: Callable[[], Any]) -> dict[str, Any]:
    """What a call gives or raises, in the form of the captured cases."""
    try:
        return {"out": call()}
    except DevFailed as failure:
        errors = [{"reason": error.reason, "desc": error.desc} for error in failure.errors]
        return {"errors": errors, "exception": type(failure).__name__}


def facts_of_device(name: str) -> list[Any]:
    device = DeviceProxy(name)
    return [device.name(), device.dev_name(), device.get_db_host(), device.is_dbase_used()]


def facts_of_attribute(name: str) -> list[Any]:
    attribute = AttributeProxy(name)
    return [attribute.name(), attribute.get_device_proxy().dev_name(), attribute.read().value]


def lookups() -> list[str]:
    database = Database()
    return [
        database.get_attribute_from_alias("myatt"),
        database.get_attribute_from_alias("MyAtt"),
        database.get_alias_from_attribute(f"{NAME}/plain"),
    ]


SPECIAL: dict[str, Callable[[Site], Any]] = {
    "NA-6": lambda site: site.store.put_device_alias(NAME, "a/b"),
    "NA-9": lambda site: DeviceProxy("a#b:c->d"),
    "NA-10": lambda site: [Database().get_device_from_alias("myalias"), Database().get_alias_from_device(NAME)],
    "AA-1": lambda site: facts_of_attribute("myatt")[::2],
    "AA-2": lambda site: lookups(),
}
CALL = re.compile(r"(Device|Attribute)Proxy\('(.*)'\)")


@pytest.mark.parametrize("case", replayed("model", "names"))
def test_names(site: Site, case: Case) -> None:
    """NAME-1, NAME-5, NAME-7, NAME-8: spellings that are accepted, and the exact stack for those that are not."""
    call = CALL.fullmatch(case.name)
    if call is None:
        found = outcome(lambda: SPECIAL[case.id](site))
    else:
        name = call[2].replace("127.0.0.1:11400", site.host).replace("11410", str(site.port))
        ask = facts_of_device if call[1] == "Device" else facts_of_attribute
        found = outcome(lambda: ask(name))
    if "out" in case.data:
        assert found == {"out": case.data["out"]}
        return
    assert [error["reason"] for error in found["errors"]] == [error["reason"] for error in case.data["errors"]]
    assert found["exception"] == case.data.get("exception", "DevFailed")
    said, meant = found["errors"][-1]["desc"], case.data["errors"][-1]["desc"]
    if case.data["errors"][-1]["reason"] not in ("API_CommandFailed", "DB_IncorrectArguments"):
        said = said.partition(", not ")[0]  # ours names the value
        assert said == meant.replace("11400", site.host.partition(":")[2]).replace("11410", str(site.port))


@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("tango://{host}/myalias", True),
        ("//{host}/TEST/attr/2", True),
        ("{host}/test/ATTR/2#dbase=yes", True),
        ("tango://127.0.0.1:{port}/test/attr/2#dbase=no", False),
        ("//127.0.0.1:{port}/Test/Attr/2#DBASE=NO", False),
    ],
)
def test_every_spelling_leads_to_the_device(site: Site, name: str, database: bool) -> None:
    """NAME-4, NAME-5: the proxy's name is lower case and the device's own, also by alias."""
    device = DeviceProxy(name.format(host=site.host, port=site.port))
    assert device.name() == device.dev_name() == NAME
    assert device.read_attribute("Plain").name == "plain"
    assert device.is_dbase_used() is database
    assert not device.get_from_env_var()


def test_a_proxy_s_name_is_lower_case_however_the_device_was_defined(site: Site) -> None:
    """NAME-4: by name, and by alias, before and after the device was looked for."""
    site.store.add_device("Plain/off", "Test/UPPER/1", "Plain")
    site.store.put_device_alias("Test/UPPER/1", "Upper")
    for name in ("uPPER", "Test/Upper/1"):
        device = DeviceProxy(name)
        assert device.name() == device.dev_name() == "test/upper/1"
        with pytest.raises(ConnectionFailed, match="Device test/upper/1 is not exported"):
            device.ping()
        assert device.name() == device.dev_name() == "test/upper/1"


def test_the_answer_has_the_defined_spelling(site: Site) -> None:
    """NAME-4: a reading carries the defined spelling, an AttributeProxy the one that was asked for."""
    attribute = AttributeProxy("TEST/ATTR/2/PLAIN")
    assert attribute.name() == "PLAIN"
    assert attribute.read().name == "plain"


def test_without_a_database_host_and_port_are_the_server_s_own(site: Site) -> None:
    """NAME-6: an unknown device there, and a server that serves without a database."""
    with pytest.raises(ConnectionFailed) as caught:
        DeviceProxy(f"tango://127.0.0.1:{site.port}/no/such/device#dbase=no").ping()
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_DeviceNotDefined"]
    assert caught.value.errors[-1].desc == "Failed to connect to device no/such/device"
    with DeviceServer([Plain], "Plain", "alone", store=None, devices={"Plain": ["alone/in/itself"]}) as alone:
        device = DeviceProxy(f"tango://127.0.0.1:{port_of(alone)}/alone/in/itself#dbase=no")
        assert device.read_attribute("plain").value == 0.0
        attribute = AttributeProxy(f"127.0.0.1:{port_of(alone)}/alone/in/itself/plain#dbase=no")
        assert attribute.read().value == 0.0
        for ask in (device.get_db_host, device.import_info, lambda: attribute.get_property("x")):
            with pytest.raises(DevFailed) as refused:
                ask()
            assert refused.value.reason == "API_NonDatabaseDevice"
        close_connections()


def test_an_unknown_attribute_is_told_at_construction(site: Site) -> None:
    """NAME-8: unless the device does not run."""
    with pytest.raises(WrongNameSyntax) as caught:
        AttributeProxy(f"{NAME}/nope")
    assert [(error.reason, error.desc) for error in caught.value.errors] == [
        ("API_UnsupportedAttribute", f"Attribute nope is not supported by device {NAME}")
    ]
    site.store.add_device("Plain/off", "test/attr/off", "Plain")
    assert AttributeProxy("test/attr/off/nope").name() == "nope"
    with pytest.raises(DevFailed) as unknown:
        AttributeProxy("nosuchalias")
    assert [error.reason for error in unknown.value.errors] == [
        "DB_SQLError",
        "API_CommandFailed",
        "API_AliasNotDefined",
    ]
    assert unknown.value.errors[-1].desc == "Can't connect to attribute with alias nosuchalias"


def test_a_device_that_does_not_run_is_known_but_not_exported(store: Store) -> None:
    """NAME-7: with the embedded database too."""
    with pytest.raises(ConnectionFailed) as caught:
        DeviceProxy("LAB/bench/1").ping()
    assert [(error.reason, error.desc) for error in caught.value.errors] == [
        (
            "API_DeviceNotExported",
            "Device lab/bench/1 is not exported (hint: try starting the device server)",
        )
    ]
    with pytest.raises(DevFailed) as unknown:
        DeviceProxy("no/such/one")
    assert [error.reason for error in unknown.value.errors] == ["DB_DeviceNotDefined", "API_DeviceNotDefined"]


def test_devices_of_two_control_systems_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NAME-5, NAME-6: `host:port` of a name is the database's; the same name may be two devices."""
    with database_server(tmp_path / "one") as one, database_server(tmp_path / "two") as two:
        monkeypatch.setenv("TANGO_HOST", one)
        second = device_server(two, Plain, "lab/same/1", "lab/other/1", instance="there")
        with device_server(one, Plain, "lab/same/1"), second:
            here, there = DeviceProxy("lab/same/1"), DeviceProxy(f"tango://{two}/lab/same/1")
            assert here.get_dev_port() != there.get_dev_port()
            assert here.read_attribute("plain").value == there.read_attribute("plain").value
            assert (here.get_from_env_var(), there.get_from_env_var()) == (True, False)
            assert here != there
            with pytest.raises(DevFailed):
                DeviceProxy("lab/other/1")
            host, _, port = two.partition(":")
            assert there.get_db_port_num() == int(port)
            assert list(Database(host, int(port)).get_device_member("lab/other/*")) == ["1"]
            assert list(Database().get_device_member("lab/other/*")) == []
            assert there.get_device_db().get_device_info("lab/other/1").exported
            there.put_property({"where": "there"})
            assert here.get_property("where") == {"where": []}
            close_connections()


def test_the_database_s_own_commands_take_short_names(site: Site) -> None:
    """NAME-16: what takes only short names, and what strips a prefix as NAME-14 says."""
    database = DeviceProxy("sys/database/2")
    long_name = f"tango://{site.host}/{NAME}"
    refusals = {
        "DB_SQLError": ("DbPutAttributeAlias", [f"{long_name}/plain", "other"]),
        "DB_DeviceNotDefined": ("DbImportDevice", long_name),
    }
    for reason, (name, argument) in refusals.items():
        with pytest.raises(DevFailed) as caught:
            database.command_inout(name, argument)
        assert [error.reason for error in caught.value.errors] == [reason, "API_CommandFailed"]
    with pytest.raises(DevFailed, match="DB_DeviceNotDefined"):
        database.command_inout("DbGetDeviceInfo", long_name)
    with pytest.raises(DevFailed, match="has bad syntax, must have 3 / in it"):
        database.command_inout("DbPutAttributeAlias", [f"{long_name}/plain", "other"])
    assert database.command_inout("DbGetDeviceAlias", f"tango:{NAME}") == "MyAlias"
    database.command_inout("DbDeleteDevice", f"tango:{NAME}")
    with pytest.raises(DevFailed, match="DB_DeviceNotDefined"):
        DeviceProxy(NAME)


def test_commands_and_classes_may_have_any_visible_name(store: Store) -> None:
    """NAME-11: nothing but visible characters is asked of them."""
    odd = type("Odd-Class.2", (Device,), {"go": command(name="Do-It!")(lambda self: None)})
    store.add_server("odd/test", [("lab/odd/1", "Odd-Class.2")])
    with DeviceServer([odd], "odd", "test", store=store):
        device = DeviceProxy("lab/odd/1")
        device.command_inout("do-it!")
        assert device.get_command_config("Do-It!").cmd_name == "Do-It!"
        assert device.info().dev_class == "Odd-Class.2"
        close_connections()


def test_properties_may_have_any_name(server: DeviceServer) -> None:
    """NAME-12: the characters are the author's business, as in the servers of Tango."""
    device = DeviceProxy("lab/bench/1")
    names = ["gain", "_hidden", "with space", "x" * 255]
    device.put_property(dict.fromkeys(names, "1"))
    assert device.get_property(names) == {name: ["1"] for name in names}
    attribute = AttributeProxy("lab/bench/1/level")
    attribute.put_property({"_hidden": "2"})
    assert attribute.get_property("_hidden") == {"_hidden": ["2"]}
