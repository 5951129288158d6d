"""Calls over a blocking connection: answers, failures, time-outs, many at once, and the end of the connection."""

from __future__ import annotations

import logging
import threading
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server_core.model.errors import DevFailed, MultiDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.operations import CommandInout, Ping
from server_core.transport.blocking import Connection
from server_core.transport.contract import Limits
from server_core.transport.endpoint import Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost


def command(name: str, number: int = 0) -> CommandInout:
    return CommandInout("a/b/c", name, TypedValue(CmdArgType.DevLong64, number))


def call(connection: Connection, name: str, number: int = 0, timeout: float = 10) -> int:
    value: int = connection.call(command(name, number), timeout).value
    return value


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_a_request_is_answered(site: Any, connect: Callable[..., Connection], scheme: str) -> None:
    connection = connect(site.endpoints[scheme])
    assert call(connection, "Echo", 3) == 3
    assert call(connection, "Later", 4) == 4
    assert connection.call(Ping("x"), 10) is None


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_a_large_array_goes_there_and_back(site: Any, connect: Callable[..., Connection], scheme: str) -> None:
    values = memoryview(array("d", range(500_000)))
    request = CommandInout("d", "Echo", TypedValue(CmdArgType.DevVarDoubleArray, values))
    answer = connect(site.endpoints[scheme]).call(request, 10)
    assert answer.value == values


def test_failures_come_back_as_they_were_raised(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    with pytest.raises(DevFailed) as caught:
        call(connection, "Refuse")
    assert [error.reason for error in caught.value.errors] == ["API_No", "API_Outer"]
    with pytest.raises(DevFailed, match="API_Late: too late"):
        call(connection, "LaterFails")
    with pytest.raises(MultiDevFailed) as several:
        call(connection, "RefuseSome")
    assert [(failed.name, failed.index_in_call) for failed in several.value.failed] == [("a", 1)]


@pytest.mark.parametrize(("name", "text"), [("Crash", "ZeroDivisionError: by nought"), ("Exit", "SystemExit: 3")])
def test_an_exception_of_the_handler_is_answered_and_logged(
    site: Any, connect: Callable[..., Connection], caplog: pytest.LogCaptureFixture, name: str, text: str
) -> None:
    connection = connect(site.endpoints["tcp"])
    with caplog.at_level(logging.ERROR), pytest.raises(DevFailed) as caught:
        call(connection, name)
    assert (caught.value.reason, caught.value.desc) == ("API_InternalError", text)
    assert "CommandInout failed" in caplog.text
    assert call(connection, "Echo", 1) == 1


def test_many_threads_share_a_connection(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["unix"])

    def work(start: int) -> list[int]:
        return [
            call(connection, "Later" if number % 40 == 0 else "Echo", number) for number in range(start, start + 150)
        ]

    with ThreadPoolExecutor(6) as pool:
        for start, answers in zip(range(0, 6000, 1000), pool.map(work, range(0, 6000, 1000)), strict=True):
            assert answers == list(range(start, start + 150))


def test_a_slow_call_does_not_hold_up_other_threads(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(call, connection, "Wait", 1)
        assert site.bench.waiting.acquire(timeout=5)
        assert [call(connection, "Echo", number, 5) for number in range(20)] == list(range(20))
        site.bench.gate.set()
        assert slow.result(5) == 1


def test_asynchronous_calls_are_answered_in_any_order(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    slow = connection.submit(command("Wait", 1))
    fast = [connection.submit(command("Echo", number)) for number in range(50)]
    assert [future.result(5).value for future in fast] == list(range(50))
    assert not slow.done()
    site.bench.gate.set()
    assert slow.result(5).value == 1
    with pytest.raises(DevFailed, match="API_No"):
        connection.submit(command("Refuse")).result(5)


def test_more_asynchronous_calls_than_the_server_allows_wait_their_turn(
    start: Callable[..., Any], connect: Callable[..., Connection]
) -> None:
    connection = connect(start(Limits(max_outstanding=4)).endpoints["tcp"])
    futures = [connection.submit(command("Later", number)) for number in range(30)]
    assert [future.result(5).value for future in futures] == list(range(30))


def test_a_call_from_the_callback_of_an_asynchronous_one(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    answers: list[int] = []
    done = threading.Event()

    def again(future: Any) -> None:
        answers.append(call(connection, "Echo", future.result().value + 1))
        done.set()

    connection.submit(command("Later", 1)).add_done_callback(again)
    assert done.wait(5)
    assert answers == [2]


def test_a_late_answer_is_not_taken_for_another(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    with pytest.raises(CallTimeout, match=r"within 0\.05 s"):
        call(connection, "Wait", 1, 0.05)
    site.bench.gate.set()
    assert [call(connection, "Echo", number) for number in range(5)] == list(range(5))
    assert not connection.closed


def test_a_request_that_cannot_be_encoded_harms_nothing(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    with pytest.raises(ProtocolError, match="cannot be encoded"):
        connection.call(CommandInout("d", "Echo", TypedValue(CmdArgType.DevLong, object())), 5)
    assert call(connection, "Echo", 5) == 5


def test_a_server_that_ends_is_noticed_before_the_next_request_is_sent(
    site: Any, connect: Callable[..., Connection]
) -> None:
    """CLI-3: a request that surely was not delivered may be repeated; the error tells."""
    connection = connect(site.endpoints["tcp"])
    assert call(connection, "Echo", 1) == 1
    site.server.stop()
    connection._last_used -= 1
    with pytest.raises(ConnectionLost) as caught:
        call(connection, "Echo")
    assert not caught.value.sent
    assert connection.closed


def test_a_server_that_ends_during_a_call_leaves_the_delivery_open(
    site: Any, connect: Callable[..., Connection]
) -> None:
    connection = connect(site.endpoints["tcp"])
    lost: list[ConnectionLost] = []
    announced = threading.Event()
    connection.on_lost(lost.append)
    connection.on_lost(lambda error: announced.set())
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(call, connection, "Wait")
        assert site.bench.waiting.acquire(timeout=5)
        site.server.stop(drain=0.0)
        with pytest.raises(ConnectionLost) as caught:
            slow.result(5)
    assert caught.value.sent
    assert announced.wait(5)
    assert len(lost) == 1


def test_closing_ends_calls_under_way_and_announces_nothing(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    lost: list[ConnectionLost] = []
    connection.on_lost(lost.append)
    future = connection.submit(command("Wait"))
    assert site.bench.waiting.acquire(timeout=5)
    connection.close()
    with pytest.raises(ConnectionLost, match="the connection was closed"):
        future.result(5)
    with pytest.raises(ConnectionLost):
        call(connection, "Echo")
    assert lost == []
    assert site.bench.gone.acquire(timeout=5)


def test_nobody_at_an_endpoint(start: Callable[..., Any], connect: Callable[..., Connection]) -> None:
    site = start()
    site.server.stop()
    for endpoint in (*site.endpoints.values(), Endpoint("tcp", "host.invalid", 1)):
        with pytest.raises(CannotConnect) as caught:
            connect(endpoint, timeout=2)
        assert str(endpoint) in str(caught.value)


def test_a_server_that_never_greets(silent: Endpoint, connect: Callable[..., Connection]) -> None:
    with pytest.raises(CannotConnect, match=r"no greeting within 0\.05 s"):
        connect(silent, timeout=0.05)
