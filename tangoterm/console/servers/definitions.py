"""Servers and devices as the database defines them: creating, renaming, moving, copying, deleting.

Every change goes through the session's `changes`, with the lines that take it back. A name that is taken is refused: it
is never given to something else. What is served now is refused too, since its server would go on under the old name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from server_core.database.locate import open_store
from server_core.database.store import DeviceRecord, ServerInfo, Store
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import check_device_name, check_domain, check_new_server, check_server_name
from server_core.server.factory import host_name
from server_core.server.supervision.supervisor import ServerState
from tangoterm.console.changes import Change, Danger
from tangoterm.console.format import plural
from tangoterm.console.line import joined
from tangoterm.console.servers import snapshot
from tangoterm.console.servers.control import ServerRecord, Servers
from tangoterm.console.session import Session

IN_USE = "API_DeviceInUse"
DEFINED = "DB_DeviceDefined"


class NewDevice(NamedTuple):
    """A device that is to be."""

    dev_class: str
    name: str
    alias: str = ""


class Definitions:
    """Changes what a session's database defines. All methods raise DevFailed for what is refused, and what
    `Changes.make` raises."""

    def __init__(self, session: Session, servers: Servers | None = None) -> None:
        self._session = session
        self.servers = servers or Servers(session)

    @property
    def _store(self) -> Store:
        return self._session.store

    # ---- servers

    def create_server(self, server: str, devices: Sequence[NewDevice]) -> bool:
        """Define a new server with its devices; whether it was done."""
        check_new_server(server, [(device.name, device.dev_class) for device in devices])
        if self._store.devices(server=server):
            raise DevFailed.of(DEFINED, f"the server {server} is defined already", "server create")
        for device in devices:
            self.check_free(check_device_name(device.name))
            self._check_alias(device.alias, device.name)
        words = [f"{device.dev_class}::{device.name}" for device in devices]
        change = Change(
            server,
            joined("server", "create", server, *words),
            after=f"{plural(len(devices), 'device')}: {', '.join(words)}",
            undo=(joined("server", "delete", server),),
        )

        def do() -> bool:
            store = self._session.changing_store
            store.add_server(server, [(device.name, device.dev_class) for device in devices])
            for device in devices:
                if device.alias:
                    store.put_device_alias(device.name, device.alias)
            return True

        return self._make(change, do)

    def rename_server(self, one: ServerRecord, new: str) -> bool:
        """Give a server another name; its devices, their properties and its start-up level go along."""
        self._check_stopped(one, "renamed")
        if self._store.devices(server=check_server_name(new)):
            raise DevFailed.of(DEFINED, f"the server {new} is defined already", "server rename")
        change = Change(
            one.name,
            joined("server", "rename", one.name, new),
            before=one.name,
            after=new,
            undo=(joined("server", "rename", new, one.name),),
        )

        def do() -> bool:
            self._session.changing_store.rename_server(one.name, new)
            self.servers.program_renamed(one.name, new)
            return True

        return self._make(change, do)

    def server_deletion(self, one: ServerRecord) -> Change:
        """What `delete_server` is about to do."""
        self._check_stopped(one, "deleted")
        kept = [snapshot.take(self._store, record) for record in one.devices]
        undo = [line for each in kept for line in each.lines()]
        if one.level:
            undo.append(_level_line(one.name, one.level))
        names = ", ".join(record.name for record in one.devices) or "no device"
        return Change(
            one.name,
            joined("server", "delete", one.name),
            before=names,
            undo=tuple(undo),
            danger=Danger.TYPE,
            warning=f"what goes too, with all properties: {names}",
        )

    def delete_server(self, one: ServerRecord) -> bool:
        """Take a stopped server with its devices and their properties out of the database."""
        change = self.server_deletion(one)

        def do() -> bool:
            store = self._session.changing_store
            for record in one.devices:
                store.delete_device(record.name)
            if self._store.devices(server=one.name):
                store.delete_server(one.name)
            store.delete_server_info(one.name)
            self.servers.program_forgotten(one.name)
            return True

        return self._make(change, do)

    def delete_servers(self, servers: Sequence[ServerRecord]) -> bool:
        """Do so with several, for which is asked once."""
        self._session.changes.ask([self.server_deletion(one) for one in servers])
        for one in servers:
            self.delete_server(one)
        return not self._session.changes.dry_run

    def set_level(self, one: ServerRecord, level: int) -> bool:
        """Put a server under the control of the Starter of its host at a start-up level; 0 takes it out of control."""
        host = one.host or host_name()
        change = Change(
            one.name,
            _level_line(one.name, level),
            before=_level_text(one.level),
            after=_level_text(level),
            undo=(_level_line(one.name, one.level),),
        )
        return self._make(change, lambda: self._put_info(one, host, level))

    def move_server(self, one: ServerRecord, host: str) -> bool:
        """Say that a stopped server is to run on another host, under the control of the Starter there."""
        self._check_stopped(one, "moved")
        change = Change(
            one.name,
            joined("server", "move", one.name, host),
            before=one.host,
            after=host,
            undo=(joined("server", "move", one.name, one.host),) if one.host else (),
        )

        def do() -> bool:
            store = self._session.changing_store
            if one.admin is not None:
                store.unexport_device(one.admin.name)
            return self._put_info(one, host, one.level)

        return self._make(change, do)

    def _put_info(self, one: ServerRecord, host: str, level: int) -> bool:
        self._session.changing_store.put_server_info(ServerInfo(one.name, host, int(level > 0), level))
        return True

    def unexport(self, one: ServerRecord) -> bool:
        """Tell the database that a server which is gone does not run, and its devices neither."""
        if self.servers.state(one) is not ServerState.STOPPED:
            raise DevFailed.of(IN_USE, f"{one.name} runs; it says itself when it ends", "server unexport")
        served = [record for record in (one.admin, *one.devices) if record is not None and record.exported]
        if not served:
            return False
        change = Change(
            one.name,
            joined("server", "unexport", one.name),
            before=f"{plural(len(served), 'device')} exported",
            after="none",
            warning="a server on a host that cannot be reached may run all the same",
        )

        def do() -> bool:
            self._session.changing_store.unexport_server(one.name)
            return True

        return self._make(change, do)

    def copy_server(self, one: ServerRecord, host: str) -> bool:
        """Define a server with its devices and all their properties in another control system, `host:port`, too."""
        kept = [snapshot.take(self._store, record) for record in one.devices]
        change = Change(
            one.name, joined("server", "copy", one.name, to=host), after=f"{plural(len(kept), 'device')} in {host}"
        )

        def do() -> bool:
            store = open_store(host)
            try:
                for record in one.devices:
                    _check_free(store, record.name, f"server copy to {host}")
                for each in kept:
                    snapshot.define(store, each, each.record.name, one.name)
            finally:
                store.close()
            return True

        return self._make(change, do)

    # ---- devices

    def add_device(self, device: NewDevice, server: str) -> bool:
        """Define a device in a server, which need not be defined yet."""
        name = check_device_name(device.name)
        check_domain(name, device.dev_class)
        check_server_name(server)
        self.check_free(name)
        self._check_alias(device.alias, name)
        change = Change(
            name,
            joined("device", "add", name, device.dev_class, server, alias=device.alias),
            after=f"class {device.dev_class}, server {server}",
            undo=(joined("device", "delete", name),),
        )

        def do() -> bool:
            self._session.changing_store.add_device(server, name, device.dev_class, device.alias)
            return True

        return self._make(change, do)

    def device_deletion(self, record: DeviceRecord) -> Change:
        """What `delete_device` is about to do."""
        self._check_unserved(record, "deleted")
        kept = snapshot.take(self._store, record)
        return Change(
            record.name,
            joined("device", "delete", record.name),
            before=f"class {record.dev_class}, server {record.server}",
            undo=kept.lines(),
            danger=Danger.TYPE,
            warning=f"its properties go too: {', '.join(kept.properties)}" if kept.properties else "",
        )

    def delete_device(self, record: DeviceRecord) -> bool:
        """Take a device that is not served with its properties out of the database."""
        change = self.device_deletion(record)

        def do() -> bool:
            self._session.changing_store.delete_device(record.name)
            return True

        return self._make(change, do)

    def set_alias(self, record: DeviceRecord, alias: str) -> bool:
        """Give a device an alias, or take it away with an empty one."""
        self._check_alias(alias, record.name)
        before = record.alias
        change = Change(
            record.name,
            _alias_line(record.name, alias),
            before=before,
            after=alias,
            undo=(_alias_line(record.name, before),),
        )

        def do() -> bool:
            store = self._session.changing_store
            if alias:
                store.put_device_alias(record.name, alias)
            elif before:
                store.delete_device_alias(before)
            return True

        return self._make(change, do)

    def rename_device(self, record: DeviceRecord, new: str) -> bool:
        """Give a device another name; properties, configuration and polling of its attributes and aliases go along."""
        self._check_unserved(record, "renamed")
        self.check_free(check_device_name(new))
        kept = snapshot.take(self._store, record)
        change = Change(
            record.name,
            joined("device", "rename", record.name, new),
            before=record.name,
            after=new,
            undo=(joined("device", "rename", new, record.name),),
        )

        def do() -> bool:
            snapshot.rename(self._session.changing_store, kept, new)
            return True

        return self._make(change, do)

    def move_device(self, record: DeviceRecord, server: str) -> bool:
        """Let another server serve a device; all its properties stay."""
        self._check_unserved(record, "moved")
        check_server_name(server)
        change = Change(
            record.name,
            joined("device", "move", record.name, server),
            before=record.server,
            after=server,
            undo=(joined("device", "move", record.name, record.server),),
        )

        def do() -> bool:
            store = self._session.changing_store
            if record.alias:
                store.delete_device_alias(record.alias)
            store.add_device(server, record.name, record.dev_class, record.alias)
            return True

        return self._make(change, do)

    def copy_device(self, record: DeviceRecord, new: str, server: str) -> bool:
        """Define a device like another one, with the same properties, in a server."""
        self.check_free(check_device_name(new))
        check_server_name(server)
        kept = snapshot.take(self._store, record)
        change = Change(
            new,
            joined("device", "copy", record.name, new, server),
            after=f"as {record.name}, server {server}",
            undo=(joined("device", "delete", new),),
        )

        def do() -> bool:
            snapshot.define(self._session.changing_store, kept, new, server)
            return True

        return self._make(change, do)

    def restart_device(self, record: DeviceRecord, danger: Danger = Danger.NONE) -> bool:
        """Have a device's server make it anew (DevRestart)."""
        change = Change(record.name, joined("device", "restart", record.name), danger=danger)

        def do() -> bool:
            self._session.device(self._session.device(record.name).adm_name()).command_inout("DevRestart", record.name)
            return True

        return self._make(change, do)

    def init_device(self, record: DeviceRecord, danger: Danger = Danger.NONE) -> bool:
        """Execute a device's command Init."""
        change = Change(record.name, joined("device", "init", record.name), danger=danger)

        def do() -> bool:
            self._session.device(record.name).command_inout("Init")
            return True

        return self._make(change, do)

    # ---- what is refused

    def check_free(self, name: str) -> None:
        """DevFailed `DB_DeviceDefined` for the name of a device that is defined."""
        _check_free(self._store, name, "Definitions")

    def _check_alias(self, alias: str, device: str) -> None:
        if not alias:
            return
        owner = next((each for each in self._store.device_aliases(alias) if each.lower() == alias.lower()), None)
        if owner is None:
            return
        owner = self._store.alias_device(alias)
        if owner.lower() != device.lower():
            raise DevFailed.of(DEFINED, f"the alias {alias} belongs to {owner} already", "device alias")

    def _check_stopped(self, one: ServerRecord, what: str) -> None:
        if self.servers.state(one) is not ServerState.STOPPED:
            raise DevFailed.of(
                IN_USE, f"a running server cannot be {what}; stop it first (server stop {one.name})", "server"
            )

    def _check_unserved(self, record: DeviceRecord, what: str) -> None:
        if record.exported and self._answers(record):
            raise DevFailed.of(
                IN_USE,
                f"{record.name} is served by {record.server} on {record.host} and cannot be {what}; stop it first "
                f"(server stop {record.server})",
                "device",
            )

    def _answers(self, record: DeviceRecord) -> bool:
        """Whether a device that the database believes to be served is there: a killed server leaves its records
        behind."""
        try:
            self._session.device(record.name).ping()
        except DevFailed:
            return False
        return True

    def _make(self, change: Change, do: Callable[[], bool]) -> bool:
        """Make the change, and read the catalogue again; whether it was made."""
        made = bool(self._session.changes.make(change, do))
        if made:
            self._session.refresh()
        return made


def new_devices(words: Iterable[str]) -> list[NewDevice]:
    """The devices that `CLASS::domain/family/member` words name; DevFailed for another form."""
    found = []
    for word in words:
        dev_class, separator, name = word.partition("::")
        if not separator or not dev_class:
            raise DevFailed.of(
                Reason.DB_IncorrectDeviceName, f"{word}: a new device is written CLASS::domain/family/member", "server"
            )
        found.append(NewDevice(dev_class, check_device_name(name)))
    return found


def _check_free(store: Store, name: str, origin: str) -> None:
    known = store.devices(name=name)
    if known:
        one = known[0]
        raise DevFailed.of(
            DEFINED, f"{one.name} is defined already: class {one.dev_class}, server {one.server}", origin
        )


def _alias_line(device: str, alias: str) -> str:
    return joined("device", "alias", device, alias) if alias else joined("device", "alias", device, remove=True)


def _level_line(server: str, level: int) -> str:
    return f"{joined('server', 'level', server)} --level {level}"


def _level_text(level: int) -> str:
    return f"level {level}" if level else "not controlled"
