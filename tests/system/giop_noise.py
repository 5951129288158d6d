"""A program that sends a server what no client should: `giop_noise.py PORT COUNT SEED KEY...`.

COUNT messages go to the objects of the keys over many connections, some of them at once: recorded requests of real
programs with bytes changed, left out and put in, recorded replies, and arbitrary bytes. In the end it prints how many
answers came.
"""

from __future__ import annotations

import random
import socket
import struct
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, count, islice

from server_core.protocol.giop.frames import FrameReader, Kind
from server_core.protocol.giop.messages import read_request
from tests.captured.wire import exchanges

AT_ONCE = 16
"""Connections that are open at the same time."""
IN_ONE = 20
"""Messages sent over one connection."""
NUMBERS = (0, 1, 2, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x0FFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


class Request:
    """A recorded request, in its frames."""

    def __init__(self, frames: tuple[bytes, ...]) -> None:
        self.frames = [bytearray(frame) for frame in frames]
        whole = bytearray(frames[0])
        whole[6] &= 1
        ((head, _),) = FrameReader(1 << 20).feed(bytes(whole))
        self.number = struct.Struct("<I" if head.little else ">I")
        self.key, self.body = b"", len(whole)
        if head.kind is Kind.REQUEST and len(frames) == 1:
            request = read_request((head, whole))
            self.key, self.body = request.key or b"", request.body

    def to(self, number: int, keys: list[bytes]) -> list[bytes]:
        """The request with another number and to another object, if one of the keys takes the same place."""
        for place, frame in enumerate(self.frames):
            self.number.pack_into(frame, 12 if place or frame[5] == 2 else 16, number)
        for key in keys:
            old, new = (self.number.pack(len(one)) + one + bytes(-len(one) & 3) for one in (self.key, key))
            if len(old) == len(new) and (place := self.frames[0].find(old.rstrip(b"\0"), 16)) > 0:
                self.frames[0][place : place + len(new)] = new
                self.key = key
                break
        return list(map(bytes, self.frames))


def mutated(chance: random.Random, data: bytes, body: int) -> bytes:
    """The bytes with a few changes, mostly behind the headers, which end at `body`: messages are to be looked into."""
    changed = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
        start = chance.choices((0, 12, body), (1, 2, 60))[0]
        if start >= len(changed):
            break
        place = chance.randrange(start, len(changed))
        match chance.randrange(5):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                changed[place] ^= 1 << chance.randrange(8)
            case 2:
                place = min(place & ~3, len(changed) - 4)
                if place >= start:
                    struct.pack_into(chance.choice("<>") + "I", changed, place, chance.choice(NUMBERS))
            case 3:
                changed[place : place + 4] = changed[place - 4 : place]
            case 4 if chance.random() < 0.1:  # the message is longer or shorter then than it says
                changed[place : place + chance.randrange(5)] = chance.randbytes(chance.randrange(5))
    return bytes(changed)


def requests(chance: random.Random, keys: list[bytes]) -> Iterator[list[bytes]]:
    """Requests with changes, in the frames they are sent in."""
    recorded = [
        Request(found.messages[0].frames)
        for found in exchanges()
        if "admin" not in found.name and found.messages[0].header["message_type"] in ("Request", "LocateRequest")
    ]
    for number in count(1):
        request = chance.choice(recorded)
        yield [mutated(chance, frame, request.body) for frame in request.to(number, keys)]


def breaches(chance: random.Random) -> Iterator[list[bytes]]:
    """What a server cannot go on after: replies, and what is no GIOP."""
    recorded = [found.messages[-1].frames for found in exchanges()]
    while True:
        yield [mutated(chance, frame, 24) for frame in chance.choice(recorded)]
        yield [chance.randbytes(chance.randrange(1, 60))]
        yield [b"GIOP\1" + bytes(chance.choice((0, 1, 2, 3, 7)) for _ in range(7)) + chance.randbytes(20)]


def drained(connection: socket.socket) -> int:
    """Close a connection when the server has said all that it has to say: how many answers that were."""
    answer = b""
    with connection, suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(1 << 16):
            answer += data
    return answer.count(b"GIOP")


def main(port: str, messages: str, seed: str, *keys: str) -> None:
    """Send the noise."""
    chance = random.Random(int(seed))
    usual, last = requests(chance, [key.encode() for key in keys]), breaches(chance)
    open_ones: deque[socket.socket] = deque()
    answers = 0
    for _ in range(int(messages) // IN_ONE):
        connection = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
        with suppress(OSError):  # the server may have closed already
            noise = [*islice(usual, IN_ONE - 1), next(last)]
            connection.sendall(b"".join(chain.from_iterable(noise)))
        open_ones.append(connection)
        if len(open_ones) == AT_ONCE:
            answers += drained(open_ones.popleft())
    print(answers + sum(map(drained, open_ones)))


if __name__ == "__main__":
    main(*sys.argv[1:])
