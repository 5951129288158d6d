"""The command line of a device server: `<program> <instance> [options]`.

Source: LIFE-6..LIFE-9, LOG-20.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from server_core.model.errors import DevFailed, Reason

USAGE: Final = """\
usage: {program} INSTANCE [-v[N]] [-nodb [-dlist NAME,...] | -file=PATH] [-host HOST] [-port N] [-keep-going]

  INSTANCE                        which {program} this is
  -v, -vN, -v N                   messages of devices on the console: 1, 2 information; 3, 4 (-v) debug; 5 all
  -nodb                           no database; needs a port
  -dlist A/B/C,CLASS::D/E/F,...   the devices to serve without database; names without a class go to the last class
  -file=PATH                      devices and properties from a property file in place of the database
  -host HOST                      the address to listen on, default 127.0.0.1
  -port N                         the TCP port to listen on, default any free one
  -ORBendPoint giop:tcp:HOST:N    both at once; an empty HOST means every address
  -keep-going                     a device that does not start goes to FAULT, and the others are served
"""

_VERBOSE: Final = re.compile(r"-v(\d+)\Z")
_END_POINT: Final = re.compile(r"giop:tcp:(?:\[([^]]+)\]|([^:\[\]]*)):(\d{0,5})\Z")
_LONGEST_NAME: Final = 255
_EVERY_ADDRESS: Final = "0.0.0.0"


class UsageError(Exception):
    """A command line that cannot be followed; `code` is the exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


@dataclass(slots=True)
class Options:
    """What a command line says."""

    program: str
    instance: str = ""
    help: bool = False
    verbosity: int = 0
    database: bool = True
    devices: list[str] = field(default_factory=list)
    file: str = ""
    keep_going: bool = False
    host: str = "127.0.0.1"
    port: int = 0


def program_name(path: str) -> str:
    """The server's name: the program's file name without directory and `.py` (LIFE-1)."""
    return PurePath(path).name.removesuffix(".py")


def parse(argv: Sequence[str]) -> Options:
    """The options in `argv`, whose first element is the program; all but `-v` may begin with two dashes, and have their
    value behind an equals sign.

    Raises UsageError with exit code 2 for unknown options and missing arguments, 1 for combinations that make no sense,
    255 for a name that is too long (LIFE-3, LIFE-7).
    """
    options = Options(program_name(argv[0]))
    arguments = iter(argv[1:])
    first = next(arguments, "")
    if first in ("-?", "-h", "-help", "--help"):
        options.help = True
        return options
    if not first:
        raise UsageError("the name of an instance is missing", 2)
    if first.startswith("-"):
        raise UsageError(f"{first!r} where the name of an instance must stand", 2)
    options.instance = first
    _parse_rest(options, arguments)
    _check(options)
    return options


def _parse_rest(options: Options, arguments: Iterator[str]) -> None:
    pending: list[str] = []
    while pending or (argument := next(arguments, "")):
        argument = pending.pop() if pending else argument
        name, separator, given = argument.partition("=")
        name = name[1:] if name.startswith("--") else name
        if argument == "-v":
            following = next(arguments, "")
            options.verbosity = _level(following) if following.isdecimal() else 4
            if following and not following.isdecimal():
                pending.append(following)
        elif found := _VERBOSE.match(argument):
            options.verbosity = _level(found[1])
        elif name in _VALUED:
            value = given if separator else next(arguments, "")
            if not value:
                raise UsageError(f"{name}{separator} needs a value", 2)
            _VALUED[name](options, value)
        elif name == "-nodb" and not separator:
            options.database = False
        elif name == "-keep-going" and not separator:
            options.keep_going = True
        else:
            raise UsageError(f"unknown option {argument}", 2)


def _level(text: str) -> int:
    if int(text) == 0:
        raise UsageError(f"Unknown option -v{text}: levels of messages begin at 1", 255)
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise UsageError(f"{text!r} is not a port number (0..65535)", 2)
    return int(text)


def _set_devices(options: Options, text: str) -> None:
    options.devices = text.split(",")


def _set_file(options: Options, text: str) -> None:
    options.file = text


def _set_host(options: Options, text: str) -> None:
    options.host = text


def _set_port(options: Options, text: str) -> None:
    options.port = _port(text)


def _set_end_point(options: Options, text: str) -> None:
    found = _END_POINT.match(text)
    if not found:
        raise UsageError(f"{text!r} is not an end point (giop:tcp:HOST:PORT)", 2)
    options.host = found[1] or found[2] or _EVERY_ADDRESS
    options.port = _port(found[3] or "0")


_VALUED: Final[dict[str, Callable[[Options, str], None]]] = {
    "-dlist": _set_devices,
    "-file": _set_file,
    "-host": _set_host,
    "-port": _set_port,
    "-ORBendPoint": _set_end_point,
}
"""Options with a value, which stands behind them or behind an equals sign."""


def _check(options: Options) -> None:
    name = f"{options.program}/{options.instance}"
    if len(name) > _LONGEST_NAME:
        raise UsageError(
            f"The device server name is too long! Max length is {_LONGEST_NAME} characters, and {name} has {len(name)}",
            255,
        )
    if options.database and options.devices:
        raise UsageError("-dlist should be used only with -nodb option", 1)
    if not options.database and not options.port:
        raise UsageError("-nodb option should used with [-host] -port or -ORBendPoint options", 1)
    if not options.database and options.file:
        raise UsageError(f"-nodb and -file={options.file} exclude each other", 1)
    seen = set()
    for item in options.devices:
        device = item.rpartition("::")[2].lower()
        if device.count("/") != 2 or "" in device.split("/"):
            raise UsageError(
                f"Device name {item} does not have the correct syntax "
                "(domain/family/member or ClassName::domain/family/member)",
                255,
            )
        if device in seen:
            raise UsageError(f"Each device must have different name: {item} stands twice in -dlist", 255)
        seen.add(device)


def devices_by_class(items: Sequence[str], classes: Sequence[str]) -> dict[str, list[str]]:
    """The names in a `-dlist` by class; those without a class go to the last one (LIFE-8).

    Raises DevFailed `API_WrongCmdLineArgs` for a class that the program does not have.
    """
    names: dict[str, list[str]] = {name: [] for name in classes}
    by_key = {name.lower(): name for name in classes}
    for item in items:
        prefix, _, device = item.rpartition("::")
        found = by_key.get(prefix.lower()) if prefix else classes[-1]
        if found is None:
            raise DevFailed.of(
                Reason.API_WrongCmdLineArgs,
                f"Class name {prefix} used on command line device declaration but this class is not embedded in DS "
                f"process (it has {', '.join(classes)})",
                "server_core.server.options",
            )
        names[found].append(device)
    return names
