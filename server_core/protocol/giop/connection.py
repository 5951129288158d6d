"""A GIOP connection without its socket: received bytes in, messages out; messages to send in, bytes out.

    ServerConnection    requests -> Call; answers go out through `reply`
    ClientConnection    answers -> Reply; requests go out by `request`, `is_a`, `non_existent`

Whoever owns the socket hands in what it read (`receive`, or straight into the buffer of `wanted` and then `filled`) and
acts on the messages in order. After a breach of the protocol the last message is `Broken`, after the other side's good
end `Closed`, and everything that still comes is ignored. Sending may happen in other threads than receiving; receiving
is one thread's at a time.

What CORBA asks of every object is answered here, and what the codec refuses: a device never hears of it. Each side
answers in the version of the request; both orders are read, the machine's own is written.

Source: wire 2, 3, 4.3; CORBA 3.0, chapter 15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import count
from typing import Any, ClassVar, NamedTuple

from server_core.model.errors import DevFailed, Reason
from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import (
    Broken,
    Call,
    Closed,
    Opened,
    Pieces,
    ProtocolError,
    Received,
    Reply,
    Send,
    Unanswered,
)
from server_core.protocol.giop.codesets import UnknownCodeSet, charset_of
from server_core.protocol.giop.errors import MarshalError
from server_core.protocol.giop.failures import (
    NO_OBJECT,
    NO_OPERATION,
    NO_REPOSITORY,
    UNKNOWN_CODE_SET,
    Completion,
    SystemFailure,
    decode_failure,
    decode_system,
    encode_failure,
    encode_system,
)
from server_core.protocol.giop.frames import FIRST_PART, LATEST_MINOR, MAGIC, Frame, FrameReader, Kind, empty_message
from server_core.protocol.giop.ior import Ior, device_type, level_of, read_ior, write_ior
from server_core.protocol.giop.mapping import (
    ClientOperation,
    Incoming,
    ServerOperation,
    client_operation,
    server_operation,
)
from server_core.protocol.giop.messages import (
    KEY_ADDRESS,
    NUMBER_AT,
    LocateStatus,
    ReplyHead,
    ReplyStatus,
    RequestHead,
    RequestStart,
    begin_reply,
    encode_locate_reply,
    finish,
    read_cancelled,
    read_locate_request,
    read_reply,
    read_request,
)
from server_core.protocol.giop.outgoing import Message
from server_core.protocol.giop.primitives import LATIN_1, Reader, put_string
from server_core.protocol.operations import LATEST_LEVEL

_ORIGIN = "server_core.protocol.giop"

_CORBA_OBJECT = "IDL:omg.org/CORBA/Object:1.0"

_BODY = 24
"""Where the body of every reply begins that is written here."""

Take = Callable[[Any, Frame], Received | None]
"""A connection's message to what it means, if that is anything for the user."""


class _Connection:
    """What both roles share: messages in order, and that an end is final."""

    magic: ClassVar[bytes] = MAGIC
    takes: ClassVar[Mapping[Kind, Take]]
    """What to do with a message, by its kind."""

    def __init__(self, max_frame: int, first_part: int = FIRST_PART) -> None:
        self._frames = FrameReader(max_frame, first_part=first_part)
        self.wanted = self._frames.wanted
        """Gives where to read the rest of a large message into, if one is under way."""
        self._ended = False
        self._before: list[Received] = []
        """What is to be reported before the next messages."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will be read."""
        return self._ended

    def filled(self, count: int) -> list[Received]:
        """What `count` bytes read into the buffer of `wanted` complete."""
        return self._messages(self._frames.filled(count))

    def receive(self, data: bytes) -> list[Received]:
        """What `data`, the next bytes from the other side, completes."""
        if self._ended:
            return []
        return self._messages(self._frames.feed(data))

    def _messages(self, frames: Iterable[Frame]) -> list[Received]:
        received, self._before = self._before, []
        for frame in frames:
            try:
                message = self.takes[frame[0].kind](self, frame)
            except ProtocolError as error:
                message = self._break(error)
            if message is not None:
                received.append(message)
            if self._ended:
                return received
        if self._frames.error is not None:
            received.append(self._break(self._frames.error))
        return received

    def _break(self, error: ProtocolError) -> Broken:
        self._end()
        return Broken(error)

    def _end(self) -> None:
        self._ended = True
        self._frames.stop()

    def _unexpected(self, frame: Frame) -> Received:
        raise ProtocolError(f"a message {frame[0].kind.name}, which is not this side's to read")

    def _take_close(self, frame: Frame) -> Received:
        self._end()
        return Closed()

    def _take_error(self, frame: Frame) -> Received:
        raise ProtocolError("the other side could not read a message (MessageError)")


def _takes(own: Mapping[Kind, Take]) -> Mapping[Kind, Take]:
    """What one role does with messages: what both do, and of its own."""
    common = dict.fromkeys(Kind, _Connection._unexpected)
    ends = {Kind.CLOSE_CONNECTION: _Connection._take_close, Kind.MESSAGE_ERROR: _Connection._take_error}
    return {**common, **ends, **own}


class _Pending:
    """A request that is not answered yet."""

    __slots__ = ("cancelled", "minor", "operation", "request")

    def __init__(self, operation: ServerOperation, request: Any, minor: int) -> None:
        self.operation = operation
        self.request = request
        self.minor = minor
        self.cancelled = False


_operations: dict[bytes, ServerOperation] = {}
"""The operations that were asked for once, by their names as they travel."""


class _Known(NamedTuple):
    """What a request says: the same one came before."""

    key: bytes
    device: str
    operation: ServerOperation
    incoming: Incoming


_known: dict[bytes, _Known] = {}
"""Short requests without contexts, by all that they are but for their numbers. Clients ask the same over and over, and
reading a request takes as long as executing it."""

_MOST_KNOWN = 1024
_KNOWN_LENGTH = 512


class ServerConnection(_Connection):
    """The server's end of one connection.

    `objects` gives the name of the device behind an object key, None when there is none. What a client can do is
    limited: messages by `max_frame`, requests without answer by `max_outstanding`.
    """

    def __init__(self, max_frame: int, max_outstanding: int, objects: Callable[[bytes], str | None]) -> None:
        super().__init__(max_frame)
        self._objects = objects
        self._charset = LATIN_1
        self._before.append(Opened(ClientIdent(), ""))  # it introduces itself by its first bytes
        self._unanswered = count(-1, -1)
        self.outstanding: Unanswered[_Pending] = Unanswered(max_outstanding)
        """The requests that are not answered yet, by their number; those that want no answer under negative ones."""

    def _take_request(self, frame: Frame) -> Received | None:
        head, data = frame
        said = b""
        if len(data) <= _KNOWN_LENGTH and type(data) is bytes and self._charset == LATIN_1:
            number_at = NUMBER_AT[head.minor]
            said = data[:number_at] + data[number_at + 4 :]
            known = _known.get(said)
            if known is not None and self._objects(known.key) == known.device:
                number = head.ulong(data, number_at)[0]
                return self._accept(number, known.operation, known.incoming, head.minor)
        asked = read_request(frame)
        minor = head.minor
        if asked.key is None:
            return _needs_key(asked)
        if asked.contexts and minor > 0:
            try:
                self._charset = charset_of(asked.contexts) or self._charset
            except UnknownCodeSet:
                return self._refuse(asked, minor, UNKNOWN_CODE_SET)
        device = self._objects(asked.key)
        if device is None:
            return self._refuse(asked, minor, NO_OBJECT)
        operation = _operations.get(asked.operation)
        if operation is None:
            operation = server_operation(asked.operation.decode(LATIN_1))
            if operation is None:
                return self._answer_object(asked, frame)
            _operations[asked.operation] = operation
        try:
            incoming = operation.decode(device, memoryview(data), asked.body, head.little, self._charset)
        except MarshalError as error:
            return self._refuse(asked, minor, _of_codec(error, Completion.NO))
        if not asked.answered:
            return self._accept(next(self._unanswered), operation, incoming, minor)
        if said and not asked.contexts and operation.is_lasting(incoming.request):
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[said] = _Known(asked.key, device, operation, incoming)
        return self._accept(asked.id, operation, incoming, minor)

    def _accept(self, number: int, operation: ServerOperation, incoming: Incoming, minor: int) -> Call:
        self.outstanding.check(number)
        self.outstanding[number] = _Pending(operation, incoming.request, minor)
        return Call(number, incoming.request, incoming.form, incoming.ident)

    def _answer_object(self, asked: RequestHead, frame: Frame) -> Received | None:
        """What CORBA asks of every object, else the refusal of an unknown operation."""
        head, data = frame
        out = begin_reply(head.minor, asked.id, ReplyStatus.NO_EXCEPTION)
        match asked.operation:
            case b"_is_a":
                try:
                    type_id = Reader(data, asked.body, head.little).string()
                except MarshalError as error:
                    return self._refuse(asked, head.minor, _of_codec(error, Completion.NO))
                out.append(level_of(type_id) is not None or type_id == _CORBA_OBJECT)
            case b"_non_existent" | b"_not_existent":  # the second one until GIOP 1.1
                out.append(False)
            case b"_repository_id":
                put_string(out, device_type(LATEST_LEVEL))
            case b"_component":
                write_ior(out, _NOTHING)
            case b"_interface":
                return self._refuse(asked, head.minor, NO_REPOSITORY)
            case _:
                return self._refuse(asked, head.minor, NO_OPERATION)
        return Send(finish(out, _BODY, _BODY)) if asked.answered else None

    def _refuse(self, asked: RequestHead, minor: int, failure: SystemFailure) -> Received | None:
        return Send(self._encode_failure(minor, asked.id, failure, named=False)) if asked.answered else None

    def _take_cancel(self, frame: Frame) -> None:
        """A cancelled request stays with those without answer until it is executed; then there is none."""
        request_id = read_cancelled(frame)
        self._frames.drop(request_id)
        pending = self.outstanding.get(request_id)
        if pending is not None:
            pending.cancelled = True

    def _take_locate(self, frame: Frame) -> Received:
        request_id, key = read_locate_request(frame)
        if key is None:
            status = LocateStatus.NEEDS_ADDRESSING_MODE
        else:
            status = LocateStatus.UNKNOWN_OBJECT if self._objects(key) is None else LocateStatus.OBJECT_HERE
        return Send([encode_locate_reply(frame[0].minor, request_id, status)])

    def reply(self, request_id: int, result: Any) -> Pieces | None:
        """The answer to a request: its result, or the exception that refuses it; None when it is answered already, or
        cancelled, or wanted no answer.

        A result that cannot be encoded becomes a DevFailed `API_EncodeErr`, an exception that is neither Tango's nor
        CORBA's a DevFailed `API_InternalError`.
        """
        pending = self.outstanding.pop(request_id, None)
        if pending is None or pending.cancelled or request_id < 0:
            return None
        minor, operation = pending.minor, pending.operation
        if not isinstance(result, BaseException):
            out = begin_reply(minor, request_id, ReplyStatus.NO_EXCEPTION)
            try:
                operation.encode(out, pending.request, result, self._charset)
                return finish(out, _BODY, _BODY)
            except DevFailed as failure:
                result = failure
            except ProtocolError as error:
                result = DevFailed.of(Reason.API_EncodeErr, str(error), _ORIGIN)
        elif not isinstance(result, DevFailed | SystemFailure):
            result = DevFailed.of(Reason.API_InternalError, f"{type(result).__name__}: {result}", _ORIGIN)
        return self._encode_failure(minor, request_id, result, named=operation.named_failures)

    def _encode_failure(
        self, minor: int, request_id: int, failure: DevFailed | SystemFailure, *, named: bool
    ) -> Pieces:
        if isinstance(failure, SystemFailure):
            out = begin_reply(minor, request_id, ReplyStatus.SYSTEM_EXCEPTION)
            encode_system(out, failure)
        else:
            out = begin_reply(minor, request_id, ReplyStatus.USER_EXCEPTION)
            encode_failure(out, failure, self._charset, named=named)
        return finish(out, _BODY, _BODY)

    def encode_fault(self, text: str) -> Pieces:
        """What tells the client that it broke the protocol; GIOP has no room for the reason."""
        return [empty_message(Kind.MESSAGE_ERROR, self._frames.minor)]

    def farewell(self) -> Pieces:
        """What ends the connection in good order: requests without an answer were not executed."""
        return [empty_message(Kind.CLOSE_CONNECTION, self._frames.minor)]

    takes = _takes({Kind.REQUEST: _take_request, Kind.CANCEL_REQUEST: _take_cancel, Kind.LOCATE_REQUEST: _take_locate})


def _needs_key(asked: RequestHead) -> Received | None:
    """The answer to a request for an object that is addressed by a whole reference: by its key, please."""
    if not asked.answered:
        return None
    out = begin_reply(LATEST_MINOR, asked.id, ReplyStatus.NEEDS_ADDRESSING_MODE)
    out += bytes((KEY_ADDRESS, 0))
    return Send(finish(out, _BODY, _BODY))


def _of_codec(error: MarshalError, completed: Completion) -> SystemFailure:
    """What the codec could not read or write, as CORBA's exception."""
    return SystemFailure.named(error.exception, error.minor, completed)


_NOTHING = Ior("", ())
"""The reference to nothing: Tango's objects belong to no component."""


class Target(NamedTuple):
    """A device at the other side: the key of its object, and the level of its interface that is used."""

    key: bytes
    level: int


class Forwarded(NamedTuple):
    """A result that is none: the object is elsewhere, for good if `permanent`. Ask again there."""

    ior: Ior
    permanent: bool


class _YesOrNo:
    """What CORBA asks of an object, beside the operations of Tango."""

    def __init__(self, name: str) -> None:
        self.name = name

    def decode(self, request: str, body: memoryview, offset: int, little: bool, charset: str) -> bool:
        """The answer."""
        return bool(Reader(body, offset, little).octet())


_IS_A = _YesOrNo("_is_a")
_NON_EXISTENT = _YesOrNo("_non_existent")

_start_of_request = lru_cache(4096)(RequestStart.of)


_FIRST_PART_OF_ANSWERS = 1 << 25
"""A client has asked for what it gets: growing would only cost time."""


class ClientConnection(_Connection):
    """The client's end of one connection, which speaks GIOP 1.`minor`.

    Its strings are Latin-1, which everybody takes who was told nothing else (wire 2.6). Results are what the operation
    gives, a DevFailed, a `SystemFailure`, or `Forwarded`.
    """

    def __init__(self, max_frame: int, ident: ClientIdent, minor: int = LATEST_MINOR) -> None:
        super().__init__(max_frame, _FIRST_PART_OF_ANSWERS)
        self._ident = ident
        self._minor = minor
        self._ids = count(1)
        self.expected: dict[int, tuple[ClientOperation | _YesOrNo, Any] | None] = {}
        """What is to come, by number; None for an answer that nobody waits for any more."""

    def request(self, request: Any, target: Target) -> tuple[int, Pieces]:
        """A request's number and what to send. ProtocolError when it cannot be encoded, DevFailed when devices of that
        level do not know it."""
        operation = client_operation(request.__class__, target.level)
        start = _start_of_request(self._minor, target.key, operation.name)
        request_id = next(self._ids)
        out = start.begin(request_id)
        operation.encode(out, request, self._ident, LATIN_1)
        pieces = finish(out, len(start.prefix), start.bare)
        self.expected[request_id] = operation, request
        return request_id, pieces

    def is_a(self, key: bytes, type_id: str) -> tuple[int, Pieces]:
        """The question whether an object has an interface; True or False is the result."""
        request_id, out, start = self._ask(_IS_A, key)
        put_string(out, type_id)
        return request_id, finish(out, len(start.prefix), start.bare)

    def non_existent(self, key: bytes) -> tuple[int, Pieces]:
        """The question whether an object is gone; True or False is the result."""
        request_id, out, start = self._ask(_NON_EXISTENT, key)
        return request_id, finish(out, len(start.prefix), start.bare)

    def _ask(self, question: _YesOrNo, key: bytes) -> tuple[int, Message, RequestStart]:
        start = _start_of_request(self._minor, key, question.name)
        request_id = next(self._ids)
        self.expected[request_id] = question, None
        return request_id, start.begin(request_id), start

    def forget(self, request_id: int) -> None:
        """Nobody waits for this answer any more; it will be ignored when it comes."""
        if request_id in self.expected:
            self.expected[request_id] = None

    def farewell(self) -> Pieces | None:
        """What a client says before it closes; None in GIOP 1.0 and 1.1, where it says nothing (wire 2.9)."""
        return [empty_message(Kind.CLOSE_CONNECTION, self._minor)] if self._minor >= 2 else None

    def _take_reply(self, frame: Frame) -> Received | None:
        answer = read_reply(frame)
        try:
            expected = self.expected.pop(answer.id)
        except KeyError:
            raise ProtocolError(f"an answer to request {answer.id}, which was not sent") from None
        if expected is None:
            return None
        try:
            return Reply(answer.id, self._result(answer, expected, frame))
        except MarshalError as error:
            return Reply(answer.id, _of_codec(error, Completion.YES))

    @staticmethod
    def _result(answer: ReplyHead, expected: tuple[ClientOperation | _YesOrNo, Any], frame: Frame) -> Any:
        operation, request = expected
        little, body = frame[0].little, memoryview(frame[1])
        match answer.status:
            case ReplyStatus.NO_EXCEPTION:
                return operation.decode(request, body, answer.body, little, LATIN_1)
            case ReplyStatus.USER_EXCEPTION:
                return decode_failure(body, answer.body, little, LATIN_1)
            case ReplyStatus.SYSTEM_EXCEPTION:
                failure = decode_system(body, answer.body, little)
                return True if operation is _NON_EXISTENT and failure.name == NO_OBJECT.name else failure
            case ReplyStatus.LOCATION_FORWARD | ReplyStatus.LOCATION_FORWARD_PERM:
                ior = read_ior(Reader(body, answer.body, little))
                return Forwarded(ior, answer.status == ReplyStatus.LOCATION_FORWARD_PERM)
            case ReplyStatus.NEEDS_ADDRESSING_MODE:
                return SystemFailure.named("NO_IMPLEMENT")  # keys are all that a client has
        raise ProtocolError(f"{answer.status} is no status of a reply")

    takes = _takes({Kind.REPLY: _take_reply})
