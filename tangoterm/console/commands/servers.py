"""The command for device servers as processes: which there are, starting, stopping, their output, start-up levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tangoterm.console.commands.table import Parameter, Want, command, count
from tangoterm.console.result import Result
from tangoterm.console.session import Session
from tangoterm.console.settings import seconds

_PROCESS = ("start", "stop", "restart", "kill")
"""The actions on a server's process."""


def _level(text: str) -> int:
    """A start-up level, 0 for not started by a Starter."""
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a start-up level (0, 1, 2, ...)")
    return int(text)


def _delay(text: str) -> float:
    """A time to wait, 0 for none."""
    return 0.0 if text.strip("0.") == "" and text else seconds(text)


@command(
    "server",
    Parameter(
        "action", "what to do", Want.CHOICE, required=False, default="list",
        choices=(
            "list", "info", *_PROCESS, "log", "level", "create", "rename", "move", "copy", "delete", "unexport",
        ),
    ),
    Parameter(
        "names", "class/instance; * matches anything; list: also host:NAME, class:NAME", Want.SERVER, required=False,
        many=True, metavar="SERVER",
    ),
    Parameter(
        "all", "all controlled servers of this machine, level by level", option=True, flag=True, actions=_PROCESS,
    ),
    Parameter(
        "on", "of this host, or * for every host, in place of this machine", option=True, metavar="HOST",
        actions=("list", *_PROCESS),
    ),
    Parameter(
        "level", "the start-up level, 0 for none; with --all: only this level", Want.NUMBER, option=True,
        convert=_level, metavar="N", actions=("level", *_PROCESS),
    ),
    Parameter(
        "delay", "with --all: how long to wait between two levels", Want.NUMBER, option=True, default=0.0,
        convert=_delay, metavar="SECONDS", actions=_PROCESS,
    ),
    Parameter(
        "parallel", "how many of a level at the same time", Want.NUMBER, option=True, default=16, convert=count,
        metavar="N", actions=_PROCESS,
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
    Parameter("follow", "go on with what it prints, until interrupted", option=True, flag=True, actions=("log",)),
    Parameter("to", "the other control system", option=True, metavar="HOST:PORT", actions=("copy",)),
    Parameter(
        "sort", "the order of the rows", Want.CHOICE, option=True, default="name",
        choices=("name", "state", "level", "uptime", "host"), actions=("list",),
    ),
    examples=(
        "server list", "server list host:lab-1 --sort uptime", "server info TangoTest/demo",
        "server start TangoTest/demo", "server start magnet/lab --program ./magnet.py", "server stop 'TangoTest/*'",
        "server kill TangoTest/demo", "server log TangoTest/demo --follow", "server level TangoTest/demo --level 1",
        "server start --all --on '*' --delay 2", "server stop --all --level 3",
        "server create magnet/lab Magnet::lab/magnet/1 Magnet::lab/magnet/2", "server rename magnet/lab magnet/ring",
        "server move magnet/ring lab-2", "server copy magnet/ring --to otherhost:10000", "server delete magnet/ring",
        "server unexport 'magnet/*'",
    ),
    repeats=("list", "info"),
    changes=(*_PROCESS, "level", "create", "rename", "move", "copy", "delete", "unexport"),
)  # fmt: skip
def server(session: Session, action: str, names: Sequence[str], **options: Any) -> Result:
    """List device servers; start, stop, restart and kill them; show what they print; define and change them.

    A server of another machine is started and stopped by the Starter of that machine, if there is one. What is started
    here runs on when this program ends. With `--all` servers start in the order of their start-up levels, those of one
    level at the same time, and stop the other way round; each has a row when it is done. A name that is taken is
    refused, never taken over.
    """
    from tangoterm.console.server_actions import ACTIONS, Task

    return ACTIONS[action](Task(session, names, options))
