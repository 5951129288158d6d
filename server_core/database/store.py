"""The interface of every home of names and properties.

Four homes implement it: the embedded SQLite file, memory (servers without database), a property file, and a remote
Tango database. Names compare case-insensitively everywhere; filters know `*` alone (DB-5, DB-6). Errors are DevFailed
with the reasons of DB-9. Source: RFC 6; spec model section 8.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from server_core.model.names import HostPort

Properties = dict[str, list[str]]
"""Property name to values. A property without values does not exist and is absent (PROP-2, PROP-3)."""

Values = Mapping[str, Sequence[str]]


DEVICE_FIELDS = ("name", "alias", "domain", "family", "member", "server", "class", "host")
"""The fields of device records that `Store.distinct` lists."""


class DeviceRecord(NamedTuple):
    """What is known of one device (DB-12). Times are seconds since 1970, None for never."""

    name: str
    server: str
    dev_class: str
    alias: str = ""
    exported: bool = False
    ior: str = "nada"
    host: str = "nada"
    pid: int = 0
    version: str = "0"
    started: float | None = None
    stopped: float | None = None


class DeviceExport(NamedTuple):
    """What a server says of a device that it serves from now on. `ior` is its object reference (wire 4)."""

    name: str
    ior: str
    host: str
    pid: int
    version: str


class EventRecord(NamedTuple):
    """What is known of an event channel (DB-48)."""

    name: str
    exported: bool
    ior: str
    host: str
    pid: int
    version: str


class HistoryEntry(NamedTuple):
    """One change of a property; no values and `deleted` for a deletion (PROP-11). `member` is the attribute or pipe for
    the properties of those."""

    name: str
    date: str
    values: tuple[str, ...]
    deleted: bool = False
    member: str = ""


class ServerInfo(NamedTuple):
    """How a server is to be started (DB-50): its host, whether a starter controls it, and the start level."""

    server: str
    host: str = ""
    mode: int = 0
    level: int = 0


class Store(ABC):
    """Names and properties of a control system. `hosts` is where its database listens, nowhere for one opened here."""

    hosts: tuple[HostPort, ...] = ()

    @property
    @abstractmethod
    def address(self) -> str:
        """Where this store is, for people: a file, `memory`, or `host:port`."""

    @property
    def tango_host(self) -> str | None:
        """`host:port` of the database server, the first of several; None when no server keeps this store."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Release the store; further calls fail."""

    def set_timeout(self, seconds: float) -> None:  # noqa: B027 (a store that is opened here waits for no server)
        """Let a request to the server of this store take so long, where there is one; never less than usual."""

    def save(self) -> bool:
        """Write what this home writes at the orderly end of its server; whether there is such a thing (LIFE-42)."""
        return False

    # ---- devices and servers

    @abstractmethod
    def add_device(self, server: str, device: str, dev_class: str, alias: str = "") -> None:
        """Define a device (DB-20)."""

    @abstractmethod
    def add_server(self, server: str, devices: Iterable[tuple[str, str]]) -> None:
        """Define several (device, class) of one server in one transaction (DB-21)."""

    @abstractmethod
    def delete_device(self, device: str) -> None:
        """Remove a device with its properties and aliases (DB-22)."""

    @abstractmethod
    def delete_server(self, server: str) -> None:
        """Remove a server with all its devices (DB-23)."""

    @abstractmethod
    def rename_server(self, old: str, new: str) -> None:
        """Rename a server with its admin device and start information (DB-24)."""

    @abstractmethod
    def device(self, name_or_alias: str) -> DeviceRecord:
        """The record of a device; DevFailed `DB_DeviceNotDefined` when there is none (DB-41)."""

    @abstractmethod
    def devices(self, server: str = "*", dev_class: str = "*", name: str = "*") -> list[DeviceRecord]:
        """The records that match all three filters, sorted by name, admin devices included (DB-25, DB-34)."""

    @abstractmethod
    def servers(self, pattern: str = "*") -> list[str]:
        """Names of servers that have a device (DB-35)."""

    @abstractmethod
    def distinct(
        self,
        field: str,
        *,
        server: str = "*",
        dev_class: str = "*",
        name: str = "*",
        host: str = "*",
        alias: str = "*",
        exported: bool | None = None,
    ) -> list[str]:
        """The different values of one field of the device records that match all filters, sorted.

        `field` is one of `DEVICE_FIELDS`. What lists of names, domains, classes, hosts, ... are made of (DB-27..DB-36,
        DB-43..DB-45).
        """

    @abstractmethod
    def export_devices(self, exports: Sequence[DeviceExport]) -> None:
        """Mark devices as served, in one transaction; `DB_DeviceNotDefined` for an unknown one (DB-38)."""

    @abstractmethod
    def unexport_device(self, device: str) -> None:
        """Mark a device as no longer served (DB-39)."""

    @abstractmethod
    def unexport_server(self, server: str) -> None:
        """The same for all devices of a server (DB-40)."""

    @abstractmethod
    def server_info(self, server: str) -> ServerInfo | None:
        """How the server is to be started, None when nothing is stored."""

    @abstractmethod
    def put_server_info(self, info: ServerInfo) -> None:
        """Store how the server is to be started (DB-50)."""

    @abstractmethod
    def delete_server_info(self, server: str) -> None:
        """Forget how the server is to be started (DB-52)."""

    def class_inheritance(self, device: str) -> list[str]:
        """The class of a device and its parents, from the class property `InheritedFrom` (DB-29)."""
        dev_class = self.device(device).dev_class
        return [dev_class, *self.get_class_property(dev_class, ["InheritedFrom"]).get("InheritedFrom", [])]

    def host_servers(self, host: str) -> list[str]:
        """The servers whose admin device was exported on a host, by its name with or without domain (DB-46)."""
        found = (self.distinct("server", name="dserver/*", host=name) for name in (host, f"{host}.*"))
        return sorted({server for servers in found for server in servers}, key=str.lower)

    @abstractmethod
    def command(self, name: str, argin: Any) -> Any:
        """The result of a Db command (DB-2); DevFailed `API_CommandNotFound` for an unknown one."""

    def device_names(self, server: str, dev_class: str) -> list[str]:
        """The names of the devices of a class in a server, sorted (DB-25)."""
        return self.distinct("name", server=server, dev_class=dev_class)

    def starting(self, server: str, host: str) -> AbstractContextManager[None]:
        """Around the start of a server on `host`: a remote store asks for all it needs at once (DB-200)."""
        return nullcontext()

    # ---- event channels

    @abstractmethod
    def export_event(self, channel: DeviceExport) -> None:
        """Say where an event channel is, replacing what was known of it (DB-47)."""

    @abstractmethod
    def event(self, channel: str) -> EventRecord:
        """Where an event channel is; DevFailed `DB_DeviceNotDefined` when there is none (DB-48)."""

    @abstractmethod
    def unexport_event(self, channel: str) -> None:
        """Mark an event channel as gone; an unknown one is no error (DB-49)."""

    # ---- the database itself

    @abstractmethod
    def info(self) -> list[str]:
        """Lines about the database for people: its name, since when it runs, how much it holds (DB-112)."""

    @abstractmethod
    def forwarded_attributes(self, device: str) -> list[tuple[str, str, str]]:
        """(device, attribute, root attribute) of each forwarded attribute whose root is one of `device` (DB-111)."""

    @abstractmethod
    def database_servers(self) -> list[str]:
        """`host:port` of each database device that is exported (DB-114)."""

    # ---- aliases

    @abstractmethod
    def put_device_alias(self, device: str, alias: str) -> None:
        """Give a device its alias, replacing the former; `DB_SQLError` when another device has it (DB-54)."""

    @abstractmethod
    def device_alias(self, device: str) -> str:
        """The alias of a device; `DB_AliasNotDefined` when it has none (DB-55)."""

    @abstractmethod
    def alias_device(self, alias: str) -> str:
        """The device of an alias; `DB_DeviceNotDefined` when there is none (DB-56)."""

    @abstractmethod
    def device_aliases(self, pattern: str = "*") -> list[str]:
        """Aliases that match (DB-57)."""

    @abstractmethod
    def delete_device_alias(self, alias: str) -> None:
        """Remove an alias; an unknown one is no error (DB-58)."""

    @abstractmethod
    def put_attribute_alias(self, attribute: str, alias: str) -> None:
        """Give `d/f/m/attribute` an alias (DB-59)."""

    @abstractmethod
    def alias_attribute(self, alias: str) -> str:
        """The attribute of an alias; `DB_SQLError` when there is none (DB-61)."""

    @abstractmethod
    def attribute_alias(self, attribute: str) -> str:
        """The alias of an attribute; `DB_SQLError` when it has none (DB-62)."""

    @abstractmethod
    def attribute_aliases(self, pattern: str = "*") -> list[str]:
        """Aliases that match, ordered by attribute (DB-63)."""

    @abstractmethod
    def delete_attribute_alias(self, alias: str) -> None:
        """Remove an alias; an unknown one is no error (DB-64)."""

    # ---- properties; the first argument of each family is the owner

    @abstractmethod
    def get_device_property(self, device: str, names: Sequence[str]) -> Properties:
        """Values of the named properties that exist, keyed as asked; `*` in a name gives the values of all that match,
        in the order of their element numbers (DB-66)."""

    @abstractmethod
    def put_device_property(self, device: str, values: Values) -> None:
        """Replace values; an empty list deletes (PROP-2)."""

    @abstractmethod
    def delete_device_property(self, device: str, names: Sequence[str]) -> None:
        """Delete by name; `*` in a name is a wildcard (PROP-10)."""

    @abstractmethod
    def device_properties(self, device: str, pattern: str = "*") -> list[str]:
        """Names of properties that match."""

    @abstractmethod
    def device_property_history(self, device: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first (PROP-11)."""

    @abstractmethod
    def get_class_property(self, class_name: str, names: Sequence[str]) -> Properties:
        """Values of the named class properties that exist, keyed as asked."""

    @abstractmethod
    def put_class_property(self, class_name: str, values: Values) -> None:
        """Replace values; an empty list deletes."""

    @abstractmethod
    def delete_class_property(self, class_name: str, names: Sequence[str]) -> None:
        """Delete by name; `*` in a name is a wildcard."""

    @abstractmethod
    def class_properties(self, class_name: str, pattern: str = "*") -> list[str]:
        """Names of class properties that match."""

    @abstractmethod
    def class_property_history(self, class_name: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first."""

    @abstractmethod
    def get_property(self, obj: str, names: Sequence[str]) -> Properties:
        """Values of the named free properties that exist, as `get_device_property`."""

    @abstractmethod
    def put_property(self, obj: str, values: Values) -> None:
        """Replace values; an empty list deletes."""

    @abstractmethod
    def delete_property(self, obj: str, names: Sequence[str]) -> None:
        """Delete by name; `*` in a name is a wildcard."""

    @abstractmethod
    def properties(self, obj: str, pattern: str = "*") -> list[str]:
        """Names of the object's properties that match."""

    @abstractmethod
    def property_objects(self, pattern: str = "*") -> list[str]:
        """Names of objects that have free properties."""

    @abstractmethod
    def property_history(self, obj: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first."""

    @abstractmethod
    def get_device_attribute_property(self, device: str, attributes: Sequence[str]) -> dict[str, Properties]:
        """All properties of each attribute; outer keys as asked, every asked attribute present; property names as
        stored."""

    @abstractmethod
    def put_device_attribute_property(self, device: str, values: Mapping[str, Values]) -> None:
        """Replace the values of the named properties only; an empty list deletes (DB-82)."""

    @abstractmethod
    def delete_device_attribute_property(self, device: str, attribute: str, names: Sequence[str]) -> None:
        """Delete by name; `*` in a name is a wildcard."""

    @abstractmethod
    def delete_device_attribute(self, device: str, attribute: str) -> None:
        """Delete all properties of an attribute, without entries in the history (DB-88, DB-96)."""

    @abstractmethod
    def device_attributes(self, device: str, pattern: str = "*") -> list[str]:
        """Names of attributes that have properties."""

    @abstractmethod
    def device_attribute_property_history(self, device: str, attribute: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first; `attribute` may have `*` too (DB-89)."""

    @abstractmethod
    def get_class_attribute_property(self, class_name: str, attributes: Sequence[str]) -> dict[str, Properties]:
        """As `get_device_attribute_property`, at class level."""

    @abstractmethod
    def put_class_attribute_property(self, class_name: str, values: Mapping[str, Values]) -> None:
        """Replace the values of the named properties only; an empty list deletes."""

    @abstractmethod
    def delete_class_attribute_property(self, class_name: str, attribute: str, names: Sequence[str]) -> None:
        """Delete by name; `*` in a name is a wildcard."""

    @abstractmethod
    def delete_class_attribute(self, class_name: str, attribute: str) -> None:
        """Delete all properties of an attribute, without entries in the history (DB-88, DB-96)."""

    @abstractmethod
    def class_attributes(self, class_name: str, pattern: str = "*") -> list[str]:
        """Names of attributes that have properties at class level."""

    @abstractmethod
    def class_attribute_property_history(self, class_name: str, attribute: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first; `attribute` may have `*` too (DB-97)."""

    @abstractmethod
    def get_device_pipe_property(self, device: str, pipes: Sequence[str]) -> dict[str, Properties]:
        """All properties of each pipe, as `get_device_attribute_property`."""

    @abstractmethod
    def put_device_pipe_property(self, device: str, values: Mapping[str, Values]) -> None:
        """Replace the values of the named properties only; an empty list deletes."""

    @abstractmethod
    def delete_device_pipe_property(self, device: str, pipe: str, names: Sequence[str]) -> None:
        """Delete by name; `*` in a name is a wildcard."""

    @abstractmethod
    def delete_device_pipe(self, device: str, pipe: str) -> None:
        """Delete all properties of a pipe, without entries in the history."""

    @abstractmethod
    def device_pipes(self, device: str, pattern: str = "*") -> list[str]:
        """Names of pipes that have properties and match."""

    @abstractmethod
    def device_pipe_property_history(self, device: str, pipe: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first; `pipe` may have `*` too."""

    @abstractmethod
    def get_class_pipe_property(self, class_name: str, pipes: Sequence[str]) -> dict[str, Properties]:
        """All properties of each pipe, as `get_device_attribute_property`."""

    @abstractmethod
    def put_class_pipe_property(self, class_name: str, values: Mapping[str, Values]) -> None:
        """Replace the values of the named properties only; an empty list deletes."""

    @abstractmethod
    def delete_class_pipe_property(self, class_name: str, pipe: str, names: Sequence[str]) -> None:
        """Delete by name; `*` in a name is a wildcard."""

    @abstractmethod
    def delete_class_pipe(self, class_name: str, pipe: str) -> None:
        """Delete all properties of a pipe, without entries in the history."""

    @abstractmethod
    def class_pipes(self, class_name: str, pattern: str = "*") -> list[str]:
        """Names of pipes that have properties and match."""

    @abstractmethod
    def class_pipe_property_history(self, class_name: str, pipe: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first; `pipe` may have `*` too."""
