"""What went wrong, in replies: Tango's exceptions with their error stacks, and CORBA's own.

A DevFailed or MultiDevFailed is the body of a reply with status USER_EXCEPTION, a `SystemFailure` that of one with
status SYSTEM_EXCEPTION (wire 3). Encoders write at the end of a message that has its header already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any

from server_core.model.errors import DevError, DevFailed, MultiDevFailed, NamedDevFailed
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.cdr import decoder, encoder
from server_core.protocol.giop.idl import repository_id
from server_core.protocol.giop.primitives import LATIN_1

_DEV_FAILED = repository_id("DevFailed")
_MULTI_DEV_FAILED = repository_id("MultiDevFailed")


class Completion(IntEnum):
    """Whether the request that met a system exception was executed."""

    YES = 0
    NO = 1
    MAYBE = 2


class SystemFailure(Exception):
    """An exception of CORBA itself: no such object, no such operation, unreadable arguments (wire 3)."""

    def __init__(self, repository_id: str, minor: int = 0, completed: Completion = Completion.NO) -> None:
        super().__init__(f"{repository_id} (minor {minor:#x}, completed {completed.name})")
        self.repository_id = repository_id
        self.minor = minor
        self.completed = completed

    @classmethod
    def named(cls, name: str, minor: int = 0, completed: Completion = Completion.NO) -> SystemFailure:
        """The exception of that name: `OBJECT_NOT_EXIST`, `BAD_OPERATION`, ..."""
        return cls(f"IDL:omg.org/CORBA/{name}:1.0", minor, completed)

    @property
    def name(self) -> str:
        """The exception's name, as `named` takes it."""
        return self.repository_id.rpartition("/")[2].partition(":")[0]


NO_OBJECT = SystemFailure.named("OBJECT_NOT_EXIST", 0x4F4D0001)
"""There is no object with that key."""
NO_OPERATION = SystemFailure.named("BAD_OPERATION", 0x41540026)
"""The object has no operation of that name."""
NO_REPOSITORY = SystemFailure.named("INTF_REPOS", 0x41540027)
"""Nobody keeps descriptions of interfaces."""
UNKNOWN_CODE_SET = SystemFailure.named("BAD_INV_ORDER", 0x41540018)
"""The client wants to send text in a character set that is not known here."""


def sent_text(text: str, charset: str = LATIN_1) -> str:
    """A text for people as an encoder of the charset can send it: what Latin-1 has no room for, or could be taken for
    UTF-8, goes as UTF-8, in which real servers send all such text (TYP-8)."""
    text = str(text).replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        pass
    else:
        if charset != LATIN_1 or read_text(text) == text:
            return text
    return text.encode("utf-8", "replace").decode(charset)


def read_text(text: str) -> str:
    """A text for people that was read as Latin-1, and may be UTF-8."""
    if text.isascii():
        return text
    try:
        return text.encode(LATIN_1).decode("utf-8")
    except UnicodeError:
        return text


def wire_errors(errors: Iterable[DevError], charset: str = LATIN_1) -> list[tuple[str, int, str, str]]:
    """An error stack as the IDL has it, sequence of (reason, severity, desc, origin), with texts that can be sent."""
    return [
        (sent_text(reason, charset), severity, sent_text(desc, charset), sent_text(origin, charset))
        for reason, desc, origin, severity in errors
    ]


def errors_of(wire: Iterable[Any], charset: str = LATIN_1) -> tuple[DevError, ...]:
    """The error stack that a DevErrorList holds."""
    read = read_text if charset == LATIN_1 else str
    return tuple(DevError(read(reason), read(desc), read(origin), severity) for reason, severity, desc, origin in wire)


def encode_failure(out: bytearray, failure: DevFailed, charset: str, *, named: bool = False) -> None:
    """Write the exception: as MultiDevFailed when it is one and the operation may raise that (`named`), else as
    DevFailed."""
    text = encoder("string", charset=charset)
    if isinstance(failure, MultiDevFailed) and failure.failed and named:
        text(out, _MULTI_DEV_FAILED)
        failed = [
            (sent_text(each.name, charset), each.index_in_call, wire_errors(each.errors, charset))
            for each in failure.failed
        ]
        encoder("NamedDevErrorList", charset=charset)(out, failed)
    else:
        text(out, _DEV_FAILED)
        encoder("DevErrorList", charset=charset)(out, wire_errors(errors_in(failure), charset))


def errors_in(failure: DevFailed) -> Sequence[DevError]:
    """The error stack of a failure; of one without a stack of its own that of the first attribute that failed."""
    if not failure.errors and isinstance(failure, MultiDevFailed) and failure.failed:
        return failure.failed[0].errors
    return failure.errors


def decode_failure(body: memoryview, offset: int, little: bool, charset: str) -> DevFailed:
    """The exception in the body of a reply with status USER_EXCEPTION; ProtocolError for one that Tango has not."""
    name, offset = decoder("string", little, charset)(body, offset)
    if name == _DEV_FAILED:
        errors, _ = decoder("DevErrorList", little, charset)(body, offset)
        return DevFailed(*errors_of(errors, charset))
    if name == _MULTI_DEV_FAILED:
        failed, _ = decoder("NamedDevErrorList", little, charset)(body, offset)
        return MultiDevFailed(
            failed=[NamedDevFailed(each, place, errors_of(errors, charset)) for each, place, errors in failed]
        )
    raise ProtocolError(f"{name!r:.60} is no exception of Tango")


def encode_system(out: bytearray, failure: SystemFailure) -> None:
    """Write an exception of CORBA itself."""
    encoder("string")(out, failure.repository_id)
    number = encoder("ulong")
    number(out, failure.minor)
    number(out, failure.completed)


def decode_system(body: memoryview, offset: int, little: bool) -> SystemFailure:
    """The exception in the body of a reply with status SYSTEM_EXCEPTION."""
    name, offset = decoder("string", little)(body, offset)
    number = decoder("ulong", little)
    minor, offset = number(body, offset)
    completed, _ = number(body, offset)
    if completed > Completion.MAYBE:
        raise ProtocolError(f"{completed} is no completion status of {name:.60}")
    return SystemFailure(name, minor, Completion(completed))
