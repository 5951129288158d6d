"""Completion in Python: names, what belongs to an object, and the names of the control system inside strings.

Device("sys/tg|         read("sys/tg_test/1/am|         device.write_attribute("am|
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from server_core.model.errors import DevFailed
from tangoterm.console.completion import Completer, Suggestion
from tangoterm.console.session import Members, Session
from tangoterm.repl.python_names import ATTRIBUTES, DEVICES

_STRING = re.compile(r"""(?P<quote>["'])(?P<text>(?:(?!(?P=quote))[^\\]|\\.)*)(?P<end>(?P=quote)|$)""")
_CALL = re.compile(r"(?:(?P<owner>[A-Za-z_]\w*)\.)?(?P<name>[A-Za-z_]\w*)\(\s*(?:[^()]*,\s*)?\[?\s*$")
_ITEM = re.compile(r"(?P<owner>[A-Za-z_]\w*)\[\s*$")
_DOTTED = re.compile(r"(?P<owner>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\.(?P<text>\w*)$")
_WORD = re.compile(r"[A-Za-z_]\w*$")

_OF_COMMANDS = re.compile(r"command|cmd")


def suggestions(session: Session, namespace: Mapping[str, Any], source: str) -> Iterator[Suggestion]:
    """What can stand at the end of `source`; places are counted from its beginning. It may ask a device."""
    opened = _open_string(source)
    if opened is not None:
        start, text = opened
        yield from _in_string(session, namespace, source[: start - 1], text, start)
        return
    dotted = _DOTTED.search(source)
    if dotted is not None:
        yield from _of_object(session, _found(namespace, dotted["owner"]), dotted["text"], dotted.start("text"))
        return
    word = _WORD.search(source)
    if word is not None:
        names = [*namespace, *dir(builtins), *keyword.kwlist]
        yield from _beginning(names, word[0], word.start())


def _open_string(source: str) -> tuple[int, str] | None:
    """Where the string begins that is still open at the end, behind its quote, and what of it is there."""
    for found in _STRING.finditer(source):
        if not found["end"]:
            return found.start("text"), found["text"]
    return None


def _in_string(
    session: Session, namespace: Mapping[str, Any], before: str, text: str, start: int
) -> Iterator[Suggestion]:
    """Names of the control system: members of a proxy in its calls, else attributes or devices."""
    called = _ITEM.search(before) or _CALL.search(before)
    if called is None:
        return
    parts = called.groupdict()
    name, owner = parts.get("name", ""), parts.get("owner")
    members = _members(session, namespace.get(owner)) if owner else None
    if members is not None:
        commands = [info.cmd_name for info in members.commands.values()]
        attributes = [config.name for config in members.attributes.values()]
        yield from _beginning(commands if _OF_COMMANDS.search(name) else attributes, text, start)
        return
    made = namespace.get(name)
    if name in ATTRIBUTES:
        line = f"read {text}"
    elif name in DEVICES or (made is not None and made is namespace.get("Device")):
        line = f"ping {text}"
    else:
        return
    shift = start - len(line) + len(text)
    for suggestion in Completer(session).suggest(line):
        if name in (*ATTRIBUTES, *DEVICES) or _is_of_class(session, suggestion, name):
            yield suggestion._replace(start=suggestion.start + shift)


def _is_of_class(session: Session, suggestion: Suggestion, name: str) -> bool:
    """Whether a device is of the class, or the beginning of a name."""
    record = session.catalogue.find(suggestion.text)
    return record is None or record.dev_class == name


def _of_object(session: Session, owner: Any, text: str, start: int) -> Iterator[Suggestion]:
    if owner is None:
        return
    members = _members(session, owner)
    if members is not None:
        names = [config.name for config in members.attributes.values()]
        yield from _beginning([*names, *(info.cmd_name for info in members.commands.values())], text, start)
    yield from _beginning((name for name in dir(owner) if text or not name.startswith("_")), text, start)


def _found(namespace: Mapping[str, Any], dotted: str) -> Any:
    """The object of a dotted name; None when there is none, or when finding it would ask a device."""
    first, *more = dotted.split(".")
    found = namespace.get(first, getattr(builtins, first, None))
    for name in more:
        if not isinstance(found, ModuleType | type):
            return None
        found = getattr(found, name, None)
    return found


def _members(session: Session, proxy: Any) -> Members | None:
    """The attributes and commands of a device's proxy; None for anything else, and when the device cannot say."""
    device = getattr(type(proxy), "dev_name", None)
    if device is None:
        return None
    try:
        return session.members(device(proxy))
    except DevFailed:
        return None


def _beginning(names: Iterable[str], text: str, start: int) -> Iterator[Suggestion]:
    seen = set()
    for name in names:
        if name.lower().startswith(text.lower()) and name not in seen:
            seen.add(name)
            yield Suggestion(name, start)
