"""The store behind a Tango database device: every method is one command of `sys/database/2`, or a few.

Databases differ in the commands that they know. What is missing is learned when it is asked for, and then done with
the older commands that all of them have, or not at all where there can be nothing to find or to delete: pipe properties
cannot be put into every database.
"""

# ruff: noqa: D102 (the methods of the interface are documented in `Store`)

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from server_core.database.caller import GATHERING, STARTING, USUAL, DatabaseCaller, Patience
from server_core.database.commands import COMMANDS, declared
from server_core.database.device_table import no_alias, not_defined
from server_core.database.families import PIPES, WILD, Family, MemberProperties, MemberValues, PropertyFamilies
from server_core.database.layout import (
    pack_export,
    pack_members,
    pack_properties,
    unpack_history,
    unpack_members,
    unpack_properties,
)
from server_core.database.remote_records import ListedRecords, Records, SelectedRecords
from server_core.database.server_data import ServerData, unpack_server_data
from server_core.database.store import (
    DEVICE_FIELDS,
    DeviceExport,
    DeviceRecord,
    EventRecord,
    HistoryEntry,
    Properties,
    ServerInfo,
    Values,
)
from server_core.model.conversion import to_command_data
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed, Reason
from server_core.model.names import DATABASE_DEVICE, parse_host_port, wildcard
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout
from server_core.transport.tls import ClientTls

log = logging.getLogger(__name__)

CLIENT_RELEASE = "10"
"""The release that a database takes this client for; from 9 on it answers with pipes (DB-200)."""


class Caller(Protocol):
    """Gets requests to the database; `patience` is how long it waits."""

    patience: Patience

    def __call__(self, request: CommandInout) -> TypedValue:
        """The result of a request; raises DevFailed."""

    def call_all(self, requests: Sequence[CommandInout]) -> object:
        """Have all requests executed, in their order; raises the DevFailed of the first that fails."""

    def close(self) -> None:
        """Nothing more will be asked."""


T = TypeVar("T")

_PYTHON_ERROR = "PyDs_PythonError"
"""What pytango-db says instead of `DB_AliasNotDefined`."""


class RemoteStore(PropertyFamilies):
    """The store of the database at `host` (`host:port`, or several separated by commas of which one answers).

    `caller` executes requests; by default a `DatabaseCaller`, which connects at the first call, over TLS with `tls`.
    Besides what `Store` says, all methods raise what it raises when the database cannot be reached. Several devices are
    exported in one round trip, each in a transaction of its own, so a refused one leaves the others exported.
    """

    def __init__(self, host: str, caller: Caller | None = None, *, tls: ClientTls | None = None) -> None:
        self.hosts = tuple(parse_host_port(word) for word in host.split(","))
        self._caller: Caller = DatabaseCaller(self.hosts, tls=tls) if caller is None else caller
        self._start: ServerData | None = None
        self._records: Records = SelectedRecords(self._execute, self._understood)
        self._missing: set[str] = set()

    @property
    def address(self) -> str:
        return ",".join(map(str, self.hosts))

    @property
    def tango_host(self) -> str:
        return str(self.hosts[0])

    def close(self) -> None:
        self._caller.close()

    def set_timeout(self, seconds: float) -> None:
        self._caller.patience = Patience(max(USUAL.connect, seconds), max(USUAL.call, seconds))

    # ---- commands

    def _execute(self, command: str, argin: object) -> Any:
        with _explained(command):
            answer = self._caller(self._request(command, argin))
        with self._understood(command):
            if answer.type is not COMMANDS[command].out_type:
                raise ValueError(f"it is a {answer.type.name}")
        return answer.value

    @contextmanager
    def _understood(self, command: str) -> Iterator[None]:
        """Answers that are not what the command gives, as DevFailed `API_DatabaseAccess`."""
        try:
            yield
        except (ValueError, DevFailed) as error:
            raise DevFailed.of(
                Reason.API_DatabaseAccess,
                f"The answer of the database {self.address} to command {command} cannot be understood: {error}",
                "server_core.database.remote",
            ) from error

    def _request(self, command: str, argin: object) -> CommandInout:
        argin_type = COMMANDS[command].in_type
        return CommandInout(DATABASE_DEVICE, command, TypedValue(argin_type, to_command_data(argin_type, argin)))

    def _text(self, command: str, argin: object) -> str:
        return str(self._execute(command, argin))

    def _texts(self, command: str, argin: object) -> list[str]:
        return list(self._execute(command, argin))

    def _known(self, command: str, argin: object) -> Any:
        """The result of a command that not every database has, None when this one has not."""
        if command in self._missing:
            return None
        try:
            return self._execute(command, argin)
        except DevFailed as failure:
            if failure.reason != Reason.API_CommandNotFound:
                raise
            self._missing.add(command)
            return None

    def _asked(self, family: Family, command: str, argin: object) -> list[str]:
        """The answer to a question about properties; nothing, when the database keeps none of the family."""
        return list((self._known if family in PIPES else self._execute)(command, argin) or ())

    def _delete(self, family: Family, command: str, argin: object) -> None:
        (self._known if family in PIPES else self._execute)(command, argin)

    # ---- devices and servers

    def add_device(self, server: str, device: str, dev_class: str, alias: str = "") -> None:
        self._execute("DbAddDevice", [server, device, dev_class, *([alias] if alias else [])])

    def add_server(self, server: str, devices: Iterable[tuple[str, str]]) -> None:
        items = [text for device in devices for text in device]
        if items:
            self._execute("DbAddServer", [server, *items])

    def delete_device(self, device: str) -> None:
        self._execute("DbDeleteDevice", device)

    def delete_server(self, server: str) -> None:
        self._execute("DbDeleteServer", server)

    def rename_server(self, old: str, new: str) -> None:
        self._execute("DbRenameServer", [old, new])

    def device(self, name_or_alias: str) -> DeviceRecord:
        if self._start is not None and self._start.admin.name.lower() == name_or_alias.lower():
            return self._start.admin
        record = self._found(lambda records: records.device(name_or_alias))
        if record is None:
            raise _failed(not_defined(name_or_alias), "DbImportDevice")
        return record

    def devices(self, server: str = "*", dev_class: str = "*", name: str = "*") -> list[DeviceRecord]:
        return self._found(lambda records: records.devices({"server": server, "class": dev_class, "name": name}))

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
        if field not in DEVICE_FIELDS:
            raise ValueError(f"{field!r} is not a field of device records ({', '.join(DEVICE_FIELDS)})")
        filters = {"server": server, "class": dev_class, "name": name, "host": host, "alias": alias}
        values = self._found(lambda records: records.values(field, filters, exported))
        found = {value.lower(): value for value in reversed(values)}
        return [found[key] for key in sorted(found)]

    def _found(self, ask: Callable[[Records], T]) -> T:
        """What is asked of device records, by other commands once the database turns out not to know SELECT."""
        try:
            return ask(self._records)
        except DevFailed as failure:
            if failure.reason != Reason.API_CommandNotFound or isinstance(self._records, ListedRecords):
                raise
            log.info("devices are looked up one by one: %s", failure)
            self._records = ListedRecords(self._execute, self._understood)
            return ask(self._records)

    def device_names(self, server: str, dev_class: str) -> list[str]:
        known = None if self._start is None else self._start.device_names(server, dev_class)
        return self._texts("DbGetDeviceList", [server, dev_class]) if known is None else known

    @contextmanager
    def starting(self, server: str, host: str) -> Iterator[None]:
        """One request instead of many; when the database does not know it, many after all (DB-201). The database has
        more time to answer than usually (LIFE-12)."""
        usual = self._caller.patience
        try:
            self._caller.patience = GATHERING
            self._start = self._server_data(server, host)
            self._caller.patience = STARTING
            yield
        finally:
            self._caller.patience = usual
            self._start = None

    def _server_data(self, server: str, host: str) -> ServerData | None:
        try:
            answer = self._texts("DbGetDataForServerCache", [server, f"{host}%%{CLIENT_RELEASE}"])
            return unpack_server_data(server, host, answer)
        except ConnectionFailed:
            raise
        except DevFailed as failure:
            log.info("the database is asked for each thing that %s needs on its own: %s", server, failure)
            return None

    def servers(self, pattern: str = "*") -> list[str]:
        return self._texts("DbGetServerList", pattern)

    def export_devices(self, exports: Sequence[DeviceExport]) -> None:
        requests = [self._request("DbExportDevice", pack_export(export)) for export in exports]
        with _explained("DbExportDevice"):
            self._caller.call_all(requests)

    def unexport_device(self, device: str) -> None:
        self._execute("DbUnExportDevice", device)

    def unexport_server(self, server: str) -> None:
        self._execute("DbUnExportServer", server)

    def server_info(self, server: str) -> ServerInfo | None:
        answer = self._texts("DbGetServerInfo", server)
        with self._understood("DbGetServerInfo"):
            _, host, mode, level = answer
            return ServerInfo(server, host, int(mode), int(level)) if mode.strip() else None

    def put_server_info(self, info: ServerInfo) -> None:
        self._execute("DbPutServerInfo", [info.server, info.host, str(info.mode), str(info.level)])

    def delete_server_info(self, server: str) -> None:
        self._execute("DbDeleteServerInfo", server)

    def command(self, name: str, argin: Any) -> Any:
        answer = self._execute(declared(name).name, argin)
        if isinstance(answer, tuple):
            numbers, texts = answer
            return list(numbers), list(texts)
        return answer

    # ---- event channels

    def export_event(self, channel: DeviceExport) -> None:
        self._execute("DbExportEvent", pack_export(channel))

    def event(self, channel: str) -> EventRecord:
        answer = self._execute("DbImportEvent", channel)
        with self._understood("DbImportEvent"):
            (exported, pid), (name, ior, version, host) = answer
        return EventRecord(name, exported != 0, ior, host, pid, version)

    def unexport_event(self, channel: str) -> None:
        self._execute("DbUnExportEvent", channel)

    # ---- the database itself

    def info(self) -> list[str]:
        return self._texts("DbInfo", None)

    def forwarded_attributes(self, device: str) -> list[tuple[str, str, str]]:
        texts = iter(self._texts("DbGetForwardedAttributeListForDevice", device))
        with self._understood("DbGetForwardedAttributeListForDevice"):
            return list(zip(texts, texts, texts, strict=True))

    def database_servers(self) -> list[str]:
        return self._texts("DbGetCSDbServerList", None)

    # ---- aliases

    def put_device_alias(self, device: str, alias: str) -> None:
        self._execute("DbPutDeviceAlias", [device, alias])

    def device_alias(self, device: str) -> str:
        try:
            return self._text("DbGetDeviceAlias", device)
        except DevFailed as failure:
            if failure.reason != _PYTHON_ERROR:
                raise
            raise _failed(no_alias(device), "DbGetDeviceAlias") from failure

    def alias_device(self, alias: str) -> str:
        return self._text("DbGetAliasDevice", alias)

    def device_aliases(self, pattern: str = "*") -> list[str]:
        return self._texts("DbGetDeviceAliasList", pattern)

    def delete_device_alias(self, alias: str) -> None:
        self._execute("DbDeleteDeviceAlias", alias)

    def put_attribute_alias(self, attribute: str, alias: str) -> None:
        self._execute("DbPutAttributeAlias", [attribute, alias])

    def alias_attribute(self, alias: str) -> str:
        return self._text("DbGetAttributeAlias", alias)

    def attribute_alias(self, attribute: str) -> str:
        return self._text("DbGetAttributeAlias2", attribute)

    def attribute_aliases(self, pattern: str = "*") -> list[str]:
        return self._texts("DbGetAttributeAliasList", pattern)

    def delete_attribute_alias(self, alias: str) -> None:
        self._execute("DbDeleteAttributeAlias", alias)

    # ---- properties

    def _changed(self, family: Family, owner: str) -> None:
        if self._start is not None:
            self._start.forget(family, owner)

    def property_objects(self, pattern: str = "*") -> list[str]:
        return self._texts("DbGetObjectList", pattern)

    def get_values(self, family: Family, owner: str, names: Sequence[str]) -> Properties:
        if not names:
            return {}
        known = None if self._start is None else self._start.get_values(family, owner, names)
        if known is not None:
            return known
        command = f"DbGet{family.word}Property"
        answer = self._texts(command, [owner, *names])
        with self._understood(command):
            _, values = unpack_properties(answer, filler=family in WILD)
        return {name: elements for name, elements in values.items() if elements}

    def put_values(self, family: Family, owner: str, values: Values) -> None:
        if values:
            self._changed(family, owner)
            self._execute(f"DbPut{family.word}Property", pack_properties(owner, values.items()))

    def delete_values(self, family: Family, owner: str, names: Sequence[str]) -> None:
        if names:
            self._changed(family, owner)
            self._execute(f"DbDelete{family.word}Property", [owner, *names])

    def value_names(self, family: Family, owner: str, pattern: str) -> list[str]:
        command = f"DbGet{family.word}PropertyList"
        if family in WILD:
            return self._texts(command, [owner, pattern])
        matches = wildcard(pattern).match
        return [name for name in self._texts(command, owner) if matches(name)]

    def value_history(self, family: Family, owner: str, pattern: str) -> list[HistoryEntry]:
        command = f"DbGet{family.word}PropertyHist"
        answer = self._texts(command, [owner, pattern])
        with self._understood(command):
            return unpack_history(answer)

    def get_member_values(self, family: Family, owner: str, members: Sequence[str]) -> MemberProperties:
        known = None if self._start is None else self._start.get_member_values(family, owner, members)
        if known is not None:
            return known
        command = f"DbGet{family.word}Property{family.version}"
        answer = self._asked(family, command, [owner, *members])
        with self._understood(command):
            return unpack_members(answer)[1] if answer else {member: {} for member in members}

    def put_member_values(self, family: Family, owner: str, values: MemberValues) -> None:
        if values:
            self._changed(family, owner)
            self._execute(f"DbPut{family.word}Property{family.version}", pack_members(owner, values.items()))

    def delete_member_values(self, family: Family, owner: str, member: str, names: Sequence[str]) -> None:
        if names:
            self._changed(family, owner)
            self._delete(family, f"DbDelete{family.word}Property", [owner, member, *names])

    def delete_member(self, family: Family, owner: str, member: str) -> None:
        self._changed(family, owner)
        self._delete(family, f"DbDelete{family.word}", [owner, member])

    def member_names(self, family: Family, owner: str, pattern: str) -> list[str]:
        return self._asked(family, f"DbGet{family.word}List", [owner, pattern])

    def member_value_history(self, family: Family, owner: str, member: str, pattern: str) -> list[HistoryEntry]:
        command = f"DbGet{family.word}PropertyHist"
        answer = self._asked(family, command, [owner, member, pattern])
        with self._understood(command):
            return unpack_history(answer, members=True)


@contextmanager
def _explained(command: str) -> Iterator[None]:
    try:
        yield
    except (ConnectionFailed, CommunicationFailed):
        raise
    except DevFailed as failure:
        raise _failed(failure, command) from failure


def _failed(failure: DevFailed, command: str) -> DevFailed:
    """What the database refused, with the client's own error on top (CMD-6, DB-10)."""
    text = f"Failed to execute command_inout on device {DATABASE_DEVICE}, command {command}"
    return failure.stacked(Reason.API_CommandFailed, text, "server_core.database.remote")
