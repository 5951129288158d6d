"""What the connection object of any protocol reports to its user: a server's loop and the clients speak in these only.

Each protocol (`native`, `giop`) has a `ServerConnection` and a `ClientConnection`: received bytes in, these messages
out. `ProtocolError` is the one exception that a codec may raise for what comes from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from server_core.model.identity import ClientIdent
from server_core.model.values import Event
from server_core.protocol.operations import LATEST, Form

Piece = bytes | memoryview
Pieces = list[Piece]
"""One encoded message, in pieces that are sent one after the other."""


class ProtocolError(Exception):
    """Bytes that break the protocol's rules, or a value that it cannot carry; the text names both."""


class Opened(NamedTuple):
    """The client has introduced itself, as far as the protocol has it do so (server role)."""

    ident: ClientIdent
    host: str


class Granted(NamedTuple):
    """The server has accepted the connection, with these limits (client role)."""

    max_frame: int
    max_outstanding: int


class Call(NamedTuple):
    """A request to execute (server role).

    `form` is how the client put it; `ident` says who asks, where that comes with the request instead of once for the
    connection.
    """

    id: int
    request: Any
    form: Form | None = LATEST
    ident: ClientIdent | None = None


class Reply(NamedTuple):
    """The answer to a request: its result, or the exception that refuses it (client role)."""

    id: int
    result: Any


class Occurred(NamedTuple):
    """An event, and how many bytes it took (client role)."""

    topic: int
    event: Event
    size: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """So many events of a topic were lost since the last one, because this client was too slow (client role)."""

    topic: int
    count: int


class Send(NamedTuple):
    """Bytes that the protocol itself answers; to be sent now."""

    frame: Pieces


class Broken(NamedTuple):
    """The other side broke the protocol, or says that this side did: nothing more can be read from it."""

    error: ProtocolError


class Closed(NamedTuple):
    """The other side says that it closes the connection in good order: requests without answer were not executed."""


T = TypeVar("T")


class Unanswered(dict[int, T]):
    """The requests that a server has not answered yet, by their number; `most` is how many there may be."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def check(self, number: int) -> None:
        """Whether a further request of that number may come; ProtocolError when not."""
        if number in self:
            raise ProtocolError(f"request {number} comes while another with its number is unanswered")
        if len(self) >= self._most:
            raise ProtocolError(f"more unanswered requests than the limit max_outstanding = {self._most}")


Received = Opened | Granted | Call | Reply | Occurred | Dropped | Send | Broken | Closed
