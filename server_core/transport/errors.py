"""What can go wrong between a client and a server, below the level of Tango's errors.

Plain exceptions: the client library turns them into the DevFailed that its users expect (CLI-2, CLI-3).
"""

from __future__ import annotations


class TransportError(Exception):
    """Any failure of a connection."""


class CannotConnect(TransportError):
    """Nobody answers at an endpoint, or not in the protocol that is expected, or its certificate is not trusted."""


class NotNative(CannotConnect):
    """The other side closed the connection instead of greeting, as a server of another protocol does."""


class CallTimeout(TransportError):
    """No answer within the time given; the request may still be executed."""


class ConnectionLost(TransportError):
    """The connection broke or was closed.

    `sent` tells whether the request may have reached the server: when False it surely has not, and can be repeated on
    another connection.
    """

    def __init__(self, text: str, *, sent: bool) -> None:
        super().__init__(text)
        self.sent = sent


class RequestRefused(TransportError):
    """The server's CORBA layer refused a request with an exception that Tango has no word for."""
