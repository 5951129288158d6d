"""Who a client is: the process behind the host and pid that a blackbox names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tangoterm.console.blackbox.entry import BlackBoxEntry
from tangoterm.console.catalogue import is_admin
from tangoterm.console.hosts import is_this_host, same_host
from tangoterm.console.session import Session


@dataclass(frozen=True, slots=True)
class Client:
    """The sender of a request. `command` is the command line of a process of this host that still runs; `server` and
    `devices` are those that the database has running with that host and pid."""

    host: str
    process: str
    language: str
    command: str = ""
    server: str = ""
    devices: tuple[str, ...] = ()


def client_of(session: Session, entry: BlackBoxEntry) -> Client | None:
    """Who made a request; None for polling and others that are no clients."""
    if not entry.client or entry.by_polling or " " in entry.client:
        return None
    client = Client(entry.client, entry.process, entry.language)
    if not entry.process.isdecimal():
        return client
    pid = int(entry.process)
    records = [
        record
        for record in session.catalogue.records
        if record.exported and record.pid == pid and _same(record.host, entry.client)
    ]
    return Client(
        entry.client,
        entry.process,
        entry.language,
        _command_line(pid) if is_this_host(entry.client) else "",
        records[0].server if records else "",
        tuple(record.name for record in records if not is_admin(record)),
    )


def _same(host: str, other: str) -> bool:
    return same_host(host, other) or (is_this_host(host) and is_this_host(other))


def _command_line(pid: int) -> str:
    """Empty for a process that is gone or hidden, and where the system keeps no such list."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(word for word in words if word).decode(errors="replace")
