"""The serialisation monitor: fair, re-entrant, with a time-out, and no thread held by a parked request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from server_core.model.enums import SerialModel
from server_core.model.errors import DevFailed
from server_core.server.monitor import Monitor, NoMonitor
from server_core.server.serialisation import Serialisation
from server_core.server.workers import Workers
from server_core.transport.contract import DEFERRED
from server_core.transport.timer import Timer


@pytest.fixture
def timer() -> Iterator[Timer]:
    timer = Timer("test")
    yield timer
    timer.stop()


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers(2, "test")
    yield workers
    workers.stop(5)


def answer() -> tuple[Future[Any], Any]:
    future: Future[Any] = Future()

    def respond(outcome: object) -> None:
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    return future, respond


def test_a_free_monitor_runs_work_at_once(workers: Workers, timer: Timer) -> None:
    _, respond = answer()
    assert Monitor("a/b/c", workers, timer).call(lambda: 42, respond) == 42


def test_the_same_thread_enters_again(workers: Workers, timer: Timer) -> None:
    """SER-2"""
    monitor = Monitor("a/b/c", workers, timer)
    _, respond = answer()
    with monitor, monitor:
        assert monitor.call(lambda: "inner", respond) == "inner"


def test_parked_requests_run_in_order_of_arrival(workers: Workers, timer: Timer) -> None:
    """SER-5"""
    monitor = Monitor("a/b/c", workers, timer)
    order: list[int] = []
    futures = []

    def park(number: int) -> None:
        future, respond = answer()
        futures.append(future)
        assert monitor.call(lambda: order.append(number), respond) is DEFERRED

    with monitor:
        for number in range(6):
            thread = threading.Thread(target=park, args=(number,))
            thread.start()
            thread.join()
        assert order == []
    for future in futures:
        future.result(5)
    assert order == list(range(6))


def test_threads_and_parked_requests_share_one_queue(workers: Workers, timer: Timer) -> None:
    """SER-2, SER-5: polling waits in the same queue as clients."""
    monitor = Monitor("a/b/c", workers, timer)
    order: list[str] = []
    entered = threading.Event()

    def poll() -> None:
        entered.set()
        with monitor:
            order.append("thread")

    future, respond = answer()
    with monitor:
        thread = threading.Thread(target=poll)
        thread.start()
        entered.wait(5)
        while not monitor._queue:
            threading.Event().wait(0.001)
        other = threading.Thread(target=lambda: monitor.call(lambda: order.append("request"), respond))
        other.start()
        other.join(5)
    future.result(5)
    thread.join(5)
    assert order == ["thread", "request"]


def test_a_parked_request_that_fails_answers_with_its_exception(workers: Workers, timer: Timer) -> None:
    monitor = Monitor("a/b/c", workers, timer)
    future, respond = answer()

    def fail() -> None:
        raise DevFailed.of("Probe_Fail", "boom")

    with monitor:
        thread = threading.Thread(target=lambda: monitor.call(fail, respond))
        thread.start()
        thread.join(5)
    with pytest.raises(DevFailed, match="boom"):
        future.result(5)
    _, respond = answer()
    assert monitor.call(lambda: "free again", respond) == "free again"


def test_a_request_whose_turn_does_not_come_is_refused(workers: Workers, timer: Timer) -> None:
    """SER-2: API_CommandTimedOut"""
    monitor = Monitor("a/b/c", workers, timer, timeout=0.05)
    future, respond = answer()
    with monitor:
        thread = threading.Thread(target=lambda: monitor.call(lambda: 1, respond))
        thread.start()
        thread.join(5)
        with pytest.raises(DevFailed) as failure:
            future.result(5)
    assert failure.value.reason == "API_CommandTimedOut"
    _, respond = answer()
    assert monitor.call(lambda: 2, respond) == 2


def test_a_thread_whose_turn_does_not_come_is_refused(workers: Workers, timer: Timer) -> None:
    """POLL-6"""
    monitor = Monitor("a/b/c", workers, timer, timeout=0.05)

    def enter() -> str:
        try:
            with monitor:
                return "entered"
        except DevFailed as failure:
            return failure.reason

    with monitor, ThreadPoolExecutor(1) as pool:
        assert pool.submit(enter).result(5) == "API_CommandTimedOut"


def test_who_waits_for_whom_in_the_four_models(workers: Workers, timer: Timer) -> None:
    """SER-1, SER-9"""

    def monitors(model: SerialModel) -> list[Any]:
        made = Serialisation(model, workers, timer)
        admin = made.admin_monitor("dserver/x/y")
        return [made.monitor("A", "a/a/1"), made.monitor("A", "a/a/2"), made.monitor("B", "b/b/1"), admin]

    assert len(set(map(id, monitors(SerialModel.BY_DEVICE)))) == 4
    first, second, other, admin = monitors(SerialModel.BY_CLASS)
    assert first is second
    assert len({id(first), id(other), id(admin)}) == 3
    assert len(set(map(id, monitors(SerialModel.BY_PROCESS)))) == 1
    *free, admin = monitors(SerialModel.NO_SYNC)
    assert all(isinstance(gate, NoMonitor) for gate in free)
    assert isinstance(admin, Monitor)


def test_workers_do_what_was_submitted_before_they_end() -> None:
    done: list[int] = []
    workers = Workers(2, "test")
    gate = threading.Event()
    workers.submit(lambda: done.append(gate.wait(5)))
    for number in range(5):
        workers.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    gate.set()
    workers.stop(5)
    assert sorted(done) == [0, 1, 1, 2, 3, 4]


def test_a_worker_that_never_returns_does_not_hold_up_the_end() -> None:
    gate = threading.Event()
    workers = Workers(1, "test")
    workers.submit(lambda: bool(gate.wait(5)) and None)
    workers.stop(0.02)
    gate.set()
    workers.stop(5)
