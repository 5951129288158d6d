"""The messages of the native protocol: their numbers, and how each is encoded.

The encoders need no connection, so an event is encoded once for all of its subscribers.
"""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import Any, NamedTuple

from server_core.model.errors import DevError, DevFailed, MultiDevFailed, NamedDevFailed, Reason
from server_core.model.values import Event
from server_core.protocol.exchange import Occurred, Pieces, ProtocolError
from server_core.protocol.native.data import Blocks, Decode
from server_core.protocol.native.frames import encode_frame
from server_core.protocol.native.schema import Encode, decoder, encoder
from server_core.protocol.operations import OPERATIONS, Subscribe, Subscription, Unsubscribe


class Kind(IntEnum):
    """The first element of every header."""

    REQUEST = 0
    REPLY = 1
    ERROR = 2
    EVENT = 3
    DROPPED = 4
    PING = 5
    PONG = 6
    FAULT = 7


class Coder(NamedTuple):
    """How the requests and results of one operation are encoded and decoded; None for values packed as they are."""

    code: int
    encode_request: Encode | None
    decode_request: Decode
    encode_result: Encode | None
    decode_result: Decode


_SUBSCRIPTIONS: dict[type[Any], tuple[int, Any]] = {Subscribe: (1000, Subscription), Unsubscribe: (1001, None)}
_DECLARED: dict[type[Any], tuple[int, Any]] = _SUBSCRIPTIONS | {
    operation.request: (operation.code, operation.result) for operation in OPERATIONS.values()
}
_REQUEST_BY_CODE = {code: request for request, (code, _) in _DECLARED.items()}


class _Coders(dict[type[Any], Coder]):
    """Coders by class of request, made when first used."""

    def __missing__(self, request: Any) -> Coder:
        if request not in _DECLARED:
            raise ProtocolError(f"{request.__name__} is not a request")
        code, result = _DECLARED[request]
        self[request] = coder = Coder(code, encoder(request), decoder(request), encoder(result), decoder(result))
        return coder


CODERS = _Coders()


class _CodersByCode(dict[int, Coder | None]):
    """Coders by number of the operation; None for a number that has none here."""

    def __missing__(self, code: Any) -> Coder | None:
        request = _REQUEST_BY_CODE.get(number(code))
        if request is None:
            return None
        self[code] = coder = CODERS[request]
        return coder


CODERS_BY_CODE = _CodersByCode()


def encode_with(encode: Encode | None, value: Any, blocks: Blocks) -> Any:
    """`value` as msgpack can pack it; ProtocolError when it is not what the encoder was made for."""
    if encode is None:
        return value
    try:
        return encode(value, blocks)
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise ProtocolError(f"{value!r:.60} cannot be encoded: {error}") from error


_ERRORS = tuple[DevError, ...]
_FAILED = tuple[NamedDevFailed, ...]


def encode_event(topic: int, event: Event) -> Pieces:
    """The frame of an event; shared by all connections (see `contract.EncodeEvent`).

    In place of a payload that cannot be encoded stands the error `API_EncodeErr`.
    """
    try:
        return _event(topic, event)
    except ProtocolError as error:
        if event.errors:
            raise
        failure = DevError(Reason.API_EncodeErr, str(error), "server_core.protocol.native")
        return _event(topic, replace(event, payload=None, errors=(failure,)))


def _event(topic: int, event: Event) -> Pieces:
    blocks: Blocks = []
    return encode_frame((Kind.EVENT, topic, encode_with(encoder(Event), event, blocks)), blocks)


def decode_event(topic: Any, event: Any, blocks: memoryview, size: int) -> Occurred:
    """The event of a frame with that content."""
    return Occurred(number(topic), decoder(Event)(event, blocks), size)


def encode_dropped(topic: int, count: int) -> Pieces:
    """The frame that tells a client of lost events."""
    return encode_frame((Kind.DROPPED, topic, count), [])


def encode_fault(text: str) -> Pieces:
    """The last frame before a connection is closed for a breach of the protocol."""
    return encode_frame((Kind.FAULT, text), [])


def encode_failure(request_id: int, failure: DevFailed) -> Pieces:
    """The frame that refuses a request."""
    failed = failure.failed if isinstance(failure, MultiDevFailed) else None
    return encode_frame((Kind.ERROR, request_id, failure.args, failed), [])


def decode_failure(errors: Any, failed: Any) -> DevFailed:
    """The exception that a frame with that content carries."""
    stack = decoder(_ERRORS)(errors, _NO_BLOCKS)
    if failed is None:
        return DevFailed(*stack)
    return MultiDevFailed(*stack, failed=decoder(_FAILED)(failed, _NO_BLOCKS))


_NO_BLOCKS = memoryview(b"")


def number(wire: Any) -> int:
    """`wire` when it is a number that can count or identify something."""
    if type(wire) is not int or wire < 0:
        raise ProtocolError(f"{wire!r:.60} is not a number of a request, topic or operation")
    return wire
