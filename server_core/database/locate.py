"""Which store a program uses: the database of TANGO_HOST, or the embedded file when there is none."""

from __future__ import annotations

import os
from pathlib import Path

from server_core.database.sqlite import SqliteStore
from server_core.database.store import Store
from server_core.model.errors import ConnectionFailed, Reason
from server_core.transport.tls import ClientTls, client_tls_of

_ORIGIN = "server_core.database.locate"

HOST_VARIABLE = "TANGO_HOST"
FILE_VARIABLE = "TANGOTERM_DATABASE"

SETTINGS_FILES = ("~/.tangorc", "/etc/tangorc")
"""Where TANGO_HOST may stand when the environment has none, the user's file first."""


def open_store(host: str | None = None, path: str | None = None, *, tls: ClientTls | None = None) -> Store:
    """The store at `host` (`host:port[,host:port...]`, default TANGO_HOST from the environment or a settings file),
    else the embedded one in the file `path` (default TANGOTERM_DATABASE, else one in the user's data directory).

    A given `path` wins over a TANGO_HOST that was not given as `host`. `tls` holds the certificates for a database that
    takes TLS connections; by default the environment names them. Directories of the file are made.

    Raises DevFailed `API_TangoHostNotSet` for an address that is none and `API_CantConnectToDatabase` for a file that
    cannot be used; a remote database is not contacted yet.
    """
    if host is None and path is None:
        host = tango_host()
    if host:
        from server_core.database.remote import RemoteStore

        return RemoteStore(host, tls=tls or client_tls_of())
    file = Path(path).expanduser() if path else embedded_path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConnectionFailed.of(
            Reason.API_CantConnectToDatabase, f"Failed to make the directory of the database {file}: {error}", _ORIGIN
        ) from error
    return SqliteStore(file)


def tango_host() -> str | None:
    """TANGO_HOST of the environment, or else of `~/.tangorc` or `/etc/tangorc`; None when it is set nowhere.

    The settings files are not asked when the environment names an embedded database (TANGOTERM_DATABASE).
    """
    return _located()[0] or None


def tango_host_place() -> str:
    """Where `tango_host` found the address: `the environment`, or the name of a file; empty when it is set nowhere."""
    return _located()[1]


def _located() -> tuple[str, str]:
    host = os.environ.get(HOST_VARIABLE, "").strip()
    if host:
        return host, "the environment"
    if not os.environ.get(FILE_VARIABLE, "").strip():
        for name in SETTINGS_FILES:
            file = Path(name).expanduser()
            if file.is_file() and (host := _setting(file.read_text(errors="replace"))):
                return host, name
    return "", ""


def _setting(text: str) -> str:
    """The value of TANGO_HOST among lines `NAME=value`, empty when it is not there."""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == HOST_VARIABLE:
            return value.strip().strip("\"'")
    return ""


def embedded_path() -> Path:
    """The file of the embedded store."""
    chosen = os.environ.get(FILE_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("tangoterm", appauthor=False) / "database.sqlite"
