"""`run`: a program that is a device server.

Source: LIFE-6..LIFE-18, LIFE-40.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.model.enums import SerialModel
from server_core.model.errors import DevFailed, Reason
from server_core.server.options import USAGE, Options, UsageError, devices_by_class, parse
from server_core.server.process import DeviceServer, StartRefused

if TYPE_CHECKING:
    from server_core.device.device import Device

READY: Final = "Ready to accept request"

_STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGQUIT})

_REFUSED: Final = 255
_FAILED: Final = 1


def run(
    classes: type[Device] | Iterable[type[Device]],
    args: Sequence[str] | None = None,
    *,
    post_init_callback: Callable[[], None] | None = None,
    serial_model: SerialModel = SerialModel.BY_DEVICE,
) -> None:
    """Serve the devices of `classes` until a signal or the command Kill ends it; as PyTango's `run`.

    `args` is the command line, program first (default `sys.argv`). `post_init_callback` is called when the devices
    are served, before the server says that it is ready. `serial_model` says which requests wait for one another
    (SER-1). Call it in the main thread. Raises SystemExit with 2 for a wrong command line, 255 when the server must
    not start, 1 when a device does not start.
    """
    chosen = (classes,) if isinstance(classes, type) else tuple(classes)
    argv = sys.argv if args is None else args
    try:
        options = parse(argv)
        server, store = _server(chosen, options, serial_model)
    except UsageError as wrong:
        _fail(f"{wrong}\n{USAGE.format(program=Options(argv[0]).program)}", wrong.code)
    except DevFailed as failure:
        _fail(str(failure), _REFUSED)
    try:
        serve(server, post_init_callback)
    finally:
        if store is not None:
            store.close()


def _server(
    classes: Sequence[type[Device]], options: Options, serial_model: SerialModel
) -> tuple[DeviceServer, Store | None]:
    names = [cls.__name__ for cls in classes]
    devices = devices_by_class(options.devices, names)
    if options.help:
        _help(options.program)
    store = open_store() if options.database else None
    server = DeviceServer(
        classes,
        options.program,
        options.instance,
        store=store,
        devices=devices,
        bind=options.host,
        port=options.port,
        serial_model=serial_model,
        verbosity=options.verbosity,
    )
    return server, store


def serve(server: DeviceServer, ready: Callable[[], None] | None = None) -> None:
    """Start `server`, call `ready`, say that it is ready, and serve until a signal or Kill ends it (LIFE-40).

    Call it in the main thread. Raises SystemExit as `run` does.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with _stopped_by_signals(server):
        try:
            server.start()
            if ready is not None:
                ready()
            _say(READY)
            server.wait()
        except StartRefused as refusal:
            _fail(str(refusal), _REFUSED)
        except OSError as failure:
            _fail(f"The server cannot listen: {failure}", _REFUSED)
        except DevFailed as failure:
            _fail(f"The server {server.name} did not start:\n{_explained(failure)}", _FAILED)


@contextmanager
def _stopped_by_signals(server: DeviceServer) -> Iterator[None]:
    """The signals of LIFE-40 stop the server; SIGHUP is ignored.

    A thread reads the numbers of signals from a socket that Python's low-level handler writes to. A handler in Python
    would run in the main thread, which sleeps on when the system gives the signal to another thread.
    """
    numbers, wakeup = socket.socketpair()
    wakeup.setblocking(False)
    handlers = {number: signal.signal(number, _noted) for number in _STOP}
    handlers[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    before = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
    thread = threading.Thread(target=_follow, args=(numbers, server), name="signals")
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        wakeup.close()
        thread.join()
        numbers.close()


def _noted(number: int, frame: FrameType | None) -> None:
    """Makes the system tell of a signal; `_follow` acts on it."""


def _follow(numbers: socket.socket, server: DeviceServer) -> None:
    while received := numbers.recv(64):
        if not _STOP.isdisjoint(received):
            server.stop()


def _help(program: str) -> NoReturn:
    """Print the usage and the instances that the database knows (LIFE-7)."""
    _say(USAGE.format(program=program))
    try:
        store = open_store()
        known = store.servers(f"{program}/*")
        store.close()
    except DevFailed as failure:
        _say(f"(the instances are not known: {failure.desc})")
    else:
        instances = [f"\t{name.partition('/')[2]}" for name in known]
        _say("\n".join([f"Instances defined in database for server {program}:", *instances]))
    sys.exit(0)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _explained(failure: DevFailed) -> str:
    """The error stack, for errors in Python code with the place in it."""
    lines = []
    for error in failure.errors:
        lines.append(f"{error.reason}: {error.desc.rstrip()}")
        if error.reason == Reason.PyDs_PythonError:
            lines.append(error.origin.rstrip())
    return "\n".join(lines)


def _fail(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    sys.exit(code)
