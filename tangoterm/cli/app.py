"""From the command line to the exit code."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NamedTuple

from server_core.model.errors import DevFailed
from tangoterm.cli import cloning, processes
from tangoterm.cli.parser import (
    DONE,
    EPILOG,
    FAILED,
    INTERRUPTED,
    USAGE,
    CommandParser,
    HelpFormatter,
    Parser,
    add_command,
    arguments_of,
    common_options,
    shielded,
)
from tangoterm.cli.signals import ended_like_by_ctrl_c
from tangoterm.console.commands import COMMANDS, Command, UsageError
from tangoterm.console.engine import run, subject
from tangoterm.console.result import Refused
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings, SettingsError, load_settings
from tangoterm.console.terminal import OutputError, Terminal, abandon_stdout, confirmed, prepare_streams
from tangoterm.console.tokens import ArgumentError


class Faces(NamedTuple):
    """The programs that have a screen of their own; each returns an exit code.

    `tui(settings, device)`, `repl(settings, lines, script)` and `demo(settings, on_screen)`. They are handed in: no
    face knows another.
    """

    tui: Callable[[Settings, str | None], int]
    repl: Callable[[Settings, Sequence[str], str | None], int]
    demo: Callable[[Settings, bool], int]


def main(argv: Sequence[str], faces: Faces) -> int:
    """Run the command line `argv` (without the program's name); the exit code."""
    prepare_streams()
    try:
        namespace = build_parser(faces).parse_args(shielded(argv))
        return int(namespace._start(namespace))
    except BrokenPipeError:
        abandon_stdout()
        return DONE
    except OutputError as error:
        abandon_stdout()
        Terminal(Settings()).problem(str(error))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def build_parser(faces: Faces) -> argparse.ArgumentParser:
    """The whole command line; `_start` of its namespace runs what was asked for."""
    common = common_options()
    parser = Parser(
        prog="tangoterm",
        usage="tangoterm [options] [COMMAND ...]",
        description="The terminal for Tango Controls.",
        epilog=EPILOG,
        formatter_class=HelpFormatter,
        parents=[common],
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="show the version and leave"
    )
    parser.set_defaults(_start=_program(lambda settings, _: faces.tui(settings, None)))
    subparsers = parser.add_subparsers(
        metavar="COMMAND", title="commands", prog=parser.prog, parser_class=CommandParser
    )
    _add_faces(subparsers, faces, common)
    processes.add_serve(subparsers, common, _program)
    processes.add_database(subparsers, common, _program)
    cloning.add_clone(subparsers, common, _program)
    for command in COMMANDS.values():
        add_command(subparsers, command, common)
        subparsers.choices[command.name].set_defaults(_start=run_command)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"tangoterm {version('tangoterm')}")
        except PackageNotFoundError:
            print("tangoterm, run from its source tree")
        parser.exit(DONE)


def _add_faces(subparsers: Any, faces: Faces, common: argparse.ArgumentParser) -> None:
    demo = subparsers.add_parser("demo", help="A living control system on this machine, to look at.", parents=[common])
    demo.add_argument("--no-tui", action="store_true", help="print its TANGO_HOST and run until Ctrl-C")
    demo.set_defaults(_start=_program(lambda settings, words: faces.demo(settings, not words.no_tui)))
    repl = subparsers.add_parser("repl", help="The control system at a prompt.", parents=[common])
    repl.add_argument("-c", "--command", dest="lines", action="append", default=[], help="run a line (may be repeated)")
    repl.add_argument("script", nargs="?", help="run the lines of a file; - is standard input")
    repl.set_defaults(_start=_program(lambda settings, words: faces.repl(settings, words.lines, words.script)))
    tui = subparsers.add_parser("tui", help="The control system on the whole screen.", parents=[common])
    tui.add_argument("device", nargs="?", help="the device to open")
    tui.set_defaults(_start=_program(lambda settings, words: faces.tui(settings, words.device)))


def _settings(namespace: argparse.Namespace) -> Settings:
    return load_settings({name: getattr(namespace, name, None) for name in ("host", "timeout", "output", "color")})


def _program(run: Callable[[Settings, argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """A start function for something that is no command of the table."""

    def start(namespace: argparse.Namespace) -> int:
        try:
            settings = _settings(namespace)
        except SettingsError as error:
            Terminal(Settings()).problem(str(error))
            return USAGE
        try:
            return run(settings, namespace)
        except UsageError as error:
            Terminal(settings).problem(str(error))
            return USAGE
        except Refused as refusal:
            Terminal(settings).failure(Session(settings.host, settings.timeout), refusal.failure)
            return FAILED
        except DevFailed as error:
            Terminal(settings).refusal(error)
            return FAILED

    return start


def run_command(namespace: argparse.Namespace) -> int:
    """Run a command of the table and show its result."""
    command: Command = namespace._command
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        return _program(lambda settings, words: _run(command, settings, arguments_of(command, words)))(namespace)
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends a command in good order: what it holds is given back."""
    raise SystemExit(128 + number)


def _run(command: Command, settings: Settings, arguments: dict[str, Any]) -> int:
    terminal = Terminal(settings)
    session = Session(settings.host, settings.timeout)
    session.confirm = confirmed
    try:
        with ended_like_by_ctrl_c():
            return _show(command, session, terminal, arguments)
    finally:
        session.close()


def _show(command: Command, session: Session, terminal: Terminal, arguments: dict[str, Any]) -> int:
    try:
        result = run(command, session, arguments)
        return DONE if terminal.show(session, result) else FAILED
    except ArgumentError as error:
        terminal.problem(f"{subject(command, arguments)}: {error}")
        return USAGE
    except Refused as refusal:
        terminal.failure(session, refusal.failure)
        return FAILED
