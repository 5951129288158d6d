"""The commands `serve` and `database`: device servers that register themselves, and the database as a server."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from server_core.model.enums import SerialModel
from server_core.model.errors import DevFailed
from server_core.model.names import (
    DATABASE_DEVICE,
    DATABASE_SERVER,
    check_device_name,
    check_new_server,
    check_server_name,
)
from tangoterm.cli.parser import HelpFormatter
from tangoterm.cli.programs import PROGRAMS
from tangoterm.console.commands.table import UsageError
from tangoterm.console.exit_codes import Exit
from tangoterm.console.settings import Settings

if TYPE_CHECKING:
    from server_core.database.store import DeviceRecord, Store
    from server_core.device.device import Device
    from server_core.server.process import DeviceServer
    from server_core.transport.tls import ServerTls

Start = Callable[[argparse.Namespace], int]
Program = Callable[[Callable[[Settings, argparse.Namespace], int]], Start]

DATABASE_PORT = 10000
PREFERRED_NAMES = {"TangoTest": "sys/tg_test/1"}
"""Names that documentation and habit expect of a class's first device."""


def add_serve(subparsers: Any, common: argparse.ArgumentParser, program: Program) -> None:
    """The command `serve`."""
    parser = subparsers.add_parser(
        "serve",
        usage="tangoterm serve CLASS_OR_FILE INSTANCE [--device NAME]... [options]",
        help=PROGRAMS["serve"],
        description="Run a device server: a class that ships, the device classes of a Python file, or the device that "
        "tangoterm clone saved in a file. Devices that the database does not know yet are defined; without --device a "
        "server that has none gets one of a made-up name.",
        epilog="examples:\n  tangoterm serve TangoTest demo\n  tangoterm serve ./magnet.py lab --device lab/magnet/1\n",
        formatter_class=HelpFormatter,
        parents=[common],
    )
    parser.add_argument(
        "server", metavar="CLASS_OR_FILE", help="a device class, a file.py (file.py:Class for one), or a file.json"
    )
    parser.add_argument("instance", metavar="INSTANCE", help="name of this instance of the server")
    parser.add_argument(
        "--device", dest="devices", action="append", default=[], metavar="NAME",
        help="a device to serve: domain/family/member, or Class::domain/family/member (may be repeated)",
    )  # fmt: skip
    add_serving(parser)
    parser.set_defaults(_start=program(serve))


def add_database(subparsers: Any, common: argparse.ArgumentParser, program: Program) -> None:
    """The command `database`."""
    parser = subparsers.add_parser(
        "database",
        usage="tangoterm database [--file PATH] [--bind ADDRESS] [--port N] [-v LEVEL]",
        help=PROGRAMS["database"],
        description="Serve a database file as the Tango device sys/database/2, for other machines and programs: "
        "whatever takes a TANGO_HOST. The first line of the output says what that is.",
        parents=[common],
    )
    parser.add_argument("--file", metavar="PATH", help="the database file (default: the embedded database)")
    _add_listening(parser, DATABASE_PORT)
    parser.set_defaults(_start=program(database))


def add_serving(parser: argparse.ArgumentParser) -> None:
    """The options of a command that runs a device server: where its devices are defined, and where it listens."""
    parser.add_argument(
        "--keep-going", action="store_true", help="a device that does not start goes to FAULT; the others are served"
    )
    home = parser.add_mutually_exclusive_group()
    home.add_argument("--nodb", action="store_true", help="without database: nothing is registered or kept")
    home.add_argument(
        "--file",
        metavar="PROPS",
        help="devices and properties from this property file (made if absent), and no database",
    )
    _add_listening(parser, 0)


def _add_listening(parser: argparse.ArgumentParser, port: int) -> None:
    parser.add_argument(
        "--bind", metavar="ADDRESS", default="127.0.0.1", help="address to listen on (default 127.0.0.1)"
    )
    parser.add_argument(
        "--port", metavar="N", type=_port, default=port, help=f"port to listen on (default {port or 'any free one'})"
    )
    group = parser.add_argument_group("encryption (PEM files)")
    group.add_argument("--tls-cert", metavar="FILE", help="certificate of this server; its port then takes TLS only")
    group.add_argument("--tls-key", metavar="FILE", help="its key (default: in the file of the certificate)")
    group.add_argument("--tls-client-ca", metavar="FILE", help="let in only clients whose certificate this has signed")
    parser.add_argument("-v", dest="level", metavar="LEVEL", type=_level, default=0, help="log level, 1 to 5")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535, 0 for any free one)")
    return int(text)


def _level(text: str) -> int:
    if text not in ("0", "1", "2", "3", "4", "5"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a log level (0 to 5)")
    return int(text)


# ---- serve


def serve(settings: Settings, words: argparse.Namespace) -> int:
    """Run a device server until a signal or the command Kill ends it."""
    from tangoterm.cli.classes import load_classes

    server, classes = load_classes(words.server)
    return run_server(settings, words, server, words.instance, classes, _by_class(words.devices, classes))


def run_server(
    settings: Settings,
    words: argparse.Namespace,
    server: str,
    instance: str,
    classes: list[type[Device]],
    wanted: dict[str, list[str]],
) -> int:
    """Run `server/instance` with the `wanted` devices of each class until a signal or the command Kill ends it;
    `words` are those of `add_serving`."""
    check_server_name(f"{server}/{instance}")
    if settings.read_only and not (words.nodb or words.file):
        raise UsageError("read-only: a server registers its devices in the database; --nodb and --file do without it")
    if words.nodb:
        return _serve_without_database(words, server, instance, classes, wanted)
    store = _store(settings, words, f"{server}/{instance}")
    try:
        device_server = _server(words, server, instance, classes, store)
        ready = _addresses(device_server) if words.file else None
        return _serve(device_server, ready, lambda: register(store, device_server.name, classes, wanted))
    finally:
        store.close()


def _store(settings: Settings, words: argparse.Namespace, server: str) -> Store:
    if words.file:
        from server_core.database.file_store import FileStore

        return FileStore(words.file, server, create=True)
    from server_core.database.locate import open_store

    return open_store(settings.host)


def _serve_without_database(
    words: argparse.Namespace, server: str, instance: str, classes: list[type[Device]], wanted: dict[str, list[str]]
) -> int:
    if not any(wanted.values()):
        wanted[classes[-1].__name__] = [_conventional(classes[-1].__name__, instance)]
    device_server = _server(words, server, instance, classes, None, wanted)
    return _serve(device_server, _addresses(device_server))


def _addresses(server: DeviceServer) -> Callable[[], None]:
    """Say how clients reach the devices of a server that is in no database."""

    def announce() -> None:
        address = server.endpoints.partition(",")[0].partition("://")[2]
        for served in server.registry.devices():
            print(f"tango://{address}/{served.name}#dbase=no", flush=True)

    return announce


def _server(
    words: argparse.Namespace,
    server: str,
    instance: str,
    classes: list[type[Device]],
    store: Store | None,
    devices: dict[str, list[str]] | None = None,
    serial_model: SerialModel | None = None,
) -> DeviceServer:
    from server_core.server.process import DeviceServer
    from server_core.transport.tls import client_tls_of

    return DeviceServer(
        classes,
        server,
        instance,
        store=store,
        devices=devices,
        bind=words.bind,
        port=words.port,
        serial_model=serial_model,
        verbosity=words.level,
        tls=_server_tls(words),
        client_tls=client_tls_of(),
        keep_going=getattr(words, "keep_going", False),
    )


def _server_tls(words: argparse.Namespace) -> ServerTls | None:
    """The certificates that the command line names; UsageError for files that cannot be used."""
    from server_core.transport.tls import ServerTls

    cert, authority = words.tls_cert, words.tls_client_ca
    if cert is None:
        if words.tls_key or authority:
            raise UsageError("--tls-key and --tls-client-ca need --tls-cert")
        return None
    tls = ServerTls(cert, words.tls_key or cert, authority, require_client_cert=authority is not None)
    try:
        tls.context()
    except OSError as error:
        files = ", ".join(name for name in (cert, words.tls_key, authority) if name)
        raise UsageError(f"the certificates cannot be used ({files}): {error}") from None
    return tls


def _serve(
    server: DeviceServer, ready: Callable[[], None] | None = None, define: Callable[[], None] | None = None
) -> int:
    from server_core.server.run import serve

    try:
        serve(server, ready, define)
    except SystemExit as refusal:
        return Exit.FAILED if refusal.code else Exit.DONE
    return Exit.DONE


def _by_class(devices: list[str], classes: list[type[Device]]) -> dict[str, list[str]]:
    """The device names of each class; a name without class belongs to the last one, as on every Tango command line."""
    names: dict[str, list[str]] = {cls.__name__: [] for cls in classes}
    by_key = {name.lower(): name for name in names}
    for text in devices:
        dev_class, separator, name = text.rpartition("::")
        owner = by_key.get(dev_class.lower()) if separator else classes[-1].__name__
        if owner is None:
            raise UsageError(f"--device {text}: {dev_class} is none of the classes {', '.join(names)}")
        names[owner].append(check_device_name(name))
    return names


def register(store: Store, server: str, classes: list[type[Device]], wanted: dict[str, list[str]]) -> None:
    """Define in the database what the server is to serve: the wanted devices, or one when it has none at all.

    Raises DevFailed when a wanted device belongs to another server already, and for names that no new server may have.
    """
    defined = {record.name.lower(): record for record in store.devices()}
    pairs = [(name, dev_class) for dev_class, names in wanted.items() for name in names]
    for name, _ in pairs:
        _check_free(name, server, defined)
    classes_served = {each.dev_class.lower() for each in defined.values() if each.server.lower() == server.lower()}
    if not pairs and not classes_served & {cls.__name__.lower() for cls in classes}:
        dev_class = classes[-1].__name__
        pairs = [(free_name(dev_class, server.partition("/")[2], set(defined)), dev_class)]
    missing = [pair for pair in pairs if pair[0].lower() not in defined]
    if missing:
        check_new_server(server, missing)
        store.add_server(server, missing)


def _check_free(name: str, server: str, defined: dict[str, DeviceRecord]) -> None:
    record = defined.get(name.lower())
    if record is not None and record.server.lower() != server.lower():
        raise DevFailed.of(
            "API_DeviceNotFree", f"{record.name} belongs to the server {record.server} already", "tangoterm serve"
        )


def free_name(dev_class: str, instance: str, taken: set[str]) -> str:
    """A name for the first device of a class: the customary one when it is free, else `test/<class>/<instance>`, with
    a number behind it when that is taken too. `taken` is in lower case."""
    preferred = PREFERRED_NAMES.get(dev_class)
    if preferred is not None and preferred.lower() not in taken:
        return preferred
    name = base = _conventional(dev_class, instance)
    number = 2
    while name.lower() in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _conventional(dev_class: str, instance: str) -> str:
    return f"test/{dev_class.lower()}/{instance}"


# ---- database


def database(settings: Settings, words: argparse.Namespace) -> int:
    """Serve a database file as `sys/database/2` until a signal ends it; one slow query holds up nobody else."""
    from server_core.database.locate import embedded_path, open_store
    from server_core.devices import find_class

    store = open_store(path=words.file or str(embedded_path()))
    try:
        classes = [find_class("DataBase")]
        server, instance = DATABASE_SERVER.split("/")
        device_server = _server(words, server, instance, classes, store, serial_model=SerialModel.NO_SYNC)
        wanted = {"DataBase": [DATABASE_DEVICE]}

        def announce() -> None:
            address = device_server.endpoints.partition(",")[0].partition("://")[2]
            print(f"TANGO_HOST={address} ({store.address})", flush=True)

        return _serve(device_server, announce, lambda: register(store, device_server.name, classes, wanted))
    finally:
        store.close()
