"""Changing the polling of a system: periods, ring buffers, the age of cached values, threads. All through
`session.changes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from server_core.model.errors import DevError, DevFailed
from tangoterm.console.changes import Change, Danger
from tangoterm.console.format import period_text
from tangoterm.console.polling.asking import Object, statuses_of
from tangoterm.console.polling.cockpit import POOL_SIZE
from tangoterm.console.session import Session

RING_DEPTH, OLD_FACTOR = "poll_ring_depth", "poll_old_factor"
_OF_ONE = {"attribute": "attr_poll_ring_depth", "command": "cmd_poll_ring_depth"}
_SET = (RING_DEPTH, *_OF_ONE.values(), OLD_FACTOR, "min_poll_period")

DEFAULT_DEPTH, DEFAULT_FACTOR = "10", "4"
"""What holds where the database says nothing (POLL-50)."""


class PollSettings(NamedTuple):
    """The properties that configure the polling of a device, as the database has them; empty for the default.

    `depths` are the ring depths of single objects by lower-case name.
    """

    depth: str = ""
    depths: Mapping[str, str] = MappingProxyType({})
    old_factor: str = ""
    min_period: str = ""


def poll_settings(session: Session, device: str) -> PollSettings:
    """The settings of a device (POLL-50); DevFailed for one without database."""
    values = session.device(device).get_property(list(_SET))
    firsts = {name: next(iter(values.get(name) or ()), "") for name in _SET}
    depths: dict[str, str] = {}
    for name in _OF_ONE.values():
        pairs = list(values.get(name) or ())
        depths.update((key.lower(), depth) for key, depth in zip(pairs[::2], pairs[1::2], strict=False))
    return PollSettings(firsts[RING_DEPTH], depths, firsts[OLD_FACTOR], firsts["min_poll_period"])


# ---- periods


def set_period(session: Session, polled: Object, period: int | None) -> None:
    """Poll an object every `period` ms (0: triggered externally), or stop with None; DevFailed as the server says."""
    set_periods(session, (polled,), period)


def set_periods(session: Session, several: Sequence[Object], period: int | None, *, ask: bool = False) -> None:
    """Change the periods of several objects after one question, with `ask` even where none is needed. The errors of
    those that fail are raised together."""
    present = {device: _periods(session, device) for device in dict.fromkeys(each.device for each in several)}
    changes = [period_change(each, present[each.device].get(each.name.lower()), period) for each in several]
    if ask:
        changes = [replace(change, danger=Danger.ASK) for change in changes]
    session.changes.ask(changes)
    errors: list[DevError] = []
    for each, change in zip(several, changes, strict=True):
        try:
            session.changes.make(change, partial(_poll, session, each, period))
        except DevFailed as failure:
            if len(several) == 1:
                raise
            errors += failure.errors
    if errors:
        raise DevFailed(*errors)


def _periods(session: Session, device: str) -> dict[str, int]:
    return {status.name.lower(): status.period for status in statuses_of(session, device)}


def _poll(session: Session, polled: Object, period: int | None) -> None:
    proxy = session.device(polled.device)
    if period is None:
        stop = proxy.stop_poll_attribute if polled.kind == "attribute" else proxy.stop_poll_command
        stop(polled.name)
    else:
        start = proxy.poll_attribute if polled.kind == "attribute" else proxy.poll_command
        start(polled.name, period)


def period_change(polled: Object, before: int | None, after: int | None) -> Change:
    """A change of the period of an object in ms: None is not polled, 0 triggered externally."""
    return Change(
        str(polled),
        _line(polled, after),
        _words(before),
        _words(after),
        (_line(polled, before),),
        warning="events that its polling makes end with it" if after is None else "",
    )


def _line(polled: Object, period: int | None) -> str:
    return f"poll {polled.device} {polled.name} " + ("--stop" if period is None else f"--period {period}")


def _words(period: int | None) -> str:
    return "not polled" if period is None else period_text(period)


def polled_objects(session: Session, device: str) -> list[Object]:
    """Everything of a device that is polled now."""
    return [Object(device, status.name, status.kind) for status in statuses_of(session, device)]


# ---- properties


def set_ring_depth(session: Session, device: str, depth: int, polled: Object | None = None) -> None:
    """Keep so many values of one object, or of all that have no depth of their own. Has effect when the device is
    restarted."""
    name = _OF_ONE[polled.kind] if polled else RING_DEPTH
    values = [str(depth)]
    if polled is not None:
        pairs = list(session.device(device).get_property([name]).get(name) or ())
        kept = {key.lower(): each for key, each in zip(pairs[::2], pairs[1::2], strict=False)}
        kept[polled.name.lower()] = str(depth)
        values = [word for pair in kept.items() for word in pair]
    line = f"poll {device} {polled.name if polled else ''}".rstrip() + f" --depth {depth}"
    _put(session, device, name, values, line)


def set_old_factor(session: Session, device: str, factor: int) -> None:
    """Let values of the polling buffer be so many periods old. Has effect when the device is restarted."""
    _put(session, device, OLD_FACTOR, [str(factor)], f"poll {device} --old-factor {factor}")


def set_threads(session: Session, server: str, size: int) -> None:
    """Let a server poll with so many threads. Has effect when the server is restarted (POLL-40)."""
    _put(session, f"dserver/{server}", POOL_SIZE, [str(size)], f"poll server:{server} --threads {size}")


def _put(session: Session, device: str, name: str, values: Sequence[str], line: str) -> None:
    proxy = session.device(device)
    before = list(proxy.get_property([name]).get(name) or ())
    undo = f"prop set {device} {name} {' '.join(before)} --yes" if before else f"prop delete {device} {name} --yes"
    was, will_be = (f"{name} = {', '.join(each) or 'default'}" for each in (before, values))
    change = Change(device, line, was, will_be, (undo,))
    session.changes.make(change, lambda: proxy.put_property({name: list(values)}))
