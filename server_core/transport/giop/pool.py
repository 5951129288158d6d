"""Blocking connections to one server, shared by all its devices in this process.

A call takes a connection that nobody uses, or opens one, and gives it back. What the server closed meanwhile is noticed
before use and replaced in silence; what nobody has used for a while is closed. Source: wire 2.8, 2.9.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Broken, Closed, Pieces, Received, Reply, Send
from server_core.protocol.giop.connection import ClientConnection
from server_core.transport.contract import DEFAULT_LIMITS
from server_core.transport.endpoint import Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost
from server_core.transport.line import Line, connect

MOST_CONNECTIONS: Final = 128
"""To one server; further calls wait for a connection (as in Tango's other clients, wire 2.8)."""

IDLE_TIMEOUT: Final = 120.0
"""Seconds without a call after which a connection is closed."""

UNUSED: Final = 0.05
"""Seconds without a call after which a connection may have been closed unnoticed."""

_SHORT = 0.1
"""Seconds for what is said without need."""

_LOOK = socket.MSG_DONTWAIT | socket.MSG_PEEK

Ends = tuple[Endpoint, ...]
"""The addresses of one server, best first."""

Ask = Callable[[ClientConnection], tuple[int, Pieces]]
"""Makes the bytes of a request, and its number."""


class GiopLine(Line[ClientConnection]):
    """One connection. `used` is when a call last began or ended on it."""

    def __init__(self, sock: socket.socket, codec: ClientConnection) -> None:
        super().__init__(sock, codec)
        self.used = monotonic()

    def answer(self, timeout: float) -> Any:
        """Wait for the answer to what was sent. Raises CallTimeout and ConnectionLost; the connection is of no use
        then."""
        try:
            received = self.read(timeout)
            while not received:
                if received is None:
                    raise ConnectionLost("the server closed the connection", sent=True)
                left = self.used + timeout - monotonic()
                if left <= 0:  # however much there still is to read
                    raise BlockingIOError
                received = self.read(left)
        except BlockingIOError:
            raise CallTimeout(f"no answer within {timeout:.3g} s") from None
        except OSError as error:
            raise ConnectionLost(f"reading failed: {error}", sent=True) from error
        return answered(received)

    def is_usable(self) -> bool:
        """Whether nothing has come since the last call: what comes unasked is the end of the connection."""
        try:
            self.socket.recv(1, _LOOK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def say_goodbye(self) -> None:
        """Tell the server that the connection is closed in good order (wire 2.9)."""
        farewell = self.codec.farewell()
        try:
            if farewell is not None:
                self.send(farewell, _SHORT)
        except OSError:
            return  # it knows

    def dispose(self) -> None:
        """Close the connection."""
        self.close()
        self.socket.close()


def answered(received: list[Received]) -> Any:
    """The answer among what has come for the one request that is outstanding. Raises ConnectionLost."""
    for message in received:
        match message:
            case Reply():
                return message.result
            case Closed():
                raise ConnectionLost("the server closed the connection", sent=False)
            case Broken():
                raise ConnectionLost(str(message.error), sent=True)
            case Send():
                continue
    raise ConnectionLost(f"{received!r:.100} came in place of an answer", sent=True)


class Pool:
    """The connections to the server at `ends`. Who uses it joins before and leaves after; the last one closes it."""

    def __init__(self, ends: Ends, ident: ClientIdent) -> None:
        self.ends = ends
        self._ident = ident
        self._idle: list[GiopLine] = []
        self._lines: set[GiopLine] = set()
        self._room = threading.Condition()
        self._waiting = 0
        self._opening = 0
        self.users = 0

    def exchange(self, ask: Ask, timeout: float) -> Any:
        """The answer to what `ask` encodes, be it a refusal.

        Raises CannotConnect, CallTimeout, ConnectionLost, and ProtocolError for what cannot be encoded.
        """
        line = self.send(ask, timeout)
        try:
            answer = line.answer(timeout)
        except BaseException as error:
            self.drop(line)
            if isinstance(error, ConnectionLost):
                self.close_idle()
            raise
        self.give(line)
        return answer

    def send(self, ask: Ask, timeout: float) -> GiopLine:
        """Send what `ask` encodes; the connection that the answer will come on, to be given back or dropped then.
        Raises as `exchange`."""
        line = self.take(timeout)
        try:
            request = ask(line.codec)[1]
        except BaseException:
            self.give(line)
            raise
        try:
            line.send(request, timeout)
        except BlockingIOError:
            self.drop(line)
            raise CallTimeout(f"the request was not taken within {timeout:.3g} s") from None
        except OSError as error:
            self.drop(line)
            self.close_idle()
            raise ConnectionLost(f"sending failed: {error}", sent=False) from error
        except BaseException:
            self.drop(line)
            raise
        return line

    def take(self, timeout: float) -> GiopLine:
        """A connection for one call. Raises CannotConnect, and CallTimeout when none becomes free in time."""
        line = self._usable()
        return self._open(timeout) if line is None else line

    def _usable(self) -> GiopLine | None:
        now = monotonic()
        while self._idle:
            try:
                line = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            if now - line.used < UNUSED or line.is_usable():
                line.used = now
                return line
            self.drop(line)
        return None

    def give(self, line: GiopLine) -> None:
        """The call is over, and the connection in order, unless its end came with the answer."""
        if line.codec.ended:
            self.drop(line)
            return
        line.used = monotonic()
        self._idle.append(line)
        if self._waiting:
            with self._room:
                self._room.notify()
        if not self.users:
            self.close_idle()

    def drop(self, line: GiopLine) -> None:
        """The connection is of no use any more."""
        line.dispose()
        with self._room:
            self._lines.discard(line)
            self._room.notify()

    def _open(self, timeout: float) -> GiopLine:
        deadline = monotonic() + timeout
        with self._room:
            self._waiting += 1
            try:
                while len(self._lines) + self._opening >= MOST_CONNECTIONS:
                    line = self._usable()
                    if line is not None:
                        return line
                    if not self._room.wait(deadline - monotonic()):
                        raise CallTimeout(
                            f"{MOST_CONNECTIONS} calls to the server are under way, the most there may be"
                        )
                self._opening += 1
            finally:
                self._waiting -= 1
        try:
            line = self._connect(deadline)
        finally:
            with self._room:
                self._opening -= 1
                self._room.notify()
        with self._room:
            self._lines.add(line)
        if self.users:
            _sweeper.start()
        return line

    def _connect(self, deadline: float) -> GiopLine:
        """A new connection to the first address that answers, which is tried first from now on; each gets its share of
        the time."""
        failures = []
        for index, endpoint in enumerate(self.ends):
            try:
                sock = connect(endpoint, max(0.001, deadline - monotonic()) / (len(self.ends) - index))
            except OSError as error:
                failures.append(f"{endpoint}: {error.strerror or error}")
                continue
            if endpoint is not self.ends[0]:
                self.ends = (endpoint, *(other for other in self.ends if other is not endpoint))
            return GiopLine(sock, ClientConnection(DEFAULT_LIMITS.max_frame, self._ident))
        raise CannotConnect("\n".join(failures))

    def prepare(self, timeout: float) -> None:
        """See that the server can be reached. Raises as `take` does."""
        self.give(self.take(timeout))

    def close_idle(self, before: float = float("inf")) -> None:
        """Close the connections that nobody uses, or has used since a time."""
        for line in self._idle.copy():
            if line.used >= before:
                continue
            try:
                self._idle.remove(line)
            except ValueError:  # another thread was faster
                continue
            line.say_goodbye()
            self.drop(line)

    def break_off(self) -> None:
        """The other side counts as gone: calls under way end with ConnectionLost."""
        with self._room:
            lines = list(self._lines)
        for line in lines:
            line.close()
        self.close_idle()

    @property
    def is_empty(self) -> bool:
        """Whether there is no connection."""
        return not self._lines

    def leave(self) -> None:
        """One user less. Behind the last one connections are closed, those in use when their call is over."""
        with _lock:
            self.users -= 1
            if self.users:
                return
            if _pools.get(self.key) is self:
                del _pools[self.key]
        _sweeper.look()
        self.close_idle()

    @property
    def key(self) -> tuple[frozenset[Endpoint], ClientIdent]:
        """What makes it one pool."""
        return frozenset(self.ends), self._ident


_lock = threading.Lock()
_pools: dict[tuple[frozenset[Endpoint], ClientIdent], Pool] = {}


def join(ends: Ends, ident: ClientIdent) -> Pool:
    """The process's pool for the server at `ends`, which has one more user now."""
    with _lock:
        pool = _pools.setdefault((frozenset(ends), ident), Pool(ends, ident))
        pool.users += 1
        return pool


class _Sweeper:
    """Closes what nobody has used for long, in a thread that lives as long as there are pools with connections."""

    def __init__(self) -> None:
        self._changed = threading.Condition(_lock)
        self._running = False

    def start(self) -> None:
        """There is a connection."""
        with self._changed:
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="tango-giop-idle", daemon=True).start()

    def look(self) -> None:
        """There is one pool less."""
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        while pools := self._pools():
            for pool in pools:
                pool.close_idle(monotonic() - IDLE_TIMEOUT)

    def _pools(self) -> list[Pool]:
        """The pools to look at, after a while; none when there is no connection, and the thread ends."""
        with self._changed:
            if _with_connections():
                self._changed.wait(IDLE_TIMEOUT / 8)
            pools = _with_connections()
            self._running = bool(pools)
            return pools


def _with_connections() -> list[Pool]:
    return [pool for pool in _pools.values() if not pool.is_empty]


_sweeper = _Sweeper()


def _start_afresh() -> None:
    global _lock, _sweeper
    _lock = threading.Lock()
    _sweeper = _Sweeper()
    _pools.clear()


os.register_at_fork(after_in_child=_start_afresh)
