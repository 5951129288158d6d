"""The commands for what a person looks at often: bookmarks, and lists by name."""

from __future__ import annotations

from collections.abc import Sequence

from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.lists import ListsFile, kind_of
from tangoterm.console.result import Result, columns, note
from tangoterm.console.session import Session


@command(
    "bookmark",
    Parameter("action", "what to do", Want.CHOICE, required=False, choices=("list", "add", "remove"), default="list"),
    Parameter("targets", "devices, attributes", Want.TARGET, required=False, many=True, metavar="TARGET"),
    examples=("bookmark", "bookmark add sys/tg_test/1", "bookmark remove sys/tg_test/1"),
)
def bookmark(session: Session, action: str, targets: Sequence[str]) -> Result:
    """Show, make and take away bookmarks of devices and attributes.

    They stand at the top of the tree on the screen, and in the file `lists.toml`.
    """
    file = ListsFile()
    if action == "list":
        _none_more(targets, "bookmark list")
        return _entries(session, file.read().bookmarks)
    if not targets:
        raise UsageError(f"TARGET is missing; usage: bookmark {action} TARGET...")
    if action == "add":
        done = [target for target in targets if file.add_bookmark(_whole(session, target))]
        return note(_told(done, "is a bookmark now", "are bookmarks now", "no new bookmark"), added=done)
    done = [target for target in targets if file.remove_bookmark(_whole(session, target))]
    return note(_told(done, "is no bookmark any more", "are no bookmarks any more", "no such bookmark"), removed=done)


@command(
    "watchlist",
    Parameter("action", "what to do", Want.CHOICE, required=False, choices=("list", "add", "remove"), default="list"),
    Parameter("name", "the name of a list", Want.TEXT, required=False, default=""),
    Parameter("targets", "devices, attributes, with * many", Want.TARGET, required=False, many=True, metavar="TARGET"),
    examples=(
        "watchlist", "watchlist add cryo lab/cryo/* lab/psu/quad-1/current", "watchlist list cryo",
        "watchlist remove cryo lab/psu/quad-1/current", "watchlist remove cryo",
    ),
)  # fmt: skip
def watchlist(session: Session, action: str, name: str, targets: Sequence[str]) -> Result:
    """Show, make and take away lists of devices and attributes, which `@NAME` stands for.

    `remove` without targets takes the whole list away. The lists stand in the file `lists.toml`.
    """
    file = ListsFile()
    if action == "list":
        _none_more(targets, "watchlist list [NAME]")
        lists = file.read()
        if name:
            return _entries(session, lists.named(name))
        rows = [{"list": each, "entries": len(entries)} for each, entries in lists.lists.items()]
        return Result(columns("List", ">Entries"), rows, note="" if rows else f"no lists in {file.path}")
    if not name or (action == "add" and not targets):
        raise UsageError(f"usage: watchlist {action} NAME {'TARGET...' if action == 'add' else '[TARGET...]'}")
    if action == "add":
        added = file.add(name, targets)
        text = _told(added, f"is in the list {name} now", f"are in the list {name} now", "nothing new for the list")
        return note(text, list=name, added=added)
    removed = file.remove(name, targets)
    if not targets:
        return note(f"the list {name} is deleted", list=name, removed=removed)
    text = _told(removed, "is taken out of the list", "are taken out of the list", f"not in the list {name}")
    return note(text, list=name, removed=removed)


def _entries(session: Session, entries: Sequence[str]) -> Result:
    rows = [{"name": entry, "kind": kind_of(entry)} for entry in entries]
    return Result(columns("Name", "Kind"), rows)


def _whole(session: Session, target: str) -> str:
    """The name to keep of what is typed: `.` and the attributes of the current device get their device."""
    if target == ".":
        return session.device_name(target)
    return str(session.attribute(target)) if session.current is not None and "/" not in target else target


def _none_more(targets: Sequence[str], usage: str) -> None:
    if targets:
        raise UsageError(f"{targets[0]!r} is too much; usage: {usage}")


def _told(names: Sequence[str], one: str, several: str, nothing: str) -> str:
    return f"{', '.join(names)} {one if len(names) == 1 else several}" if names else nothing
