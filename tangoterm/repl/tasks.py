"""Functions in threads of their own, so that whoever wants their result need not wait for it to the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import SimpleQueue
from threading import BoundedSemaphore, Event, Lock, Thread, current_thread, main_thread
from typing import Any, Generic, TypeVar

from tangoterm.console.changes import Change, Changes, Danger, Declined

_R = TypeVar("_R")


class Task(Generic[_R]):
    """A function that runs in a thread of its own from now on."""

    def __init__(self, function: Callable[[], _R]) -> None:
        self._function = function
        self._finished = Event()
        self._lock = Lock()
        self._then: Callable[[], None] | None = None
        self._error: BaseException | None = None
        self._value: Any = None
        Thread(target=copy_context().run, args=(self._run,), name="line", daemon=True).start()

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001  it is raised again where the result is wanted
            self._error = error
        with self._lock:
            self._finished.set()
            then = self._then
        if then is not None:
            then()

    def when_done(self, then: Callable[[], None]) -> None:
        """Call `then` at the end, at once when it has come."""
        with self._lock:
            if not self._finished.is_set():
                self._then = then
                return
        then()

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


class Questions:
    """Brings the question before a change from the thread in which a line runs to the one that reads from the person.

    A KeyboardInterrupt at the question says no.
    """

    def __init__(self, changes: Changes) -> None:
        self._ask = changes.confirm
        self._waiting: SimpleQueue[_Question | None] | None = None
        changes.confirm = self._confirm

    def serve(self, task: Task[_R]) -> None:
        """Ask what comes up until the task has ended."""
        waiting: SimpleQueue[_Question | None] = SimpleQueue()
        self._waiting = waiting
        task.when_done(lambda: waiting.put(None))
        try:
            while (question := waiting.get()) is not None:
                question.ask()
        finally:
            self._waiting = None

    def _confirm(self, changes: Sequence[Change], danger: Danger) -> bool:
        waiting = self._waiting
        if waiting is None or current_thread() is main_thread():
            return self._ask(changes, danger)
        question = _Question(lambda: self._ask(changes, danger))
        waiting.put(question)
        return question.answer()


class _Question:
    def __init__(self, function: Callable[[], bool]) -> None:
        self._function = function
        self._answered = Event()
        self._answer = False
        self._error: Exception | None = None

    def ask(self) -> None:
        """Ask, in the thread that reads."""
        try:
            self._answer = self._function()
        except KeyboardInterrupt:
            sys.stderr.write("\n")
        except Declined as error:
            self._error = error
        finally:
            self._answered.set()

    def answer(self) -> bool:
        """The answer, waited for in the thread that wants it."""
        self._answered.wait()
        if self._error is not None:
            raise self._error
        return self._answer


def interruptible(function: Callable[[], _R], questions: Questions | None = None) -> _R:
    """The result of `function`; a KeyboardInterrupt ends the wait at once, in the middle of a request too."""
    task = Task(function)
    if questions is not None:
        questions.serve(task)
    return task.result()


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
