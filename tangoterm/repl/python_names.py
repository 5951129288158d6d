"""The names that are at hand in Python, as itango has them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from server_core.model.errors import DevFailed
from tangoterm.console.catalogue import Group
from tangoterm.console.session import Session

DEVICES = ("Device", "DeviceProxy", "dev")
"""What is called with the name of a device."""
ATTRIBUTES = ("Attribute", "AttributeProxy", "read", "write")
"""What is called with the name of an attribute."""


def names_of(session: Session) -> dict[str, Any]:
    """Names for one conversation.

    Those of `tangoterm.client`; `Device` and `Attribute` (proxies in the session's control system), `db`, one function
    for each device class, `get_device_map` and its like; `aio`, whose calls are awaited; and the prompt's own.
    """
    from tangoterm import client
    from tangoterm.client import aio

    names: dict[str, Any] = {name: getattr(client, name) for name in client.__all__}
    device = names["Device"] = names["DeviceProxy"] = _within(session, client.DeviceProxy)
    names["Attribute"] = names["AttributeProxy"] = _within(session, client.AttributeProxy)
    names |= {name: device for name in _classes(session) if name not in names}
    return names | {
        "tango": client,
        "aio": aio,
        "db": _database(session, client.Database),
        "session": session,
        "dev": session.device,
        "read": partial(_read, session),
        "write": partial(_write, session),
        "get_device_map": lambda: {record.name: record for record in session.catalogue.devices()},
        "get_alias_map": lambda: {each.alias: each.name for each in session.catalogue.devices() if each.alias},
        "get_server_map": lambda: _by_group(session.catalogue.servers()),
        "get_class_map": lambda: _by_group(session.catalogue.classes()),
        "_": None,
    }


def _within(session: Session, proxy: Callable[[str], Any]) -> Callable[[str], Any]:
    """Makes proxies of names in the session's control system."""

    def make(name: str) -> Any:
        return proxy(name if session.host is None or "://" in name else f"tango://{session.host}/{name}")

    make.__doc__ = proxy.__doc__
    return make


def _classes(session: Session) -> list[str]:
    """The device classes, as far as Python can name them; none while the database is away."""
    try:
        return [group.name for group in session.catalogue.classes() if group.name.isidentifier()]
    except DevFailed:
        return []


def _database(session: Session, database: Callable[..., Any]) -> Any:
    """The database; None while it is away."""
    try:
        return database() if session.host is None else database(session.host)
    except DevFailed:
        return None


def _by_group(groups: list[Group]) -> dict[str, list[str]]:
    return {group.name: [record.name for record in group.devices] for group in groups}


def _read(session: Session, name: str) -> Any:
    """The value of `device/attribute`, or of an attribute of the current device."""
    attribute = session.attribute(name)
    return session.device(attribute.device).read_attribute(attribute.name).value


def _write(session: Session, name: str, value: Any) -> None:
    """Write `device/attribute`, or an attribute of the current device."""
    attribute = session.attribute(name)
    session.device(attribute.device).write_attribute(attribute.name, value)
