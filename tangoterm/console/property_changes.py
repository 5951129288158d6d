"""Changes of properties: setting, renaming, deleting, copying, each as a command line that can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from server_core.database import services
from server_core.database.families import FREE
from server_core.database.store import Properties
from tangoterm.console.cells import WordsCell
from tangoterm.console.changes import Change, Danger
from tangoterm.console.commands.table import UsageError
from tangoterm.console.line import written
from tangoterm.console.properties import Owner
from tangoterm.console.session import Session


def put(session: Session, owner: Owner, name: str, values: Sequence[str]) -> list[str]:
    """Replace the values of a property, without values delete it; gives those it had before.

    Raises as `Changes.make` does, and DevFailed when the database refuses.
    """
    before = list(owner.values(session.store, [name]).get(name, []))
    if not values:
        delete(session, owner, [name])
        return before
    warning = access_warning(owner, name, values)
    change = Change(
        str(owner),
        set_line(owner, name, values),
        before=WordsCell(before).text(),
        after=WordsCell(values).text(),
        undo=(set_line(owner, name, before) if before else _delete_line(owner, [name]),),
        danger=Danger.ASK if warning else Danger.NONE,
        warning=warning,
    )
    session.changes.make(change, lambda: owner.put(session.changing_store, name, values))
    return before


def access_warning(owner: Owner, name: str, values: Sequence[str]) -> str:
    """What a person is told before a property switches access control on (DB-234); empty for all others."""
    here = owner.family is FREE and owner.name.lower() == services.OBJECT.lower()
    if not here or name.lower() != services.PROPERTY.lower() or services.access_control_device(values) is None:
        return ""
    return (
        "From now on the access control that this names rules who may write. While it does not run, every client can "
        "only read, and this property can be taken away with SUPER_TANGO=true in the environment alone."
    )


def delete(session: Session, owner: Owner, names: Sequence[str], danger: Danger = Danger.NONE) -> Properties:
    """Delete properties by name; gives what they were."""
    before = {name: values for name, values in owner.values(session.store, names).items() if values}
    if before:
        change = Change(
            str(owner),
            _delete_line(owner, list(before)),
            before="; ".join(f"{name} = {WordsCell(values).text()}" for name, values in before.items()),
            undo=tuple(set_line(owner, name, values) for name, values in before.items()),
            danger=danger,
        )
        session.changes.make(change, lambda: owner.delete(session.changing_store, list(before)))
    return before


def rename(session: Session, owner: Owner, old: str, new: str) -> list[str]:
    """Give a property another name; gives its values.

    Raises UsageError when there is no such property, or already one of the new name.
    """
    found = owner.values(session.store, [old, new])
    if not found.get(old):
        raise UsageError(f"{owner} has no property {old}")
    if found.get(new) and new.lower() != old.lower():
        raise UsageError(f"{owner} has a property {new} already")

    def do() -> None:
        # a database may take the two names for one, so the old one goes first; its values are in hand
        owner.delete(session.changing_store, [old])
        owner.put(session.changing_store, new, found[old])

    change = Change(str(owner), _rename_line(owner, old, new), old, new, (_rename_line(owner, new, old),))
    session.changes.make(change, do)
    return list(found[old])


def copy(session: Session, owner: Owner, names: Sequence[str], target: Owner) -> list[str]:
    """Give another owner the same properties; those it has of these names are replaced. Gives the names that were
    found."""
    found = owner.values(session.store, names)
    for name, values in found.items():
        put(session, target, name, values)
    return list(found)


def set_line(owner: Owner, name: str, values: Sequence[str]) -> str:
    """The line that sets a property."""
    return _line("set", owner, name, *values)


def _delete_line(owner: Owner, names: Sequence[str]) -> str:
    return _line("delete", owner, *names)


def _rename_line(owner: Owner, old: str, new: str) -> str:
    return _line("rename", owner, old, new)


def _line(action: str, owner: Owner, *words: str) -> str:
    return " ".join(["prop", action, *map(written, [str(owner), *words])])
