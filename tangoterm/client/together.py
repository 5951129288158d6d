"""Several plans performed at once: what they ask of servers is sent for all before the first answer is awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, NamedTuple

from server_core.model.errors import DevFailed
from server_core.transport.errors import CallTimeout
from tangoterm.client.steps import FAILURES, Call, Plan, Runner, run_awaiting

if TYPE_CHECKING:
    from tangoterm.client.threads import ThreadRunner

NOT_YET: Any = object()
"""Stands for the outcome of a plan that is not done."""


class _Waiting(NamedTuple):
    """The answer that a plan waits for, and until when (monotonic seconds)."""

    future: Future[Any]
    deadline: float


class Batch:
    """Plans under way in the calling thread; they go on while it waits. `outcomes` holds for each its result, the
    DevFailed it ended with, or NOT_YET."""

    def __init__(self, plans: Iterable[Plan[Any]], runner: ThreadRunner) -> None:
        self._plans = list(plans)
        self._runner = runner
        self._waiting: dict[int, _Waiting] = {}
        self.outcomes: list[Any] = [NOT_YET] * len(self._plans)
        for index in range(len(self._plans)):
            self._go_on(index)

    def _go_on(self, index: int, outcome: Any = None, failure: Exception | None = None) -> None:
        """Let a plan have the outcome of its step, and do what it wants next until it asks a server."""
        plan = self._plans[index]
        try:
            while True:
                step = plan.send(outcome) if failure is None else plan.throw(failure)
                outcome = failure = None
                try:
                    if isinstance(step, Call) and not self._runner.collocated(step.address):
                        future = self._runner.submit(step.address, step.request, step.timeout)
                        self._waiting[index] = _Waiting(future, time.monotonic() + step.timeout)
                        return
                    outcome = step.run(self._runner)
                except FAILURES as error:
                    failure = error
        except StopIteration as done:
            self.outcomes[index] = done.value
        except DevFailed as ended:
            self.outcomes[index] = ended

    def wait(self, seconds: float | None = None) -> None:
        """Go on until all plans are done, or for so many seconds."""
        limit = float("inf") if seconds is None else time.monotonic() + seconds
        while self._waiting:
            until = min(limit, *(waiting.deadline for waiting in self._waiting.values()))
            futures = [waiting.future for waiting in self._waiting.values()]
            wait(futures, max(0.0, until - time.monotonic()), FIRST_COMPLETED)
            now = time.monotonic()
            for index, waiting in list(self._waiting.items()):
                if waiting.future.done():
                    self._answered(index, waiting.future)
                elif waiting.deadline <= now:
                    del self._waiting[index]
                    waiting.future.cancel()
                    self._go_on(index, failure=CallTimeout("no answer in time"))
            if limit <= now:
                return

    def _answered(self, index: int, future: Future[Any]) -> None:
        del self._waiting[index]
        try:
            outcome = future.result()
        except FAILURES as failure:
            self._go_on(index, failure=failure)
        else:
            self._go_on(index, outcome)


class AsyncBatch:
    """Plans under way in the running event loop, as tasks; `outcomes` as in `Batch`."""

    def __init__(self, plans: Iterable[Plan[Any]], runner: Runner) -> None:
        self._tasks = [asyncio.ensure_future(_outcome(plan, runner)) for plan in plans]
        self.outcomes: list[Any] = [NOT_YET] * len(self._tasks)

    async def wait(self, seconds: float | None = None) -> None:
        """Let the plans go on until all are done, or for so many seconds; those that are not done are given up."""
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=seconds)
            for task in unfinished:
                task.cancel()
            self.outcomes = [NOT_YET if task in unfinished else task.result() for task in self._tasks]


async def _outcome(plan: Plan[Any], runner: Runner) -> Any:
    try:
        return await run_awaiting(plan, runner)
    except DevFailed as ended:
        return ended
