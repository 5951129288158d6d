"""Names and their rules (NAME-1..NAME-16)."""

from __future__ import annotations

import pytest

from server_core.model import names
from server_core.model.errors import DevFailed, WrongNameSyntax


@pytest.mark.parametrize(
    ("text", "name", "host", "dbase"),
    [
        ("sys/tg_test/1", "sys/tg_test/1", None, True),
        ("Alias", "Alias", None, True),
        ("tango://Host:10000/a/b/c", "a/b/c", "host:10000", True),
        ("TANGO://host:10000/alias", "alias", "host:10000", True),
        ("//host:10000/a/b/c", "a/b/c", "host:10000", True),
        ("host:10000/a/b/c", "a/b/c", "host:10000", True),
        ("tango://host:10000/a/b/c#dbase=no", "a/b/c", "host:10000", False),
        ("a/b/c#dbase=yes", "a/b/c", None, True),
        ("*/*/*", "*/*/*", None, True),
        ("tango://a/b/c", "a/b/c", None, True),
    ],
)
def test_full_device_names(text: str, name: str, host: str | None, dbase: bool) -> None:
    """NAME-5, NAME-6"""
    address = names.parse_device(text)
    assert (address.name, str(address.host) if address.host else None, address.dbase) == (name, host, dbase)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "API_WrongDeviceNameSyntax"),
        ("a/b", "API_WrongDeviceNameSyntax"),
        ("a/b/c/d", "API_WrongDeviceNameSyntax"),
        ("test//2", "API_WrongDeviceNameSyntax"),
        ("/test/attr/2", "API_WrongDeviceNameSyntax"),
        ("test/attr/2/", "API_WrongDeviceNameSyntax"),
        ("tango:d/f/m", "API_WrongDeviceNameSyntax"),
        ("tango://host/d/f/m", "API_WrongDeviceNameSyntax"),
        ("http://host:1/d/f/m", "API_UnsupportedProtocol"),
        ("a/b/c#dbase=maybe", "API_UnsupportedDBaseModifier"),
        ("a/b/c#dbase=no", "API_WrongDeviceNameSyntax"),
        ("host:10000/alias#dbase=no", "API_WrongDeviceNameSyntax"),
        ("tango://host:99999/d/f/m", "API_WrongDeviceNameSyntax"),
        ("tango://host:/d/f/m", "API_WrongDeviceNameSyntax"),
        ("tango://:10000/d/f/m", "API_WrongDeviceNameSyntax"),
        ("host:99999/d/f/m", "API_WrongDeviceNameSyntax"),
        ("host:10000", "API_WrongDeviceNameSyntax"),
    ],
)
def test_wrong_device_names_are_refused_with_their_reason(text: str, reason: str) -> None:
    """NAME-1, NAME-5"""
    with pytest.raises(WrongNameSyntax) as caught:
        names.parse_device(text)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "device", "attribute"),
    [
        ("a/b/c/ampli", "a/b/c", "ampli"),
        ("alias/ampli", "alias", "ampli"),
        ("attalias", "attalias", None),
        ("tango://h:1/a/b/c/ampli#dbase=no", "a/b/c", "ampli"),
    ],
)
def test_attribute_names(text: str, device: str, attribute: str | None) -> None:
    """NAME-8"""
    address = names.parse_attribute(text)
    assert (address.device.name, address.attribute) == (device, attribute)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a/b/c",
        "a/b/c/d/e",
        "a//c/d",
        "tango:a/b/c/d",
        "tango://host:99999/a/b/c/d",
        "a/b/c/d#dbase=no",
        "alias#dbase=no",
        "tango://host:10000/attalias#dbase=no",
        "tango://host:10000/alias/d#dbase=no",
    ],
)
def test_wrong_attribute_names(text: str) -> None:
    """NAME-8: without a database there are no aliases, and the address is needed."""
    with pytest.raises(WrongNameSyntax) as caught:
        names.parse_attribute(text)
    assert caught.value.reason == "API_WrongAttributeNameSyntax"


def test_stored_device_names() -> None:
    """NAME-2, NAME-14"""
    assert names.check_device_name("tango:a/b/c") == "a/b/c"
    assert names.check_device_name("//host:1/a/b/c") == "a/b/c"
    longest = f"{'x' * 85}/{'y' * 85}/{'z' * 83}"
    assert names.check_device_name(longest) == longest
    for wrong in ("a/b", "a/*/c", "a//c", f"{'x' * 86}/b/c", longest + "z"):
        with pytest.raises(DevFailed) as caught:
            names.check_device_name(wrong)
        assert caught.value.reason == "DB_IncorrectDeviceName"


def test_server_names() -> None:
    """NAME-13, LIFE-2"""
    assert names.check_server_name("TangoTest/test") == "TangoTest/test"
    assert names.admin_name("TangoTest/test") == "dserver/TangoTest/test"
    assert names.check_server_name(f"a/{'b' * 253}")
    for wrong in ("TangoTest", "/x", "a/", "a/b/c", "a/*", f"a/{'b' * 254}"):
        with pytest.raises(DevFailed) as caught:
            names.check_server_name(wrong)
        assert caught.value.reason == "DB_IncorrectServerName"
    assert names.is_conventional_server_name("a/b-1")
    assert not names.is_conventional_server_name("a/-b")
    assert not names.is_conventional_server_name("a b/c")


@pytest.mark.parametrize("alias", ["", "a/b", "a b", "a#b", "a:b", "a->b", "x" * 256])
def test_aliases_that_could_not_be_opened_are_refused(alias: str) -> None:
    """NAME-9"""
    with pytest.raises(DevFailed) as caught:
        names.check_alias(alias)
    assert caught.value.reason == "DB_IncorrectArguments"


@pytest.mark.parametrize("name", ["", "1x", "a b", "a/b", "é", "x" * 256])
def test_wrong_attribute_definitions(name: str) -> None:
    """NAME-10"""
    with pytest.raises(DevFailed) as caught:
        names.check_attribute_name(name)
    assert caught.value.reason == "API_AttrWrongDefined"


def test_wildcards_know_the_star_alone() -> None:
    """DB-5, DB-6"""
    assert names.wildcard("sys/*").match("SYS/tg_test/1")
    assert not names.wildcard("a_b").match("axb")
    assert not names.wildcard("a?").match("ab")
    assert not names.wildcard("").match("a")
    assert names.wildcard("*ps/1").match("lab/ps/1")


def test_control_system_addresses() -> None:
    assert str(names.parse_host_port("HOST:10000")) == "host:10000"
    assert str(names.parse_host_port("host")) == "host:10000"
    for wrong in ("", "host:x", "host:0", "host:70000", "a/b:1"):
        with pytest.raises(DevFailed) as caught:
            names.parse_host_port(wrong)
        assert caught.value.reason == "API_TangoHostNotSet"
