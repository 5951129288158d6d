"""Who asks: the client process behind a request, for those who have to know.

Locks belong to client processes, and the commands of the admin device decide by their caller. The dispatcher notes it
for the admin device alone, so other requests pay nothing.

Source: LOCK-1, LOCK-4, LOCK-12.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple, Protocol

from server_core.model.errors import DevFailed, Reason
from server_core.model.identity import ClientIdent


class Caller(Protocol):
    """What tells one client from another; a `Peer` is one.

    `host` is its machine, equal for all its connections, and reads as the host's name; `address` where the connection
    came from (`tcp:ip:port`, `unix:path`).
    """

    @property
    def ident(self) -> ClientIdent:
        """Who it says it is."""

    @property
    def host(self) -> object:
        """Its machine."""

    @property
    def address(self) -> str:
        """Where its connection came from."""


class Process(NamedTuple):
    """A client process, when its connection does not matter: the owner of a lock, or this process itself."""

    ident: ClientIdent
    host: object
    address: str

    @classmethod
    def of(cls, caller: Caller) -> Process:
        """The process behind a connection."""
        return cls(caller.ident, caller.host, caller.address)

    def is_same(self, caller: Caller) -> bool:
        """Whether the caller is this process, be it over another connection (LOCK-1)."""
        return self.ident == caller.ident and self.host == caller.host


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def on_behalf_of(caller: Caller, work: Callable[[], object]) -> object:
    """The result of `work`, in which `current_caller` is `caller`."""
    token = _caller.set(caller)
    try:
        return work()
    finally:
        _caller.reset(token)


def current_caller() -> Caller:
    """The client whose request to the admin device the calling thread executes; DevFailed `API_CantGetClientIdent`
    when there is none."""
    caller = _caller.get()
    if caller is None:
        raise DevFailed.of(
            Reason.API_CantGetClientIdent, "The request comes from no client: it has no identification", "DServer"
        )
    return caller
