"""The command for device servers as processes: which there are, starting, stopping, their output, start-up levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tangoterm.console.commands.table import Parameter, Want, command, count
from tangoterm.console.result import Result
from tangoterm.console.session import Session
from tangoterm.console.settings import seconds

_PROCESS = ("start", "stop", "restart")
"""The actions on a server's process."""


def _level(text: str) -> int:
    """A start-up level, 0 for not started by a Starter."""
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a start-up level (0, 1, 2, ...)")
    return int(text)


@command(
    "server",
    Parameter(
        "action", "what to do", Want.CHOICE, required=False, default="list",
        choices=("list", "info", "start", "stop", "restart", "log", "level", "rename", "delete"),
    ),
    Parameter(
        "names", "class/instance; * matches anything", Want.SERVER, required=False, many=True, metavar="SERVER",
    ),
    Parameter(
        "all", "all controlled servers of this machine, level by level", option=True, flag=True, actions=_PROCESS,
    ),
    Parameter(
        "program", "the program or Python file that is the server", Want.FILE, option=True, metavar="FILE",
        actions=("start", "restart"),
    ),
    Parameter(
        "wait", "how long to wait for each", Want.NUMBER, option=True, default=20, convert=seconds,
        metavar="SECONDS", actions=_PROCESS,
    ),
    Parameter("kill", "kill what does not end by itself", option=True, flag=True, actions=("stop", "restart")),
    Parameter(
        "lines", "how many of the last lines", Want.NUMBER, option=True, default=40, convert=count, metavar="N",
        actions=("log",),
    ),
    Parameter(
        "level", "the start-up level, 0 for none", Want.NUMBER, option=True, convert=_level, metavar="N",
        actions=("level",),
    ),
    examples=(
        "server list", "server info TangoTest/demo", "server start TangoTest/demo",
        "server start magnet/lab --program ./magnet.py", "server stop 'TangoTest/*'", "server log TangoTest/demo",
        "server level TangoTest/demo --level 1", "server start --all",
    ),
)  # fmt: skip
def server(session: Session, action: str, names: Sequence[str], **options: Any) -> Result:
    """List device servers; start, stop and restart them; show what they print; set their start-up level.

    A server of another machine is started and stopped by the Starter of that machine, if there is one. What is started
    here runs on when this program ends.
    """
    from tangoterm.console.server_actions import ACTIONS, Task

    return ACTIONS[action](Task(session, names, options))
