"""Results in the background: each has a thread, one printer writes for all of them and never floods the terminal."""

from __future__ import annotations

from collections import deque
from threading import Event, Lock, Thread

from tangoterm.console.commands.table import UsageError
from tangoterm.console.render import render
from tangoterm.console.result import Result
from tangoterm.console.session import Session
from tangoterm.console.terminal import Terminal

FLUSH = 0.1
"""Seconds between two writes."""

BURST = 40
"""Lines in one write; more are counted instead of shown."""


class Job:
    """One live result that goes on in the background."""

    def __init__(self, number: int, line: str, result: Result) -> None:
        self.number = number
        self.line = line
        self.result = result
        self.shown = 0
        self.stopped = False
        self.thread: Thread | None = None

    def stop(self) -> None:
        """Ask the result to end and wait until it has."""
        self.stopped = True
        if self.result.stop is not None:
            self.result.stop()
        if self.thread is not None:
            self.thread.join()


class Jobs:
    """The jobs of one conversation."""

    def __init__(self, session: Session, terminal: Terminal) -> None:
        self._session = session
        self._terminal = terminal
        self._jobs: dict[int, Job] = {}
        self._next = 1
        self._printer: Printer | None = None

    @property
    def running(self) -> list[Job]:
        """The jobs that have not ended, in the order they were started."""
        return list(self._jobs.values())

    def start(self, line: str, result: Result) -> Job:
        """Show `result` row by row in the background."""
        if self._printer is None:
            self._printer = Printer(self._terminal)
        if result.note:
            self._terminal.remark(result.note)
        job = Job(self._next, line, result)
        self._next += 1
        self._jobs[job.number] = job
        job.thread = Thread(target=self._show, args=(job, self._printer), name=f"job {job.number}", daemon=True)
        job.thread.start()
        return job

    def stop(self, number: int) -> bool:
        """End a job; false when there is none of that number."""
        job = self._jobs.get(number)
        if job is None:
            return False
        job.stop()
        return True

    def stop_all(self) -> None:
        """End all jobs and the printer."""
        for job in self.running:
            job.stop()
        if self._printer is not None:
            self._printer.close()
            self._printer = None

    def _show(self, job: Job, printer: Printer) -> None:
        try:
            for line in render(job.result, self._terminal.output, self._terminal.paint):
                job.shown += 1
                printer.put(line)
            printer.flush()
            for failure in job.result.failures:
                self._terminal.failure(self._session, failure)
        except UsageError as error:
            self._terminal.problem(f"[{job.number}] {error}")
        else:
            if not job.stopped:
                self._terminal.remark(f"[{job.number}] {job.line} has ended")
        finally:
            self._jobs.pop(job.number, None)


class Printer:
    """Writes lines of several threads in bursts; what comes faster than a person can read is counted."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lines: deque[str] = deque()
        self._skipped = 0
        self._lock = Lock()
        self._closed = Event()
        self._thread = Thread(target=self._run, name="printer", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Show a line soon."""
        with self._lock:
            if len(self._lines) < BURST:
                self._lines.append(line)
            else:
                self._skipped += 1

    def close(self) -> None:
        """Write what is left and end."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(FLUSH):
            self.flush()
        self.flush()

    def flush(self) -> None:
        """Write now what waits."""
        with self._lock:
            lines, skipped = list(self._lines), self._skipped
            self._lines.clear()
            self._skipped = 0
        if skipped:
            lines.append(f"… {skipped} more not shown")
        if lines:
            self._terminal.text("\n".join(lines))
