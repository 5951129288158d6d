"""Our client and a server that answers what no server should: it gets Tango's errors, and goes on."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.frames import FrameReader, Kind
from tangoterm.client import DevFailed, DeviceProxy, close_connections, handle
from tests.captured.wire import exchanges
from tests.odd_server import Answer, OddServer, Question

NAME = "a/b/c"


def recorded_replies() -> list[bytes]:
    """Replies of real servers in GIOP 1.2."""
    messages = [message for exchange in exchanges("attributes", "commands", "device") for message in exchange.messages]
    return [
        message.data
        for message in messages
        if message.data[5] == 2 and message.data[7] == Kind.REPLY and message.little and len(message.data) < 5000
    ]


def spoilt(reply: bytes, chance: random.Random) -> bytes:
    """A reply with bytes changed, left out or put in."""
    data = bytearray(reply)
    for _ in range(chance.randrange(4)):
        place = chance.randrange(24, len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[place : place + 1] = chance.randbytes(1)
            case 1:
                del data[place : place + chance.randrange(1, 9)]
            case 2:
                data[place:place] = chance.randbytes(chance.randrange(1, 9))
            case _:
                data[place : place + 4] = struct.pack("<I", chance.choice((0, 1, 2**31, 2**32 - 1)))
    return bytes(data)


def spoilt_answers(answers: Iterator[tuple[bytes, bool]]) -> Answer:
    """Each request is answered with the next one: (bytes, whether size and number are put right)."""

    def answer(question: Question) -> None:
        data, right = next(answers)
        if right:
            data = data[:8] + struct.pack("<II", len(data) - 12, question.number) + data[16:]
        question.send(data)

    return answer


@pytest.fixture
def rogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Iterator[tuple[bytes, bool]]], DeviceProxy]]:
    """A proxy of a device whose server gives these answers."""
    monkeypatch.setattr(handle, "RETRY_INTERVAL", 0.0)
    started: list[OddServer] = []

    def start(answers: Iterator[tuple[bytes, bool]]) -> DeviceProxy:
        started.append(OddServer(spoilt_answers(answers)))
        return DeviceProxy(started[-1].device)

    yield start
    close_connections()
    for each in started:
        each.close()


def outcomes(device: DeviceProxy, count: int) -> Counter[str]:
    """What becomes of calls of all kinds."""
    calls: list[Callable[[], object]] = [
        lambda: device.read_attribute("x"),
        lambda: device.read_attributes(["x", "y"]),
        lambda: device.get_attribute_config("x"),
        lambda: device.command_query("X"),
        lambda: device.attribute_history("x", 3),
        lambda: device.command_history("X", 3),
        device.state,
        device.status,
        device.info,
        device.ping,
        lambda: device.black_box(3),
        lambda: device.read_attribute_reply(device.read_attribute_asynch("x"), 0),
    ]
    device.set_timeout_millis(100)
    seen: Counter[str] = Counter()
    for number in range(count):
        try:
            calls[number % len(calls)]()
            seen["fine"] += 1
        except DevFailed as failure:
            seen[failure.errors[-1].reason if failure.errors else "nothing said"] += 1
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_spoilt_answers_end_as_errors_of_tango(
    rogue: Callable[[Iterator[tuple[bytes, bool]]], DeviceProxy], seed: int
) -> None:
    chance = random.Random(seed)
    replies = recorded_replies()

    def answers() -> Iterator[tuple[bytes, bool]]:
        while True:
            yield spoilt(chance.choice(replies), chance), True

    seen = outcomes(rogue(answers()), 400)
    assert seen["fine"] > 5
    assert seen["API_CommunicationFailed"] > 5


def test_bytes_that_are_no_answer(rogue: Callable[[Iterator[tuple[bytes, bool]]], DeviceProxy]) -> None:
    chance = random.Random(0)
    header = b"GIOP\1\2\1\1"

    def answers() -> Iterator[tuple[bytes, bool]]:
        while True:
            yield chance.randbytes(50), False
            yield b"GIOP\1\2\1\5" + bytes(4), False  # CloseConnection
            yield b"GIOP\1\2\1\6" + bytes(4), False  # MessageError
            yield header + struct.pack("<IIII", 12, 2**32 - 1, 0, 0), False  # to another request
            yield header + struct.pack("<I", 2**32 - 1) + bytes(50), False
            yield header + struct.pack("<I", 1000) + bytes(50), False  # the rest never comes

    seen = outcomes(rogue(answers()), 60)
    assert set(seen) <= {"API_CommunicationFailed", "API_DeviceTimedOut", "API_CantConnectToDevice", "fine"} | {
        "API_AttributeFailed",
    }


def test_the_reader_of_recorded_replies_takes_them() -> None:
    """They are whole."""
    for reply in recorded_replies():
        try:
            assert len(FrameReader(1 << 28).feed(reply)) == 1
        except ProtocolError:
            pytest.fail(reply.hex())
