"""The listening side: one selector loop for all connections of a server process.

Requests run in the thread that read them (see `team` for what happens when they block). Listens on TCP, with TLS or
without, and on a Unix socket; the first bytes of a connection choose its protocol (see `channel`).
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from server_core.transport.channel import Channel, Origin
from server_core.transport.contract import DEFAULT_LIMITS, Handler, Limits, Peer
from server_core.transport.endpoint import TCP, TLS, UNIX, Endpoint, format_endpoints
from server_core.transport.interfaces import UNSPECIFIED, reachable_addresses
from server_core.transport.remote_host import RemoteHosts, is_own_address
from server_core.transport.team import Team
from server_core.transport.timer import Handle, Timer

if TYPE_CHECKING:
    from server_core.transport.tls import ServerTls
    from server_core.transport.tls_layer import TlsLayer

_BACKLOG = 512

_ACCEPT_PAUSE = 0.5
"""Seconds without accepting after the process ran out of descriptors."""

_NEVER = float("inf")

_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

_MAPPED = "::ffff:"
"""How the address of an IPv4 client begins on a socket that takes IPv6 clients too."""

log = logging.getLogger(__name__)


class TransportServer:
    """Accepts connections and has `handler` execute their requests.

    Call `listen_tcp` and `listen_unix` as needed, then `start`; `stop` ends everything. With `tls` every TCP connection
    must use it.
    """

    def __init__(self, handler: Handler, *, limits: Limits = DEFAULT_LIMITS, tls: ServerTls | None = None) -> None:
        self.handler = handler
        self.limits = limits
        self.team = Team(self._lead, "tango-loop")
        self.paused = False
        self.running: Channel | None = None
        self._tls = tls.context() if tls is not None else None
        self._selector = selectors.DefaultSelector()
        self._listeners: dict[socket.socket, Endpoint] = {}
        self._unix_paths: list[tuple[str, int]] = []
        self._channels: set[Channel] = set()
        self._deadlines: dict[Channel, float] = {}
        self._due = _NEVER
        self._timer = Timer("tango-timer")
        self._alarm: Handle | None = None
        self._tasks: deque[Callable[[], bool | None]] = deque()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._selector.register(self._wake_out, selectors.EVENT_READ, self._woken)
        self._hosts = RemoteHosts()
        self._leader = 0
        self._started = False
        self._stopped = False
        self._closed = False

    @property
    def endpoints(self) -> str:
        """Where clients reach this server, as text for the database; best for remote clients first."""
        return format_endpoints(self._listeners.values())

    @property
    def hosts(self) -> list[str]:
        """The addresses where clients of Tango's own protocol reach `port`, the best first; none with TLS."""
        plain = next((sock for sock, endpoint in self._listeners.items() if endpoint.scheme == TCP), None)
        return [] if plain is None else reachable_addresses(plain.getsockname()[0])

    @property
    def local_path(self) -> str:
        """The path of the Unix socket that is listened on, empty without one."""
        return next((endpoint.path for endpoint in self._listeners.values() if endpoint.path), "")

    @property
    def port(self) -> int:
        """The first TCP port that is listened on, 0 without any."""
        return next((endpoint.port for endpoint in self._listeners.values() if endpoint.port), 0)

    def listen_tcp(self, host: str, port: int = 0) -> tuple[str, int]:
        """Listen on a TCP port (0: any that is free); the address bound. OSError when it cannot be had."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        bound_host, bound_port = sock.getsockname()[:2]
        advertised = socket.gethostname() if bound_host in UNSPECIFIED else bound_host
        self._listen(sock, Endpoint(TLS if self._tls else TCP, advertised, bound_port))
        return bound_host, bound_port

    def listen_unix(self, path: str) -> None:
        """Listen on a Unix socket that only this user may use. A socket file that nobody answers at is replaced;
        OSError when the path cannot be had."""
        _remove_stale(path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(path)
            os.chmod(path, 0o600)
        except OSError:
            sock.close()
            raise
        self._unix_paths.append((path, os.stat(path).st_ino))
        self._listen(sock, Endpoint(UNIX, path=path))

    def _listen(self, sock: socket.socket, endpoint: Endpoint) -> None:
        sock.listen(_BACKLOG)
        sock.setblocking(False)
        self._listeners[sock] = endpoint
        self.later(partial(self._accepting, sock, True))

    def start(self) -> None:
        """Run the loop in background threads."""
        self._started = True
        self.team.start()

    def pause(self) -> None:
        """Accept no connection and execute no request until `resume`; what runs goes on, what comes waits."""
        self.paused = True
        self.later(self._accept_all)

    def resume(self) -> None:
        """Accept and execute again, beginning with what has waited."""
        self.paused = False
        self.later(self._accept_all)
        for channel in list(self._channels):
            self.later(channel.resumed)

    def stop(self, drain: float = 3.0) -> None:
        """Finish the requests in progress, for `drain` seconds at most, then close everything. From any thread, also
        from one that executes a request."""
        if self._stopped:
            return
        self.pause()
        deadline = time.monotonic() + drain
        while (
            self._started and time.monotonic() < deadline and not all(channel.idle for channel in list(self._channels))
        ):
            time.sleep(0.005)
        self._stopped = True
        self.team.stop()
        self._wake()
        if self._started:
            self.team.join(max(0.1, deadline - time.monotonic()))
        self._close()

    def peers(self) -> list[Peer]:
        """The clients that are connected and have introduced themselves."""
        return [channel.peer for channel in list(self._channels) if channel.peer is not None]

    # What channels need of the loop (channel.Loop).

    def later(self, task: Callable[[], bool | None]) -> None:
        """Run `task` in the leader; from any thread."""
        self._tasks.append(task)
        if threading.get_ident() != self._leader:
            self._wake()

    def watch(self, channel: Channel, mask: int) -> None:
        """Wake the channel for these events only."""
        registered = channel.sock in self._selector.get_map()
        if not mask:
            if registered:
                self._selector.unregister(channel.sock)
        elif registered:
            self._selector.modify(channel.sock, mask, channel.ready)
        else:
            self._selector.register(channel.sock, mask, channel.ready)

    def set_deadline(self, channel: Channel, seconds: float | None) -> None:
        """Call the channel's `expired` after so long; None for never."""
        if seconds is None:
            self._deadlines.pop(channel, None)
        else:
            self._deadlines[channel] = deadline = time.monotonic() + seconds
            if deadline < self._due:
                self._wake_at(deadline)

    def forget(self, channel: Channel) -> None:
        """The channel is closed."""
        self.watch(channel, 0)
        self._deadlines.pop(channel, None)
        self._channels.discard(channel)

    # The loop.

    def _lead(self) -> None:
        self._leader = threading.get_ident()
        # The thread that led before is stuck in a request of this connection, and others may wait behind it.
        if self.running is not None and not self.running.run_pending():
            return
        select = self._selector.select
        tasks = self._tasks
        while not self._stopped:
            while tasks:
                if self._run(tasks.popleft()) is False:
                    return
            for key, mask in select():
                try:
                    if key.data(mask) is False:
                        return
                except Exception:
                    log.exception("the loop failed on %s, which is closed", key.fileobj)
                    self._give_up(key.fileobj)

    def _run(self, task: Callable[[], bool | None]) -> bool | None:
        try:
            return task()
        except Exception:
            log.exception("the loop failed in %s", task)
            return True

    def _give_up(self, fileobj: object) -> None:
        for channel in list(self._channels):
            if channel.sock is fileobj:
                channel.close()

    def _wake_at(self, moment: float) -> None:
        """Have deadlines looked at then. The timer's thread sees to it: a time-out of the loop's wait would have to be
        set for each request, which takes 4 µs."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._due = moment
        self._alarm = self._timer.after(moment - time.monotonic(), lambda: self.later(self._expire))

    def _expire(self) -> None:
        """Act on the deadlines that have passed."""
        now = time.monotonic()
        self._due = _NEVER
        for channel, deadline in list(self._deadlines.items()):
            if deadline <= now:
                del self._deadlines[channel]
                channel.expired()
        following = min(self._deadlines.values(), default=_NEVER)
        if following < self._due:
            self._wake_at(following)

    def _wake(self) -> None:
        if not self._closed:
            with contextlib.suppress(BlockingIOError):  # then it is awake already
                self._wake_in.send(b"\0")

    def _woken(self, mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_out.recv(4096)

    def _accept_all(self) -> None:
        for sock in self._listeners:
            self._accepting(sock, not self.paused)

    def _accepting(self, sock: socket.socket, wanted: bool) -> None:
        registered = sock in self._selector.get_map()
        if wanted and not registered:
            self._selector.register(sock, selectors.EVENT_READ, partial(self._accept, sock))
        elif registered and not wanted:
            self._selector.unregister(sock)

    def _accept(self, listener: socket.socket, mask: int) -> None:
        try:
            sock, address = listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno in _OUT_OF_DESCRIPTORS:
                log.exception("no connection can be accepted for %s s", _ACCEPT_PAUSE)
                self._accepting(listener, False)
                self._timer.after(_ACCEPT_PAUSE, lambda: self.later(self._accept_all))
            return
        sock.setblocking(False)
        endpoint = self._listeners[listener]
        if endpoint.scheme == UNIX:
            origin = Origin(f"unix:{endpoint.path}", socket.gethostname().lower())
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            origin = self._origin(address[0].removeprefix(_MAPPED), address[1], sock.getsockname()[0])
        channel = Channel(self, sock, origin, self._tls_layer() if endpoint.scheme == TLS else None)
        self._channels.add(channel)
        self._selector.register(sock, selectors.EVENT_READ, channel.ready)
        self.set_deadline(channel, self.limits.handshake_timeout)

    def _origin(self, host: str, port: int, own: str) -> Origin:
        """Who connects over the network; this machine has one name, whatever the address it calls from (BBX-15)."""
        local = is_own_address(host, own.removeprefix(_MAPPED))
        return Origin(
            f"tcp:{f'[{host}]' if ':' in host else host}:{port}",
            socket.gethostname().lower() if local else self._hosts.find(host),
        )

    def _tls_layer(self) -> TlsLayer:
        from server_core.transport.tls_layer import TlsLayer

        assert self._tls is not None
        return TlsLayer(self._tls, server_side=True)

    def _close(self) -> None:
        self._timer.stop()
        for channel in list(self._channels):
            channel.say_farewell()
            channel.close()
        while self._tasks:
            self._tasks.popleft()()
        for sock in self._listeners:
            sock.close()
        for path, inode in self._unix_paths:
            with contextlib.suppress(FileNotFoundError):
                if os.stat(path).st_ino == inode:
                    os.unlink(path)
        self._closed = True
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()


def _remove_stale(path: str) -> None:
    """Remove a socket file whose server is gone."""
    if not os.path.exists(path):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
