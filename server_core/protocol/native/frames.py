"""Bytes into frames and frames into bytes.

The reader takes what a socket gives and keeps what is incomplete. A frame too large for that gets a buffer of its own,
which `wanted` offers to be filled straight from the socket: the arrays in it are handed out as views, never copied.
"""

from __future__ import annotations

import struct
from typing import Any

import msgpack  # type: ignore[import-untyped]

from server_core.protocol.exchange import Piece, ProtocolError
from server_core.protocol.native.data import Blocks, padding

_PREFIX = struct.Struct("<II")
_read_prefix = _PREFIX.unpack_from
_write_prefix = _PREFIX.pack
PREFIX_LENGTH = _PREFIX.size
"""Bytes before a frame, which no length counts."""
OWN_BUFFER = 4096
"""Incomplete frames longer than this get a buffer of their own, so that small reads do not copy over and over."""


_NO_BLOCKS = memoryview(b"")


_idle: list[Any] = []
"""Packers that nobody uses at the moment."""


def pack(value: Any) -> bytes:
    """One msgpack value as bytes; what msgpack raises for a value that it cannot pack.

    A packer is one call's alone: in its midst the garbage collector may run code of others, and let other threads in.
    """
    try:
        packer = _idle.pop()
    except IndexError:
        packer = msgpack.Packer(autoreset=True)
    packed: bytes = packer.pack(value)
    _idle.append(packer)
    return packed


Frame = tuple[bytes | memoryview, memoryview, int]
"""A frame as received: its packed header, its blocks, its whole length."""


def encode_frame(header: Any, blocks: Blocks) -> list[Piece]:
    """A frame in the pieces to send. ProtocolError when msgpack cannot pack the header."""
    try:
        packed = pack(header)
    except (TypeError, ValueError, OverflowError) as error:
        raise ProtocolError(f"the message cannot be encoded: {error}") from error
    if not blocks:
        return [_write_prefix(len(packed), len(packed)) + packed]
    fill = padding(len(packed))
    total = len(packed) + len(fill) + blocks[0]
    if total > 0xFFFFFFFF:
        raise ProtocolError(f"a message of {total} bytes is too long for a frame")
    return [_write_prefix(total, len(packed)) + packed + fill, *blocks[1:]]


class FrameReader:
    """Cuts a stream of bytes into frames; `error` is set once a frame broke the rules, and nothing is read after it."""

    def __init__(self, max_frame: int) -> None:
        self.max_frame = max_frame
        self.error: ProtocolError | None = None
        self._rest = b""
        self._own: memoryview | None = None
        self._filled = 0
        self._header_length = 0

    def wanted(self) -> memoryview | None:
        """The part of a large frame that is still to come, to be filled and reported to `filled`; else None."""
        return None if self._own is None else self._own[self._filled :]

    def filled(self, count: int) -> list[Frame]:
        """The next `count` bytes stand in the buffer that `wanted` gave."""
        own = self._own
        assert own is not None
        self._filled += count
        if self._filled < len(own):
            return []
        self._own = None
        return [_frame(own, self._header_length)]

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        if not self._rest and self._own is None and len(data) >= 8:
            total, header_length = _read_prefix(data)
            if total == header_length == len(data) - 8 <= self.max_frame:  # one small frame: the usual case
                return [(data[8:], _NO_BLOCKS, len(data))]
        return self._feed(data)

    def _feed(self, data: bytes) -> list[Frame]:
        frames: list[Frame] = []
        view = memoryview(data)
        if self._own is not None:
            view = self._fill_own(view, frames)
        elif self._rest:
            view = memoryview(self._rest + data)
        size = len(view)
        start = 0
        while size - start >= 8:
            total, header_length = _read_prefix(view, start)
            if not header_length <= total <= self.max_frame:
                self.error = self._refusal(total, header_length)
                return frames
            stop = start + 8 + total
            if size < stop:
                if total > OWN_BUFFER:
                    self._start_own(view[start + 8 :], total, header_length)
                    start = size
                break
            frames.append(_frame(view[start + 8 : stop], header_length))
            start = stop
        self._rest = bytes(view[start:]) if start < size else b""
        return frames

    def _refusal(self, total: int, header_length: int) -> ProtocolError:
        if total > self.max_frame:
            return ProtocolError(f"a frame of {total} bytes is over the limit max_frame = {self.max_frame}")
        return ProtocolError(f"a header of {header_length} bytes in a frame of {total}")

    def _start_own(self, start: memoryview, total: int, header_length: int) -> None:
        self._own = memoryview(bytearray(total))
        self._own[: len(start)] = start
        self._filled = len(start)
        self._header_length = header_length

    def _fill_own(self, view: memoryview, frames: list[Frame]) -> memoryview:
        target = self.wanted()
        assert target is not None
        count = min(len(target), len(view))
        target[:count] = view[:count]
        frames += self.filled(count)
        return view[count:]


def _frame(body: memoryview, header_length: int) -> Frame:
    size = len(body)
    if header_length == size:
        return body, _NO_BLOCKS, size + 8
    return body[:header_length], body[header_length + len(padding(header_length)) :], size + 8


def unpack(packed: bytes | memoryview) -> Any:
    """The msgpack value that `packed` holds; ProtocolError when it is none."""
    try:
        return msgpack.unpackb(packed)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise ProtocolError(f"not a msgpack message: {type(error).__name__} {error}") from error
