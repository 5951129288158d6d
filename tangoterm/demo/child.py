"""One process of the demo: `python -m tangoterm.demo.child ROLE DIRECTORY`.

It serves until its standard input ends, as it does with the process that started it, or until it is told to stop
as any device server is. Before the usual ready line it prints where it listens. The database goes last and clears the
directory away.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import threading
import time
from functools import partial
from pathlib import Path

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.devices import find_class
from server_core.model.names import DATABASE_SERVER
from server_core.server.process import DeviceServer
from server_core.server.run import serve
from tangoterm.demo.places import DATABASE, PORTS, database_file, socket_file
from tangoterm.demo.system import SERVERS, classes

_PATIENCE = 3.0
"""Seconds that the database waits for the servers to take their leave."""


def main(role: str, directory: Path) -> None:
    """Serve one role of the demo."""
    store = open_store(path=str(database_file(directory))) if role == DATABASE else open_store()
    try:
        if role == DATABASE:
            _serve_database(store, directory)
        else:
            server = _server(role, classes(role), store, socket_file(directory, role))
            serve(server, partial(_ready, server, store, role))
    finally:
        store.close()
        if role == DATABASE:
            shutil.rmtree(directory, ignore_errors=True)


def _serve_database(store: Store, directory: Path) -> None:
    """Serve the database on a port that a user finds again."""
    for port in PORTS:
        server = _server(DATABASE_SERVER, ["DataBase"], store, socket_file(directory, DATABASE), port)
        try:
            serve(server, partial(_ready, server, store, DATABASE), raises=True)
        except OSError as taken:
            if port == 0 or taken.errno != errno.EADDRINUSE:
                raise
        else:
            break


def _server(name: str, class_names: list[str], store: Store, socket: Path, port: int = 0) -> DeviceServer:
    program, _, instance = name.partition("/")
    types = [find_class(class_name) for class_name in class_names]
    return DeviceServer(types, program, instance, store=store, port=port, unix_path=str(socket))


def _ready(server: DeviceServer, store: Store, role: str) -> None:
    print(server.endpoints, flush=True)  # noqa: T201
    threading.Thread(target=_stop_with_parent, args=(server, store, role), name="parent", daemon=True).start()


def _stop_with_parent(server: DeviceServer, store: Store, role: str) -> None:
    """Stop when the standard input ends; the database first lets the servers say that they leave."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    deadline = time.monotonic() + _PATIENCE
    while role == DATABASE and _anyone_served(store) and time.monotonic() < deadline:
        time.sleep(0.05)
    server.stop()


def _anyone_served(store: Store) -> bool:
    return any(record.exported for name in SERVERS for record in store.devices(server=name))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
