"""The command for properties: of devices, classes, attributes and free objects, with their history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from tangoterm.console.cells import ResultCell, WordsCell
from tangoterm.console.changes import Danger
from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.format import plural
from tangoterm.console.names import did_you_mean
from tangoterm.console.properties import Owner, owner_of, owners_of
from tangoterm.console.property_changes import copy, delete, put, rename
from tangoterm.console.property_differences import differences
from tangoterm.console.property_files import compared, dumped, owners_in, take_over
from tangoterm.console.property_history import Version, more, side_by_side, version_of, versions
from tangoterm.console.property_search import everywhere, search
from tangoterm.console.result import Column, Failure, Layout, Result, columns, note
from tangoterm.console.session import Session

_SHOWN = 5  # names of properties in a question


@command(
    "prop",
    Parameter(
        "action", "what to do", Want.CHOICE,
        choices=(
            "list", "get", "set", "add", "delete", "rename", "copy", "history", "diff", "restore", "search", "dump",
            "compare", "load",
        ),
    ),
    Parameter(
        "owner",
        "a device, device/attribute, class:NAME, class:NAME/attribute or free:OBJECT; dump: also scopes of devices; "
        "search: the WORD; compare, load: the FILE",
        Want.OWNER,
    ),
    Parameter(
        "words",
        "list, history: [FILTER]; get, delete: NAME...; set, add: NAME VALUE...; rename: NAME NEW; copy: OWNER "
        "[NAME...]; diff: OWNER, or NAME [VERSION [VERSION]]; restore: NAME [VERSION]; search: [OWNER...]; "
        "dump: [OWNER...]",
        Want.OWNED, many=True, required=False, default=(), metavar="NAME",
    ),
    Parameter("file", "write there instead of showing it", Want.FILE, option=True, actions=("dump",)),
    examples=(
        "prop list sys/tg_test/1", "prop list 'lab/*' polled_*", "prop get class:TangoTest ProjectTitle",
        "prop set sys/tg_test/1 Limits 1 2.5", "prop add free:CtrlSystem Hosts hosta",
        "prop delete sys/tg_test/1 'poll*'", "prop copy sys/tg_test/1 sys/tg_test/2 Limits",
        "prop history sys/tg_test/1/ampli unit", "prop diff sys/tg_test/1 Limits 2",
        "prop diff sys/tg_test/1 sys/tg_test/2", "prop restore sys/tg_test/1 Limits 1", "prop search hosta",
        "prop dump server:TangoTest/test --file tg.txt", "prop compare tg.txt", "prop load tg.txt",
    ),
    repeats=("list", "get", "history"),
    changes=("set", "add", "delete", "rename", "copy", "restore", "load"),
)  # fmt: skip
def prop(session: Session, action: str, owner: str, words: Sequence[str], file: str | None) -> Result:
    """Show, change, compare and delete properties of devices, classes, attributes and free objects; go through their
    history, search them, and keep them in files.

    `set` replaces the values of a property, `add` puts more behind them. A VERSION is how many changes ago it was made
    (0 is the latest), or the beginning of its date. `diff` shows what two owners, or two versions of a property, differ
    in; `compare` what a property file and the database do; `load` has the database say what the file says, and deletes
    nothing. Before several are deleted by `*` a person at a terminal is asked.
    """
    if action in _WITHOUT_OWNER:
        return _WITHOUT_OWNER[action](session, owner, words, file)
    if action == "list":
        return _list(session, owner, _filter(action, words))
    if "*" in owner:
        raise UsageError(f"prop {action}: one owner, not {owner!r}; prop list alone takes *")
    one = owner_of(session, owner)
    if action == "history":
        return _history(session, one, _filter(action, words))
    if action == "diff":
        return _diff(session, one, words)
    if not words:
        raise UsageError(
            f"prop {action}: the name of {'another owner' if action == 'copy' else 'a property'} is missing"
        )
    if action == "get":
        return _get(session, one, words)
    if action == "delete":
        return _delete(session, one, words)
    if action == "rename":
        return _rename(session, one, words)
    if action == "copy":
        return _copy(session, one, words)
    if action == "restore":
        return _restore(session, one, words)
    name, *values = words
    if not values:
        raise UsageError(f"prop {action}: a value for {name} is missing (prop delete takes a property away)")
    return _set(session, one, name, values, behind=action == "add")


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
            "version": version.back,
            "date": version.entry.date,
            "property": version.entry.name,
            "value": WordsCell(version.entry.values),
            "change": version.text,
            "owner": str(owner),
            "deleted": version.entry.deleted,
            "added": list(version.added),
            "removed": list(version.removed),
        }
        for version in versions(owner.history(session.store, pattern))
    ]
    result = Result(columns(">Version", "Date", "Property", "Value", "Change"), rows)
    if not rows:
        result.note = f"the database remembers no change of {owner}" + ("" if pattern == "*" else f" {pattern}")
    return result


def _diff(session: Session, owner: Owner, words: Sequence[str]) -> Result:
    """Two owners, or two versions of a property."""
    if len(words) == 1 and _is_owner(session, owner, words[0]):
        return _differences(session, owner, owner_of(session, words[0]))
    if not 1 <= len(words) <= 3:
        raise UsageError("usage: prop diff OWNER OWNER, or prop diff OWNER NAME [VERSION [VERSION]]")
    name, *asked = words
    known = _versions(session, owner, name)
    old = version_of(known, asked[0] if asked else "1")
    new = version_of(known, asked[1] if len(asked) > 1 else "0")
    lines = side_by_side(old.entry.values, new.entry.values)
    rows = [{"sign": sign, "element": element} for sign, element in lines]
    remark = f"{owner} {name}: - {_dated(old)}, + {_dated(new)}"
    return Result((Column("sign", ""), Column("element", "Element")), rows, note=remark)


def _is_owner(session: Session, owner: Owner, word: str) -> bool:
    """Whether the word behind an owner is another one rather than a property: properties go first."""
    return not owner.values(session.store, [word]) and (":" in word or "/" in word or session.is_device(word))


def _dated(version: Version) -> str:
    return f"version {version.back} of {version.entry.date}" + (" (deleted)" if version.entry.deleted else "")


def _versions(session: Session, owner: Owner, name: str) -> list[Version]:
    found = [each for each in versions(owner.history(session.store, name)) if each.entry.name.lower() == name.lower()]
    if not found:
        raise UsageError(f"the database remembers no change of {owner} {name}")
    return found


def _differences(session: Session, one: Owner, other: Owner) -> Result:
    rows = [
        {
            "property": each.name,
            "first": WordsCell(each.first),
            "second": WordsCell(each.second),
            "removed": list(more(each.first, each.second)),
            "added": list(more(each.second, each.first)),
        }
        for each in differences(session, one, other)
    ]
    shown = (Column("property", "Property"), Column("first", str(one)), Column("second", str(other)))
    return Result(shown, rows, note="" if rows else f"{one} and {other} have the same properties")


def _search(session: Session, word: str, words: Sequence[str], file: str | None) -> Result:
    owners = owners_in(session, words)[0] if words else everywhere(session)
    result = Result(columns("Owner", "Property", "Value"), [])
    result.rows = [
        {
            "owner": str(found.owner),
            "property": found.name,
            "value": WordsCell(found.values),
            "in": "value" if found.in_value else "name",
        }
        for found in sorted(
            search(session, word, owners, result.failures), key=lambda found: (str(found.owner).lower(), found.name)
        )
    ]
    if not result.rows:
        result.note = f"no property of {plural(len(owners), 'owner')} has {word} in its name or value"
    return result


def _none(session: Session, owner: Owner, names: Sequence[str]) -> str:
    """That an owner has no properties of these names, and a guess at what was meant."""
    guess = did_you_mean(names[0], owner.names(session.store, "*"))
    return f"{owner} has no property {', '.join(names)}" + (f"; {guess}" if guess else "")


# ---- changing


def _set(session: Session, owner: Owner, name: str, values: Sequence[str], *, behind: bool) -> Result:
    before = owner.values(session.store, [name]).get(name, [])
    after = [*before, *values] if behind else list(values)
    put(session, owner, name, after)
    was = f" (was {WordsCell(before).text()})" if before else ""
    text = f"{owner}: {name} = {WordsCell(after).text()}{was}"
    return note(text, owner=str(owner), property=name, value=after, before=before)


def _delete(session: Session, owner: Owner, names: Sequence[str]) -> Result:
    found = list(dict.fromkeys(each for name in names for each in owner.names(session.store, name)))
    by_pattern = any("*" in name for name in names)
    if found:
        delete(session, owner, found, Danger.ASK if by_pattern else Danger.NONE)
        return note(f"{owner}: {', '.join(found)} deleted", owner=str(owner), deleted=found)
    return note(_none(session, owner, names), owner=str(owner), deleted=[])


def _counted(names: Sequence[str]) -> str:
    listed = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return f"{len(names)} {'property' if len(names) == 1 else 'properties'} ({listed})"


def _rename(session: Session, owner: Owner, words: Sequence[str]) -> Result:
    if len(words) != 2:
        raise UsageError("usage: prop rename OWNER NAME NEW")
    values = rename(session, owner, *words)
    return note(f"{owner}: {words[0]} is called {words[1]}", owner=str(owner), property=words[1], value=values)


def _copy(session: Session, owner: Owner, words: Sequence[str]) -> Result:
    target = owner_of(session, words[0])
    names = words[1:] or owner.names(session.store)
    copied = copy(session, owner, names, target)
    missing = [name for name in names if name not in copied]
    if missing:
        raise UsageError(_none(session, owner, missing))
    text = f"{target} has {_counted(copied)} of {owner}" if copied else f"{owner} has no properties"
    return note(text, owner=str(target), copied=copied)


def _restore(session: Session, owner: Owner, words: Sequence[str]) -> Result:
    if len(words) > 2:
        raise UsageError("usage: prop restore OWNER NAME [VERSION]")
    name = words[0]
    version = version_of(_versions(session, owner, name), words[1] if len(words) > 1 else "1")
    if version.entry.deleted:
        return _delete(session, owner, [name])
    return _set(session, owner, version.entry.name, version.entry.values, behind=False)


# ---- files


def _dump(session: Session, owner: str, words: Sequence[str], file: str | None) -> Result:
    owners, server = owners_in(session, [owner, *words])
    text = dumped(session, owners, server)
    if file is None:
        lines = [{"value": ResultCell(CmdArgType.DevVarStringArray, text.splitlines())}]
        return Result((Column("value", "Value"),), lines, Layout.VALUE)
    try:
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return note(f"{file}: the properties of {plural(len(owners), 'owner')}", file=file, owners=list(map(str, owners)))


def _compare(session: Session, path: str, words: Sequence[str], file: str | None) -> Result:
    found = compared(session, path)
    rows = [
        {
            "sign": each.sign,
            "owner": str(each.owner),
            "property": each.name,
            "file": WordsCell(each.wanted),
            "database": WordsCell(each.now),
        }
        for each in found
        if each.sign != "="
    ]
    same = len(found) - len(rows)
    shown = (Column("sign", ""), *columns("Owner", "Property", "File", "Database"))
    return Result(shown, rows, note=f"{plural(len(rows), 'difference')}, {same} the same")


def _load(session: Session, path: str, words: Sequence[str], file: str | None) -> Result:
    result = Result((Column("sign", ""), *columns("Owner", "Property", "Value", "Before")), [])

    def rows() -> Iterator[dict[str, object]]:
        for each in compared(session, path):
            if each.sign == "=":
                continue
            try:
                take_over(session, each)
            except DevFailed as failure:
                result.failures.append(Failure(str(each.owner), failure))
                continue
            yield {
                "sign": each.sign,
                "owner": str(each.owner),
                "property": each.name,
                "value": WordsCell(each.wanted),
                "before": WordsCell(each.now),
            }

    result.rows = list(rows())
    if not result.rows and not result.failures:
        result.note = f"the database says what {path} says"
    return result


_WITHOUT_OWNER: dict[str, Callable[[Session, str, Sequence[str], str | None], Result]] = {
    "search": _search,
    "dump": _dump,
    "compare": _compare,
    "load": _load,
}
