"""The forms in which servers and devices are defined and changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from server_core.database.store import DeviceRecord
from tangoterm.console.commands.table import UsageError
from tangoterm.console.line import joined, split
from tangoterm.console.properties import owner_of
from tangoterm.console.property_changes import put
from tangoterm.console.servers import ServerRecord
from tangoterm.console.servers.definitions import Definitions, NewDevice, new_devices
from tangoterm.console.servers.wizard import Asked
from tangoterm.console.session import Session
from tangoterm.tui.modals.fields import Field, Fields, Perform
from tangoterm.tui.port import SystemPort
from tangoterm.tui.telling import errors_of

Texts = Mapping[str, str]
_NAME = "domain/family/member"


def _performing(port: SystemPort, do: Callable[[Session, Texts], object]) -> Perform:
    """What a form does, with its texts, in the toolkit's session."""
    return lambda texts: errors_of(port, lambda session: do(session, texts))


def new_server(port: SystemPort, definitions: Definitions, like: ServerRecord | None) -> Fields:
    """A new server with its devices; `like` gives what is proposed."""
    fields = (
        Field("server", "Server", "CLASS/INSTANCE", f"{like.name.partition('/')[0]}/" if like else ""),
        Field("class", "Device class", "of the devices below; without it the name before the /"),
        Field("devices", "Devices", "one or several; Class::name for one of another class", placeholder=_NAME),
        Field("level", "Start-up level", "1, 2, ... puts it under the control of a Starter; 0 does not", "0"),
    )

    def do(session: Session, texts: Texts) -> None:
        server, level = texts["server"], _level(texts["level"])
        dev_class = texts["class"] or server.partition("/")[0]
        words = texts["devices"].replace(",", " ").split()
        if not words:
            raise UsageError("a device is missing: domain/family/member")
        devices = new_devices(word if "::" in word else f"{dev_class}::{word}" for word in words)
        if definitions.create_server(server, devices) and level:
            definitions.set_level(definitions.servers.record(server), level)

    return Fields("New server", "Define", fields, _performing(port, do))


def new_device(port: SystemPort, definitions: Definitions, server: ServerRecord) -> Fields:
    """A new device of a server."""
    dev_class = server.devices[-1].dev_class if server.devices else server.name.partition("/")[0]
    fields = (
        Field("class", "Class", "", dev_class),
        Field("name", "Device", "", placeholder=_NAME),
        Field("alias", "Alias", "may be empty"),
    )

    def do(session: Session, texts: Texts) -> None:
        definitions.add_device(NewDevice(texts["class"], texts["name"], texts["alias"]), server.name)

    remark = "A running server serves it when it is started anew."
    return Fields(f"New device of {server.name}", "Define", fields, _performing(port, do), remark=remark)


def rename_server(port: SystemPort, definitions: Definitions, server: ServerRecord) -> Fields:
    """Another name for a server."""
    fields = (Field("name", "New name", "CLASS/INSTANCE", server.name),)

    def do(session: Session, texts: Texts) -> None:
        definitions.rename_server(server, texts["name"])

    remark = "Devices, properties and start-up level go along."
    return Fields(f"Rename {server.name}", "Rename", fields, _performing(port, do), remark=remark)


def rename_device(port: SystemPort, definitions: Definitions, record: DeviceRecord) -> Fields:
    """Another name or alias for a device."""
    fields = (Field("name", "Name", "", record.name), Field("alias", "Alias", "may be empty", record.alias))

    def do(session: Session, texts: Texts) -> None:
        one = record
        if texts["name"] != record.name:
            if not definitions.rename_device(record, texts["name"]):
                return
            one = session.store.device(texts["name"])
        if texts["alias"] != record.alias:
            definitions.set_alias(one, texts["alias"])

    remark = "Properties, configuration and polling go along."
    return Fields(f"Rename {record.name}", "Rename", fields, _performing(port, do), remark=remark)


def move_server(port: SystemPort, definitions: Definitions, server: ServerRecord, hosts: Sequence[str]) -> Fields:
    """Another host for a server."""
    fields = (Field("host", "Host", f"known: {', '.join(hosts)}" if hosts else "", server.host),)

    def do(session: Session, texts: Texts) -> None:
        if not texts["host"]:
            raise UsageError("the name of a host is missing")
        definitions.move_server(server, texts["host"])

    remark = "The Starter of that host will start it."
    return Fields(f"Move {server.name} to another host", "Move", fields, _performing(port, do), remark=remark)


def move_device(port: SystemPort, definitions: Definitions, record: DeviceRecord) -> Fields:
    """Another server for a device, or a device like it."""
    fields = (
        Field("server", "Server", "CLASS/INSTANCE; one that is not defined yet is defined", record.server),
        Field("copy", "Copy as", "empty moves the device itself", placeholder=_NAME),
    )

    def do(session: Session, texts: Texts) -> None:
        if texts["copy"]:
            definitions.copy_device(record, texts["copy"], texts["server"])
        else:
            definitions.move_device(record, texts["server"])

    return Fields(f"Move or copy {record.name}", "Do it", fields, _performing(port, do))


def level(port: SystemPort, definitions: Definitions, servers: Sequence[ServerRecord]) -> Fields:
    """The start-up level of servers."""
    first = servers[0]
    name = first.name if len(servers) == 1 else f"{len(servers)} servers"
    fields = (Field("level", "Start-up level", "1, 2, ...; 0 takes it out of the Starter's control", str(first.level)),)

    def do(session: Session, texts: Texts) -> None:
        wanted = _level(texts["level"])
        for server in servers:
            definitions.set_level(server, wanted)

    return Fields(f"Start-up level of {name}", "Set", fields, _performing(port, do))


def wizard(port: SystemPort, server: ServerRecord, asked: Sequence[Asked]) -> Fields:
    """The properties that the classes of a server declare; elements are separated by blanks."""
    fields = [
        Field(
            str(number),
            f"{one.owner}  {one.name}",
            one.description,
            _written(one.values),
            f"default {one.default}" if one.default else "no default",
        )
        for number, one in enumerate(asked)
    ]

    def do(session: Session, texts: Texts) -> None:
        for number, one in enumerate(asked):
            text = texts[str(number)]
            if text != _written(one.values):
                put(session, owner_of(session, one.owner), one.name, [word.text for word in split(text)])

    remark = "Elements are separated by blanks. They count from the next restart of the device on."
    return Fields(f"Properties that {server.name} asks for", "Save", fields, _performing(port, do), remark=remark)


def _written(values: Sequence[str]) -> str:

    return joined(*values)


def _level(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{text!r} is not a start-up level (0, 1, 2, ...)")
    return int(text)
