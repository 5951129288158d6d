"""Those who wait for an answer on a blocking connection: a thread that calls, a subscription, an asynchronous call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future

NOTHING: Any = object()
"""Stands for an answer that has not come."""


class Waiter:
    """Somebody who waits for an answer."""

    __slots__ = ("_sleeping", "answer")

    def __init__(self) -> None:
        self.answer: Any = NOTHING
        self._sleeping: threading.Lock | None = None

    def deliver(self, answer: Any) -> None:
        """The answer has come. Called by the reader."""
        self.answer = answer
        if self._sleeping is not None:
            self.wake()

    def prepare(self) -> None:
        """From here on `wake` ends the next `sleep`, even when it comes first."""
        if self._sleeping is None:
            self._sleeping = threading.Lock()
            self._sleeping.acquire()

    def sleep(self, timeout: float) -> None:
        """Wait for `wake`, for so long at most."""
        assert self._sleeping is not None
        self._sleeping.acquire(timeout=min(max(0.0, timeout), threading.TIMEOUT_MAX))

    def wake(self) -> None:
        """End `sleep`."""
        sleeping = self._sleeping
        if sleeping is not None and sleeping.locked():
            try:
                sleeping.release()
            except RuntimeError:
                return  # another thread was faster


class SubscribeWaiter(Waiter):
    """Registers the callback before the reader sees the first event behind the answer."""

    __slots__ = ("_registered",)

    def __init__(self, registered: Callable[[Any], None]) -> None:
        super().__init__()
        self._registered = registered

    def deliver(self, answer: Any) -> None:
        """Register, then wake who subscribes."""
        self._registered(answer)
        super().deliver(answer)


class FutureWaiter(Waiter):
    """An asynchronous call."""

    __slots__ = ("future",)

    def __init__(self, future: Future[Any]) -> None:
        super().__init__()
        self.future = future

    def deliver(self, answer: Any) -> None:
        """Settle the future, unless it has been cancelled."""
        if not self.future.set_running_or_notify_cancel():
            return
        if isinstance(answer, Exception):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)
