"""What object references lead to, and what the answers of objects mean to a client of Tango's own protocol."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from server_core.protocol.giop.connection import Target
from server_core.protocol.giop.failures import NO_OBJECT, Completion, SystemFailure
from server_core.protocol.giop.ior import TAG_LOCAL_SOCKET, Ior, Profile
from server_core.transport.errors import ConnectionLost, RequestRefused
from server_core.transport.giop.objects import Objects
from server_core.transport.giop.reference import Reference, resolved

# ---- what answers mean


@pytest.mark.parametrize("name", ["TRANSIENT", "COMM_FAILURE"])
def test_what_was_surely_not_executed_may_be_sent_again(name: str) -> None:
    """CLI-3, wire 3: by what the server says of it."""
    objects = Objects(Reference((), b"a/b/c"))
    outcomes = [objects.outcome_of(SystemFailure.named(name, 0, completed), "a/b/c") for completed in Completion]
    assert [type(outcome) for outcome in outcomes] == [ConnectionLost] * 3
    assert [outcome.sent for outcome in outcomes] == [completed is not Completion.NO for completed in Completion]


@pytest.mark.parametrize("level", range(1, 7))
def test_the_interface_is_the_highest_that_an_object_has(level: int) -> None:
    """wire 4.3"""
    finding = Objects(Reference((), b"a/b/c")).find("a/b/c")
    next(finding)
    for _ in range(6 - level):
        finding.send(False)
    with pytest.raises(StopIteration) as found:
        finding.send(True)
    assert found.value.value.target == Target(b"a/b/c", level)


def test_an_object_that_is_no_device() -> None:
    finding = Objects(Reference((), b"a/b/c")).find("a/b/c")
    next(finding)
    for _ in range(5):
        finding.send(False)
    with pytest.raises(RequestRefused, match="no Tango device"):
        finding.send(False)


@pytest.mark.parametrize(("key", "gone"), [(b"a/b/c", True), (None, False)])
def test_a_single_object_may_be_gone(key: bytes | None, gone: bool) -> None:
    """Its reference is of no use any more; that to a whole server is."""
    objects = Objects(Reference((), key))
    assert objects.outcome_of(NO_OBJECT, "a/b/c").reason == "API_DeviceNotFound"
    assert objects.gone is gone


# ---- references


def test_only_the_profiles_of_one_object_are_used() -> None:
    """wire 4.1: another key is another object."""
    profiles = (Profile("h", 1, b"a/b/c"), Profile("i", 2, b"other"), Profile("j", 3, b"a/b/c"))
    reference = resolved(Ior("IDL:Tango/Device_5:1.0", profiles))
    assert [(end.host, end.port) for end in reference.ends] == [("h", 1), ("j", 3)]
    assert (reference.key, reference.level) == (b"a/b/c", 5)


@pytest.mark.parametrize(("own", "there"), [(True, True), (False, True), (True, False)])
def test_unix_sockets_are_used_where_they_are(tmp_path: Path, own: bool, there: bool) -> None:
    """wire 4.1: the one that a reference names may be of another host, or left from a server that is gone."""
    path = tmp_path / "socket"
    if there:
        path.touch()
    content = bytearray(b"\1")
    for text in (socket.gethostname() if own else "host.of.another.example", str(path)):
        content += bytes(-len(content) & 3) + struct.pack("<I", len(text) + 1) + text.encode() + b"\0"
    profile = Profile("h", 1, b"a/b/c", 2, ((TAG_LOCAL_SOCKET, bytes(content)),))
    schemes = [end.scheme for end in resolved(Ior("IDL:Tango/Device_5:1.0", (profile,))).ends]
    assert schemes == (["unix", "tcp"] if own and there else ["tcp"])
