"""Names of devices, attributes, servers and control systems: their rules, and their parts.

Names compare case-insensitively and keep the case they were first given (NAME-3). Source: RFC 2, 4, 8; NAME-1..NAME-16.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from server_core.model.errors import DevFailed, Reason, WrongNameSyntax

MAX_NAME = 255
MAX_FIELD = 85
DEFAULT_PORT = 10000
ADMIN_DOMAIN = "dserver"
ADMIN_CLASS = "DServer"
DATABASE_DEVICE = "sys/database/2"
DATABASE_SERVER = "DataBaseds/2"
DATABASE_CLASS = "DataBase"
"""The class of databases, which answer under a key of their own and cannot be locked."""
DATABASE_KEY = "database"
"""The object key of a database in Tango's own protocol, whatever the name of its device (wire 4.2)."""
RESERVED_CLASSES = frozenset({"dserver", "database", "tangoaccesscontrol"})

_ORIGIN = "server_core.model.names"
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_SERVER = re.compile(r"[A-Za-z0-9_-]{1,85}\Z")
_INSTANCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,84}\Z")
_ALIAS_FORBIDDEN = re.compile(r"[/ #:]|->")


class HostPort(NamedTuple):
    """Where a database, or a server without one, listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class DeviceAddress(NamedTuple):
    """A device as a client names it.

    `name` is `domain/family/member` or an alias, as given; `host` is the control system's database (`TANGO_HOST` when
    None), or with `dbase` false the device server itself (NAME-6).
    """

    name: str
    host: HostPort | None = None
    dbase: bool = True

    @property
    def is_alias(self) -> bool:
        """Whether the name is an alias and has to be looked up."""
        return "/" not in self.name

    def __str__(self) -> str:
        if self.host is None:
            return self.name
        return f"tango://{self.host}/{self.name}{'' if self.dbase else '#dbase=no'}"


class AttributeAddress(NamedTuple):
    """An attribute as a client names it; `attribute` is None when `device.name` is an attribute alias."""

    device: DeviceAddress
    attribute: str | None


def parse_host_port(text: str) -> HostPort:
    """`host:port` (the port may be missing) as its parts; DevFailed `API_TangoHostNotSet` for anything else."""
    host, _, port = text.strip().rpartition(":") if ":" in text else (text.strip(), "", str(DEFAULT_PORT))
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise DevFailed.of(Reason.API_TangoHostNotSet, f"{text!r} is not a control system address (host:port)", _ORIGIN)
    return HostPort(host.lower(), int(port))


def parse_device(text: str) -> DeviceAddress:
    """The device that `text` names: `d/f/m`, an alias, or either with `tango://host:port/`, `//host:port/` or
    `host:port/` before it and `#dbase=yes|no` behind (NAME-5).

    Raises WrongNameSyntax `API_WrongDeviceNameSyntax`, `API_UnsupportedProtocol` or `API_UnsupportedDBaseModifier`.
    """
    address = DeviceAddress(*_split(text, _wrong_device))
    fields = address.name.split("/")
    if "" in fields or len(fields) not in (1, 3):
        raise _wrong_device(text)
    if not address.dbase and address.is_alias:
        raise _wrong_device(text, "\nRem: Alias are forbidden when not using a database")
    return address


def parse_attribute(text: str) -> AttributeAddress:
    """The attribute that `text` names: `d/f/m/attr`, `alias/attr`, or an attribute alias, each with the prefixes and
    suffixes of `parse_device` (NAME-8).

    Raises WrongNameSyntax `API_WrongAttributeNameSyntax`, `API_UnsupportedProtocol` or `API_UnsupportedDBaseModifier`.
    """
    name, host, dbase = _split(text, _wrong_attribute)
    fields = name.split("/")
    if "" in fields or len(fields) not in (1, 2, 4):
        raise _wrong_attribute(text)
    if not dbase and len(fields) != 4:
        raise WrongNameSyntax.of(
            Reason.API_WrongAttributeNameSyntax,
            f"Attribute alias is not supported when not using database, nor is that of a device: {text}",
            _ORIGIN,
        )
    if len(fields) == 1:
        return AttributeAddress(DeviceAddress(name, host, dbase), None)
    return AttributeAddress(DeviceAddress("/".join(fields[:-1]), host, dbase), fields[-1])


def _split(text: str, wrong: Callable[[str], WrongNameSyntax]) -> tuple[str, HostPort | None, bool]:
    """Name, address and modifier of a full name; `wrong` makes the error for a text that is none."""
    body, hash_sign, modifier = text.strip().partition("#")
    dbase = True
    if hash_sign:
        if modifier.lower() not in ("dbase=yes", "dbase=no"):
            raise WrongNameSyntax.of(
                Reason.API_UnsupportedDBaseModifier, f"{modifier} modifier is an unsupported db modifier", _ORIGIN
            )
        dbase = modifier.lower() == "dbase=yes"
    protocol, marker, rest = body.partition("://")
    if marker:
        if protocol.lower() != "tango":
            raise WrongNameSyntax.of(
                Reason.API_UnsupportedProtocol, f"{protocol} protocol is an unsupported protocol", _ORIGIN
            )
        body = "//" + rest
    marked, body = body.startswith("//"), body.removeprefix("//")
    address, _, name = body.partition("/")
    host = _host_port(address)
    if ":" not in address:
        name = body
    elif host is None and not marked:
        raise wrong(text)
    if host is None and (":" in address or not dbase):
        reason = wrong(text).reason
        raise WrongNameSyntax.of(reason, f"Host and port not correctly defined in device name {text}", _ORIGIN)
    return name, host, dbase


def _host_port(address: str) -> HostPort | None:
    """`host:port` as its parts; None when it is no address, or one without a port."""
    try:
        return parse_host_port(address) if address.rpartition(":")[2] not in ("", address) else None
    except DevFailed:
        return None


def _wrong_device(text: str, remark: str = "") -> WrongNameSyntax:
    if not text.strip():
        desc = "The given name is an empty string!!! \nDevice name syntax is domain/family/member"
    else:
        desc = f"Wrong device name syntax (domain/family/member) in {text}{remark}"
    return WrongNameSyntax.of(Reason.API_WrongDeviceNameSyntax, desc, _ORIGIN)


def _wrong_attribute(text: str) -> WrongNameSyntax:
    return WrongNameSyntax.of(
        Reason.API_WrongAttributeNameSyntax,
        "Attribute name must have four fields separated by /'s or no /'s at all if it is an alias "
        f"(e.g. my/device/name/an_attr or myalias), not {text!r}",
        _ORIGIN,
    )


def check_device_name(name: str) -> str:
    """`name` without a leading `tango:` or `//host/` when it may be stored as a device (NAME-2, NAME-14).

    Raises DevFailed `DB_IncorrectDeviceName` for wildcards, wrong fields and names over the limits.
    """
    text = name.removeprefix("tango:").removeprefix("taco:")
    if text.startswith("//"):
        text = text[2:].partition("/")[2]
    fields = text.split("/")
    if len(fields) != 3 or "" in fields or "*" in text:
        raise DevFailed.of(
            Reason.DB_IncorrectDeviceName,
            f"device name ({name}) syntax error (should be [tango:][//instance/]domain/family/member)",
            _ORIGIN,
        )
    if len(text) > MAX_NAME or max(map(len, fields)) > MAX_FIELD:
        raise DevFailed.of(
            Reason.DB_IncorrectDeviceName,
            f"device name ({name}) is too long: {MAX_NAME} characters in all, {MAX_FIELD} a field",
            _ORIGIN,
        )
    return text


def check_server_name(name: str) -> str:
    """`name` when it is `server/instance` (NAME-13); DevFailed `DB_IncorrectServerName` otherwise."""
    server, slash, instance = name.partition("/")
    if not slash or not server or not instance or "/" in instance or "*" in name or len(name) > MAX_NAME:
        raise DevFailed.of(
            Reason.DB_IncorrectServerName, f"server name ({name}) syntax error (should be server/instance)", _ORIGIN
        )
    return name


def check_new_server(name: str, devices: Iterable[tuple[str, str]]) -> None:
    """Whether a server `server/instance` with these (device, class) may be created (LIFE-2, LIFE-4).

    Raises DevFailed `DB_IncorrectServerName` for a name outside RFC 8's grammar, and `DB_IncorrectDeviceName` for
    devices in the domain of admin devices.
    """
    if not is_conventional_server_name(check_server_name(name)):
        raise DevFailed.of(
            Reason.DB_IncorrectServerName,
            f"server name ({name}): server and instance are made of 1 to {MAX_FIELD} letters, digits, '_' and '-', and "
            "an instance does not begin with '-'",
            _ORIGIN,
        )
    for device, dev_class in devices:
        check_domain(device, dev_class)


def check_domain(device: str, dev_class: str) -> None:
    """Whether a device of a class may have its name: the domain `dserver` is for admin devices alone (LIFE-4).

    Raises DevFailed `DB_IncorrectDeviceName`.
    """
    if device.partition("/")[0].lower() == ADMIN_DOMAIN and dev_class.lower() != ADMIN_CLASS.lower():
        raise DevFailed.of(
            Reason.DB_IncorrectDeviceName,
            f"device name ({device}): the domain {ADMIN_DOMAIN} is reserved for devices of class {ADMIN_CLASS}",
            _ORIGIN,
        )


def check_class_name(name: str) -> None:
    """Whether a device class of a user may be called so (LIFE-4); DevFailed `API_InvalidArgs` for a reserved name."""
    if name.lower() in RESERVED_CLASSES:
        raise DevFailed.of(
            Reason.API_InvalidArgs, f"the class name {name} is reserved for a service of Tango itself", _ORIGIN
        )


def is_conventional_server_name(name: str) -> bool:
    """Whether `server/instance` keeps to RFC 8's characters and lengths (LIFE-2)."""
    server, _, instance = name.partition("/")
    return bool(_SERVER.match(server) and _INSTANCE.match(instance))


def check_alias(alias: str) -> str:
    """`alias` when it may name a device (NAME-9); DevFailed `DB_IncorrectArguments` otherwise."""
    if not alias or len(alias) > MAX_NAME or _ALIAS_FORBIDDEN.search(alias):
        raise DevFailed.of(
            Reason.DB_IncorrectArguments,
            f"Wrong alias info for device! {alias!r} is empty, too long or contains '/', ' ', '#', ':' or '->'",
            _ORIGIN,
        )
    return alias


def check_attribute_name(name: str) -> str:
    """`name` when an attribute may be called so (NAME-10); DevFailed `API_AttrWrongDefined` otherwise."""
    if len(name) > MAX_NAME or not _ATTRIBUTE.match(name):
        raise DevFailed.of(
            Reason.API_AttrWrongDefined,
            f"Attribute : {name}: a name is a letter followed by letters, digits or '_', {MAX_NAME} at most",
            _ORIGIN,
        )
    return name


def admin_name(server: str) -> str:
    """The admin device of `server/instance`: `dserver/server/instance`."""
    return f"{ADMIN_DOMAIN}/{server}"


def wildcard(pattern: str) -> re.Pattern[str]:
    """The compiled form of a database filter: `*` matches any run of characters, everything else itself, any case
    (DB-5, DB-6)."""
    return re.compile(".*".join(re.escape(piece) for piece in pattern.split("*")) + r"\Z", re.IGNORECASE | re.DOTALL)
