"""One user at one control system: where it is, how long to wait, the devices in use and what is known of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import AttributeAddress, DeviceAddress, parse_attribute, parse_device, parse_host_port
from tangoterm.console.catalogue import Catalogue
from tangoterm.console.changes import Changes
from tangoterm.console.settings import LOCAL

if TYPE_CHECKING:
    from server_core.database.store import Store
    from tangoterm.console.finding import Finder

Proxy = Any
"""A `tangoterm.client.DeviceProxy`, or what a test puts in its place."""


class Members(NamedTuple):
    """The attributes and commands of a device by lower-case name, in the device's order."""

    attributes: dict[str, AttributeConfig]
    commands: dict[str, CommandInfo]


class Session:
    """Devices by name, the catalogue, and the names that are relative to the current device.

    `host` is the control system's `host:port`; None takes TANGO_HOST, or the embedded database. `timeout` is in
    seconds. `lasting`: the session goes on after a command, so what a command takes can stay taken. `current` is the
    device that names without `/` belong to; None without one. `tell` hears how far something long is. `turn` counts the
    lines of a conversation: a command that finds it changed was given up. Everything that
    changes the control system goes through `changes`. A `connect` other than the client's DeviceProxy, and a `store`
    other than the database's own, serve tests. `opening.open_session` makes the session that the settings want.
    """

    def __init__(
        self,
        host: str | None = None,
        timeout: float = 3.0,
        *,
        lasting: bool = False,
        connect: Callable[[str], Proxy] | None = None,
        store: Store | None = None,
    ) -> None:
        self.host = str(parse_host_port(host)) if host else None
        self.timeout = timeout
        self.lasting = lasting
        self.current: str | None = None
        self.turn = 0
        self.tell: Callable[[str], None] = lambda text: None
        self._connect = connect or _device_proxy
        self._store = store
        self._proxies: dict[str, Proxy] = {}
        self._members: dict[str, Members] = {}
        self._catalogue: Catalogue | None = None
        self.changes = Changes(self.address)

    @property
    def address(self) -> str:
        """The control system for people: `host:port`, or `local` for the embedded database."""
        return self.place or LOCAL

    @property
    def place(self) -> str | None:
        """The database's `host:port`, or several; None for the embedded one."""
        return self.host or os.environ.get("TANGO_HOST") or None

    @cached_property
    def dangerous_commands(self) -> tuple[str, ...]:
        """The user's own names of commands that are asked about before they are executed, with `*` as wildcard."""
        from tangoterm.console.settings import load_settings

        return load_settings({}).dangerous_commands

    # ---- the system

    @property
    def store(self) -> Store:
        """The database: the one that the client asks too, with as much time for an answer as devices have here."""
        if self._store is not None:
            return self._store
        from tangoterm.client.system import control_system

        store = control_system(self.host).store
        store.set_timeout(self.timeout)
        return store

    @property
    def changing_store(self) -> Store:
        """The same, to change it: NotAllowed `API_ReadOnlyMode` when this client may only read (DB-231)."""
        if self._store is None:
            from tangoterm.client.access import check_database
            from tangoterm.client.system import control_system
            from tangoterm.client.threads import thread_runner

            system = control_system(self.host)
            if system.guarded:
                thread_runner().run(check_database(system))
        return self.store

    @property
    def catalogue(self) -> Catalogue:
        """The last known catalogue, loaded when first needed."""
        return self._catalogue or self.refresh()

    @property
    def known_catalogue(self) -> Catalogue | None:
        """The catalogue if it was loaded before; never waits."""
        return self._catalogue

    def refresh(self) -> Catalogue:
        """Read the catalogue again and forget what is known of the devices' members."""
        self._members.clear()
        self._catalogue = Catalogue.load(self.store)
        return self._catalogue

    @cached_property
    def finder(self) -> Finder:
        """What finds things by a few letters; it is to be given a catalogue (`Finder.follow`)."""
        from tangoterm.console.finding import Finder

        return Finder()

    def move(self, host: str) -> None:
        """Go to the control system at `host` (`HOST:PORT`).

        DevFailed for an address that is none and for a database that does not answer; one stays where one is then.
        """
        address = str(parse_host_port(host))
        from tangoterm.client.system import control_system

        catalogue = Catalogue.load(control_system(address).store)
        self.close()
        self.host, self.current, self._store, self._catalogue = address, None, None, catalogue
        self.changes.host = self.address

    def close(self) -> None:
        """Forget the devices and what is known of them. The database stays with the client, which shares it."""
        self._proxies.clear()
        self._members.clear()
        self._catalogue = None

    # ---- devices

    def device(self, name: str) -> Proxy:
        """The proxy of a device or alias, the same one for the same name; DevFailed for a name that is none or that
        the database does not know."""
        key = name.lower()
        if key not in self._proxies:
            proxy = self._connect(self.full_name(name))
            proxy.set_timeout_millis(max(1, round(self.timeout * 1000)))
            self._proxies[key] = proxy
        return self._proxies[key]

    def set_timeout(self, seconds: float) -> None:
        """How long a request may take from now on, for the devices in use too."""
        self.timeout = seconds
        for proxy in self._proxies.values():
            proxy.set_timeout_millis(max(1, round(seconds * 1000)))

    def full_name(self, name: str) -> str:
        """`name` with the session's control system before it, unless it names one itself."""
        address = parse_device(name)
        if address.host is None and self.host is not None:
            address = address._replace(host=parse_host_port(self.host))
        return str(address)

    def members(self, device: str) -> Members:
        """Attributes and commands of a device, asked once and then remembered until the catalogue is read again."""
        key = device.lower()
        if key not in self._members:
            proxy = self.device(device)
            self._members[key] = Members(
                {config.name.lower(): config for config in proxy.attribute_list_query_ex()},
                {info.cmd_name.lower(): info for info in proxy.command_list_query()},
            )
        return self._members[key]

    def known_members(self, device: str) -> Members | None:
        """The members of a device if they were asked for before; never waits."""
        return self._members.get(device.lower())

    def forget_members(self, device: str) -> None:
        """Ask a device for its members again when they are needed next."""
        self._members.pop(device.lower(), None)

    # ---- names as people type them

    def attribute(self, text: str) -> AttributeName:
        """The device and attribute that `text` names: `d/f/m/attribute`, `alias/attribute`, an attribute alias, or an
        attribute of the current device.

        Raises WrongNameSyntax `API_WrongAttributeNameSyntax`, and DevFailed `API_AliasNotDefined` for a name without
        `/` that is no attribute alias.
        """
        if self.current is not None and "/" not in text:
            return AttributeName(self.current, text)
        address = parse_attribute(text)
        if address.attribute is None:
            address = parse_attribute(self._alias_target(address))
        return AttributeName(str(address.device), address.attribute or "")

    def device_name(self, text: str) -> str:
        """The device that `text` names, checked; an empty text or `.` is the current one."""
        if text in ("", "."):
            if self.current is None:
                raise DevFailed.of(Reason.API_WrongDeviceNameSyntax, "no device is chosen", "Session.device_name")
            return self.current
        return str(parse_device(text))

    def is_device(self, text: str) -> bool:
        """Whether `text` has the form of a device name rather than of an attribute's: three fields, or an alias that
        the database knows."""
        try:
            address: DeviceAddress = parse_device(text)
        except DevFailed:
            return False
        return not address.is_alias or self.catalogue.find(address.name) is not None

    def _alias_target(self, address: AttributeAddress) -> str:
        alias = address.device.name
        try:
            return self.store.alias_attribute(alias)
        except DevFailed as error:
            if Reason.DB_SQLError not in {entry.reason for entry in error.errors}:
                raise
            known = self.catalogue.find(alias)
            what = f"the device {known.name}" if known else "no attribute alias, and no device"
            raise DevFailed.of(
                Reason.API_AliasNotDefined, f"{alias} is {what}; an attribute is named DEVICE/ATTRIBUTE", "Session"
            ) from error


class AttributeName(NamedTuple):
    """An attribute as `device` and `name`."""

    device: str
    name: str

    def __str__(self) -> str:
        """The name as it is typed: what follows `#` in the device's stands at the end."""
        device, sign, modifier = self.device.partition("#")
        return f"{device}/{self.name}{sign}{modifier}"


def _device_proxy(name: str) -> Proxy:
    from tangoterm.client import DeviceProxy

    return DeviceProxy(name)
