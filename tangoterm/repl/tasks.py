"""Functions in threads of their own, so that whoever wants their result need not wait for it to the end."""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore, Event, Thread
from typing import Any, Generic, TypeVar

_R = TypeVar("_R")


class Task(Generic[_R]):
    """A function that runs in a thread of its own from now on."""

    def __init__(self, function: Callable[[], _R]) -> None:
        self._function = function
        self._finished = Event()
        self._error: BaseException | None = None
        self._value: Any = None
        Thread(target=self._run, name="line", daemon=True).start()

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001  it is raised again where the result is wanted
            self._error = error
        self._finished.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most so long; whether it has come."""
        return self._finished.wait(seconds)

    def result(self) -> _R:
        """What the function returned or raised, when it has ended."""
        self.wait()
        if self._error is not None:
            raise self._error
        value: _R = self._value
        return value


def interruptible(function: Callable[[], _R]) -> _R:
    """The result of `function`; a KeyboardInterrupt ends the wait at once, in the middle of a request too."""
    return Task(function).result()


class Patience:
    """Asks what may take long, and waits `seconds` for each answer; no more than `most` questions are open at once."""

    def __init__(self, seconds: float, most: int = 4) -> None:
        self._seconds = seconds
        self._free = BoundedSemaphore(most)

    def ask(self, function: Callable[[], _R], otherwise: _R) -> _R:
        """The result of `function` if it comes in time, else `otherwise`; the function goes on to its end."""
        if not self._free.acquire(blocking=False):
            return otherwise
        task = Task(lambda: self._freeing(function))
        return task.result() if task.wait(self._seconds) else otherwise

    def _freeing(self, function: Callable[[], _R]) -> _R:
        try:
            return function()
        finally:
            self._free.release()
