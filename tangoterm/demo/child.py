"""One process of the demo: `python -m tangoterm.demo.child ROLE DIRECTORY`.

It serves until its standard input ends, as it does with the process that started it, or until it is told to stop
as any device server is. Before the usual ready line it prints where it listens. The database goes last and clears the
directory away.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from pathlib import Path

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.devices import find_class
from server_core.server.process import DeviceServer
from server_core.server.run import serve
from tangoterm.demo.places import DATABASE, database_file, socket_file
from tangoterm.demo.system import DATABASE_SERVER, SERVERS, classes

_PATIENCE = 3.0
"""Seconds that the database waits for the servers to take their leave."""


def main(role: str, directory: Path) -> None:
    """Serve one role of the demo."""
    if role == DATABASE:
        store = open_store(path=str(database_file(directory)))
        server = _server(DATABASE_SERVER, ["DataBase"], store, socket_file(directory, role))
    else:
        store = open_store()
        server = _server(role, classes(role), store, socket_file(directory, role))
    try:
        serve(server, lambda: _ready(server, store, role))
    finally:
        store.close()
        if role == DATABASE:
            shutil.rmtree(directory, ignore_errors=True)


def _server(name: str, class_names: list[str], store: Store, socket: Path) -> DeviceServer:
    program, _, instance = name.partition("/")
    return DeviceServer(
        [find_class(class_name) for class_name in class_names], program, instance, store=store, unix_path=str(socket)
    )


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
