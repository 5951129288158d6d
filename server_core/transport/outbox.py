"""What waits to be sent to one client of a server, without ever blocking the sender.

A frame goes straight to the socket when nothing waits before it; else it queues until the loop finds the socket
writable. Events are kept within a limit of their own: beyond it they are dropped and counted, and the client is told
as soon as there is room again.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from server_core.transport.contract import Frame, Limits

if TYPE_CHECKING:
    from server_core.transport.tls_layer import TlsLayer

_CLOSE = 0.0001
"""Seconds between two events below which they are gathered and sent together."""

_ANSWER, _EVENT, _EVENT_END = 0, 1, 2
"""What a piece in the queue belongs to: an answer, an event, the end of an event."""

_MAX_PIECES = 64
"""Pieces handed to one system call; well below what every platform allows."""


class Outbox:
    """The sending half of a server's connection; safe to use from any thread.

    `on_blocked` is called when the socket takes no more, and `on_error` when it is broken; neither under a lock.
    """

    def __init__(
        self,
        sock: socket.socket,
        tls: TlsLayer | None,
        limits: Limits,
        encode_dropped: Callable[[int, int], Frame],
        on_blocked: Callable[[], None],
        on_error: Callable[[OSError], None],
    ) -> None:
        self._socket = sock
        self._tls = tls
        self.limit = limits.max_event_backlog
        """Bytes of events that may wait; when more bytes of any kind wait, `on_blocked` is called again."""
        self._max_events = limits.max_waiting_events or sys.maxsize
        self._encode_dropped = encode_dropped
        self._on_blocked = on_blocked
        self._on_error = on_error
        self._lock = threading.Lock()
        self._queue: deque[tuple[memoryview, int]] = deque()
        self._event_bytes = 0
        self._events = 0
        self._last_event = 0.0
        self._dropped: dict[int, int] = {}
        self._broken = False
        self.waiting = 0
        """Bytes that are not sent yet."""

    def send(self, frame: Frame) -> None:
        """Send or queue a frame that must arrive: an answer, a greeting."""
        with self._lock:
            outcome = self._put(frame, event=False)
        if outcome is not None:
            self._report(outcome)

    def send_event(self, topic: int, frame: Frame) -> None:
        """Send or queue an event, or drop and count it when too many wait."""
        with self._lock:
            if self._event_bytes > self.limit or self._events >= self._max_events:
                self._dropped[topic] = self._dropped.get(topic, 0) + 1
                return
            outcome = self._tell_dropped() if self._dropped else None
            now = monotonic()
            if self._queue or now - self._last_event > _CLOSE or self._tls is not None:
                outcome = self._put(frame, event=True) or outcome
            elif not self._broken:  # in a rush: let the loop send what has gathered by the time it runs
                self._append(frame, event=True)
                outcome = True
            self._last_event = now
        if outcome is not None:
            self._report(outcome)

    def pump(self) -> None:
        """Send what the TLS session itself has to say."""
        if self._tls is None:
            return
        with self._lock:
            raw = self._tls.take()
            outcome = self._transmit([raw], event=False) if raw else None
        self._report(outcome)

    def flush(self) -> bool:
        """Send what the socket takes now; whether nothing waits any more."""
        with self._lock:
            if self._broken:
                return True
            outcome: OSError | bool | None = self._drain()
            if not self._queue and self._dropped:
                outcome = self._tell_dropped() or outcome
            empty = not self._queue
        self._report(outcome)
        return empty

    def close(self) -> None:
        """Close the socket; no thread is sending then, so none can send to a later owner of the descriptor."""
        with self._lock:
            self._broken = True
            self._queue.clear()
            self.waiting = 0
            self._socket.close()

    def _report(self, outcome: OSError | bool | None) -> None:
        """`outcome` is True when the socket is newly blocked, or the error that broke it."""
        if isinstance(outcome, OSError):
            self._on_error(outcome)
        elif outcome:
            self._on_blocked()

    def _tell_dropped(self) -> OSError | bool | None:
        dropped, self._dropped = self._dropped, {}
        outcome = None
        for topic, count in dropped.items():
            outcome = self._put(self._encode_dropped(topic, count), event=False) or outcome
        return outcome

    def _put(self, frame: Frame, *, event: bool) -> OSError | bool | None:
        if self._broken:
            return None
        if self._tls is not None:
            return self._transmit([self._tls.encrypt(frame)], event=event)
        return self._transmit(frame, event=event)

    def _transmit(self, frame: Frame, *, event: bool) -> OSError | bool | None:
        if self._queue:
            before = self.waiting
            self._append(frame, event)
            return before <= self.limit < self.waiting
        try:
            sent = self._socket.send(frame[0]) if len(frame) == 1 else self._socket.sendmsg(frame[:_MAX_PIECES])
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._broken = True
            return error
        if len(frame) == 1 and sent == len(frame[0]):
            return None
        rest = _after(frame, sent)
        if not rest:
            return None
        self._append(rest, event)
        return True

    def _append(self, frame: Frame, event: bool) -> None:
        role = _EVENT if event else _ANSWER
        for piece in frame:
            view = memoryview(piece).cast("B")
            if view:
                self._queue.append((view, role))
                self.waiting += len(view)
                self._event_bytes += len(view) if event else 0
        if event:
            self._queue[-1] = (self._queue[-1][0], _EVENT_END)
            self._events += 1

    def _drain(self) -> OSError | None:
        queue = self._queue
        while queue:
            pieces = [queue[index][0] for index in range(min(len(queue), _MAX_PIECES))]
            try:
                sent = self._socket.sendmsg(pieces)
            except BlockingIOError:
                return None
            except OSError as error:
                self._broken = True
                return error
            self._account(sent)
            if sent < sum(map(len, pieces)):
                return None
        return None

    def _account(self, sent: int) -> None:
        """Take `sent` bytes off the queue."""
        self.waiting -= sent
        while sent:
            view, role = self._queue.popleft()
            done = min(sent, len(view))
            sent -= done
            if role:
                self._event_bytes -= done
            if done < len(view):
                self._queue.appendleft((view[done:], role))
            elif role == _EVENT_END:
                self._events -= 1


def _after(frame: Frame, sent: int) -> list[memoryview]:
    """The pieces of `frame` that remain when `sent` bytes of it are gone."""
    rest = []
    for piece in frame:
        view = memoryview(piece).cast("B")
        if sent < len(view):
            rest.append(view[sent:])
        sent = max(0, sent - len(view))
    return rest
