"""What the connections of both runners have in common: identity, settings, the order of endpoints to try."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import monotonic

from server_core.model.identity import ClientIdent
from server_core.transport.endpoint import Endpoint, ordered, parse_endpoints
from server_core.transport.errors import CannotConnect
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


def attempts(address: Address, timeout: float) -> Iterator[tuple[Endpoint, float]]:
    """The endpoints to try, best first, each with the seconds left of `timeout`; ends when none are left.

    CannotConnect when no endpoint can be reached from here.
    """
    deadline = monotonic() + timeout
    for endpoint in _candidates(address):
        left = deadline - monotonic()
        if left <= 0:
            return
        yield endpoint, left


def listens(address: Address) -> bool:
    """Whether somebody accepts connections at `address`, asked for a tenth of a second (CLI-3)."""
    from server_core.transport.line import accepts

    return any(accepts(endpoint, left) for endpoint, left in attempts(address, LOOK))


def _candidates(address: Address) -> list[Endpoint]:
    try:
        endpoints = ordered(parse_endpoints(address.endpoints), address.host)
    except ValueError as error:
        raise CannotConnect(str(error)) from None
    if not endpoints:
        raise CannotConnect(f"no endpoint that can be reached from here in {address.endpoints!r}")
    return endpoints
