"""The command that waits until something is so."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from tangoterm.console.commands.table import Parameter, Want, command
from tangoterm.console.conditions import OPERATORS, parse_condition
from tangoterm.console.format import duration_text
from tangoterm.console.result import Result, note
from tangoterm.console.session import Session
from tangoterm.console.settings import seconds
from tangoterm.console.waiting import Waiting


@command(
    "wait",
    Parameter(
        "condition",
        f"DEVICE/ATTRIBUTE and a value, compared by {OPERATORS}; joined by and, or; a device alone, or server:NAME, "
        "is awaited until it answers",
        Want.CONDITION, many=True, metavar="CONDITION",
    ),
    Parameter("timeout", "give up after so many seconds", Want.NUMBER, option=True, convert=seconds, metavar="SECONDS"),
    Parameter(
        "for_", "it must hold for so long without a break", Want.NUMBER, option=True, convert=seconds,
        metavar="SECONDS",
    ),
    Parameter(
        "interval", "seconds between readings, of what sends no events", Want.NUMBER, option=True, default=0.5,
        convert=seconds, metavar="SECONDS",
    ),
    examples=(
        "wait 'sys/tg_test/1/State == ON' --timeout 30", "wait 'lab/psu/1/current > 9.5 and lab/psu/1/State == ON'",
        "wait 'lab/valve/1/State in (OPEN, CLOSE)' --for 2", "wait 'lab/psu/1/Status ~ ready'", "wait sys/tg_test/1",
        "wait server:TangoTest/test --timeout 10",
    ),
)  # fmt: skip
def wait(
    session: Session, condition: Sequence[str], timeout: float | None, for_: float | None, interval: float
) -> Result:
    """Wait until a condition on attributes holds, or a device or server answers.

    By event where attributes send them, else by reading. Devices that cannot be reached are awaited; what waiting does
    not heal, such as an attribute that does not exist, ends it.
    """
    wanted = parse_condition(" ".join(condition))
    waiting = Waiting(session, wanted, timeout=timeout, stable=for_ or 0.0, interval=interval)
    began = monotonic()
    waiting.wait()
    took = monotonic() - began
    return note(f"{wanted}: after {duration_text(took)}", condition=str(wanted), seconds=took, values=waiting.values)
