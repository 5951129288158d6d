"""`run`: a program that is a device server.

Source: LIFE-6..LIFE-18, LIFE-40.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.model.enums import SerialModel
from server_core.model.errors import DevFailed, Reason
from server_core.server.logs.own import own_messages
from server_core.server.options import USAGE, Options, UsageError, devices_by_class, parse
from server_core.server.process import DeviceServer, StartRefused

if TYPE_CHECKING:
    from server_core.device.device import Device

READY: Final = "Ready to accept request"

_REFUSED: Final = 255
_FAILED: Final = 1


def run(
    classes: type[Device] | Iterable[type[Device]],
    args: Sequence[str] | None = None,
    *,
    post_init_callback: Callable[[], None] | None = None,
    serial_model: SerialModel | None = None,
    keep_going: bool = False,
) -> None:
    """Serve the devices of `classes` until a signal or the command Kill ends it; as PyTango's `run`.

    `args` is the command line, program first (default `sys.argv`). `post_init_callback` is called when the devices
    are served, before the server says that it is ready. `serial_model` says which requests wait for one another
    (SER-1). With `keep_going` a device that does not start goes to FAULT and the others are served (LIFE-18), as with
    the option `-keep-going`. Call it in the main thread. Raises SystemExit with 2 for a wrong command line, 255 when
    the server must not start, 1 when a device does not start.
    """
    chosen = (classes,) if isinstance(classes, type) else tuple(classes)
    argv = sys.argv if args is None else args
    try:
        options = parse(argv)
        options.keep_going |= keep_going
        server, store = _server(chosen, options, serial_model)
    except UsageError as wrong:
        program = Options(argv[0]).program
        known = f"\n{_instances(program)}" if len(argv) == 1 else ""
        _fail(f"{wrong}\n{USAGE.format(program=program)}{known}", wrong.code)
    except DevFailed as failure:
        _fail(str(failure), _REFUSED)
    try:
        serve(server, post_init_callback)
    finally:
        if store is not None:
            store.close()


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
    server: DeviceServer, ready: Callable[[], None] | None = None, define: Callable[[], None] | None = None
) -> None:
    """Start `server`, call `ready`, say that it is ready, and serve until a signal or Kill ends it (LIFE-40).

    `define` puts the server into its database first, as `DeviceServer.start` says. Call it in the main thread. Raises
    SystemExit as `run` does.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    server.sub_devices.is_program = True
    with server.signals.handled(server.stop), own_messages(server.loggers.core):
        try:
            server.start(define)
            if ready is not None:
                ready()
            _say(READY)
            server.signals.wait_in_main_thread(server.wait)
        except StartRefused as refusal:
            _fail(str(refusal), _REFUSED)
        except OSError as failure:
            _fail(f"The server cannot listen: {failure}", _REFUSED)
        except DevFailed as failure:
            _fail(f"The server {server.name} did not start:\n{_explained(failure)}", _FAILED)


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
