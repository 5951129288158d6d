"""The form that locks a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.model.errors import DevError
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.engine import run_line
from tangoterm.console.quoting import joined
from tangoterm.tui.modals.form import Form
from tangoterm.tui.observed import DeviceWatch
from tangoterm.tui.telling import errors_of


def lock_form(device: DeviceWatch) -> Form:
    """Asks for the validity and locks, as the command `lock` does; the client renews the lock in time."""

    async def perform(validity: Any) -> Sequence[DevError]:
        line = joined("lock", device.name, validity=validity)
        errors = await errors_of(device.port, lambda session: run_line(session, line))
        if not errors:
            device.look_at_lock()
        return errors

    facts = (
        ("lasts", "while this screen is open, or until L"),
        ("validity", "seconds that it outlives a program that dies"),
    )
    argument = Argument(CmdArgType.DevULong, unit="s", low=2)
    return Form(f"Lock {device.name}", "Lock", argument, perform, facts=facts, initial="10", check_limits=True)
