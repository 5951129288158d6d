"""The form that locks a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.model.errors import DevError, DevFailed
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.changes import Declined
from tangoterm.console.line import parse_line
from tangoterm.console.quoting import joined
from tangoterm.console.session import Session
from tangoterm.tui.modals.form import Form
from tangoterm.tui.observed import DECLINED, DeviceWatch


def lock_form(device: DeviceWatch) -> Form:
    """Asks for the validity and locks, as the command `lock` does; the client renews the lock in time."""

    def lock(session: Session, validity: int) -> None:
        call = parse_line(joined("lock", device.name, validity=validity))
        assert call is not None
        call.command.run(session, **call.arguments)

    async def perform(validity: Any) -> Sequence[DevError]:
        try:
            await device.port.perform(lambda session: lock(session, validity))
        except DevFailed as failure:
            return failure.errors
        except Declined as refusal:
            return DevFailed.of(DECLINED, str(refusal), "").errors
        device.look_at_lock()
        return ()

    facts = (
        ("lasts", "while this screen is open, or until L"),
        ("validity", "seconds that it outlives a program that dies"),
    )
    argument = Argument(CmdArgType.DevULong, unit="s", low=2)
    return Form(f"Lock {device.name}", "Lock", argument, perform, facts=facts, initial="10", check_limits=True)
