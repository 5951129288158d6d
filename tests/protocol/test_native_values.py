"""Everything that can be asked and answered comes back from the wire as it was sent."""

from __future__ import annotations

import types
from array import array
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_core.model.conversion import to_array
from server_core.model.enums import EventType
from server_core.model.errors import DevError, DevFailed, MultiDevFailed, NamedDevFailed
from server_core.model.identity import ClientIdent
from server_core.model.pipe import PipeBlob, PipeElement
from server_core.model.types import TYPES, CmdArgType, Kind, TangoType
from server_core.model.values import AttributeValue, AttributeWrite, Event, TypedValue
from server_core.protocol.exchange import Call, Occurred, Reply, Send
from server_core.protocol.native import data
from server_core.protocol.native.connection import ClientConnection, ServerConnection
from server_core.protocol.native.messages import CODERS, encode_event
from server_core.protocol.operations import OPERATIONS, Subscribe, Subscription, Unsubscribe
from tests.protocol.strategies import scalars

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_sizes = st.sampled_from([0, 1, 3, 200])


def _arrays(row: TangoType) -> st.SearchStrategy[Any]:
    """Flat arrays, some small enough to travel inline and some not."""
    element = scalars(row, _text, 2000)
    return st.tuples(st.lists(element, min_size=1, max_size=5), _sizes).map(
        lambda drawn: to_array(row.code, (drawn[0] * drawn[1])[:300])
    )


def _command_data(code: CmdArgType) -> st.SearchStrategy[Any]:
    row = TYPES[code]
    if row.kind is Kind.ARRAY:
        return _arrays(TYPES[row.element])
    if row.kind is Kind.PAIR:
        return st.tuples(_arrays(TYPES[row.element]), st.lists(_text, max_size=3))
    return scalars(row, _text, 2000)


def _attribute_data(code: CmdArgType) -> st.SearchStrategy[Any]:
    row = TYPES[code]
    return st.one_of(st.none(), scalars(row, _text, 2000), _arrays(row)) if row.kind is not Kind.VOID else st.none()


_command_types = st.sampled_from([row.code for row in TYPES.values() if row.command])
_attribute_types = st.sampled_from([row.code for row in TYPES.values() if row.attribute or row.kind is Kind.VOID])
_element_types = st.sampled_from(
    [row.code for row in TYPES.values() if row.kind not in (Kind.UNKNOWN, Kind.BLOB, Kind.VOID)]
)
_elements = _element_types.flatmap(lambda code: st.builds(PipeElement, _text, st.just(code), _command_data(code)))
_blobs = st.recursive(
    st.builds(PipeBlob, _text, st.lists(_elements, max_size=3)),
    lambda inner: st.builds(
        PipeBlob,
        _text,
        st.lists(_elements | st.builds(PipeElement, _text, st.just(CmdArgType.DevPipeBlob), inner), max_size=3),
    ),
    max_leaves=4,
)


def _attribute_values(code: CmdArgType) -> st.SearchStrategy[Any]:
    parts = {"data_type": st.just(code), "value": _attribute_data(code), "w_value": _attribute_data(code)}
    return _records(AttributeValue, parts)


_SPECIAL: dict[Any, st.SearchStrategy[Any]] = {
    TypedValue: _command_types.flatmap(lambda code: st.builds(TypedValue, st.just(code), _command_data(code))),
    AttributeWrite: _attribute_types.flatmap(
        lambda code: _records(AttributeWrite, {"data_type": st.just(code), "value": _attribute_data(code)})
    ),
    AttributeValue: _attribute_types.flatmap(_attribute_values),
    PipeBlob: _blobs,
    str: _text,
    int: st.integers(0, 2**62),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    None: st.none(),
    type(None): st.none(),
}


def _records(record: type[Any], parts: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(record)
    names = [field.name for field in fields(record)] if is_dataclass(record) else record._fields
    return st.builds(record, **{name: parts[name] if name in parts else strategy(hints[name]) for name in names})


def strategy(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation, as the declarations of operations and model mean them."""
    if annotation in _SPECIAL:
        return _SPECIAL[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        return st.lists(strategy(arguments[0]), max_size=3)
    if origin is tuple and arguments[1:] == (Ellipsis,):
        return st.lists(strategy(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(strategy, arguments))
    if origin is dict:
        return st.dictionaries(*map(strategy, arguments), max_size=3)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(strategy, arguments))
    if issubclass(annotation, IntEnum):
        return st.sampled_from(annotation)
    return _records(annotation, {})


def connected() -> tuple[ClientConnection, ServerConnection]:
    """Both ends of a connection that has exchanged greetings."""
    client, server = ClientConnection(2**28), ServerConnection(2**28, 100)
    answer, _ = server.receive(client.hello(ClientIdent(pid=1), "here"))
    assert isinstance(answer, Send)
    client.receive(b"".join(answer.frame))
    return client, server


def bits(value: Any) -> Any:
    """`value` with its arrays as (format, bytes), so that equality means equality of every bit."""
    if isinstance(value, memoryview):
        return value.format, value.tobytes()
    if isinstance(value, (list, tuple)):
        return type(value), [bits(part) for part in value]
    if is_dataclass(value):
        return type(value), [bits(getattr(value, field.name)) for field in fields(value)]
    return type(value), value


_RESULTS = {operation.request: operation.result for operation in OPERATIONS.values()}
_RESULTS |= {Subscribe: Subscription, Unsubscribe: None}
_settings = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("request_class", _RESULTS, ids=lambda request: request.__name__)
def test_requests_and_results_of_every_operation_survive(request_class: type[Any]) -> None:
    client, server = connected()

    @_settings
    @given(strategy(request_class), strategy(_RESULTS[request_class]))
    def check(request: Any, result: Any) -> None:
        request_id, frame = client.request(request)
        (call,) = server.receive(b"".join(frame))
        assert isinstance(call, Call)
        assert (call.id, bits(call.request)) == (request_id, bits(request))
        answer = server.reply(request_id, result)
        assert answer is not None
        (reply,) = client.receive(b"".join(answer))
        assert isinstance(reply, Reply)
        assert (reply.id, bits(reply.result)) == (request_id, bits(result))

    check()


@_settings
@given(st.integers(0, 2**40), strategy(Event))
def test_events_with_every_payload_survive(topic: int, event: Event) -> None:
    client, _ = connected()
    (message,) = client.receive(b"".join(encode_event(topic, event)))
    assert isinstance(message, Occurred)
    assert (message.topic, bits(message.event)) == (topic, bits(event))


def test_an_event_whose_payload_cannot_be_encoded_carries_an_error() -> None:
    """As an answer does: half a character is no text."""
    client, _ = connected()
    value = AttributeValue("x", CmdArgType.DevString, value="\ud800")
    (message,) = client.receive(
        b"".join(encode_event(3, Event("a/b/c", "x", EventType.CHANGE_EVENT, value, counter=7)))
    )
    assert isinstance(message, Occurred)
    assert (message.event.payload, message.event.counter) == (None, 7)
    assert [error.reason for error in message.event.errors] == ["API_EncodeErr"]


@_settings
@given(strategy(tuple[DevError, ...]), st.none() | strategy(tuple[NamedDevFailed, ...]))
def test_failures_survive_with_their_stacks(
    errors: tuple[DevError, ...], failed: tuple[NamedDevFailed, ...] | None
) -> None:
    client, server = connected()
    request_id, frame = client.request(OPERATIONS["ping"].request("d"))
    server.receive(b"".join(frame))
    failure = DevFailed(*errors) if failed is None else MultiDevFailed(*errors, failed=failed)
    answer = server.reply(request_id, failure)
    assert answer is not None
    (reply,) = client.receive(b"".join(answer))
    assert isinstance(reply, Reply)
    assert type(reply.result) is type(failure)
    assert reply.result.errors == errors
    assert getattr(reply.result, "failed", None) == failed


@pytest.mark.parametrize("code", [row.code for row in TYPES.values() if row.attribute and row.typecode])
def test_large_arrays_are_views_of_what_was_received(code: CmdArgType) -> None:
    """No copy of an array's elements: the block of the frame itself is handed out, aligned for its elements."""
    row = TYPES[code]
    values = memoryview(array(row.typecode or "B", range(100)) * 100)
    client, server = connected()
    request_id, frame = client.request(OPERATIONS["read_attributes"].request("d", ("a", "b")))
    server.receive(b"".join(frame))
    reading = AttributeValue("a", code, value=values, dim_x=len(values), w_value=values[:999])
    answer = server.reply(request_id, [reading])
    assert answer is not None
    assert any(isinstance(piece, memoryview) and piece.obj is values.obj for piece in answer)
    received = b"".join(answer)
    assert client.receive(received[:100]) == []
    buffer = client.wanted()
    assert buffer is not None
    buffer[:] = received[100:]
    (reply,) = client.filled(len(buffer))
    assert isinstance(reply, Reply)
    value, w_value = reply.result[0].value, reply.result[0].w_value
    assert (value.obj, value.tolist(), w_value.tolist()) == (buffer.obj, values.tolist(), values[:999].tolist())


def test_array_bytes_are_swapped_on_hosts_of_the_other_byte_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays travel little-endian; a pretended big-endian sender and receiver undo one another."""
    values = memoryview(array("h", [1, 2, -3]))
    assert data.swapped(values).tolist() == [256, 512, -513]
    monkeypatch.setattr(data, "_LITTLE_ENDIAN", False)
    wire = data.encode_data(values, [])
    assert wire.tolist() == [256, 512, -513]
    decode = data.COMMAND_DATA[CmdArgType.DevVarShortArray]
    assert decode(bytes(wire), memoryview(b"")).tolist() == [1, 2, -3]


def test_every_operation_has_a_number_of_its_own() -> None:
    codes = [CODERS[request].code for request in _RESULTS]
    assert len(set(codes)) == len(codes)
