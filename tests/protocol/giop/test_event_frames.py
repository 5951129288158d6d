"""Events are read from ZeroMQ messages of real programs, and written as these write them."""

from __future__ import annotations

import random
import struct
from array import array
from dataclasses import replace
from typing import Any

import pytest

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.enums import AttrDataFormat, AttrQuality, DevState, EventType
from server_core.model.errors import DevError
from server_core.model.pipe import PipeBlob, PipeElement
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, DataReady, Event, InterfaceChange
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.cdr import encoder
from server_core.protocol.giop.events import HEARTBEAT, EventDecoder, encode_event, form_of
from tests.captured.wire import EventMessage, events, zeroed

HEARTBEATS = [message for message in events() if len(message.frames) == 3]
EVENTS = [message for message in events() if len(message.frames) == 4]
CALL_INFO_PADDING = ((13, 3),)
LEVELS = {"AttributeValue_3": 3, "AttributeValue_4": 4, "AttributeConfig_3": 4}


def decoder_of(message: EventMessage) -> EventDecoder:
    """What reads the messages of the topic: the names and the kind as the topic has them."""
    path, _, word = message.decoded["topic"].rpartition(".")
    name = path.partition("//")[2].partition("/")[2].removesuffix("#dbase=no")
    kind = EventType.from_wire_name(word.removeprefix("idl5_"))
    device, _, attribute = name.rpartition("/")
    return EventDecoder(device, attribute, kind, LEVELS.get(message.decoded["type"], 5))


def names(messages: list[EventMessage]) -> Any:
    return pytest.mark.parametrize("message", messages, ids=[message.name for message in messages])


@names(EVENTS)
def test_a_recorded_event_is_read(message: EventMessage) -> None:
    """In either byte order (wire 11.3)."""
    event = decoder_of(message)(message.frames)
    said = message.decoded["data"]
    assert event.counter == message.decoded["call_info"]["ctr"]
    if message.decoded["call_info"]["call_is_except"]:
        assert [error.reason for error in event.errors] == [error["reason"] for error in said]
        assert event.payload is None
        return
    assert event.errors == ()
    match event.payload:
        case AttributeValue() as reading:
            assert (reading.name, reading.quality.name) == (said["name"], said["quality"])
            assert (reading.dim_x, reading.dim_y) == (said["r_dim"]["dim_x"], said["r_dim"]["dim_y"])
            (elements,) = [said["value"]["value"]] if "any_type" in said["value"] else said["value"].values()
            value = reading.value if reading.dim_y or isinstance(reading.value, (list, memoryview)) else [reading.value]
            assert list(value) == elements[: len(value)]
            assert reading.time == pytest.approx(said["time"]["tv_sec"] + said["time"]["tv_usec"] / 1e6, abs=1e-6)
        case AttributeConfig() as config:
            assert (config.name, config.label, config.data_type) == (said["name"], said["label"], said["data_type"])
        case DataReady() as ready:
            assert ready == (said["name"], said["data_type"], said["ctr"])
        case PipeBlob() as blob:
            assert blob.name == said["data_blob"]["name"]
            assert [(each.name, each.value) for each in blob.elements] == [("q", 1.5)]
        case other:
            raise AssertionError(other)


def without_the_rest_of_the_time(data: bytes, message: EventMessage) -> bytes:
    """Nanoseconds below the microsecond are not kept."""
    moment = message.decoded["data"].get("time") if isinstance(message.decoded["data"], dict) else None
    if moment is None:
        return data
    given = struct.pack("<iii", moment["tv_sec"], moment["tv_usec"], moment["tv_nsec"])
    return data.replace(given, given[:8] + bytes(4))


@names([message for message in EVENTS if message.little and "pipe" not in message.name])
def test_a_recorded_event_is_written_as_it_was(message: EventMessage) -> None:
    """All frames behind the topic are equal outside of the padding (wire 11.3)."""
    decode = decoder_of(message)
    event = decode(message.frames)
    frames = encode_event(event, form_of(event.type, LEVELS.get(message.decoded["type"], 5)))
    assert len(frames) == len(message.frames) - 1
    for place, frame in enumerate(frames, 1):
        padding = CALL_INFO_PADDING if place == 2 else message.padding.get(place, ())
        recorded = zeroed(message.frames[place], padding)
        assert bytes(frame) == without_the_rest_of_the_time(recorded, message)


@names([message for message in EVENTS if "pipe" in message.name])
def test_a_pipe_is_written_as_it_was_but_for_the_time(message: EventMessage) -> None:
    event = decoder_of(message)(message.frames)
    *_, data = encode_event(event, form_of(event.type, 5))
    recorded = message.frames[3]
    moment = message.decoded["data"]["time"]
    place = recorded.index(struct.pack("<ii", moment["tv_sec"], moment["tv_usec"]))
    begin, end = place, place + 12
    assert data[:8] == recorded[:8]
    assert zeroed(bytes(data), ((begin, end - begin),)) == zeroed(recorded, (*message.padding[3], (begin, end - begin)))


@names(HEARTBEATS)
def test_a_heartbeat_is_written_as_it_was(message: EventMessage) -> None:
    """But for its counter, which says nothing (wire 11.3)."""
    for place, frame in enumerate(HEARTBEAT, 1):
        recorded = zeroed(message.frames[place], message.padding.get(place, ()))
        assert frame == recorded if place == 1 else frame[:4] + frame[8:] == recorded[:4] + recorded[8:]


def reading(**fields: Any) -> AttributeValue:
    scalar = AttrDataFormat.SCALAR
    return AttributeValue("Attr", CmdArgType.DevDouble, scalar, AttrQuality.ATTR_VALID, 1.7e9, 1.5, 1, 0, **fields)


ERRORS = (DevError("API_One", "the cause", "here"), DevError("API_Two", "a µ and an Ω", "there"))
CONFIG = AttributeConfig("Attr", CmdArgType.DevDouble, label="A label")
PAYLOADS = [
    (EventType.CHANGE_EVENT, reading()),
    (EventType.ARCHIVE_EVENT, reading(w_value=2.5, w_dim_x=1)),
    (EventType.PERIODIC_EVENT, AttributeValue("Attr", CmdArgType.DevDouble, AttrDataFormat.SCALAR)),
    (
        EventType.USER_EVENT,
        AttributeValue(
            "Attr", CmdArgType.DevState, AttrDataFormat.SCALAR, AttrQuality.ATTR_VALID, 5.0, DevState.FAULT, 1
        ),
    ),
    (EventType.ALARM_EVENT, reading()),
    (EventType.ATTR_CONF_EVENT, CONFIG),
    (EventType.DATA_READY_EVENT, DataReady("Attr", CmdArgType.DevDouble, -3)),
    (EventType.INTERFACE_CHANGE_EVENT, InterfaceChange(True, (CommandInfo("On"),), (CONFIG, CONFIG))),
    (EventType.INTERFACE_CHANGE_EVENT, InterfaceChange(False, (), ())),
    (
        EventType.PIPE_EVENT,
        PipeBlob(
            "root",
            [
                PipeElement("a", CmdArgType.DevDouble, 1.5),
                PipeElement("b", CmdArgType.DevPipeBlob, PipeBlob("in", [PipeElement("c", CmdArgType.DevString, "x")])),
                *(
                    PipeElement(f"d{size}", CmdArgType.DevVarLongArray, memoryview(array("i", range(size))))
                    for size in range(4)
                ),
            ],
        ),
    ),
]


@pytest.mark.parametrize(("kind", "payload"), PAYLOADS, ids=lambda value: getattr(value, "name", None))
@pytest.mark.parametrize("level", [3, 4, 5, 6])
def test_an_event_arrives_as_it_was_sent(kind: EventType, payload: Any, level: int) -> None:
    """Of every kind, at every level of the client."""
    event = Event("a/b/c", "attr", kind, payload, counter=2**32 - 1)
    received = EventDecoder("A/B/C", "Attr", kind, level)((b"topic", *encode_event(event, form_of(kind, level))))
    assert (received.device, received.object, received.counter) == ("a/b/c", "attr", event.counter)
    if level < 5 and isinstance(payload, AttributeValue) and payload.value is None:  # which then has no type
        assert isinstance(received.payload, AttributeValue)
        payload = replace(payload, data_type=CmdArgType.DevVoid, data_format=received.payload.data_format)
    assert received.payload == payload


@pytest.mark.parametrize("kind", list(EventType))
def test_an_error_event(kind: EventType) -> None:
    """It carries the error stack, whatever the kind; what Latin-1 has not is replaced."""
    event = Event("a/b/c", "attr", kind, errors=ERRORS, counter=7)
    received = EventDecoder("a/b/c", "attr", kind, 5)((b"topic", *encode_event(event, form_of(kind, 5))))
    assert received.payload is None
    assert received.errors == ERRORS


def test_a_reading_by_an_old_interface_is_completed() -> None:
    """Level 3 tells neither the format nor an enumeration; the configuration does."""
    config = AttributeConfig("Attr", CmdArgType.DevEnum, AttrDataFormat.SPECTRUM)
    value = memoryview(array("h", [2]))
    spectrum = replace(reading(), value=value, data_type=CmdArgType.DevEnum, data_format=AttrDataFormat.SPECTRUM)
    event = Event("a/b/c", "attr", EventType.CHANGE_EVENT, spectrum)
    frames = (b"topic", *encode_event(event, form_of(event.type, 3)))
    assert EventDecoder("a/b/c", "attr", event.type, 3, config)(frames).payload == spectrum


def test_a_reading_of_the_root_has_the_name_of_the_forwarded_attribute() -> None:
    """As C++ servers send the events of forwarded attributes."""
    event = Event("a/b/c", "attr", EventType.CHANGE_EVENT, replace(reading(), name="Root"))
    frames = (b"topic", *encode_event(event, form_of(event.type, 5)))
    payload = EventDecoder("a/b/c", "Link", event.type, 5)(frames).payload
    assert payload == replace(reading(), name="Link")


def test_the_errors_of_a_reading_are_those_of_its_event() -> None:
    failed = AttributeValue("attr", errors=ERRORS[:1])
    event = Event("a/b/c", "attr", EventType.CHANGE_EVENT, failed)
    form = form_of(EventType.CHANGE_EVENT, 5)
    assert EventDecoder("a/b/c", "attr", event.type, 5)((b"topic", *encode_event(event, form))).errors == ERRORS[:1]


def test_large_data_is_not_copied() -> None:
    """The frame is what was encoded, and the received value a view of the frame."""
    data = memoryview(bytes(8 * 100_000)).cast("d")
    spectrum = AttributeValue(
        "attr", CmdArgType.DevDouble, AttrDataFormat.SPECTRUM, AttrQuality.ATTR_VALID, 0.0, data, len(data)
    )
    form = form_of(EventType.CHANGE_EVENT, 5)
    *frames, content = encode_event(Event("a/b/c", "attr", EventType.CHANGE_EVENT, spectrum), form)
    assert isinstance(content, memoryview)
    received = bytes(content)
    event = EventDecoder("a/b/c", "attr", EventType.CHANGE_EVENT, 5)((b"topic", *frames, received))
    assert isinstance(event.payload, AttributeValue)
    assert event.payload.value.obj is received
    assert event.payload.value == data


@pytest.mark.parametrize("message", EVENTS, ids=[message.name for message in EVENTS])
def test_damaged_messages_are_refused(message: EventMessage) -> None:
    """Whatever the bytes are, an event comes of them or a ProtocolError."""
    decode = decoder_of(message)
    chance = random.Random(message.name)
    frames = [bytearray(frame) for frame in message.frames]
    for length in range(len(frames[3])):
        if length > 400 and chance.random() > 0.05:
            continue
        tried(decode, [*message.frames[:3], message.frames[3][:length]])
    for _ in range(400):
        damaged = [bytearray(frame) for frame in message.frames]
        for _ in range(chance.randrange(1, 4)):
            frame = damaged[chance.choice((1, 2, 3, 3, 3))]
            frame[chance.randrange(len(frame))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        tried(decode, [bytes(frame) for frame in damaged])


def tried(decode: EventDecoder, frames: list[bytes]) -> None:
    try:
        event = decode(frames)
    except ProtocolError:
        return
    assert isinstance(event, Event)


@pytest.mark.parametrize(
    "frames",
    [
        (),
        (b"topic",),
        (b"topic", *HEARTBEAT),
        (b"topic", b"", HEARTBEAT[1], b""),
        (b"topic", b"\1", b"", b""),
        (b"topic", b"\1", HEARTBEAT[1], b""),
        (b"topic", b"\1", HEARTBEAT[1], b"\xc0\xde\xc0\xde", b"one more"),
    ],
    ids=[0, 1, 2, 3, 4, 5, 6],
)
def test_what_is_no_event_is_refused(frames: tuple[bytes, ...]) -> None:
    with pytest.raises(ProtocolError):
        EventDecoder("a/b/c", "attr", EventType.CHANGE_EVENT, 5)(frames)


@pytest.mark.parametrize("order", [b"", b"\1\1"])
def test_the_byte_order_is_one_octet(order: bytes) -> None:
    """wire 11.3"""
    event = Event("a/b/c", "attr", EventType.CHANGE_EVENT, errors=ERRORS)
    _, *rest = encode_event(event, form_of(event.type, 5))
    with pytest.raises(ProtocolError):
        EventDecoder("a/b/c", "attr", event.type, 5)((b"topic", order, *rest))


def test_a_failure_without_errors_is_refused() -> None:
    event = Event("a/b/c", "attr", EventType.CHANGE_EVENT, errors=ERRORS)
    order, call_info, _ = encode_event(event, form_of(event.type, 5))
    empty = bytearray(8)
    encoder("DevErrorList")(empty, ())
    with pytest.raises(ProtocolError, match="without errors"):
        EventDecoder("a/b/c", "attr", event.type, 5)((b"topic", order, call_info, bytes(empty[4:])))
