"""What the connections of both runners have in common: identity, settings, whether a server listens."""

from __future__ import annotations

import os

from server_core.model.identity import ClientIdent
from server_core.transport import reach
from server_core.transport.tls import ClientTls, client_tls_of
from tangoterm.client.steps import Address

LOOK = 0.1
"""Seconds for looking whether a server that does not answer still listens."""

_tls: ClientTls | None = None


def set_tls(tls: ClientTls | None) -> None:
    """Use these certificates for connections to `tls://` endpoints that are opened from now on."""
    global _tls
    _tls = tls


def tls_settings() -> ClientTls | None:
    """The certificates set by `set_tls`, else those that the environment names."""
    return _tls or client_tls_of()


def identity() -> ClientIdent:
    """Who this process is for the servers it talks to (CLI-10)."""
    return ClientIdent(pid=os.getpid())


def listens(address: Address) -> bool:
    """Whether somebody accepts connections at `address`, asked for a tenth of a second (CLI-3)."""
    return reach.listens(address.endpoints, address.host, LOOK)
