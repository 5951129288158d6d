"""The command `clone`: a simulated twin of any device that answers."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server_core.model.names import check_device_name
from tangoterm.cli.classes import CLONE_SERVER
from tangoterm.cli.parser import HelpFormatter
from tangoterm.cli.processes import Program, add_serving, run_server
from tangoterm.cli.programs import PROGRAMS
from tangoterm.console.commands.table import UsageError
from tangoterm.console.settings import Settings

if TYPE_CHECKING:
    from server_core.devices.description import Description

_NOT_IN_INSTANCES = re.compile(r"[^A-Za-z0-9_]+")


def add_clone(subparsers: Any, common: argparse.ArgumentParser, program: Program) -> None:
    """The command `clone`."""
    parser = subparsers.add_parser(
        "clone",
        usage="tangoterm clone DEVICE --as NAME [--save FILE] [options]",
        help=PROGRAMS["clone"],
        description="Read the interface of a device and serve a twin of it: the same attributes with their "
        "configuration, commands and pipes, with readings that move within the limits, set points that are kept, and "
        "the state and status that the original had. Later the file of --save is served without the original: "
        "tangoterm serve FILE.json INSTANCE --device NAME.",
        epilog="examples:\n"
        "  tangoterm clone sys/tg_test/1 --as my/simu/1\n"
        "  tangoterm clone lab/pump/1 --as test/pump/1 --save pump.json\n",
        formatter_class=HelpFormatter,
        parents=[common],
    )
    parser.add_argument("device", metavar="DEVICE", help="the original, which must answer")
    parser.add_argument("--as", dest="name", metavar="NAME", required=True, help="the name of the twin")
    parser.add_argument("--save", metavar="FILE", help="keep what was read of the original in a file (.json)")
    add_serving(parser)
    parser.set_defaults(_start=program(clone))


def clone(settings: Settings, words: argparse.Namespace) -> int:
    """Describe the original, and serve its twin until a signal or the command Kill ends it."""
    from server_core.devices.clone import clone_class

    name = check_device_name(words.name)
    if words.save and not words.save.endswith(".json"):
        raise UsageError(f"--save {words.save}: the name of the file must end in .json")
    description = _described(settings, words.device)
    if words.save:
        _save(description, words.save)
    cls = clone_class(description)
    return run_server(settings, words, CLONE_SERVER, instance_of(name), [cls], {cls.__name__: [name]})


def _described(settings: Settings, device: str) -> Description:
    from tangoterm.console.describing import describe
    from tangoterm.console.result import about
    from tangoterm.console.session import Session

    session = Session(settings.host, settings.timeout)
    try:
        with about(device):
            return describe(session.device(device))
    finally:
        session.close()


def _save(description: Description, file: str) -> None:
    try:
        Path(file).expanduser().write_text(description.to_json(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--save {file}: {error.strerror}") from None


def instance_of(device: str) -> str:
    """The instance of the server of a twin: the device's name with `-` for what instances cannot have."""
    return _NOT_IN_INSTANCES.sub("-", device).strip("-")
