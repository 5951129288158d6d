"""Threads that share one loop: a leader that runs it, a watcher that takes over when the leader is stuck.

The leader announces each piece of work that may block (`enter`, `leave`). While it works the watcher looks every tick;
work that lasts from one tick to the next is taken to block: the watcher leads from then on and appoints the next
watcher, and the late thread, told so by `leave`, finishes what it has in hand and becomes a spare. So requests run
where they were read, with no hand-off, and a slow one delays the others by two ticks at most.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

TICK = 0.0015
"""Seconds between two looks of the watcher."""

_IDLE_TICKS = 30
"""After so many ticks without work the watcher sleeps until there is some."""

_SPARE_PATIENCE = 10.0
"""Seconds that a spare thread waits for a task before it ends."""

_MAX_THREADS = 256
"""With so many threads at work nobody takes over any more."""

_SWITCH_INTERVAL = 0.0005
"""Interpreter's thread switch interval while several threads are at work: a handler that computes delays the others by
this much instead of ten times that."""

log = logging.getLogger(__name__)


class _SwitchInterval:
    """Shortens the interpreter's switch interval while any team in the process has late threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._usual = 0.0

    def shorten(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(min(self._usual, _SWITCH_INTERVAL))

    def restore(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                sys.setswitchinterval(self._usual)


_switch_interval = _SwitchInterval()


class Team:
    """Runs `lead` in one thread after the other; `lead` returns when `leave` said False, or when the team stops."""

    def __init__(self, lead: Callable[[], None], name: str) -> None:
        self._lead = lead
        self._name = name
        self._seat: deque[int] = deque()  # the leader's thread while it works; whoever takes it out leads
        self._works = 0
        self._asleep = False
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._spares = 0
        self._unwatched = False  # no thread could be had to watch: the next one that is free does
        self._tasks: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.stopped = False

    def start(self) -> None:
        """Start the first leader and its watcher."""
        self._new_thread(leader=True)
        self._new_thread(leader=False)

    def enter(self) -> None:
        """The leader begins work that may block."""
        self._works += 1
        self._seat.append(threading.get_ident())
        if self._asleep:
            self._asleep = False
            self._wake.set()

    def leave(self) -> bool:
        """The work is done; False when another thread has taken the lead meanwhile."""
        try:
            self._seat.remove(threading.get_ident())  # not the new leader's, who may be at work now
        except ValueError:
            _switch_interval.restore()
            return False
        return True

    def stop(self) -> None:
        """Let all threads end when they have nothing in hand; the leader must be woken by the caller."""
        self.stopped = True
        self._wake.set()
        with self._lock:
            for _ in self._threads:
                self._tasks.put(False)

    def join(self, timeout: float) -> None:
        """Wait for the threads to end, but not for the calling one."""
        deadline = time.monotonic() + timeout
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _new_thread(self, *, leader: bool) -> None:
        """Start a thread, unless the team stops or is as large as it may be; `join` finds it started."""
        with self._lock:
            if self.stopped or len(self._threads) >= _MAX_THREADS:
                self._unwatched = True
                return
            name = f"{self._name}-{len(self._threads)}"
            thread = threading.Thread(target=self._run, args=(leader,), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError:
                log.exception("no thread can be started beside the %d that run requests", len(self._threads))
                self._unwatched = True
            else:
                self._threads.add(thread)

    def _run(self, leader: bool) -> None:
        try:
            while not self.stopped:
                if leader or self._watch():
                    self._lead()
                leader = False
                if self.stopped or not self._wait_as_spare():
                    return
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _wait_as_spare(self) -> bool:
        """Whether the thread has been appointed watcher; False to end."""
        with self._lock:
            if self._unwatched:
                self._unwatched = False
                return True
            self._spares += 1
        while True:
            try:
                return self._tasks.get(timeout=_SPARE_PATIENCE)
            except queue.Empty:
                with self._lock:
                    if self._tasks.empty():
                        self._spares -= 1
                        return False

    def _appoint_watcher(self) -> None:
        with self._lock:
            if self._spares:
                self._spares -= 1
                self._tasks.put(True)
                return
        self._new_thread(leader=False)

    def _watch(self) -> bool:
        """Look at the leader until it is stuck; True when the calling thread leads now, False when the team stops."""
        seen, idle = self._works, 0
        while not self.stopped:
            time.sleep(TICK)
            works = self._works
            if works != seen:
                seen, idle = works, 0
            elif self._seat:
                if self._take_over():
                    return True
            else:
                idle += 1
                if idle > _IDLE_TICKS:
                    self._sleep()
                    idle = 0
        return False

    def _take_over(self) -> bool:
        """Take the lead, unless the leader has just finished."""
        try:
            self._seat.pop()
        except IndexError:
            return False
        _switch_interval.shorten()
        self._appoint_watcher()
        return True

    def _sleep(self) -> None:
        """Wait for work; it may have come before the leader could see that we sleep."""
        self._wake.clear()
        seen = self._works
        self._asleep = True
        if self._works == seen and not self._seat and not self.stopped:
            self._wake.wait()
        self._asleep = False
