"""Bytes into whole GIOP messages.

    "GIOP" | major 1 | minor | flags | type | ulong size | ...       (`size` counts what follows these twelve bytes)

The reader takes what a socket gives, keeps what is incomplete, and puts fragments together: a large message may come
in pieces, of any size (wire 2.5), and pieces of several messages may come in turns. What it gives is always a whole
message from its header on, because alignment counts from there. A message too large for one read gets a buffer of its
own, which `wanted` offers to be filled straight from the socket: arrays in it are handed out as views, never copied.

Source: wire 2.1, 2.5; CORBA 3.0, chapter 15.4.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.primitives import LITTLE, ULONG

MAGIC = b"GIOP"
HEADER_LENGTH = 12
LATEST_MINOR = 2

OWN_BUFFER = 4096
"""Incomplete messages longer than this get a buffer of their own, so that small reads do not copy over and over."""

FIRST_PART = 1 << 20
"""How much of such a buffer is there from the start; it grows as it is filled, because a size is quickly said."""

MAX_JOINING = 16
"""How many messages in fragments may be under way at once on a connection."""

_FLAG_LITTLE, _FLAG_MORE = 1, 2

_read_ulong = {little: ulong.unpack_from for little, ulong in ULONG.items()}


class Kind(IntEnum):
    """What a message is."""

    REQUEST = 0
    REPLY = 1
    CANCEL_REQUEST = 2
    LOCATE_REQUEST = 3
    LOCATE_REPLY = 4
    CLOSE_CONNECTION = 5
    MESSAGE_ERROR = 6
    FRAGMENT = 7


_FRAGMENTED = {
    0: frozenset[Kind](),
    1: frozenset({Kind.REQUEST, Kind.REPLY, Kind.FRAGMENT}),
    2: frozenset({Kind.REQUEST, Kind.REPLY, Kind.LOCATE_REQUEST, Kind.LOCATE_REPLY, Kind.FRAGMENT}),
}
"""Which messages may have more fragments, by the minor version."""


class Head(NamedTuple):
    """What the first eight bytes of a message say. `whole`: no fragments belong to it."""

    kind: Kind
    minor: int
    little: bool
    more: bool
    whole: bool
    ulong: Any
    """Reads a number of the message at an offset, such as the size at 8; a tuple of one."""


Frame = tuple[Head, bytes | memoryview]
"""A whole message, from its header on. The size in the header of one that came in fragments is that of its first."""


def start_of(kind: Kind, minor: int, little: bool = LITTLE, more: bool = False) -> bytes:
    """The first eight bytes of a message."""
    return MAGIC + bytes((1, minor, _FLAG_LITTLE * little | _FLAG_MORE * more, kind))


def _head(kind: Kind, minor: int, little: bool, more: bool) -> Head:
    whole = not more and kind is not Kind.FRAGMENT
    return Head(kind, minor, little, more, whole, _read_ulong[little])


_HEADS = {
    start_of(kind, minor, little, more): _head(kind, minor, little, more)
    for minor in range(LATEST_MINOR + 1)
    for kind in Kind
    for little in (False, True)
    for more in (False, True)
    if not more or kind in _FRAGMENTED[minor]
}
"""All that a message may start with. Version 1.0 knows no fragments: one goes on with no message."""

_known = _HEADS.get


def _read_head(start: bytes) -> Head:
    """What eight bytes say, whatever stands in the flags that have no meaning."""
    head = _known(start)
    if head is None and start[:5] == MAGIC + b"\1" and start[5] <= LATEST_MINOR:
        meaning = _FLAG_LITTLE if start[5] == 0 else _FLAG_LITTLE | _FLAG_MORE
        head = _known(start[:6] + bytes((start[6] & meaning,)) + start[7:])
    if head is None:
        raise ProtocolError(f"{start!r} starts no message of GIOP 1.0, 1.1 or 1.2")
    return head


def empty_message(kind: Kind, minor: int) -> bytes:
    """A message that is only a header: CloseConnection or MessageError."""
    return start_of(kind, minor) + bytes(4)


class _Joining(NamedTuple):
    head: Head
    data: bytearray


class FrameReader:
    """Cuts a stream of bytes into messages; `error` is set once it broke the rules, and nothing is read after it.

    `max_frame` limits what follows the header of a message, and of all messages together whose fragments are under way;
    `max_joining` how many of those there may be. Of a large message's memory `first_part` is there from the start.
    """

    def __init__(self, max_frame: int, max_joining: int = MAX_JOINING, first_part: int = FIRST_PART) -> None:
        self.max_frame = max_frame
        self.max_joining = max_joining
        self._first_part = first_part
        self.error: ProtocolError | None = None
        self.minor = 0
        """The version in which the other side last spoke; 0 as long as nothing came."""
        self._rest = b""
        self._own: bytearray | None = None
        self._own_head: Head
        self._own_size = 0
        self._filled = 0
        self._view: memoryview | None = None
        self._joining: dict[int | None, _Joining] = {}
        self._joined = 0

    def wanted(self) -> memoryview | None:
        """A part of a large message that is still to come, to be filled and reported to `filled`; else None."""
        if self._own is None:
            return None
        self._view = memoryview(self._own)[self._filled :]
        return self._view

    def filled(self, count: int) -> list[Frame]:
        """The next `count` bytes stand in the buffer that `wanted` gave."""
        own, view = self._own, self._view
        assert own is not None
        assert view is not None
        view.release()
        self._filled += count
        if self._filled < self._own_size:
            if self._filled == len(own):
                own += bytes(min(len(own), self._own_size - len(own)))
            return []
        self._own = None
        frames: list[Frame] = []
        try:
            self._take(self._own_head, memoryview(own).toreadonly(), frames, own)
        except ProtocolError as error:
            self.error = error
        return frames

    def feed(self, data: bytes) -> list[Frame]:
        """The messages that `data` completes."""
        if not self._rest and self._own is None and self.error is None:
            head = _known(data[:8])
            if head is not None and head.whole and len(data) >= HEADER_LENGTH:
                size = head.ulong(data, 8)[0]
                if size == len(data) - HEADER_LENGTH <= self.max_frame:  # one whole message: the usual case
                    self.minor = head.minor
                    return [(head, data)]
        frames: list[Frame] = []
        if self.error is None:
            try:
                self._feed(data, frames)
            except ProtocolError as error:
                self.error = error
        return frames

    def stop(self) -> None:
        """The connection has ended: keep nothing."""
        self._rest, self._own = b"", None
        self._joining.clear()

    def drop(self, request_id: int) -> None:
        """Forget the fragments of a request that is cancelled, if there are any."""
        joining = self._joining.pop(request_id, None)
        if joining is not None:
            self._joined -= len(joining.data)

    def _feed(self, data: bytes, frames: list[Frame]) -> None:
        view = memoryview(data)
        if self._own is not None:
            view = self._fill_own(view, frames)
            if self.error is not None:
                return
        elif self._rest:
            view = memoryview(self._rest + data)
        self._rest = b""
        size = len(view)
        start = 0
        while size - start >= HEADER_LENGTH:
            head = _read_head(bytes(view[start : start + 8]))
            total = HEADER_LENGTH + head.ulong(view, start + 8)[0]
            self._check(head, total)
            if size < start + total:
                if total > OWN_BUFFER:
                    self._start_own(view[start:], head, total)
                    return
                break
            self._take(head, view[start : start + total], frames)
            start += total
        self._rest = bytes(view[start:])
        if self._rest[:4] != MAGIC[: len(self._rest)]:
            raise ProtocolError(f"{self._rest!r} starts no message of GIOP")

    def _check(self, head: Head, total: int) -> None:
        """Before anything is kept for a message: is it too large, with what is kept already?"""
        if total - HEADER_LENGTH + (0 if head.whole else self._joined) > self.max_frame:
            raise ProtocolError(f"a message of {total} bytes is over the limit max_frame = {self.max_frame}")

    def _start_own(self, start: memoryview, head: Head, total: int) -> None:
        self._own = bytearray(min(total, max(self._first_part, 2 * len(start))))
        self._own[: len(start)] = start
        self._own_head, self._own_size, self._filled = head, total, len(start)

    def _fill_own(self, view: memoryview, frames: list[Frame]) -> memoryview:
        while view and (target := self.wanted()) is not None:
            count = min(len(target), len(view))
            target[:count] = view[:count]
            frames += self.filled(count)
            view = view[count:]
        return view

    def _take(self, head: Head, message: memoryview, frames: list[Frame], own: bytearray | None = None) -> None:
        """A message or fragment is here: it is whole, or begins or goes on with one in fragments. `own` is the buffer
        that holds nothing else, if it has one."""
        self.minor = head.minor
        if head.whole:
            frames.append((head, message))
            return
        key, start = self._place(head, message)
        if head.kind is Kind.FRAGMENT:
            joining = self._joining.get(key)
            if joining is None or joining.head[1:3] != head[1:3]:
                raise ProtocolError(f"a fragment of GIOP 1.{head.minor} that goes on with no message")
            data = joining.data
            data += message[start:]
            self._joined += len(message) - start
            if not head.more:
                del self._joining[key]
                self._joined -= len(data)
                frames.append((joining.head, memoryview(data).toreadonly()))
        else:
            if key in self._joining:
                raise ProtocolError("a message in fragments begins before another of its number has ended")
            if len(self._joining) >= self.max_joining:
                raise ProtocolError(f"more messages in fragments than the limit max_joining = {self.max_joining}")
            self._joining[key] = _Joining(head, bytearray(message) if own is None else own)
            self._joined += len(message)

    @staticmethod
    def _place(head: Head, message: memoryview) -> tuple[int | None, int]:
        """Which message a fragment belongs to, and where what it adds begins. Version 1.1 has no number in fragments:
        each belongs to the last that was begun."""
        if head.minor < 2:
            return None, HEADER_LENGTH
        if len(message) < HEADER_LENGTH + 4:
            raise ProtocolError("a fragment without the number of its request")
        return head.ulong(message, HEADER_LENGTH)[0], HEADER_LENGTH + 4
