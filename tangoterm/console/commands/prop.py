"""The command for properties: of devices, classes, attributes and free objects, with their history."""

from __future__ import annotations

from collections.abc import Sequence

from server_core.database import services
from server_core.database.families import FREE
from server_core.model.types import CmdArgType
from tangoterm.console.cells import ResultCell, WordsCell
from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.names import did_you_mean
from tangoterm.console.properties import Owner, changes, owner_of, owners_of
from tangoterm.console.result import Column, Layout, Result, columns, note
from tangoterm.console.session import Session

_SHOWN = 5  # names of properties in a question


@command(
    "prop",
    Parameter(
        "action", "what to do", Want.CHOICE, choices=("list", "get", "set", "add", "delete", "history"),
    ),
    Parameter("owner", "a device, device/attribute, class:NAME, class:NAME/attribute or free:OBJECT", Want.OWNER),
    Parameter(
        "words", "list, history: [FILTER]; get, delete: NAME...; set, add: NAME VALUE...", Want.OWNED,
        many=True, required=False, default=(), metavar="NAME",
    ),
    Parameter("yes", "do not ask", option=True, flag=True, actions=("set", "add", "delete")),
    examples=(
        "prop list sys/tg_test/1", "prop list 'lab/*' polled_*", "prop get class:TangoTest ProjectTitle",
        "prop set sys/tg_test/1 Limits 1 2.5", "prop add free:CtrlSystem Hosts hosta",
        "prop history sys/tg_test/1/ampli unit", "prop delete sys/tg_test/1 'poll*'",
    ),
)  # fmt: skip
def prop(session: Session, action: str, owner: str, words: Sequence[str], yes: bool) -> Result:
    """Show, change and delete properties of devices, classes, attributes and free objects, and show their history.

    `set` replaces the values of a property, `add` puts more behind them. Before several are deleted by `*` a person
    at a terminal is asked.
    """
    if action == "list":
        return _list(session, owner, _filter(action, words))
    if "*" in owner:
        raise UsageError(f"prop {action}: one owner, not {owner!r}; prop list alone takes *")
    one = owner_of(session, owner)
    if action == "history":
        return _history(session, one, _filter(action, words))
    if not words:
        raise UsageError(f"prop {action}: the name of a property is missing")
    if action == "get":
        return _get(session, one, words)
    if action == "delete":
        return _delete(session, one, words, yes=yes)
    name, *values = words
    if not values:
        raise UsageError(f"prop {action}: a value for {name} is missing (prop delete takes a property away)")
    return _set(session, one, name, values, behind=action == "add", yes=yes)


def _filter(action: str, words: Sequence[str]) -> str:
    if len(words) > 1:
        raise UsageError(f"prop {action}: one filter, not {len(words)} ({' '.join(words)})")
    return words[0] if words else "*"


# ---- looking


def _list(session: Session, text: str, pattern: str) -> Result:
    owners = owners_of(session, text)
    rows = []
    for each in owners:
        names = each.names(session.store, pattern)
        found = each.values(session.store, names)
        rows += [{"owner": str(each), "property": name, "value": WordsCell(found.get(name, []))} for name in names]
    shown = columns("Owner", "Property", "Value")
    result = Result(shown if "*" in text else shown[1:], rows)
    if not rows:
        result.note = f"{text} has no properties" + ("" if pattern == "*" else f" that match {pattern!r}")
    return result


def _get(session: Session, owner: Owner, names: Sequence[str]) -> Result:
    found = owner.values(session.store, names)
    missing = [name for name in names if name not in found]
    remark = _none(session, owner, missing) if missing else ""
    if len(names) == 1:
        values = found.get(names[0], [])
        row = {"owner": str(owner), "property": names[0], "value": ResultCell(CmdArgType.DevVarStringArray, values)}
        return Result((Column("value", "Value"),), [row], Layout.NOTE if missing else Layout.VALUE, note=remark)
    rows = [{"owner": str(owner), "property": name, "value": WordsCell(found.get(name, []))} for name in names]
    return Result(columns("Property", "Value"), rows, note=remark)


def _history(session: Session, owner: Owner, pattern: str) -> Result:
    rows = [
        {
            "date": change.entry.date,
            "property": change.entry.name,
            "value": WordsCell(change.entry.values),
            "change": change.text,
            "owner": str(owner),
            "deleted": change.entry.deleted,
            "added": list(change.added),
            "removed": list(change.removed),
        }
        for change in changes(owner.history(session.store, pattern))
    ]
    result = Result(columns("Date", "Property", "Value", "Change"), rows)
    if not rows:
        result.note = f"the database remembers no change of {owner}" + ("" if pattern == "*" else f" {pattern}")
    return result


def _none(session: Session, owner: Owner, names: Sequence[str]) -> str:
    """That an owner has no properties of these names, and a guess at what was meant."""
    guess = did_you_mean(names[0], owner.names(session.store, "*"))
    return f"{owner} has no property {', '.join(names)}" + (f"; {guess}" if guess else "")


# ---- changing


def _set(session: Session, owner: Owner, name: str, values: Sequence[str], *, behind: bool, yes: bool) -> Result:
    before = owner.values(session.store, [name]).get(name, [])
    after = [*before, *values] if behind else list(values)
    if _announces_access_control(owner, name, after) and not yes and not session.confirm(_ACCESS_WARNING):
        return note("nothing is changed", owner=str(owner), property=name, value=before, before=before)
    owner.put(session.changing_store, name, after)
    was = f" (was {WordsCell(before).text()})" if before else ""
    text = f"{owner}: {name} = {WordsCell(after).text()}{was}"
    return note(text, owner=str(owner), property=name, value=after, before=before)


_ACCESS_WARNING = (
    "From now on the access control that this names rules who may write. While it does not run, every client can only "
    "read, and this property can be taken away with SUPER_TANGO=true in the environment alone. Set it?"
)


def _announces_access_control(owner: Owner, name: str, values: Sequence[str]) -> bool:
    here = owner.family is FREE and owner.name.lower() == services.OBJECT.lower()
    return here and name.lower() == services.PROPERTY.lower() and services.access_control_device(values) is not None


def _delete(session: Session, owner: Owner, names: Sequence[str], *, yes: bool) -> Result:
    found = list(dict.fromkeys(each for name in names for each in owner.names(session.store, name)))
    by_pattern = any("*" in name for name in names)
    if found and by_pattern and not yes and not session.confirm(f"Delete {_counted(found)} of {owner}?"):
        return note("nothing is deleted", owner=str(owner), deleted=[])
    if found:
        owner.delete(session.changing_store, found)
        return note(f"{owner}: {', '.join(found)} deleted", owner=str(owner), deleted=found)
    return note(_none(session, owner, names), owner=str(owner), deleted=[])


def _counted(names: Sequence[str]) -> str:
    listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return f"{len(names)} {'property' if len(names) == 1 else 'properties'} ({listed})"
