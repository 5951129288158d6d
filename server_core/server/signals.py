"""The signals of a server process: those that end it, and those that devices and classes want to know of.

A thread reads the numbers of signals from a socket that Python's low-level handler writes to, calls who is registered,
and then ends the server if the signal says so. A handler in Python would run in the main thread, which sleeps on when
the system gives the signal to another thread. Source: LIFE-40.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, NamedTuple

from server_core.device.author import call
from server_core.model.errors import DevFailed, Reason

log = logging.getLogger(__name__)

_STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGQUIT})
_OURS: Final = _STOP | {signal.SIGHUP}
"""Signals that never have the system's effect; SIGHUP has none at all."""

_KNOWN: Final = signal.valid_signals()
_NEVER_HANDLED: Final = frozenset({signal.SIGKILL, signal.SIGSTOP})
_PATIENCE: Final = 3.0
"""Seconds to wait for the main thread, and for an orderly end before a further signal ends the process at once."""

_ORIGIN: Final = "Signals"

Handler = Callable[[int], Any]


class _Registration(NamedTuple):
    listener: object
    handler: Handler
    of_class: bool
    own_handler: bool


class Signals:
    """Who wants to know of which signal; they come while `handled` is active, in a program that is a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registered: dict[int, list[_Registration]] = {}
        self._before: dict[int, signal.Handlers | int | Callable[[int, FrameType | None], object] | None] = {}
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._handled = self._main_listens = False

    # ---- registration

    def register(
        self, listener: object, handler: Handler, signo: int, *, of_class: bool = False, own_handler: bool = False
    ) -> None:
        """Call `handler` for a device or class, the listener, when the signal comes; with `own_handler` in a thread of
        its own.

        Raises DevFailed `API_SignalOutOfRange` for a number that is no signal, and with `own_handler` for those that
        end the server; `API_CantInstallSignal` for those that the system does not let a program handle.
        """
        _check(signo)
        if own_handler and signo in _STOP:
            raise DevFailed.of(
                Reason.API_SignalOutOfRange,
                f"Signal {signal.Signals(signo).name} ends the server, so it cannot have a handler of its own",
                _ORIGIN,
            )
        if signo in _NEVER_HANDLED:
            raise DevFailed.of(
                Reason.API_CantInstallSignal,
                f"Can't install signal {signo}: no program can handle {signal.Signals(signo).name}",
                _ORIGIN,
            )
        if self._handled:
            self._in_main_thread(lambda: self._install(signo))
        with self._lock:
            self._registered[signo] = [
                *self._others(listener, signo),
                _Registration(listener, handler, of_class, own_handler),
            ]

    def unregister(self, listener: object, signo: int) -> None:
        """Call it no longer; a signal that nobody wants has the system's effect again."""
        _check(signo)
        with self._lock:
            left = self._registered[signo] = self._others(listener, signo)
        if self._handled and not left and signo not in _OURS:
            self._in_main_thread(lambda: self._restore(signo))

    def forget(self, listener: object) -> None:
        """Call a device that is deleted for no signal any more."""
        with self._lock:
            for signo in self._registered:
                self._registered[signo] = self._others(listener, signo)

    def _others(self, listener: object, signo: int) -> list[_Registration]:
        return [each for each in self._registered.get(signo, ()) if each.listener is not listener]

    # ---- what the main thread does

    @contextmanager
    def handled(self, stop: Callable[[], None]) -> Iterator[None]:
        """Signals come to who is registered, and the ones that end a server call `stop`; if that takes long, one more
        ends the process at once."""
        numbers, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        before = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        self._handled = True
        for ours in _OURS:
            self._install(ours)
        self.catch_up()
        thread = threading.Thread(target=self._follow, args=(numbers, stop), name="signals")
        thread.start()
        try:
            yield
        finally:
            self._handled = False
            signal.set_wakeup_fd(before)
            for signo in list(self._before):
                self._restore(signo)
            wakeup.close()
            thread.join()
            numbers.close()

    def catch_up(self) -> None:
        """Install, in the main thread, what other threads have registered while it was busy."""
        for signo in list(self._registered):
            self._install(signo)

    def wait_in_main_thread(self, wait: Callable[[], None], idle: Callable[[], bool] | None = None) -> None:
        """Return when `wait` does; meanwhile install what other threads register, and call `idle` again and again as
        long as it says so."""

        def end() -> None:
            wait()
            self._orders.put(None)

        waiter = threading.Thread(target=end, name="end of server")
        waiter.start()
        self._main_listens = True
        while (order := self._next(idle)) is not None:
            order()
        self._main_listens = False
        waiter.join()

    def _next(self, idle: Callable[[], bool] | None) -> Callable[[], None] | None:
        while idle is not None:
            try:
                return self._orders.get_nowait()
            except queue.Empty:
                if not idle():
                    break
        return self._orders.get()

    def _in_main_thread(self, order: Callable[[], None]) -> None:
        """Python installs handlers in the main thread alone, which may be waiting for this very thread at a start."""
        if threading.current_thread() is threading.main_thread():
            order()
            return
        done = threading.Event()

        def execute() -> None:
            order()
            done.set()

        self._orders.put(execute)
        if self._main_listens:
            done.wait(_PATIENCE)

    def _install(self, signo: int) -> None:
        if signo not in self._before:
            self._before[signo] = signal.signal(signo, _noted)

    def _restore(self, signo: int) -> None:
        if signo in self._before:
            signal.signal(signo, self._before.pop(signo))

    # ---- what the signal thread does

    def _follow(self, numbers: socket.socket, stop: Callable[[], None]) -> None:
        ending: threading.Thread | None = None
        since = 0.0
        while received := numbers.recv(64):
            for signo in received:
                self._tell(signo)
                if signo not in _STOP:
                    continue
                if ending is None:
                    ending = threading.Thread(target=stop, name="end by signal")
                    since = time.monotonic()
                    ending.start()
                elif time.monotonic() - since > _PATIENCE:
                    log.error("the server does not come to its end; %s ends it now", signal.Signals(signo).name)
                    os._exit(128 + signo)
        if ending is not None:
            ending.join()

    def _tell(self, signo: int) -> None:
        """Call who is registered: classes first, then devices."""
        with self._lock:
            registered = sorted(self._registered.get(signo, ()), key=lambda each: not each.of_class)
        for each in registered:
            if each.own_handler:
                threading.Thread(target=_handle, args=(each.handler, signo), name=f"signal {signo}").start()
            else:
                _handle(each.handler, signo)


def _check(signo: int) -> None:
    if signo not in _KNOWN:
        raise DevFailed.of(Reason.API_SignalOutOfRange, f"Signal number {signo} out of range", _ORIGIN)


def _handle(handler: Handler, signo: int) -> None:
    try:
        call(handler, signo)
    except DevFailed as failure:
        log.error("the handler of signal %d failed: %s", signo, failure)


def _noted(number: int, frame: FrameType | None) -> None:
    """Makes the system tell of a signal; the signal thread acts on it."""
