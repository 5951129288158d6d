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

_DEV_FAILED = "IDL:Tango/DevFailed:1.0"
_MULTI_DEV_FAILED = "IDL:Tango/MultiDevFailed:1.0"


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

    @property
    def name(self) -> str:
        """The exception's name: `OBJECT_NOT_EXIST`, `BAD_OPERATION`, ..."""
        return self.repository_id.rpartition("/")[2].partition(":")[0]


def _of_corba(name: str) -> str:
    return f"IDL:omg.org/CORBA/{name}:1.0"


def object_not_exist() -> SystemFailure:
    """There is no object with that key."""
    return SystemFailure(_of_corba("OBJECT_NOT_EXIST"), 0x4F4D0001)


def bad_operation() -> SystemFailure:
    """The object has no operation of that name."""
    return SystemFailure(_of_corba("BAD_OPERATION"), 0x41540026)


def marshal(completed: Completion = Completion.NO) -> SystemFailure:
    """Arguments that cannot be read."""
    return SystemFailure(_of_corba("MARSHAL"), 0x4154000A, completed)


def wire_errors(errors: Iterable[DevError]) -> list[tuple[str, int, str, str]]:
    """An error stack as the IDL has it: sequence of (reason, severity, desc, origin)."""
    return [(error.reason, error.severity, error.desc, error.origin) for error in errors]


def errors_of(wire: Iterable[Any]) -> tuple[DevError, ...]:
    """The error stack that a DevErrorList holds."""
    return tuple(DevError(reason, desc, origin, severity) for reason, severity, desc, origin in wire)


def encode_failure(out: bytearray, failure: DevFailed, charset: str, *, named: bool = False) -> None:
    """Write the exception: as MultiDevFailed when it is one and the operation may raise that (`named`), else as
    DevFailed. What the character set does not have is replaced, since an error must arrive."""
    text = encoder("string", charset=charset)
    if isinstance(failure, MultiDevFailed) and failure.failed and named:
        text(out, _MULTI_DEV_FAILED)
        failed = [
            (_fitting(each.name, charset), each.index_in_call, fitting_errors(each.errors, charset))
            for each in failure.failed
        ]
        encoder("NamedDevErrorList", charset=charset)(out, failed)
    else:
        text(out, _DEV_FAILED)
        encoder("DevErrorList", charset=charset)(out, fitting_errors(errors_in(failure), charset))


def errors_in(failure: DevFailed) -> Sequence[DevError]:
    """The error stack of a failure; of one without a stack of its own that of the first attribute that failed."""
    if not failure.errors and isinstance(failure, MultiDevFailed) and failure.failed:
        return failure.failed[0].errors
    return failure.errors


def fitting_errors(errors: Iterable[DevError], charset: str) -> list[tuple[str, int, str, str]]:
    """An error stack as the IDL has it; what the character set does not have is replaced."""
    return [
        (_fitting(reason, charset), severity, _fitting(desc, charset), _fitting(origin, charset))
        for reason, severity, desc, origin in wire_errors(errors)
    ]


def _fitting(text: str, charset: str) -> str:
    """The text without what an encoded string cannot hold."""
    return str(text).replace("\0", "").encode(charset, "replace").decode(charset)


def decode_failure(body: memoryview, offset: int, little: bool, charset: str) -> DevFailed:
    """The exception in the body of a reply with status USER_EXCEPTION; ProtocolError for one that Tango has not."""
    name, offset = decoder("string", little, charset)(body, offset)
    if name == _DEV_FAILED:
        errors, _ = decoder("DevErrorList", little, charset)(body, offset)
        return DevFailed(*errors_of(errors))
    if name == _MULTI_DEV_FAILED:
        failed, _ = decoder("NamedDevErrorList", little, charset)(body, offset)
        return MultiDevFailed(failed=[NamedDevFailed(each, place, errors_of(errors)) for each, place, errors in failed])
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
