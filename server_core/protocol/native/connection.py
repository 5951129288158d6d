"""A native connection without its socket: received bytes in, messages out; messages to send in, frames out.

    ServerConnection    hello -> Opened, requests -> Call; answers go out through `reply`
    ClientConnection    hello -> Granted, answers -> Reply, events -> Occurred and Dropped; requests go out by `request`

Whoever owns the socket hands in what it read (`receive`, or straight into the buffer of `wanted` and then `filled`) and
acts on the messages in order. After a breach of the protocol the last message is `Broken`, and everything that still
comes is ignored. Sending may happen in other threads than receiving; receiving is one thread's at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, ClassVar

from server_core.model.errors import DevFailed, Reason
from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import (
    Broken,
    Call,
    Dropped,
    Granted,
    Opened,
    Pieces,
    ProtocolError,
    Received,
    Reply,
    Send,
    Unanswered,
)
from server_core.protocol.native.data import Blocks, Decode
from server_core.protocol.native.frames import PREFIX_LENGTH, Frame, FrameReader, encode_frame, unpack
from server_core.protocol.native.hello import MAGIC, ClientHello, HelloReader, ServerHello, encode_hello
from server_core.protocol.native.messages import (
    CODERS,
    CODERS_BY_CODE,
    Coder,
    Kind,
    decode_event,
    decode_failure,
    encode_dropped,
    encode_event,
    encode_failure,
    encode_fault,
    encode_with,
    number,
)

_ORIGIN = "server_core.protocol.native"

Take = Callable[[list[Any], memoryview, int], Received | None]
"""(header, blocks, length of the frame) to the message it is, if it is one for the user."""

_MALFORMED = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)
"""What decoding may stumble over besides the checks that raise ProtocolError themselves."""


class _Connection(ABC):
    """What both roles share: frames, link checks, and that a breach is final."""

    _hello: HelloReader[Any] | None

    def __init__(self, max_frame: int) -> None:
        self._frames = FrameReader(max_frame)
        self.wanted = self._frames.wanted
        """Gives where to read the rest of a large frame into, if one is under way."""
        self._broken = False
        self._take: dict[int, Take] = {
            int(Kind.PING): self._take_ping,
            int(Kind.PONG): self._take_pong,
            int(Kind.FAULT): self._take_fault,
        }

    def filled(self, count: int) -> list[Received]:
        """What `count` bytes read into the buffer of `wanted` complete."""
        return self._messages(self._frames.filled(count))

    def receive(self, data: bytes) -> list[Received]:
        """What `data`, the next bytes from the other side, completes."""
        if self._broken:
            return []
        if self._hello is None:
            return self._messages(self._frames.feed(data))
        try:
            greeting = self._hello.feed(data)
        except ProtocolError as error:
            return [*self._unanswered_greeting(), self._break(error)]
        if greeting is None:
            return []
        self._hello = None
        return self._greeted(greeting[0]) + self._messages(self._frames.feed(greeting[1]))

    def _messages(self, frames: Iterable[Frame]) -> list[Received]:
        received: list[Received] = []
        for header, blocks, size in frames:
            try:
                content = unpack(header)
                message = self._take[content[0]](content, blocks, size)
            except ProtocolError as error:
                return [*received, self._break(error)]
            except _MALFORMED as error:
                return [*received, self._break(ProtocolError(f"malformed message: {error!r}"))]
            if message is not None:
                received.append(message)
            if self._broken:
                return received
        if self._frames.error is not None:
            received.append(self._break(self._frames.error))
        return received

    def _break(self, error: ProtocolError) -> Broken:
        self._broken = True
        return Broken(error)

    @abstractmethod
    def _greeted(self, hello: Any) -> list[Received]: ...

    def _unanswered_greeting(self) -> list[Received]:
        """What is still said to the other side when its greeting is none."""
        return []

    def _take_ping(self, header: list[Any], blocks: memoryview, size: int) -> Received:
        _, token = header
        return Send(encode_frame((Kind.PONG, number(token)), []))

    def _take_pong(self, header: list[Any], blocks: memoryview, size: int) -> None:
        _, token = header
        number(token)

    def _take_fault(self, header: list[Any], blocks: memoryview, size: int) -> Received:
        _, text = header
        return self._break(ProtocolError(f"the other side ended the connection: {text}"))


class ServerConnection(_Connection):
    """The server's end of one connection."""

    magic: ClassVar[bytes] = MAGIC
    encode_event = staticmethod(encode_event)
    encode_dropped = staticmethod(encode_dropped)
    encode_fault = staticmethod(encode_fault)

    def __init__(self, max_frame: int, max_outstanding: int) -> None:
        super().__init__(max_frame)
        self._max_outstanding = max_outstanding
        self._hello = HelloReader(ClientHello)
        self.outstanding: Unanswered[Coder] = Unanswered(max_outstanding)
        self._take[int(Kind.REQUEST)] = self._take_request

    def _greeted(self, hello: ClientHello) -> list[Received]:
        return [self._own_greeting(), Opened(hello.ident, hello.host)]

    def _unanswered_greeting(self) -> list[Received]:
        """This side's greeting: only behind it can the client read why it was refused."""
        return [self._own_greeting()]

    def _own_greeting(self) -> Send:
        return Send([encode_hello(ServerHello(self._frames.max_frame, self._max_outstanding))])

    def _take_request(self, header: list[Any], blocks: memoryview, size: int) -> Received:
        _, request_id, code, fields = header
        self.outstanding.check(number(request_id))
        coder = CODERS_BY_CODE[code]
        if coder is None:
            return Send(encode_failure(request_id, _unknown_operation(code)))
        request = coder.decode_request(fields, blocks)
        self.outstanding[request_id] = coder
        return Call(request_id, request)

    @staticmethod
    def farewell() -> None:
        """Nothing is said at the end of a connection, and an idle one stays open: events may come."""

    def reply(self, request_id: int, result: Any) -> Pieces | None:
        """The answer to a request: its result, or the DevFailed that refuses it; None when it is answered already.

        A result that cannot be encoded becomes a DevFailed `API_EncodeErr`.
        """
        coder = self.outstanding.pop(request_id, None)
        if coder is None:
            return None
        if isinstance(result, DevFailed):
            return encode_failure(request_id, result)
        blocks: Blocks = []
        try:
            return encode_frame((Kind.REPLY, request_id, encode_with(coder.encode_result, result, blocks)), blocks)
        except ProtocolError as error:
            return encode_failure(request_id, DevFailed.of(Reason.API_EncodeErr, str(error), _ORIGIN))


def _unknown_operation(code: int) -> DevFailed:
    return DevFailed.of(Reason.API_NotSupportedFeature, f"This server has no operation with the number {code}", _ORIGIN)


class ClientConnection(_Connection):
    """The client's end of one connection."""

    def __init__(self, max_frame: int) -> None:
        super().__init__(max_frame)
        self._hello = HelloReader(ServerHello)
        self._ids = count(1)
        self._server_max_frame = max_frame
        self.max_outstanding = 1
        self.expected: dict[int, Decode | None] = {}
        self._take[int(Kind.REPLY)] = self._take_reply
        self._take[int(Kind.ERROR)] = self._take_error
        self._take[int(Kind.EVENT)] = self._take_event
        self._take[int(Kind.DROPPED)] = self._take_dropped

    @staticmethod
    def hello(ident: ClientIdent, host: str) -> bytes:
        """The first bytes to send."""
        return encode_hello(ClientHello(ident, host))

    def request(self, request: Any) -> tuple[int, Pieces]:
        """A request's number and its frame. ProtocolError when it cannot be encoded or is larger than the server
        takes."""
        coder = CODERS[type(request)]
        request_id = next(self._ids)
        blocks: Blocks = []
        encoded = encode_with(coder.encode_request, request, blocks)
        frame = encode_frame((Kind.REQUEST, request_id, coder.code, encoded), blocks)
        length = len(frame[0]) - PREFIX_LENGTH + (blocks[0] if blocks else 0)
        if length > self._server_max_frame:
            raise ProtocolError(f"a request of {length} bytes is over the server's limit of {self._server_max_frame}")
        self.expected[request_id] = coder.decode_result
        return request_id, frame

    def forget(self, request_id: int) -> None:
        """Nobody waits for this answer any more; it will be ignored when it comes."""
        if request_id in self.expected:
            self.expected[request_id] = None

    def ping(self) -> Pieces:
        """The frame that asks the other side for a sign of life."""
        return encode_frame((Kind.PING, next(self._ids)), [])

    def _greeted(self, hello: ServerHello) -> list[Received]:
        self._server_max_frame = hello.max_frame
        self.max_outstanding = hello.max_outstanding
        return [Granted(hello.max_frame, hello.max_outstanding)]

    def _answered(self, request_id: Any) -> Decode | None:
        """The decoder for the answer; None when nobody waits for it."""
        if request_id not in self.expected:
            raise ProtocolError(f"an answer to request {request_id!r:.60}, which was not sent")
        return self.expected.pop(request_id)

    def _take_reply(self, header: list[Any], blocks: memoryview, size: int) -> Received | None:
        _, request_id, result = header
        decode = self._answered(request_id)
        return None if decode is None else Reply(request_id, decode(result, blocks))

    def _take_error(self, header: list[Any], blocks: memoryview, size: int) -> Received | None:
        _, request_id, errors, failed = header
        failure = decode_failure(errors, failed)
        return None if self._answered(request_id) is None else Reply(request_id, failure)

    def _take_event(self, header: list[Any], blocks: memoryview, size: int) -> Received:
        _, topic, event = header
        return decode_event(topic, event, blocks, size)

    def _take_dropped(self, header: list[Any], blocks: memoryview, size: int) -> Received:
        _, topic, lost = header
        return Dropped(number(topic), number(lost))
