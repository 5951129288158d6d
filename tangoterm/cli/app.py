"""From the command line to the exit code."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any, NamedTuple

from server_core.model.errors import DevFailed
from tangoterm.cli.parser import (
    COMMON,
    EPILOG,
    CommandParser,
    HelpFormatter,
    Parser,
    add_command,
    arguments_of,
    called,
    common_options,
    shielded,
)
from tangoterm.cli.programs import PROGRAMS
from tangoterm.cli.signals import ended_like_by_ctrl_c
from tangoterm.console.changes import Declined
from tangoterm.console.commands import COMMANDS, Command, UsageError
from tangoterm.console.engine import run, subject
from tangoterm.console.exit_codes import Exit, exit_of
from tangoterm.console.opening import open_session
from tangoterm.console.result import Failure, Refused
from tangoterm.console.session import Session
from tangoterm.console.settings import FLAGS, SETTINGS, Settings, SettingsError, load_settings
from tangoterm.console.terminal import OutputError, Terminal, abandon_stdout, prepare_streams
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
        words = shielded(argv)
        namespace = build_parser(faces, words).parse_args(words)
        return int(namespace._start(namespace))
    except BrokenPipeError:
        abandon_stdout()
        return Exit.DONE
    except OutputError as error:
        abandon_stdout()
        Terminal(Settings()).problem(str(error))
        return Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def build_parser(faces: Faces, words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The command line; `_start` of its namespace runs what was asked for.

    When `words` call a command, that one alone is known: a parser of every command takes longer than reading a value.
    """
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
    add = _programs(subparsers, faces, common) | {
        name: partial(_add_of_table, subparsers, name, common) for name in COMMANDS
    }
    wanted = called(words, add, common)
    for name in add if wanted is None else (wanted,):
        add[name]()
    return parser


def _programs(subparsers: Any, faces: Faces, common: argparse.ArgumentParser) -> dict[str, Callable[[], None]]:
    """What is no command of the table, by name: functions that add it to the command line."""

    def serve() -> None:
        from tangoterm.cli import processes

        processes.add_serve(subparsers, common, _program)

    def database() -> None:
        from tangoterm.cli import processes

        processes.add_database(subparsers, common, _program)

    def clone() -> None:
        from tangoterm.cli import cloning

        cloning.add_clone(subparsers, common, _program)

    def web() -> None:
        from tangoterm.cli.web import add_web

        add_web(subparsers, common, _program)

    def completion() -> None:
        from tangoterm.cli import shells

        shells.add_completion(subparsers, common)

    return {
        "demo": lambda: _add_demo(subparsers, faces, common),
        "repl": lambda: _add_repl(subparsers, faces, common),
        "tui": lambda: _add_tui(subparsers, faces, common),
        "serve": serve,
        "database": database,
        "clone": clone,
        "web": web,
        "completion": completion,
    }


def _add_of_table(subparsers: Any, name: str, common: argparse.ArgumentParser) -> None:
    add_command(subparsers, COMMANDS[name], common)
    subparsers.choices[name].set_defaults(_start=run_command)


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"tangoterm {version('tangoterm')}")
        except PackageNotFoundError:
            print("tangoterm, run from its source tree")
        parser.exit(Exit.DONE)


def _add_demo(subparsers: Any, faces: Faces, common: argparse.ArgumentParser) -> None:
    demo = subparsers.add_parser("demo", help=PROGRAMS["demo"], parents=[common])
    demo.add_argument("--no-tui", action="store_true", help="print its TANGO_HOST and run until Ctrl-C")
    demo.set_defaults(_start=_program(lambda settings, words: faces.demo(settings, not words.no_tui)))


def _add_repl(subparsers: Any, faces: Faces, common: argparse.ArgumentParser) -> None:
    repl = subparsers.add_parser("repl", help=PROGRAMS["repl"], parents=[common])
    repl.add_argument("-c", "--command", dest="lines", action="append", default=[], help="run a line (may be repeated)")
    repl.add_argument("script", nargs="?", help="run the lines of a file; - is standard input")
    repl.set_defaults(_start=_program(lambda settings, words: faces.repl(settings, words.lines, words.script)))


def _add_tui(subparsers: Any, faces: Faces, common: argparse.ArgumentParser) -> None:
    tui = subparsers.add_parser("tui", help=PROGRAMS["tui"], parents=[common])
    tui.add_argument("device", nargs="?", help="the device to open")
    tui.set_defaults(_start=_program(lambda settings, words: faces.tui(settings, words.device)))


def _settings(namespace: argparse.Namespace) -> Settings:
    return load_settings({name: getattr(namespace, COMMON + name, None) for name in (*SETTINGS, *FLAGS)})


def _program(run: Callable[[Settings, argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """A start function for something that is no command of the table."""

    def start(namespace: argparse.Namespace) -> int:
        try:
            settings = _settings(namespace)
        except SettingsError as error:
            Terminal(Settings()).problem(str(error))
            return Exit.USAGE
        try:
            return run(settings, namespace)
        except UsageError as error:
            Terminal(settings).problem(str(error))
            return Exit.USAGE
        except Refused as refusal:
            Terminal(settings).failure(Session(settings.host, settings.timeout), refusal.failure)
            return exit_of((refusal.failure,))
        except DevFailed as error:
            Terminal(settings).refusal(error)
            return exit_of((Failure("", error),))
        except Declined as refusal:
            Terminal(settings).problem(str(refusal))
            return Exit.USAGE if refusal.unasked else Exit.FAILED

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
    session = open_session(settings, "cli")
    session.tell = terminal.remark
    try:
        with ended_like_by_ctrl_c():
            return _show(command, session, terminal, arguments)
    finally:
        session.close()


def _show(command: Command, session: Session, terminal: Terminal, arguments: dict[str, Any]) -> int:
    try:
        result = run(command, session, arguments)
        terminal.show(session, result)
        if session.changes.planned and not result.failures:
            return Exit.WOULD_CHANGE
        return exit_of(result.failures)
    except ArgumentError as error:
        terminal.problem(f"{subject(command, arguments)}: {error}")
        return Exit.USAGE
    except Refused as refusal:
        terminal.failure(session, refusal.failure)
        return exit_of((refusal.failure,))
