"""All that the start of a server needs of the database, in one answer: DbGetDataForServerCache (DB-200).

The database gathers and packs it, the starting server unpacks it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from server_core.database import device_table as table
from server_core.database.families import (
    CLASS,
    CLASS_ATTRIBUTE,
    CLASS_PIPE,
    DEVICE,
    DEVICE_ATTRIBUTE,
    DEVICE_PIPE,
    FREE,
    Family,
    MemberProperties,
)
from server_core.database.layout import Fields, number, pack_members, pack_properties
from server_core.database.property_tables import TABLES
from server_core.database.services import OBJECT, PROPERTY, access_control_device
from server_core.database.store import DeviceRecord, EventRecord, Properties
from server_core.model.errors import DevFailed
from server_core.model.names import ADMIN_CLASS, admin_name

_RELEASE_WORD = "release "
RELEASE = f"{_RELEASE_WORD}1.13"
"""The release of the stored procedures that the layouts are of."""

NOT_FOUND = "Not Found"
_DEFAULT_CLASS = "Default"
_CLASS_MEMBERS = (CLASS_ATTRIBUTE, CLASS_PIPE)
_DEVICE_MEMBERS = (DEVICE_ATTRIBUTE, DEVICE_PIPE)


@dataclass(slots=True)
class ServerData:
    """What the database has for one server. Properties are keyed by family and owner in lower case, devices by class.

    `factory` and `channel` are the event factory of the host and the event channel of the server, `access` the device
    of the access control, where there is one.
    """

    server: str
    host: str
    admin: DeviceRecord
    factory: EventRecord | None = None
    channel: EventRecord | None = None
    access: tuple[str, DeviceRecord | None] | None = None
    devices: dict[str, list[str]] = field(default_factory=dict)
    values: dict[tuple[Family, str], Properties] = field(default_factory=dict)
    members: dict[tuple[Family, str], MemberProperties] = field(default_factory=dict)

    def device_names(self, server: str, dev_class: str) -> list[str] | None:
        """The devices of a class, when they are the server's own."""
        if server.lower() != self.server.lower():
            return None
        return next((names for name, names in self.devices.items() if name.lower() == dev_class.lower()), [])

    def get_values(self, family: Family, owner: str, names: Sequence[str]) -> Properties | None:
        """Values of the named properties that exist, keyed as asked; None for an owner that is not known here."""
        stored = self.values.get((family, owner.lower()))
        if stored is None or any("*" in name for name in names):
            return None
        found = _by_key(stored)
        return {name: found[name.lower()] for name in names if name.lower() in found}

    def get_member_values(self, family: Family, owner: str, members: Sequence[str]) -> MemberProperties | None:
        """All properties of each attribute or pipe asked; None for an owner that is not known here."""
        stored = self.members.get((family, owner.lower()))
        if stored is None:
            return None
        found = _by_key(stored)
        return {member: found.get(member.lower(), {}) for member in members}

    def forget(self, family: Family, owner: str) -> None:
        """The properties have changed since."""
        self.values.pop((family, owner.lower()), None)
        self.members.pop((family, owner.lower()), None)


T = TypeVar("T")


def _by_key(named: Mapping[str, T]) -> dict[str, T]:
    return {name.lower(): value for name, value in named.items()}


# ---- gathering


def server_data(connection: sqlite3.Connection, server: str, host: str) -> ServerData | None:
    """What the database has for a server that starts on `host`, None for a server that is not defined."""
    admin = _record(connection, admin_name(server))
    if admin is None:
        return None
    data = ServerData(server, host, admin, _event(connection, _factory(host)), _event(connection, admin_name(server)))
    for dev_class, name in connection.execute(
        "SELECT class, name FROM device WHERE server = ? AND class <> ? "
        "ORDER BY (SELECT min(rowid) FROM device first WHERE first.server = device.server AND "
        "first.class = device.class), name",
        (server, ADMIN_CLASS),
    ):
        data.devices.setdefault(dev_class, []).append(name)
    owners = [(CLASS, name) for name in (ADMIN_CLASS, _DEFAULT_CLASS, *data.devices)]
    owners += [
        (DEVICE, name) for name in (admin_name(server), *(each for names in data.devices.values() for each in names))
    ]
    owners.append((FREE, OBJECT))
    for family, owner in owners:
        data.values[family, owner.lower()] = TABLES[family].all_of(connection, owner)
        for members in {CLASS: _CLASS_MEMBERS, DEVICE: _DEVICE_MEMBERS}.get(family, ()):
            data.members[members, owner.lower()] = TABLES[members].of_members(connection, owner)
    services = data.values[FREE, OBJECT.lower()]
    device = access_control_device(_by_key(services).get(PROPERTY.lower(), []))
    if device is not None:
        data.access = (device, _record(connection, device))
    return data


def _factory(host: str) -> str:
    return f"notifd/factory/{host}"


def _record(connection: sqlite3.Connection, name: str) -> DeviceRecord | None:
    try:
        return table.record(connection, name)
    except DevFailed:
        return None


def _event(connection: sqlite3.Connection, channel: str) -> EventRecord | None:
    try:
        return table.event(connection, channel)
    except DevFailed:
        return None


# ---- the list


def pack_server_data(server: str, host: str, data: ServerData | None, *, modern: bool) -> list[str]:
    """The list that a client gets; `modern` ones, of release 9 or more, get the release and the pipes too."""
    head = [RELEASE] if modern else []
    if data is None:
        return [*head, admin_name(server), NOT_FOUND]
    admin = admin_name(data.server)
    items = [*head, *_device(admin, data.admin), *_channel(_factory(host), data.factory)]
    items += _channel(admin, data.channel)
    for name in (ADMIN_CLASS, _DEFAULT_CLASS):
        items += _properties(data, CLASS, name)
    items += _properties(data, DEVICE, admin)
    items += (data.server, str(len(data.devices)))
    for dev_class, devices in data.devices.items():
        items += _owned(data, CLASS, _CLASS_MEMBERS, dev_class, modern=modern)
        items += (dev_class, str(len(devices)), *devices)
        for device in devices:
            items += _owned(data, DEVICE, _DEVICE_MEMBERS, device, modern=modern)
    items += _properties(data, FREE, OBJECT)
    if data.access is not None:
        items += _device(*data.access)
    return items


def _owned(
    data: ServerData, family: Family, members: tuple[Family, Family], owner: str, *, modern: bool
) -> Iterator[str]:
    yield from _properties(data, family, owner)
    for each in members if modern else members[:1]:
        yield from pack_members(owner, data.members[each, owner.lower()].items())


def _properties(data: ServerData, family: Family, owner: str) -> list[str]:
    return pack_properties(owner, data.values[family, owner.lower()].items())


def _device(name: str, record: DeviceRecord | None) -> list[str]:
    if record is None:
        return [name, NOT_FOUND]
    numbers = (str(int(record.exported)), str(record.pid))
    return [record.name, record.ior, record.version, record.server, record.host, *numbers, record.dev_class]


def _channel(name: str, record: EventRecord | None) -> list[str]:
    if record is None:
        return [name, NOT_FOUND]
    return [record.name, record.ior, record.version, record.host, str(int(record.exported)), str(record.pid)]


def unpack_server_data(server: str, host: str, items: Sequence[str]) -> ServerData | None:
    """What a database answered, None for a server that is not defined. One older than release 1.9 tells neither its
    release nor pipe properties.

    Raises DevFailed `DB_IncorrectArguments` for a list that does not fit its counts.
    """
    fields = Fields(items)
    modern = bool(items) and items[0].startswith(_RELEASE_WORD)
    if modern:
        fields.text()
    admin = _read_device(fields)[1]
    if admin is None:
        return None
    data = ServerData(server, host, admin, _read_channel(fields), _read_channel(fields))
    for _ in (ADMIN_CLASS, _DEFAULT_CLASS):
        _read_properties(fields, data, CLASS)
    _read_properties(fields, data, DEVICE)
    fields.text()  # the server
    for _ in range(fields.count()):
        _read_owned(fields, data, CLASS, _CLASS_MEMBERS, modern=modern)
        dev_class = fields.text()
        data.devices[dev_class] = fields.texts(fields.count())
        for _ in data.devices[dev_class]:
            _read_owned(fields, data, DEVICE, _DEVICE_MEMBERS, modern=modern)
    _read_properties(fields, data, FREE)
    data.access = _read_device(fields) if fields else None
    return data


def _read_owned(
    fields: Fields, data: ServerData, family: Family, members: tuple[Family, Family], *, modern: bool
) -> None:
    _read_properties(fields, data, family)
    for each in members if modern else members[:1]:
        owner, values = fields.members()
        data.members[each, owner.lower()] = values


def _read_properties(fields: Fields, data: ServerData, family: Family) -> None:
    owner, values = fields.properties()
    data.values[family, owner.lower()] = values


def _read_device(fields: Fields) -> tuple[str, DeviceRecord | None]:
    name, ior = fields.texts(2)
    if ior == NOT_FOUND:
        return name, None
    version, server, host, exported, pid, dev_class = fields.texts(6)
    record = DeviceRecord(name, server, dev_class, "", exported != "0", ior, host, number(pid, "pid"), version)
    return name, record


def _read_channel(fields: Fields) -> EventRecord | None:
    name, ior = fields.texts(2)
    if ior == NOT_FOUND:
        return None
    version, host, exported, pid = fields.texts(4)
    return EventRecord(name, exported != "0", ior, host, number(pid, "pid"), version)
