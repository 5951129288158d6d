"""The same for many things at once: a bounded number of threads, answers as they come, an end at any time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextvars import copy_context
from time import monotonic
from typing import Generic, NamedTuple, TypeVar
from weakref import WeakSet

from server_core.model.errors import DevFailed

AT_ONCE = 16
"""Things that are worked on at the same time."""

K = TypeVar("K")
V = TypeVar("V")

_workers: WeakSet[threading.Thread] = WeakSet()
"""Those that may still be at work."""


class Outcome(NamedTuple, Generic[K, V]):
    """What came of one thing: the answer, or the failure that took its place."""

    item: K
    value: V | None = None
    failure: DevFailed | None = None


def each(items: Sequence[K], do: Callable[[K], V], *, at_once: int = AT_ONCE) -> Generator[Outcome[K, V], None, None]:
    """Do something with every item, and give the outcomes as they come; a DevFailed is an outcome, any other error is
    raised here.

    Closing the iterator begins no further item; those begun end by themselves, in daemon threads, so that a host that
    does not answer holds nobody.
    """
    waiting: queue.SimpleQueue[K] = queue.SimpleQueue()
    done: queue.SimpleQueue[Outcome[K, V] | BaseException] = queue.SimpleQueue()
    ended = threading.Event()
    for item in items:
        waiting.put(item)

    def work() -> None:
        while not ended.is_set():
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            done.put(_outcome(item, do))

    for _ in range(min(at_once, len(items))):
        worker = threading.Thread(target=copy_context().run, args=(work,), name="together", daemon=True)
        worker.start()
        _workers.add(worker)
    try:
        for _ in items:
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        ended.set()


def await_begun(seconds: float) -> None:
    """Wait, at most so long, for what was begun and nobody wants any more."""
    deadline = monotonic() + seconds
    for worker in list(_workers):
        worker.join(max(0.0, deadline - monotonic()))


def _outcome(item: K, do: Callable[[K], V]) -> Outcome[K, V] | BaseException:
    try:
        return Outcome(item, do(item))
    except DevFailed as failure:
        return Outcome(item, failure=failure)
    except BaseException as error:  # noqa: BLE001  raised again where the outcomes are awaited
        return error
