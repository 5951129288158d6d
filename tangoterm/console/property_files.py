"""Properties as a property file: written from the database, compared with it, and taken over into it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from server_core.database.families import CLASS, CLASS_ATTRIBUTE, DEVICE, DEVICE_ATTRIBUTE, Family
from server_core.database.property_file import Contents, Property, parse, render
from tangoterm.console.commands.table import UsageError
from tangoterm.console.properties import Owner, owners_of
from tangoterm.console.property_changes import put
from tangoterm.console.scope import devices_in, is_scope
from tangoterm.console.session import Session

_MEMBERS: dict[Family, Family] = {DEVICE: DEVICE_ATTRIBUTE, CLASS: CLASS_ATTRIBUTE}
_OWNERS: dict[Family, Family] = {members: owners for owners, members in _MEMBERS.items()}


class Difference(NamedTuple):
    """A property of a file beside the database: what the file says, and what the database has now (nothing: it is
    new)."""

    owner: Owner
    name: str
    wanted: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def sign(self) -> str:
        """`=` the same, `+` not there yet, `~` another value."""
        return "=" if self.wanted == self.now else "~" if self.now else "+"


def dumped(session: Session, owners: Iterable[Owner], server: str = "") -> str:
    """A property file with the properties of the owners and of their attributes; with `server` also its devices.

    Raises DevFailed `API_DatabaseFileError` for a value that such a file cannot hold.
    """
    contents = Contents(server)
    if server:
        for record in session.store.devices(server=server):
            if record.dev_class != "DServer":
                contents.devices.setdefault(record.dev_class, []).append(record.name)
    for owner in owners:
        for each in (owner, *owner.members(session.store)):
            family = _MEMBERS[each.family] if each.attribute else each.family
            key = (each.name, each.attribute) if each.attribute else (each.name,)
            for name, values in each.all(session.store).items():
                contents.put(Property(family, key, name, tuple(values)))
    return render(contents)


def owners_in(session: Session, words: Iterable[str]) -> tuple[list[Owner], str]:
    """The owners that words name, scopes of devices included, and the server when they name just one."""
    owners: dict[str, Owner] = {}
    words = list(words)
    for word in words:
        free_or_class = word.lower().startswith(("class:", "free:"))
        if is_scope(word) and not free_or_class:
            found = [Owner(DEVICE, name) for name in devices_in(session, [word])]
        else:
            found = owners_of(session, word)
        owners |= {str(owner).lower(): owner for owner in found}
    kind, _, name = words[0].partition(":") if len(words) == 1 else ("", "", "")
    server = name if kind.lower() == "server" and "*" not in name and "/" in name else ""
    return list(owners.values()), server


def compared(session: Session, path: str) -> list[Difference]:
    """What a property file says, beside what the database has now.

    Raises UsageError when the file cannot be read, DevFailed `API_DatabaseFileError` naming the line that is wrong.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    found = []
    for entry in parse(text, path).properties.values():
        owner = Owner(_OWNERS.get(entry.family, entry.family), entry.key[0], entry.key[1] if len(entry.key) > 1 else "")
        now = owner.values(session.store, [entry.name]).get(entry.name, [])
        found.append(Difference(owner, entry.name, entry.values, tuple(now)))
    return found


def take_over(session: Session, difference: Difference) -> None:
    """Have the database say what the file says. DevFailed for a device that is not defined."""
    if difference.owner.family is DEVICE:
        session.store.device(difference.owner.name)
    put(session, difference.owner, difference.name, difference.wanted)
