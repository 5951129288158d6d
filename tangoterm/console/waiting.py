"""Waiting until a condition holds: by event where attributes send them, else by reading; servers may come meanwhile."""

from __future__ import annotations

import re
from threading import Event
from time import monotonic
from typing import Any

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.cells import ValueCell, cell
from tangoterm.console.conditions import Condition, Judge, Term
from tangoterm.console.exit_codes import IN_VAIN
from tangoterm.console.format import error_line
from tangoterm.console.result import Failure, Refused, about
from tangoterm.console.session import Session
from tangoterm.console.watch import Watch

HEALING = frozenset(
    {
        Reason.API_DeviceNotExported,
        Reason.API_CantConnectToDevice,
        Reason.API_ConnectionFailed,
        Reason.API_CommunicationFailed,
        Reason.API_CorbaException,
        Reason.API_DeviceTimedOut,
        Reason.API_CommandTimedOut,
        Reason.API_CantConnectToDatabase,
    }
)
"""What may pass by itself: who waits goes on when a device fails for one of these."""

_SERVER = re.compile(r"server:([^/\s]+/[^/\s]+)", re.IGNORECASE)


class Waiting:
    """One wait: for at most `timeout` seconds, until the condition has held for `stable` seconds without a break."""

    def __init__(
        self, session: Session, condition: Condition, *, timeout: float | None, stable: float, interval: float
    ) -> None:
        self._session = session
        self._condition = condition
        self._stable = stable
        self._interval = interval
        self._deadline = None if timeout is None else monotonic() + timeout
        self._timeout = timeout
        self._devices = {term: _device_of(session, term) for term in condition.terms if not term.operator}
        self._names = {term: session.attribute(term.name) for term in condition.terms if term.operator}
        self._judges: dict[Term, Judge] = {}
        self._held: dict[Term, bool] = {}
        self._last: dict[str, str] = {}
        self._since: float | None = None
        self._ask_at = 0.0
        self._turn = session.turn
        self.values: dict[str, Any] = {}

    def wait(self) -> None:
        """Return when the condition holds.

        Raises Refused when time runs out (`IN_VAIN`) and for what no waiting heals, such as an attribute that does not
        exist; ArgumentError and UsageError for a value that does not fit the attribute.
        """
        while not self._met():
            self._ask_devices()
            if not self._names:
                self._pause()
                continue
            try:
                watch = self._watch()
            except Refused as refusal:
                self._lost(refusal.failure)
                self._pause()
                continue
            try:
                if self._follow(watch):
                    return
            finally:
                watch.close()

    def _watch(self) -> Watch:
        for term, name in self._names.items():
            with about(str(name)):
                config = self._session.device(name.device).get_attribute_config_ex([name.name])[0]
            self._judges[term] = term.judge(config)
        return Watch(self._session, list(dict.fromkeys(self._names.values())), None, self._interval)

    def _follow(self, watch: Watch) -> bool:
        """Take in what happens until the condition is met; false when devices have to be asked again."""
        while not self._met():
            row = watch.next(self._patience())
            if row is not None:
                self._take(row)
            if monotonic() >= self._ask_at:
                self._ask_devices()
        return True

    def _take(self, row: dict[str, Any]) -> None:
        value = row["value"]
        self._last[row["name"]] = value.text()
        for term, name in self._names.items():
            if str(name).lower() == row["name"].lower():
                there = isinstance(value, ValueCell) and value.value is not None
                self._held[term] = there and self._judges[term](value)
                self.values[term.name] = cell(value).data()

    def _ask_devices(self) -> None:
        self._ask_at = monotonic() + self._interval
        for term, device in self._devices.items():
            try:
                self._session.device(device).ping()
            except DevFailed as error:
                self._lost(Failure(term.name, error))
                self._held[term] = False
            else:
                self._last[term.name] = "answering"
                self._held[term] = True

    def _lost(self, failure: Failure) -> None:
        """Note why nothing is known; raises Refused when that stays so."""
        if not any(error.reason in HEALING for error in failure.error.errors):
            raise Refused(failure)
        self._last[failure.name] = error_line(failure.error.errors)
        self._held.update(dict.fromkeys(self._names, False))

    # ---- time

    def _met(self) -> bool:
        """Whether the condition holds, and has for long enough; raises Refused when time has run out."""
        now = monotonic()
        if not self._condition.holds(lambda term: self._held.get(term, False)):
            self._since = None
        elif self._since is None:
            self._since = now
        if self._since is not None and now - self._since >= self._stable:
            return True
        if self._session.turn != self._turn:
            raise Refused(Failure(str(self._condition), DevFailed.of(IN_VAIN, "given up", "wait")))
        if self._deadline is not None and now >= self._deadline:
            raise Refused(Failure(str(self._condition), self._in_vain()))
        return False

    def _in_vain(self) -> DevFailed:
        state = "; ".join(f"{name} is {text}" for name, text in self._last.items()) or "nothing was heard"
        held = f", for {self._stable:g} s without a break" if self._stable else ""
        return DevFailed.of(IN_VAIN, f"not so within {self._timeout:g} s{held}: {state}", "wait")

    def _patience(self) -> float:
        """Seconds until something has to be looked at even if nothing comes."""
        now = monotonic()
        ends = [now + self._interval]
        if self._deadline is not None:
            ends.append(self._deadline)
        if self._since is not None:
            ends.append(self._since + self._stable)
        return max(0.0, min(ends) - now)

    def _pause(self) -> None:
        if not self._met():
            Event().wait(self._patience())


def _device_of(session: Session, term: Term) -> str:
    """The device that answers when a device, or a server, does."""
    server = _SERVER.fullmatch(term.name)
    return f"dserver/{server[1]}" if server else session.device_name(term.name)
