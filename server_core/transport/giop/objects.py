"""The objects behind a reference: which interface each has, and what a request to it takes.

Written as talks: generators that yield what to ask whom and receive the answers, so that the blocking and the asyncio
client share them. Source: wire 3, 4.3.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from server_core.model.errors import DevFailed, Reason
from server_core.model.values import AttributeValue
from server_core.protocol.exchange import Pieces, ProtocolError
from server_core.protocol.giop.connection import ClientConnection, Forwarded, Target
from server_core.protocol.giop.failures import NO_OBJECT, Completion, SystemFailure
from server_core.protocol.giop.ior import device_type
from server_core.protocol.giop.mapping import completed
from server_core.protocol.operations import (
    LATEST_LEVEL,
    GetAttributeConfig,
    ReadAttributeHistory,
    ReadAttributes,
    Request,
)
from server_core.transport.errors import ConnectionLost, RequestRefused
from server_core.transport.giop.pool import Ask, Ends
from server_core.transport.giop.reference import Reference, resolved

MOST_FORWARDS: Final = 5

COMPLETE_LEVEL: Final = 4
"""From this interface level on a reading says all that it has to (before, its format stands in the configuration)."""

EXTRAORDINARY: Final = (Exception, Forwarded)
"""What an answer is when it is no result."""

R = TypeVar("R")


class Exchange(NamedTuple):
    """Ask the server at `ends` something; the outcome is the answer, be it a refusal."""

    ends: Ends
    ask: Ask


Talk = Generator[Exchange, Any, R]
"""What is said to servers until a result is there."""


class Place(NamedTuple):
    """Where one object is, and which interface it has."""

    ends: Ends
    target: Target

    def asks(self, request: Request) -> Exchange:
        """The exchange that performs a request there."""
        return Exchange(self.ends, lambda codec: codec.request(request, self.target))


class Objects:
    """The objects that a reference stands for.

    `places` holds by device what has been found out; `ready` those of them that need no more than one exchange for any
    request. `gone` is set when the server has no such object, for a reference to a single one.
    """

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.places: dict[str, Place] = {}
        self.ready: dict[str, Place] = {}
        self.gone = False

    def find(self, device: str) -> Talk[Place]:
        """Where a device is, and its interface. Raises DevFailed `API_DeviceNotFound` when the server has no such
        object, and as `outcome_of`."""
        place = self.places.get(device)
        if place is None:
            place = yield from self._narrowed(self.reference, device)
            self._put(device, place)
        return place

    def _put(self, device: str, place: Place) -> None:
        self.places[device] = place
        if place.target.level >= COMPLETE_LEVEL:
            self.ready[device] = place

    def perform(self, request: Request) -> Talk[Any]:
        """The result of a request. Raises as `outcome_of`."""
        place = yield from self.find(request.device)
        answer = yield place.asks(request)
        return (yield from self.conclude(request, answer))

    def conclude(self, request: Request, answer: Any) -> Talk[Any]:
        """The result of a request that was answered so. Raises as `outcome_of`."""
        for _ in range(MOST_FORWARDS):
            if not isinstance(answer, Forwarded):
                break
            place = yield from self._narrowed(_forwarded(answer), request.device)
            self._put(request.device, place)
            answer = yield place.asks(request)
        result = self._result(answer, request.device)
        if type(request) in _READINGS and self.places[request.device].target.level < COMPLETE_LEVEL:
            result = yield from self._completed(request.device, result)
        return result

    def _completed(self, device: str, readings: list[AttributeValue]) -> Talk[list[AttributeValue]]:
        """Readings by an older interface, with what the configuration of their attributes says of them."""
        names = tuple(dict.fromkeys(reading.name for reading in readings if not reading.errors))
        if not names:
            return readings
        answer = yield self.places[device].asks(GetAttributeConfig(device, names))
        configs = {config.name.lower(): config for config in self._result(answer, device)}
        return [
            completed(reading, configs[reading.name.lower()]) if reading.name.lower() in configs else reading
            for reading in readings
        ]

    def _narrowed(self, reference: Reference, device: str) -> Talk[Place]:
        """The object of a device, wherever it is. Its level is that of its type id, or else the highest that it says to
        be of."""
        for _ in range(MOST_FORWARDS):
            key = reference.key_of(device)
            level: int | Forwarded | None = reference.level
            if level is None:
                level = yield from self._level(reference, key, device)
            if isinstance(level, int):
                return Place(reference.ends, Target(key, level))
            reference = _forwarded(level)
        raise _elsewhere(device)

    def _level(self, reference: Reference, key: bytes, device: str) -> Talk[int | Forwarded]:
        for level in range(LATEST_LEVEL, 0, -1):
            answer = yield Exchange(reference.ends, partial(_is_a, key, device_type(level)))
            if isinstance(answer, Forwarded):
                return answer
            if self._result(answer, device) is True:
                return level
        raise RequestRefused(f"{device} is no Tango device")

    def _result(self, answer: Any, device: str) -> Any:
        """The result that an answer holds. Raises as `outcome_of`."""
        outcome = self.outcome_of(answer, device)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def outcome_of(self, answer: Any, device: str) -> Any:
        """The result that an answer holds, or the exception that it is.

        DevFailed as the device raised it, DevFailed `API_DeviceNotFound` when the server has no such object,
        CallTimeout, ConnectionLost when the request could not be delivered, and RequestRefused for other exceptions of
        CORBA.
        """
        if isinstance(answer, SystemFailure):
            if answer.name == NO_OBJECT.name:
                self.gone = self.reference.key is not None
            return _refusal(answer, device)
        if isinstance(answer, Forwarded):
            return _elsewhere(device)
        return answer


_READINGS = (ReadAttributes, ReadAttributeHistory)


def _refusal(failure: SystemFailure, device: str) -> Exception:
    if failure.name == NO_OBJECT.name:
        return DevFailed.of(Reason.API_DeviceNotFound, f"Device {device} not found: {failure}", "server_core.transport")
    if failure.name in ("TRANSIENT", "COMM_FAILURE"):
        return ConnectionLost(str(failure), sent=failure.completed is not Completion.NO)
    return RequestRefused(str(failure))


def _is_a(key: bytes, type_id: str, codec: ClientConnection) -> tuple[int, Pieces]:
    return codec.is_a(key, type_id)


def _elsewhere(device: str) -> ConnectionLost:
    """What a call raises that has been sent on too often."""
    return ConnectionLost(f"device {device} is elsewhere now", sent=False)


def _forwarded(answer: Forwarded) -> Reference:
    try:
        return resolved(answer.ior)
    except ProtocolError as error:
        raise ConnectionLost(f"the server names a new place that is none: {error}", sent=False) from None
