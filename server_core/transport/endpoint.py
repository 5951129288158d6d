"""Where a server listens, as text in the database and as values.

tcp://host:port      tls://host:port      unix:///path/of.sock

Servers that speak Tango's own protocol too stand in the database with an object reference, which names these.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from server_core.protocol.giop.ior import native_endpoints

TCP, TLS, UNIX = "tcp", "tls", "unix"

_NETWORK = re.compile(r"(tcp|tls)://(\[[^]]+\]|[^:/\[\]]+):(\d{1,5})\Z")
_LOCAL = re.compile(r"unix://(/.+)\Z", re.DOTALL)


class Endpoint(NamedTuple):
    """One address of a server: host and port of `tcp` and `tls`, the socket's path of `unix`."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.scheme == UNIX:
            return f"unix://{self.path}"
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """The endpoint that `text` spells; ValueError when it spells none."""
    if found := _NETWORK.match(text):
        scheme, host, port = found.groups()
        if 0 < int(port) < 65536:
            return Endpoint(scheme, host.strip("[]"), int(port))
    elif found := _LOCAL.match(text):
        return Endpoint(UNIX, path=found[1])
    raise ValueError(f"{text!r} is not an endpoint (tcp://host:port, tls://host:port or unix:///path)")


def native_text(text: str) -> str:
    """The text of a server's native endpoints, of what stands in the database: in an object reference, if it names
    some, or else that itself. It is the same for all devices of the server."""
    return native_endpoints(text) or text


def parse_endpoints(text: str) -> list[Endpoint]:
    """The endpoints in a comma-separated list, or in an object reference, as it stands in the database; what is of
    another kind (an endpoint of a protocol not known here) is left out."""
    endpoints = []
    for word in native_text(text).split(","):
        if word.strip().partition("://")[0] in (TCP, TLS, UNIX):
            endpoints.append(parse_endpoint(word.strip()))
    return endpoints


def format_endpoints(endpoints: Iterable[Endpoint]) -> str:
    """The text that `parse_endpoints` reads."""
    return ",".join(map(str, endpoints))


def is_own_host(host: str) -> bool:
    """Whether `host` names this machine."""
    own = socket.gethostname().lower()
    name = host.lower()
    return name in ("localhost", "127.0.0.1", "::1", own) or name.partition(".")[0] == own.partition(".")[0] != ""


def ordered(endpoints: Sequence[Endpoint], host: str) -> list[Endpoint]:
    """The endpoints of a server on `host` that can be tried from here, best first: its Unix sockets when this is the
    host, and the others in the order given."""
    local = is_own_host(host)
    sockets = [
        endpoint for endpoint in endpoints if endpoint.scheme == UNIX and local and os.path.exists(endpoint.path)
    ]
    return sockets + [endpoint for endpoint in endpoints if endpoint.scheme != UNIX]


def choose(endpoints: Sequence[Endpoint], host: str) -> Endpoint:
    """The best endpoint of a server on `host` to be reached from here; ValueError when there is none."""
    candidates = ordered(endpoints, host)
    if not candidates:
        raise ValueError(f"no endpoint that can be reached from here in {format_endpoints(endpoints)!r}")
    return candidates[0]
