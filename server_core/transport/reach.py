"""Connecting to a server by what the database, or a device's name, says of it, in whichever protocol it speaks.

A server that names native endpoints is spoken to natively, and an object reference that names none in Tango's own
protocol (GIOP). An address that does not say it (`tcp://host:port`) is greeted natively first; a server that closes
the connection instead of greeting speaks GIOP, which is remembered for a while. With TLS there is the native protocol
only.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Final

from server_core.model.identity import ClientIdent
from server_core.transport.endpoint import TCP, UNIX, Endpoint, ordered, parse_endpoints
from server_core.transport.errors import CannotConnect, NotNative

if TYPE_CHECKING:
    from server_core.transport import aio, blocking
    from server_core.transport.giop import aio as giop_aio
    from server_core.transport.giop import blocking as giop_blocking
    from server_core.transport.giop.reference import Reference
    from server_core.transport.tls import ClientTls

    AnyConnection = blocking.Connection | giop_blocking.Connection
    AnyAsyncConnection = aio.AsyncConnection | giop_aio.AsyncConnection

REMEMBERED: Final = 600.0
"""Seconds for which it is remembered that an address speaks GIOP."""

_IOR = "IOR:"

_speak_giop: dict[Endpoint, float] = {}
"""Addresses where the last connection did, and until when a new one begins so."""


def is_reference(text: str) -> bool:
    """Whether `text`, as `native_text` gives it, is the reference of a single device."""
    return text.startswith(_IOR)


def speaks_giop(text: str) -> bool:
    """Whether a server at `text`, as `native_text` gives it, is spoken to in Tango's own protocol.

    Of an address that does not say it, this is known once there is a connection.
    """
    return is_reference(text) or (bool(_speak_giop) and any(end in _speak_giop for end in parse_endpoints(text)))


def addresses(text: str, host: str) -> list[Endpoint]:
    """The addresses that a server on `host` can be tried at from here, best first. Raises CannotConnect when there are
    none."""
    if is_reference(text):
        return list(_reference(text).ends)
    try:
        endpoints = ordered(parse_endpoints(text), host)
    except ValueError as error:
        raise CannotConnect(str(error)) from None
    if not endpoints:
        raise CannotConnect(f"no endpoint that can be reached from here in {text!r}")
    return endpoints


def port_of(text: str) -> str:
    """The TCP port of a server as text, empty when it has none."""
    ends = _reference(text).ends if is_reference(text) else parse_endpoints(text)
    return next((str(end.port) for end in ends if end.scheme != UNIX), "")


def attempts(text: str, host: str, timeout: float) -> Iterator[tuple[Endpoint, float]]:
    """The addresses to try, best first, each with the seconds left of `timeout`; ends when none are left.

    Raises CannotConnect when no address can be reached from here.
    """
    deadline = monotonic() + timeout
    for endpoint in addresses(text, host):
        left = deadline - monotonic()
        if left <= 0:
            return
        yield endpoint, left


def listens(text: str, host: str, timeout: float) -> bool:
    """Whether somebody accepts connections there, asked for so many seconds."""
    from server_core.transport.line import accepts

    return any(accepts(endpoint, left) for endpoint, left in attempts(text, host, timeout))


def connect(
    text: str, host: str, *, ident: ClientIdent, timeout: float, tls: ClientTls | None, key: bytes | None = None
) -> AnyConnection:
    """A connection to the server on `host` at `text`, as `native_text` gives it.

    `key` is the object to speak to where it is no device under its name, which GIOP wants to know of an address. Raises
    CannotConnect.
    """
    from server_core.transport.blocking import Connection

    if is_reference(text):
        return _connect_giop(_plain(_reference(text), tls), ident, timeout)
    failure = CannotConnect(f"no endpoint in {text!r}")
    for endpoint, left in attempts(text, host, timeout):
        try:
            if _begins_natively(endpoint):
                return Connection.open(endpoint, ident=ident, timeout=left, tls=tls)
        except NotNative as error:
            if not _may_speak_giop(endpoint):
                failure = error
                continue
        except CannotConnect as error:
            failure = error
            continue
        return _connect_giop(_of_address(endpoint, key), ident, left)
    raise failure


def _connect_giop(reference: Reference, ident: ClientIdent, timeout: float) -> giop_blocking.Connection:
    from server_core.transport.giop.blocking import Connection

    try:
        connection = Connection.open(reference, ident=ident, timeout=timeout)
    except CannotConnect:
        _forget(reference)
        raise
    connection.on_lost(lambda lost: _forget(reference))
    return connection


async def connect_async(
    text: str,
    host: str,
    *,
    ident: ClientIdent,
    timeout: float,  # noqa: ASYNC109
    tls: ClientTls | None,
) -> AnyAsyncConnection:
    """As `connect`, in the running loop."""
    from server_core.transport.aio import AsyncConnection

    if is_reference(text):
        return await _connect_giop_async(_plain(_reference(text), tls), ident, timeout)
    failure = CannotConnect(f"no endpoint in {text!r}")
    for endpoint, left in attempts(text, host, timeout):
        try:
            if _begins_natively(endpoint):
                return await AsyncConnection.open(endpoint, ident=ident, timeout=left, tls=tls)
        except NotNative as error:
            if not _may_speak_giop(endpoint):
                failure = error
                continue
        except CannotConnect as error:
            failure = error
            continue
        return await _connect_giop_async(_of_address(endpoint, None), ident, left)
    raise failure


async def _connect_giop_async(reference: Reference, ident: ClientIdent, seconds: float) -> giop_aio.AsyncConnection:
    from server_core.transport.giop.aio import AsyncConnection

    try:
        connection = await AsyncConnection.open(reference, ident=ident, timeout=seconds)
    except CannotConnect:
        _forget(reference)
        raise
    connection.on_lost(lambda lost: _forget(reference))
    return connection


def _begins_natively(endpoint: Endpoint) -> bool:
    """Whether to greet there, as it is not remembered that this is in vain; then nothing is remembered any more."""
    if _speak_giop.get(endpoint, 0.0) > monotonic():
        return False
    _speak_giop.pop(endpoint, None)
    return True


def _may_speak_giop(endpoint: Endpoint) -> bool:
    """Whether a server that did not greet may speak GIOP; that is remembered then."""
    if endpoint.scheme != TCP:
        return False
    _speak_giop[endpoint] = monotonic() + REMEMBERED
    return True


def _forget(reference: Reference) -> None:
    for endpoint in reference.ends:
        _speak_giop.pop(endpoint, None)


def _of_address(endpoint: Endpoint, key: bytes | None) -> Reference:
    from server_core.transport.giop.reference import Reference

    return Reference((endpoint,), key)


def _reference(text: str) -> Reference:
    from server_core.transport.giop.reference import reference_of

    return reference_of(text)


def _plain(reference: Reference, tls: ClientTls | None) -> Reference:
    """The reference; CannotConnect with TLS, which its protocol has not."""
    if tls is not None:
        raise CannotConnect(f"{reference.ends[0]}: the server offers no TLS")
    return reference
