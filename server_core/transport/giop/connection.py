"""What the blocking and the asyncio connection have in common: their objects, their pools, and that an end is final."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from server_core.model.identity import ClientIdent
from server_core.transport.errors import ConnectionLost, TransportError
from server_core.transport.giop.objects import Objects
from server_core.transport.giop.pool import Ends
from server_core.transport.giop.reference import Reference

NO_EVENTS: Final = "the server speaks Tango's own protocol, whose connections carry no events"


class SharedPool(Protocol):
    """The connections to one server, of either client."""

    users: int

    def leave(self) -> None:
        """One user less."""

    def break_off(self) -> None:
        """Calls under way end with ConnectionLost."""


P = TypeVar("P", bound=SharedPool)


class BaseConnection(ABC, Generic[P]):
    """The way to the objects of a reference, through the pools of the servers where they are."""

    carries_events: Final = False
    """In this protocol the server publishes events elsewhere (EVT-8)."""

    def __init__(self, reference: Reference, ident: ClientIdent) -> None:
        self._objects = Objects(reference)
        self._ident = ident
        self._pools: dict[Ends, P] = {}
        self._lost: ConnectionLost | None = None
        self._on_lost: list[Callable[[ConnectionLost], object]] = []

    @property
    def closed(self) -> bool:
        """Whether the connection has been closed or lost."""
        return self._lost is not None

    def give_up(self, text: str) -> None:
        """The other side counts as gone: calls under way end with ConnectionLost, and `on_lost` hears of it."""
        for pool in self._lose(text):
            pool.break_off()

    def close(self) -> None:
        """Be done with the server; calls under way end with ConnectionLost, unless others use its connections too."""
        self._on_lost.clear()
        for pool in self._lose("the connection was closed"):
            if not pool.users:
                pool.break_off()

    @abstractmethod
    def _lose(self, text: str) -> list[P]:
        """Use no connection any more, and tell so who waits for that; the pools that were used."""

    def _broken(self, error: TransportError) -> ConnectionLost:
        """What a call raises when the server is gone, which all users of the connection shall know."""
        self._lose(str(error))
        return error if isinstance(error, ConnectionLost) else ConnectionLost(str(error), sent=False)
