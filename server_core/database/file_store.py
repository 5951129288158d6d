"""The property file as a home of names and properties: what a server with `-file=` has in place of a database.

It serves one server, and is written anew, as a whole, with every change: a new file takes the place of the old one when
it is complete. Source: LIFE-10, PROP-20..PROP-24.
"""

# ruff: noqa: D102 (the methods of the interface are documented in `Store`)

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from server_core.database.families import (
    CLASS_PIPE,
    DEVICE_PIPE,
    Family,
    MemberProperties,
    MemberValues,
    PropertyFamilies,
    strings,
)
from server_core.database.property_file import Contents, Property, parse, render
from server_core.database.store import DeviceExport, DeviceRecord, Properties, Values
from server_core.model.errors import ConnectionFailed, DevFailed, Reason
from server_core.model.names import (
    ADMIN_CLASS,
    admin_name,
    check_device_name,
    check_domain,
    check_server_name,
    wildcard,
)

_ORIGIN: Final = "server_core.database.file_store"
_FOUND_ANEW: Final = frozenset({"polling_threads_pool_conf"})
"""Properties of the admin device that servers write for themselves."""


def _not_in_a_file(self: object, *arguments: object, **keywords: object) -> NoReturn:
    """What a property file cannot do: aliases, history, lists, pipes, start information (PROP-24)."""
    raise DevFailed.of(Reason.API_NotSupported, "Call to a Filedatabase not implemented.", _ORIGIN)


class FileStore(PropertyFamilies):
    """The devices and properties of `server` in the property file `path`; with `create` it need not be there yet.

    Raises ConnectionFailed `API_CantConnectToDatabase` for a file that cannot be opened, DevFailed
    `API_DatabaseFileError` for one that cannot be read, and `API_DatabaseAccess` for one that is about another server
    or has properties of a device that it does not define (PROP-22).
    """

    def __init__(self, path: str | os.PathLike[str], server: str, *, create: bool = False) -> None:
        self._path = Path(path)
        self._server = check_server_name(server)
        self._lock = threading.RLock()
        self._contents = Contents(server) if create and not self._path.exists() else self._read()
        self._check(self._contents)

    @property
    def address(self) -> str:
        """The path of the file."""
        return str(self._path)

    def close(self) -> None:
        """Nothing to do: every change is in the file already."""

    def save(self) -> bool:
        """Write the file, changed or not (LIFE-10)."""
        with self._lock:
            self._write(self._contents)
        return True

    # ---- the file

    def _read(self) -> Contents:
        try:
            text = self._path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise ConnectionFailed.of(
                Reason.API_CantConnectToDatabase,
                f"FILEDATABASE could not open file {self._path}.\n{error.strerror}",
                _ORIGIN,
            ) from error
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise _file_error(f"Error in file at line {line} in file {self._path}.\nthe text is not UTF-8") from error
        return parse(text, str(self._path))

    def _check(self, contents: Contents) -> None:
        if contents.server.lower() != self._server.lower():
            raise _no_access(f"{self._path} is not about the server {self._server} but {contents.server or 'none'}")
        for entry in contents.properties.values():
            if entry.family.owner == "device":
                self._need_device(contents, entry.key[0])

    def _need_device(self, contents: Contents, device: str) -> None:
        known = [admin_name(self._server), *contents.device_names()]
        if device.lower() not in (name.lower() for name in known):
            raise _no_access(f"{self._path} has no device {device}, so it cannot have properties of it")

    @contextmanager
    def _change(self) -> Iterator[Contents]:
        """Contents to be changed; they count when they are in the file."""
        with self._lock:
            draft = self._contents.copy()
            yield draft
            if draft != self._contents:
                self._check(draft)
                self._write(draft)
                self._contents = draft

    def _write(self, contents: Contents) -> None:
        """Put a complete file in the place of the old one, with its permissions."""
        target = self._path.resolve()
        data = render(contents).encode()
        try:
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as file:
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    if target.exists():
                        shutil.copymode(target, file.name)
                    os.replace(file.name, target)
                except BaseException:
                    os.unlink(file.name)
                    raise
        except OSError as error:
            raise _file_error(f"could not write file {self._path}: {error.strerror}") from error

    # ---- devices and servers

    def add_device(self, server: str, device: str, dev_class: str, alias: str = "") -> None:
        if alias:
            _not_in_a_file(self)
        self.add_server(server, [(device, dev_class)])

    def add_server(self, server: str, devices: Iterable[tuple[str, str]]) -> None:
        if server.lower() != self._server.lower():
            raise _no_access(f"{self._path} is about the server {self._server}, not {server}")
        with self._change() as draft:
            for device, dev_class in devices:
                name = check_device_name(device)
                check_domain(name, dev_class)
                if name.lower() != admin_name(self._server).lower():
                    _remove_device(draft, name)
                    same = (known for known in draft.devices if known.lower() == dev_class.lower())
                    draft.devices.setdefault(next(same, dev_class), []).append(name)

    def delete_device(self, device: str) -> None:
        with self._change() as draft:
            _remove_device(draft, device)
            for entry in list(draft.properties.values()):
                if entry.family.owner == "device" and entry.key[0].lower() == device.lower():
                    draft.put(entry._replace(values=()))

    def delete_server(self, server: str) -> None:
        for record in self.devices(server=server):
            self.delete_device(record.name)

    def device(self, name_or_alias: str) -> DeviceRecord:
        """The record of a device; it never says that the device is exported (PROP-24)."""
        for record in self._records():
            if record.name.lower() == name_or_alias.lower():
                return record
        raise DevFailed.of(
            Reason.DB_DeviceNotDefined, f"device {name_or_alias} not defined in the file {self._path} !", _ORIGIN
        )

    def devices(self, server: str = "*", dev_class: str = "*", name: str = "*") -> list[DeviceRecord]:
        """The records that match, in the order of the file."""
        patterns = wildcard(server), wildcard(dev_class), wildcard(name)
        return [
            record
            for record in self._records()
            if all(
                pattern.match(text)
                for pattern, text in zip(patterns, (record.server, record.dev_class, record.name), strict=True)
            )
        ]

    def _records(self) -> Iterator[DeviceRecord]:
        contents = self._contents
        yield DeviceRecord(admin_name(self._server), self._server, ADMIN_CLASS)
        for dev_class, names in contents.devices.items():
            for name in names:
                yield DeviceRecord(name, self._server, dev_class)

    def device_names(self, server: str, dev_class: str) -> list[str]:
        """In the order of the file."""
        return [record.name for record in self.devices(server, dev_class)]

    def servers(self, pattern: str = "*") -> list[str]:
        return [self._server] if wildcard(pattern).match(self._server) else []

    def export_devices(self, exports: Sequence[DeviceExport]) -> None:
        """Nothing is kept: a property file has no export records (PROP-24)."""

    def unexport_device(self, device: str) -> None:
        """Nothing is kept."""

    def unexport_server(self, server: str) -> None:
        """Nothing is kept."""

    distinct = _not_in_a_file
    rename_server = _not_in_a_file
    server_info = _not_in_a_file
    put_server_info = _not_in_a_file
    delete_server_info = _not_in_a_file
    export_event = _not_in_a_file
    event = _not_in_a_file
    unexport_event = _not_in_a_file
    info = _not_in_a_file
    command = _not_in_a_file
    forwarded_attributes = _not_in_a_file
    database_servers = _not_in_a_file
    put_device_alias = _not_in_a_file
    device_alias = _not_in_a_file
    alias_device = _not_in_a_file
    device_aliases = _not_in_a_file
    delete_device_alias = _not_in_a_file
    put_attribute_alias = _not_in_a_file
    alias_attribute = _not_in_a_file
    attribute_alias = _not_in_a_file
    attribute_aliases = _not_in_a_file
    delete_attribute_alias = _not_in_a_file

    # ---- properties

    def get_values(self, family: Family, owner: str, names: Sequence[str]) -> Properties:
        found = {name: self._contents.properties.get(Property(family, (owner,), name, ()).id) for name in names}
        return {name: list(entry.values) for name, entry in found.items() if entry is not None}

    def put_values(self, family: Family, owner: str, values: Values) -> None:
        """Replace values, but for what a server finds out anew at each start: a file of Tango's has no place for it."""
        kept = {name: elements for name, elements in values.items() if name.lower() not in _FOUND_ANEW}
        self._put(family, ((owner,), kept))

    def put_member_values(self, family: Family, owner: str, values: MemberValues) -> None:
        self._put(family, *(((owner, member), properties) for member, properties in values.items()))

    def _put(self, family: Family, *changes: tuple[tuple[str, ...], Values]) -> None:
        if family in (DEVICE_PIPE, CLASS_PIPE):
            _not_in_a_file(self)
        with self._change() as draft:
            for key, values in changes:
                for name, elements in values.items():
                    draft.put(Property(family, key, name, tuple(strings(elements))))

    def delete_values(self, family: Family, owner: str, names: Sequence[str]) -> None:
        self._delete(family, (owner,), names)

    def delete_member_values(self, family: Family, owner: str, member: str, names: Sequence[str]) -> None:
        self._delete(family, (owner, member), names)

    def delete_member(self, family: Family, owner: str, member: str) -> None:
        self._delete(family, (owner, member), ("*",))

    def _delete(self, family: Family, key: tuple[str, ...], names: Sequence[str]) -> None:
        patterns = [wildcard(name) for name in names]
        prefix = Property(family, key, "", ()).id[:-1]
        with self._change() as draft:
            for entry in list(draft.properties.values()):
                if entry.id[:-1] == prefix and any(pattern.match(entry.name) for pattern in patterns):
                    draft.put(entry._replace(values=()))

    def get_member_values(self, family: Family, owner: str, members: Sequence[str]) -> MemberProperties:
        found: MemberProperties = {member: {} for member in members}
        entries = self._contents.of(family, owner)
        for member, properties in found.items():
            properties |= {
                entry.name: list(entry.values) for entry in entries if entry.key[1].lower() == member.lower()
            }
        return found

    value_names = _not_in_a_file
    value_history = _not_in_a_file
    member_names = _not_in_a_file
    member_value_history = _not_in_a_file
    property_objects = _not_in_a_file


def _remove_device(contents: Contents, name: str) -> None:
    for dev_class, names in list(contents.devices.items()):
        contents.devices[dev_class] = [other for other in names if other.lower() != name.lower()]
        if not contents.devices[dev_class]:
            del contents.devices[dev_class]


def _no_access(text: str) -> DevFailed:
    return DevFailed.of(Reason.API_DatabaseAccess, text, _ORIGIN)


def _file_error(text: str) -> DevFailed:
    return DevFailed.of(Reason.API_DatabaseFileError, f"File database: {text}", _ORIGIN)
