"""Our clients and servers that answer oddly in Tango's own protocol, or not at all: a clear error within the time-out,
nothing left behind, and the next call works.

Source: wire 2.2 to 2.9; CLI-2 to CLI-4.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from server_core.database.caller import DatabaseCaller, Patience
from server_core.model.names import HostPort
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.giop.connection import ClientConnection
from server_core.protocol.giop.ior import Ior, Profile, write_ior
from server_core.protocol.giop.messages import ReplyStatus, begin_reply, finish
from server_core.protocol.operations import CommandInout, GetState
from server_core.transport.endpoint import TCP, Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost, RequestRefused
from server_core.transport.giop import aio
from server_core.transport.giop.blocking import Connection
from server_core.transport.giop.pool import GiopLine
from server_core.transport.giop.reference import Reference
from tangoterm.client import DevFailed, DeviceProxy, DevState, close_connections, handle
from tangoterm.client.aio import DeviceProxy as AsyncDeviceProxy
from tangoterm.client.aio import close_connections as close_async_connections
from tangoterm.client.links import identity
from tests.odd_server import Answer, OddServer, Question, reply, well

TIMEOUT = 0.3
"""Seconds that a call may take."""

MARGIN = 1.0
"""Seconds more, on a machine that is busy."""


def other_number(question: Question) -> None:
    question.send(reply(2, question.number + 7, bytes(4)))


def truncated(question: Question) -> None:
    question.send(reply(2, question.number, b"\0\0"))


def cut_in_its_header(question: Question) -> None:
    question.send(b"GIOP\1\2\1\1" + struct.pack("<II", 4, question.number))


def giant(question: Question) -> None:
    question.send(b"GIOP\1\2\1\1" + struct.pack("<II", 0xFFFFFFF0, question.number) + bytes(100))


def announced_and_left(question: Question) -> None:
    question.send(b"GIOP\1\2\1\1" + struct.pack("<II", 100 << 20, question.number) + bytes(100))


def fragments_without_end(question: Question) -> None:
    question.send(b"GIOP\1\2\3\1" + struct.pack("<4I", 12, question.number, 0, 0))
    while True:
        question.send(b"GIOP\1\2\3\7" + struct.pack("<2I", 4, question.number))


def slow_drip(question: Question) -> None:
    """More often than anybody looks at a clock."""
    question.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    question.send(b"GIOP\1\2\1\1" + struct.pack("<4I", 100_000, question.number, 0, 0))
    while True:
        question.send(b"\0")
        time.sleep(0.0003)


def forward(question: Question, ior: Ior) -> None:
    out = begin_reply(2, question.number, ReplyStatus.LOCATION_FORWARD)
    write_ior(out, ior)
    question.send(b"".join(finish(out, 24, 24)))


def device_at(server: OddServer, type_id: str = "IDL:Tango/Device_6:1.0") -> Ior:
    return Ior(type_id, (Profile("127.0.0.1", server.port, b"a/b/c"),))


def forwarded_to_itself(question: Question) -> None:
    forward(question, device_at(question.server))


def forwarded_to_nothing(question: Question) -> None:
    forward(question, Ior("", ()))


def message_error(question: Question) -> None:
    question.send(b"GIOP\1\2\1\6" + bytes(4))


def close_connection(question: Question) -> None:
    question.send(b"GIOP\1\2\1\5" + bytes(4))


def late(question: Question) -> None:
    time.sleep(TIMEOUT + 0.5)
    well(question)


def half_closed(question: Question) -> None:
    question.sock.shutdown(socket.SHUT_WR)


def silent(question: Question) -> None:
    """No answer."""


def no_giop(question: Question) -> None:
    question.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def twice(question: Question) -> None:
    question.send(2 * reply(2, question.number, bytes(4)))


def well_and_goodbye(question: Question) -> None:
    """The server ends the connection behind an answer, in one piece with it (wire 2.9)."""
    question.send(reply(2, question.number, bytes(4)) + b"GIOP\1\2\1\5" + bytes(4))


def unknown_status(question: Question) -> None:
    question.send(b"GIOP\1\2\1\1" + struct.pack("<4I", 12, question.number, 77, 0))


TIMED_OUT, BROKEN = "API_DeviceTimedOut", "API_CommunicationFailed"
NO_CONNECTION = "API_CantConnectToDevice"

ODD: list[tuple[Answer, set[str]]] = [
    (other_number, {BROKEN}),
    (truncated, {BROKEN}),
    (cut_in_its_header, {BROKEN}),
    (giant, {BROKEN}),
    (announced_and_left, {TIMED_OUT}),
    (fragments_without_end, {TIMED_OUT, BROKEN}),
    (slow_drip, {TIMED_OUT}),
    (forwarded_to_itself, {BROKEN, NO_CONNECTION}),
    (forwarded_to_nothing, {BROKEN, NO_CONNECTION}),
    (message_error, {BROKEN}),
    (close_connection, {BROKEN}),
    (late, {TIMED_OUT}),
    (half_closed, {BROKEN}),
    (silent, {TIMED_OUT}),
    (no_giop, {BROKEN}),
    (unknown_status, {BROKEN}),
]


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Iterator[OddServer]:
    monkeypatch.setattr(handle, "RETRY_INTERVAL", 0.0)
    server = OddServer()
    yield server
    close_connections()
    server.close()


def told(caught: pytest.ExceptionInfo[DevFailed]) -> str:
    """The outermost reason of the transport, whatever the call says on top."""
    reasons = [error.reason for error in caught.value.errors]
    return next(reason for reason in reversed(reasons) if reason != "API_CommandFailed")


@pytest.mark.parametrize(("answer", "reasons"), ODD, ids=lambda each: getattr(each, "__name__", None))
def test_a_call_ends_in_time_and_the_next_one_works(odd: OddServer, answer: Answer, reasons: set[str]) -> None:
    """CLI-2, CLI-3: none of the connections on which that happened is kept."""
    device = DeviceProxy(odd.device)
    assert device.state() == 0
    device.set_timeout_millis(int(1000 * TIMEOUT))
    odd.answer = answer
    start = time.monotonic()
    with pytest.raises(DevFailed) as caught:
        device.state()
    assert time.monotonic() - start < 2 * TIMEOUT + MARGIN
    assert told(caught) in reasons, caught.value
    odd.answer = well
    device.set_timeout_millis(3000)
    assert device.state() == 0
    odd.wait_for_open(1)


@pytest.mark.parametrize(("answer", "reasons"), ODD, ids=lambda each: getattr(each, "__name__", None))
async def test_the_same_in_an_event_loop(odd: OddServer, answer: Answer, reasons: set[str]) -> None:
    """CLI-2, CLI-3"""
    device = await AsyncDeviceProxy(odd.device)
    assert await device.state() == 0
    device.set_timeout_millis(int(1000 * TIMEOUT))
    odd.answer = answer
    start = time.monotonic()
    with pytest.raises(DevFailed) as caught:
        await device.state()
    assert time.monotonic() - start < 2 * TIMEOUT + MARGIN
    assert told(caught) in reasons, caught.value
    odd.answer = well
    device.set_timeout_millis(3000)
    assert await device.state() == 0
    await asyncio.to_thread(odd.wait_for_open, 1)
    await close_async_connections()


@pytest.mark.parametrize(("answer", "reasons"), ODD, ids=lambda each: getattr(each, "__name__", None))
def test_a_call_that_nobody_waits_for(odd: OddServer, answer: Answer, reasons: set[str]) -> None:
    """The thread that reads the answers ends such calls too, and those of others come."""
    reference = Reference((Endpoint(TCP, "127.0.0.1", odd.port),), b"a/b/c", 6)
    with closing(Connection.open(reference, ident=identity(), timeout=3.0)) as connection:
        odd.answer = answer
        start = time.monotonic()
        with pytest.raises((ConnectionLost, CallTimeout, RequestRefused)) as caught:
            connection.submit(GetState("a/b/c"), TIMEOUT).result(TIMEOUT + 2 * MARGIN)
        assert time.monotonic() - start < 2 * TIMEOUT + MARGIN
        assert (TIMED_OUT if isinstance(caught.value, CallTimeout) else BROKEN) in reasons
    odd.answer = well
    with closing(Connection.open(reference, ident=identity(), timeout=3.0)) as connection:
        assert connection.submit(GetState("a/b/c"), 3.0).result(5.0) == 0
    odd.wait_for_open(0)


@pytest.mark.parametrize("answer", [other_number, truncated, forwarded_to_itself, close_connection, silent])
def test_a_database(odd: OddServer, answer: Answer) -> None:
    """NAME-7, CLI-2"""
    caller = DatabaseCaller([HostPort("127.0.0.1", odd.port)], patience=Patience(TIMEOUT, TIMEOUT))
    request = CommandInout("sys/database/2", "DbInfo", VOID)
    assert caller(request).value == ["ok"]
    odd.answer = answer
    start = time.monotonic()
    with pytest.raises(DevFailed) as caught:
        caller(request)
    assert time.monotonic() - start < 3 * TIMEOUT + MARGIN
    assert caught.value.errors
    odd.answer = well
    assert caller(request).value == ["ok"]
    odd.wait_for_open(1)
    caller.close()


def test_an_older_version_in_the_other_order_is_understood(odd: OddServer) -> None:
    """wire 2.2, 2.4"""

    def answer(question: Question) -> None:
        question.send(b"GIOP\1\0\0\1" + struct.pack(">5I", 16, 0, question.number, 0, 1))

    device = DeviceProxy(odd.device)
    device.state()
    odd.answer = answer
    assert device.state() == 1


def test_an_answer_that_comes_twice_is_taken_once(odd: OddServer) -> None:
    """The second one is no answer to the next request (wire 2.7)."""
    device = DeviceProxy(odd.device)
    odd.answer = twice
    for pause in (0.0, 0.06, 0.0, 0.06, 0.0):
        assert device.state() == 0
        time.sleep(pause)
    odd.answer = well_and_goodbye
    for pause in (0.0, 0.06, 0.0, 0.06, 0.0):
        assert device.state() == 0
        time.sleep(pause)
    odd.wait_for_open(1)


async def test_the_same_answers_in_an_event_loop(odd: OddServer) -> None:
    device = await AsyncDeviceProxy(odd.device)
    for odd.answer in (twice, well_and_goodbye):
        for pause in (0.0, 0.06, 0.0, 0.06, 0.0):
            assert await device.state() == 0
            await asyncio.sleep(pause)
    await asyncio.to_thread(odd.wait_for_open, 1)
    await close_async_connections()


async def test_a_goodbye_between_calls_is_heard_at_once_in_an_event_loop(odd: OddServer) -> None:
    """wire 2.9: the connection is closed by then, not when it is wanted again."""

    def goodbye_later(question: Question) -> None:
        well(question)
        answered.wait(3)
        close_connection(question)

    answered = threading.Event()
    odd.answer = goodbye_later
    reference = Reference((Endpoint(TCP, "127.0.0.1", odd.port),), b"a/b/c", 6)
    connection = await aio.AsyncConnection.open(reference, ident=identity(), timeout=3.0)
    assert await connection.call(GetState("a/b/c"), 3.0) == 0
    answered.set()
    await asyncio.to_thread(odd.wait_for_open, 0)
    assert await connection.call(GetState("a/b/c"), 3.0) == 0
    connection.close()


async def test_calls_beyond_the_most_connections_wait_for_one_in_an_event_loop(
    odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And are told at once when there is none to be had any more."""
    monkeypatch.setattr(aio, "MOST_CONNECTIONS", 1)
    reference = Reference((Endpoint(TCP, "127.0.0.1", odd.port),), b"a/b/c", 6)
    connection = await aio.AsyncConnection.open(reference, ident=identity(), timeout=3.0)
    assert await asyncio.gather(*[connection.call(GetState("a/b/c"), 3.0) for _ in range(5)]) == [0] * 5
    assert odd.open == 1
    connection.close()
    connections = [await aio.AsyncConnection.open(reference, ident=identity(), timeout=3.0) for _ in range(5)]
    await asyncio.to_thread(odd.wait_for_open, 1)
    odd.stop_listening()
    odd.answer = close_connection
    start = time.monotonic()
    outcomes = await asyncio.gather(
        *[each.call(GetState("a/b/c"), 3.0) for each in connections], return_exceptions=True
    )
    assert time.monotonic() - start < MARGIN
    assert all(isinstance(outcome, ConnectionLost | CannotConnect) for outcome in outcomes), outcomes
    for each in connections:
        each.close()


async def test_idle_connections_of_an_event_loop_are_closed(odd: OddServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """wire 2.9"""
    monkeypatch.setattr(aio, "IDLE_TIMEOUT", 0.1)
    reference = Reference((Endpoint(TCP, "127.0.0.1", odd.port),), b"a/b/c", 6)
    connection = await aio.AsyncConnection.open(reference, ident=identity(), timeout=3.0)
    assert await connection.call(GetState("a/b/c"), 3.0) == 0
    await asyncio.to_thread(odd.wait_for_open, 0)
    assert await connection.call(GetState("a/b/c"), 3.0) == 0
    connection.close()


@pytest.mark.parametrize("quick", [False, True])
def test_a_server_that_reads_nothing_or_little(odd: OddServer, quick: bool) -> None:
    """CLI-2: what cannot be sent in time is a time-out."""

    def read_little() -> None:
        left, _ = listener.accept()
        with left, suppress(OSError):
            left.settimeout(3)
            while quick and not done.is_set() and left.recv(1000):
                time.sleep(0.01)
            done.wait(3)

    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        thread = threading.Thread(target=read_little)
        thread.start()
        reference = Reference((Endpoint(TCP, "127.0.0.1", listener.getsockname()[1]),), b"a/b/c", 6)
        with closing(Connection.open(reference, ident=identity(), timeout=3.0)) as connection:
            large = TypedValue(CmdArgType.DevVarCharArray, memoryview(bytes(16 << 20)))
            start = time.monotonic()
            with pytest.raises(CallTimeout, match=r"the request was not taken within 0\.3 s"):
                connection.call(CommandInout("a/b/c", "Take", large), TIMEOUT)
            assert time.monotonic() - start < 2 * TIMEOUT + MARGIN
        done.set()
        thread.join(5)


def test_what_is_there_to_read_is_left_when_the_time_is_over() -> None:
    """CLI-2: a server that always sends something gets no more time than others."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        theirs.sendall((b"GIOP\1\2\1\1" + struct.pack("<4I", 100_000, 1, 0, 0) + bytes(100_000))[:100_000])
        line = GiopLine(ours, ClientConnection(1 << 24, identity()))
        line.used -= 1.0
        with pytest.raises(CallTimeout):
            line.answer(0.5)


@pytest.mark.parametrize("type_id", ["IDL:Tango/Device_6:1.0", ""])
def test_an_object_that_is_elsewhere_from_the_start(odd: OddServer, type_id: str) -> None:
    """wire 2.3: it is followed there also when its interface is asked for, and no more often than makes sense."""
    other = OddServer()
    odd.is_a = lambda question: forward(question, device_at(other, type_id))
    try:
        assert DeviceProxy(odd.device).state() == DevState.ON
        assert other.open == 1
        other.is_a = lambda question: forward(question, device_at(odd, type_id))
        if not type_id:
            close_connections()
            with pytest.raises(DevFailed) as caught:
                DeviceProxy(odd.device).state()
            assert told(caught) in (BROKEN, NO_CONNECTION)
    finally:
        close_connections()
        other.close()
