"""The words of itango under their names: `lsdev`, `lsdevclass`, `lsserv`, `mon`, `switchdb`, `refreshdb`.

A `%` may stand before them, as there.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from server_core.model.enums import EventType
from server_core.model.errors import DevFailed
from tangoterm.console.cells import TimeCell
from tangoterm.console.commands.table import Command, Parameter, UsageError, Want
from tangoterm.console.format import plural
from tangoterm.console.opening import tag_changes
from tangoterm.console.result import Failure, Result, columns, note
from tangoterm.console.session import AttributeName, Session

if TYPE_CHECKING:
    from tangoterm.repl.interpreter import Interpreter

KEPT = 10_000
"""Events that `mon` remembers."""

_FILTER = Parameter(
    "filter", "a regular expression that the name begins with", Want.TEXT, required=False, default="", metavar="REGEX"
)


def itango_words(interpreter: Interpreter) -> tuple[Command, ...]:
    """The commands that itango has as magic."""
    monitor = Monitor()
    return (
        Command("lsdev", "List devices as itango does.", (_FILTER,), _lsdev, ("lsdev", "lsdev sys.*")),
        Command("lsdevclass", "List the classes of devices as itango does.", (_FILTER,), _lsdevclass, ("lsdevclass",)),
        Command("lsserv", "List servers as itango does.", (_FILTER,), _lsserv, ("lsserv Tango.*",)),
        Command(
            "mon",
            "Remember the events of attributes as itango does: -a adds attributes, -d removes them, "
            "-r all removes all, -i shows one event, -l those of devices and attributes that match.",
            (
                Parameter("action", "what to do", Want.CHOICE, required=False, choices=tuple(_ACTIONS), default="-l"),
                Parameter(
                    "names", "attributes; the number of an event; all", Want.ATTRIBUTE, required=False, many=True
                ),
            ),
            lambda session, action, names: _ACTIONS[action](monitor, session, names),
            ("mon -a sys/tg_test/1/double_scalar", "mon", "mon -d sys/tg_test/1/double_scalar", "mon -r all"),
        ),
        Command(
            "switchdb",
            "Go to another control system; where its database does not answer one stays where one is.",
            (Parameter("host", "HOST:PORT, or HOST PORT", Want.TEXT, many=True),),
            lambda session, host: _switchdb(interpreter, host),
            ("switchdb otherhost:10000",),
        ),
        Command("refreshdb", "Read the control system's names again.", (), _refreshdb),
    )


def _matcher(expression: str) -> Callable[[str], Any]:
    try:
        return re.compile(expression, re.IGNORECASE).match
    except re.error as error:
        raise UsageError(f"{expression!r} is no regular expression: {error}") from None


def _lsdev(session: Session, filter: str) -> Result:
    matches = _matcher(filter)
    rows = [
        {"device": record.name, "alias": record.alias or None, "server": record.server, "class": record.dev_class}
        for record in session.refresh().devices()
        if matches(record.name)
    ]
    return Result(columns("Device", "Alias", "Server", "Class"), rows)


def _lsdevclass(session: Session, filter: str) -> Result:
    matches = _matcher(filter)
    names = [group.name for group in session.refresh().classes() if matches(group.name)]
    return Result(columns("Class"), [{"class": name} for name in names])


def _lsserv(session: Session, filter: str) -> Result:
    matches = _matcher(filter)
    names = [group.name for group in session.refresh().servers() if matches(group.name)]
    return Result(columns("Server"), [{"server": name} for name in names])


def _refreshdb(session: Session) -> Result:
    return note(plural(len(session.refresh().devices()), "device"))


def _switchdb(interpreter: Interpreter, words: Sequence[str]) -> Result:
    session = interpreter.session
    session.move(":".join(words))
    tag_changes(session)
    return note(f"{plural(len(session.catalogue.devices()), 'device')} in {session.address}")


class _Event(NamedTuple):
    """One event that was remembered."""

    number: int
    name: AttributeName
    value: str
    quality: str
    time: float | None


@dataclass
class Monitor:
    """The attributes that `mon` listens to, and what came of them."""

    events: deque[_Event] = field(default_factory=lambda: deque(maxlen=KEPT))
    _subscribed: dict[str, tuple[Any, int]] = field(default_factory=dict)
    _next: int = 0

    def add(self, session: Session, names: Sequence[str]) -> Result:
        """Listen to attributes."""
        if not names:
            raise UsageError("the attribute is missing: mon -a DEVICE/ATTRIBUTE")
        failures = []
        for text in names:
            name = session.attribute(text)
            if str(name).lower() in self._subscribed:
                raise UsageError(f"{name} is monitored already")
            proxy = session.device(name.device)
            try:
                number = proxy.subscribe_event(name.name, EventType.CHANGE_EVENT, self._receiver(name))
            except DevFailed as error:
                failures.append(Failure(str(name), error))
            else:
                self._subscribed[str(name).lower()] = proxy, number
        done = len(names) - len(failures)
        if not done:
            return Result((), [], failures=failures)
        return Result((), [], failures=failures, note=f"{plural(done, 'attribute')} monitored; mon shows the events")

    def _receiver(self, name: AttributeName) -> Callable[[Any], None]:
        def receive(event: Any) -> None:
            reading = event.attr_value
            if event.err or reading is None:
                value, quality, moment = event.errors[0].reason, "", None
            else:
                value, quality, moment = str(reading.value), reading.quality.name, reading.time.totime()
            self.events.append(_Event(self._next, name, value, quality, moment))
            self._next += 1

        return receive

    def remove(self, session: Session, names: Sequence[str]) -> Result:
        """Listen no more to attributes."""
        keys = [str(session.attribute(text)).lower() for text in names]
        for key, text in zip(keys, names, strict=True):
            if key not in self._subscribed:
                raise UsageError(f"{text} is not monitored")
        self._end(keys)
        return note(f"no longer monitored: {', '.join(names)}")

    def reset(self, session: Session, names: Sequence[str]) -> Result:
        """Listen to nothing, and forget all events."""
        if list(names) != ["all"]:
            return self.remove(session, names)
        self._end(list(self._subscribed))
        self.events.clear()
        return note("nothing is monitored")

    def _end(self, keys: Sequence[str]) -> None:
        for key in keys:
            proxy, number = self._subscribed.pop(key)
            proxy.unsubscribe_event(number)

    def one(self, session: Session, words: Sequence[str]) -> Result:
        """The event of a number."""
        found = next((event for event in self.events if [str(event.number)] == list(words)), None)
        if found is None:
            raise UsageError(f"no event has the number {' '.join(words)}")
        return _table([found])

    def table(self, session: Session, words: Sequence[str]) -> Result:
        """All events, or those of devices and attributes that match."""
        device, attribute = (_matcher(expression) for expression in (*words, "", "")[:2])
        return _table([event for event in self.events if device(event.name.device) and attribute(event.name.name)])


_ACTIONS: dict[str, Callable[[Monitor, Session, Sequence[str]], Result]] = {
    "-l": Monitor.table,
    "-a": Monitor.add,
    "-d": Monitor.remove,
    "-r": Monitor.reset,
    "-i": Monitor.one,
}


def _table(events: Sequence[_Event]) -> Result:
    rows = [
        {
            "id": event.number,
            "device": event.name.device,
            "attribute": event.name.name,
            "value": event.value,
            "quality": event.quality or None,
            "time": None if event.time is None else TimeCell(event.time),
        }
        for event in events
    ]
    return Result(columns(">ID", "Device", "Attribute", "Value", "Quality", "Time"), rows)
