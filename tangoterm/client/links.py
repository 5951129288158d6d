"""What the connections of both runners have in common: identity, settings, the order of endpoints to try."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from server_core.model.identity import ClientIdent
from server_core.transport.endpoint import Endpoint, ordered, parse_endpoints
from server_core.transport.errors import CannotConnect
from tangoterm.client.steps import Address

if TYPE_CHECKING:
    from server_core.transport.tls import ClientTls

_tls: ClientTls | None = None


def set_tls(tls: ClientTls | None) -> None:
    """Use these certificates for connections to `tls://` endpoints that are opened from now on."""
    global _tls
    _tls = tls


def tls_settings() -> ClientTls | None:
    """The certificates set by `set_tls`."""
    return _tls


def identity() -> ClientIdent:
    """Who this process is for the servers it talks to (CLI-10)."""
    return ClientIdent(pid=os.getpid())


def candidates(address: Address) -> list[Endpoint]:
    """The endpoints to try, best first; CannotConnect when none can be reached from here."""
    try:
        endpoints = ordered(parse_endpoints(address.endpoints), address.host)
    except ValueError as error:
        raise CannotConnect(str(error)) from None
    if not endpoints:
        raise CannotConnect(f"no endpoint that can be reached from here in {address.endpoints!r}")
    return endpoints
