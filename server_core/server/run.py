"""`run`: a program that is a device server.

Source: LIFE-6..LIFE-18, LIFE-40.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TextIO

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.model.enums import SerialModel
from server_core.model.errors import DevFailed, Reason
from server_core.server.alone import StartRefused
from server_core.server.logs.own import own_messages
from server_core.server.options import USAGE, Options, UsageError, devices_by_class, parse, program_name
from server_core.server.process import DeviceServer

if TYPE_CHECKING:
    from server_core.device.device import Device

Callback = Callable[[], object] | tuple[Any, ...]
"""A function, or one with its positional and keyword arguments."""

READY: Final = "Ready to accept request"

_REFUSED: Final = 255
_FAILED: Final = 1


def run(
    classes: type[Device] | Iterable[type[Device]],
    args: Sequence[str] | None = None,
    msg_stream: TextIO | None = sys.stdout,
    verbose: bool = False,
    util: Any = None,
    event_loop: Callable[[], object] | None = None,
    pre_init_callback: Callback | None = None,
    post_init_callback: Callback | None = None,
    green_mode: Any = None,
    raises: bool = False,
    err_stream: TextIO | None = None,
    cleanup: bool = False,
    *,
    serial_model: SerialModel | None = None,
    keep_going: bool = False,
) -> None:
    """Serve the devices of `classes` until a signal or the command Kill ends it; as PyTango's `run`.

    `args` is the command line, program first (default `sys.argv`). The server says on `msg_stream` that it is ready,
    nowhere with None. The callbacks, functions or `(function, args, kwargs)`, are called before anything is made, and
    when the devices are served, before the server says that it is ready. An `event_loop` is called again and again in
    the main thread while the server runs, and ends it by returning something true; it should wait a little each time.
    With `raises` what prevents the start is raised, in place of a message and SystemExit. `serial_model` says which
    requests wait for one another (SER-1). With `keep_going` a device that does not start goes to FAULT and the others
    are served (LIFE-18), as with the option `-keep-going`. `verbose`, `util`, `green_mode` (`async def` decides),
    `err_stream` and `cleanup` are taken so that PyTango's programs run. Call it in the main thread. Raises SystemExit
    with 2 for a wrong command line, 255 when the server must not start, 1 when a device does not start.
    """
    chosen = (classes,) if isinstance(classes, type) else tuple(classes)
    argv = sys.argv if args is None else args
    _call_back(pre_init_callback)
    ready = None if post_init_callback is None else partial(_call_back, post_init_callback)
    try:
        options = parse(argv)
        options.keep_going |= keep_going
        server, store = _server(chosen, options, serial_model)
    except (UsageError, DevFailed) as wrong:
        if raises:
            raise
        if isinstance(wrong, DevFailed):
            _fail(str(wrong), _REFUSED)
        program = program_name(argv[0])
        known = f"\n{_instances(program)}" if len(argv) == 1 else ""
        _fail(f"{wrong}\n{USAGE.format(program=program)}{known}", wrong.code)
    try:
        serve(server, ready, stream=msg_stream, event_loop=event_loop, raises=raises)
    finally:
        if store is not None:
            store.close()


server_run = run
"""The name that `run` had in old versions of PyTango."""


def _server(
    classes: Sequence[type[Device]], options: Options, serial_model: SerialModel | None
) -> tuple[DeviceServer, Store | None]:
    names = [cls.__name__ for cls in classes]
    devices = devices_by_class(options.devices, names)
    if options.help:
        _help(options.program)
    store = _store(options)
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
        keep_going=options.keep_going,
    )
    return server, store


def _store(options: Options) -> Store | None:
    if options.file:
        from server_core.database.file_store import FileStore

        return FileStore(options.file, f"{options.program}/{options.instance}")
    return open_store() if options.database else None


def serve(
    server: DeviceServer,
    ready: Callable[[], object] | None = None,
    define: Callable[[], None] | None = None,
    *,
    stream: TextIO | None = sys.stdout,
    event_loop: Callable[[], object] | None = None,
    raises: bool = False,
) -> None:
    """Start `server`, call `ready`, say that it is ready, and serve until a signal or Kill ends it (LIFE-40).

    `define` puts the server into its database first, as `DeviceServer.start` says; `stream`, `event_loop` and `raises`
    are those of `run`. Call it in the main thread. Raises SystemExit as `run` does.
    """

    def meanwhile() -> bool:
        if event_loop is None or not event_loop():
            return True
        server.stop()
        return False

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    server.sub_devices.is_program = True
    with server.signals.handled(server.stop), own_messages(server.loggers.core):
        try:
            server.start(define)
            server.signals.catch_up()
            if ready is not None:
                ready()
            if stream is not None:
                _say(READY, stream)
            server.signals.wait_in_main_thread(server.wait, None if event_loop is None else meanwhile)
        except (StartRefused, OSError, DevFailed) as failure:
            if server.unwanted:
                return
            if raises:
                raise
            _refuse(server, failure)


def _refuse(server: DeviceServer, failure: Exception) -> NoReturn:
    """Say why the server did not start, and leave."""
    if isinstance(failure, OSError):
        _fail(f"The server cannot listen: {failure}", _REFUSED)
    if isinstance(failure, DevFailed):
        _fail(f"The server {server.name} did not start:\n{_explained(failure)}", _FAILED)
    _fail(str(failure), _REFUSED)


def _call_back(callback: Callback | None) -> None:
    """Call what a program gave, with the arguments it gave."""
    if isinstance(callback, tuple):
        function, *given = callback
        args = given[0] if given else ()
        function(*args, **(given[1] if len(given) > 1 else {}))
    elif callback is not None:
        callback()


def _help(program: str) -> NoReturn:
    """Print the usage and the instances that the database knows (LIFE-7)."""
    _say(f"{USAGE.format(program=program)}\n{_instances(program)}")
    sys.exit(0)


def _instances(program: str) -> str:
    """The instances that the database knows, one a line (PROP-32)."""
    try:
        store = open_store()
        known = store.servers(f"{program}/*")
        store.close()
    except DevFailed as failure:
        return f"Warning! The instances of server {program} are not known: {failure.desc}"
    if not known:
        return f"Warning! No defined instance in database for server {program} found!"
    names = [f"\t{name.partition('/')[2]}" for name in known]
    return "\n".join([f"Instances defined in database for server {program}:", *names])


def _say(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


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
