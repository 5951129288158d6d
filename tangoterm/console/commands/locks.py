"""The commands for locks: keeping other clients from changing a device, and who does so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from threading import Event
from time import time
from typing import Any

from server_core.model.errors import DevFailed, DeviceUnlocked, Reason
from tangoterm.console.cells import ClockCell, ErrorCell
from tangoterm.console.changes import Change, Danger
from tangoterm.console.commands.table import Parameter, Want, command, count
from tangoterm.console.locker import lock_text, locker_text
from tangoterm.console.quoting import joined
from tangoterm.console.result import Failure, Layout, Result, Row, columns, note
from tangoterm.console.scope import devices_in, is_scope
from tangoterm.console.session import Proxy, Session
from tangoterm.console.together import each


@command(
    "lock",
    Parameter("device", "device or alias", Want.DEVICE),
    Parameter(
        "validity", "seconds that the lock outlives this program, from 2 on", Want.NUMBER, option=True, default=10,
        convert=count, metavar="SECONDS",
    ),
    Parameter("list", "only say who has which of several devices locked: sys/*, class:NAME", option=True, flag=True),
    examples=("lock sys/tg_test/1", "lock sys/tg_test/1 --validity 3", "lock --list 'sys/*'"),
    changes=("",),
)  # fmt: skip
def lock(session: Session, device: str, validity: int, list: bool) -> Result:
    """Keep other clients from changing a device or executing its commands until interrupted; at the prompt, until
    unlock or its end."""
    if list:
        return _list(session, device)
    name = session.device_name(device)
    proxy = session.device(name)
    change = Change(name, joined("lock", name, validity=validity), after="locked", undo=(joined("unlock", name),))
    session.changes.make(change, lambda: proxy.lock(validity))
    if session.lasting or session.changes.dry_run:
        return note(f"{name} is locked until `unlock {name}` or the end of this session", device=name, locked=True)
    hold = _Hold(name, proxy, validity)
    return Result(
        columns("Time", "Device", "Lock"),
        hold.rows(),
        Layout.LIVE,
        note="interrupt (Ctrl-C) to unlock",
        failures=hold.failures,
        stop=hold.stop,
    )


def _list(session: Session, scope: str) -> Result:
    """A row for each running device of a scope: who has it locked."""
    devices = devices_in(session, [scope], running=is_scope(scope))
    result = Result(columns("Device", "Locked by"), [])
    rows: dict[str, Row] = {}
    for outcome in each(devices, lambda name: lock_text(session.device(name))):
        rows[outcome.item] = {"device": outcome.item, "locked_by": outcome.value}
        if outcome.failure is not None:
            result.failures.append(Failure(outcome.item, outcome.failure))
            rows[outcome.item] = {"device": outcome.item, "locked_by": ErrorCell(outcome.failure.errors)}
    result.rows = [rows[name] for name in devices]
    return result


@command(
    "unlock",
    Parameter("device", "device or alias", Want.DEVICE),
    Parameter("force", "whoever has locked it", option=True, flag=True),
    examples=("unlock sys/tg_test/1 --force",),
    changes=("",),
)
def unlock(session: Session, device: str, force: bool) -> Result:
    """Give the lock of a device back, or break it; say who has it locked then, if anybody."""
    name = session.device_name(device)
    proxy = session.device(name)
    before = locker_text(proxy)
    change = Change(
        name,
        joined("unlock", name, force=force),
        f"locked by {before}" if before else "not locked",
        "not locked",
        danger=Danger.ASK if force and before and not proxy.is_locked_by_me() else Danger.NONE,
        warning="Whoever has locked it counts on nobody else changing it." if force else "",
    )
    session.changes.make(change, lambda: proxy.unlock(force))
    locked_by = locker_text(proxy)
    state = "not locked" if locked_by is None else f"locked by {locked_by}"
    return note(f"{name} is {state}", device=name, locked_by=locked_by)


class _Hold:
    """A lock for as long as somebody waits; it is looked at twice in its validity, whether it is still there."""

    def __init__(self, device: str, proxy: Proxy, validity: int) -> None:
        self.failures: list[Failure] = []
        self._device = device
        self._proxy = proxy
        self._validity = validity
        self._stopped = Event()

    def rows(self) -> Iterator[Row]:
        """One row that says that the device is locked; ends when the lock is lost or `stop` is called."""
        try:
            yield self._row()
            while not self._stopped.wait(self._validity / 2):
                if not self._proxy.is_locked_by_me():
                    self._lost(DeviceUnlocked.of(Reason.API_DeviceUnlocked, "The lock was broken, or is lost"))
                    return
        except DevFailed as error:
            self._lost(error)
        finally:
            with suppress(DevFailed):  # it expires where it cannot be given back
                self._proxy.unlock(False)

    def stop(self) -> None:
        """Unlock, from any thread."""
        self._stopped.set()

    def _row(self) -> dict[str, Any]:
        return {"time": ClockCell(time()), "device": self._device, "lock": "locked", "validity": self._validity}

    def _lost(self, error: DevFailed) -> None:
        self.failures.append(Failure(self._device, error))
