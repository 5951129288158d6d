"""What structs of several operations share: moments, data types, clients.

In this package a struct to be written is a plain tuple of its members in the IDL's order; read ones are unpacked in the
same order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from server_core.model.identity import CPP_OR_PYTHON, JAVA, ClientIdent
from server_core.model.types import CmdArgType
from server_core.protocol.giop.cdr import decoder

_MICRO = 1_000_000

WireTime = tuple[int, int, int]
"""A TimeVal: seconds, microseconds, nanoseconds below a microsecond."""

NO_TIME: WireTime = (0, 0, 0)


def wire_time(seconds: float) -> WireTime:
    """A moment in seconds as a TimeVal, to the microsecond."""
    tv_sec, tv_usec = divmod(round(seconds * _MICRO), _MICRO)
    return tv_sec, tv_usec, 0


def seconds_of(time: Any) -> float:
    """The moment of a TimeVal in seconds. Nanoseconds are left out: the float could not keep them, and the next
    conversion would take them for a microsecond."""
    seconds: float = (time[0] * _MICRO + time[1]) / _MICRO
    return seconds


_TYPES = {int(code): code for code in CmdArgType}


def type_of(code: int) -> CmdArgType:
    """The data type with that code; Unknown for codes that are none here."""
    return _TYPES.get(code, CmdArgType.Unknown)


# ---- clients (wire 5.4): the union ClntIdent

_CPP, _JAVA, _CPP_6, _JAVA_6 = range(4)
_NO_TRACE = (0, ("", ""))
"""The trace context of a client that traces nothing."""


_known: dict[tuple[bytes, int, bool, str], ClientIdent] = {}
"""Identifications as they came, with what their meaning depends on: a client has the same all the time."""
_MOST_KNOWN, _KNOWN_LENGTH = 1024, 128


def read_ident(body: memoryview, offset: int, little: bool, charset: str) -> ClientIdent:
    """The client that the ClntIdent at the end of a request names; MarshalError for bytes that are none."""
    if len(body) - offset > _KNOWN_LENGTH:
        return ident_of(decoder("ClntIdent", little, charset)(body, offset)[0])
    key = bytes(body[offset:]), offset & 7, little, charset
    ident = _known.get(key)
    if ident is None:
        ident = ident_of(decoder("ClntIdent", little, charset)(body, offset)[0])
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = ident
    return ident


def ident_of(wire: Any) -> ClientIdent:
    """The client that a ClntIdent names."""
    case, client = wire
    if case == _CPP_6:
        return ClientIdent(CPP_OR_PYTHON, client[0])
    if case == _CPP:
        return ClientIdent(CPP_OR_PYTHON, client)
    main_class, uuid = client[0] if case == _JAVA_6 else client
    return ClientIdent(JAVA, 0, main_class, tuple(uuid))


@lru_cache(maxsize=64)
def wire_ident(ident: ClientIdent, level: int) -> tuple[int, Any]:
    """A client as a device of an interface level can read it: the cases with a trace context came with level 6."""
    if ident.language == JAVA:
        java = (ident.main_class, ident.uuid)
        return (_JAVA_6, (java, _NO_TRACE)) if level >= 6 else (_JAVA, java)
    return (_CPP_6, (ident.pid, _NO_TRACE)) if level >= 6 else (_CPP, ident.pid)
