"""The server's loop: slow handlers delay nobody, bad clients harm nobody, and the end is orderly."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.exchange import Broken, Received
from server_core.protocol.native.connection import ClientConnection
from server_core.protocol.operations import CommandInout, Ping
from server_core.transport.blocking import Connection
from server_core.transport.contract import Limits
from server_core.transport.endpoint import Endpoint, parse_endpoints
from server_core.transport.errors import CallTimeout, ConnectionLost
from server_core.transport.server import TransportServer
from server_core.transport.team import TICK, Team


def command(name: str, number: int = 0) -> CommandInout:
    return CommandInout("a/b/c", name, TypedValue(CmdArgType.DevLong64, number))


class RawClient:
    """A client that sends what it is told to and shows what comes back."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.socket = socket.create_connection((endpoint.host, endpoint.port), 5)
        self.codec = ClientConnection(2**28)

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def greet(self) -> RawClient:
        self.socket.sendall(self.codec.hello(ClientIdent(pid=9), "raw"))
        self.codec.receive(self.socket.recv(1000))
        return self

    def until_closed(self) -> list[Received]:
        received: list[Received] = []
        while data := self.socket.recv(65536):
            received += self.codec.receive(data)
        return received

    def reason_of_end(self) -> str:
        """What the server says before it closes."""
        *_, last = self.until_closed()
        assert isinstance(last, Broken)
        return str(last.error)


def test_a_blocked_request_delays_no_other_connection_nor_its_own(
    site: Any, connect: Callable[..., Connection]
) -> None:
    """Lazy change of leader: requests go on being executed while handlers wait for their hardware."""
    same, other = connect(site.endpoints["tcp"]), connect(site.endpoints["unix"])
    blocked = [same.submit(command("Wait", number)) for number in range(5)]
    for _ in blocked:
        assert site.bench.waiting.acquire(timeout=5)
    for connection in (same, other):
        assert connection.call(command("Echo", 8), 5).value == 8
    assert not any(future.done() for future in blocked)
    site.bench.gate.set()
    assert [future.result(5).value for future in blocked] == list(range(5))


def test_requests_that_came_in_one_piece_do_not_wait_for_the_first(site: Any) -> None:
    with RawClient(site.endpoints["tcp"]).greet() as client:
        frames = [client.codec.request(command(name, 1))[1] for name in ("Wait", "Echo", "Echo")]
        client.socket.sendall(b"".join(piece for frame in frames for piece in frame))
        answers = client.codec.receive(client.socket.recv(1000))
        while len(answers) < 2:
            answers += client.codec.receive(client.socket.recv(1000))
        assert [answer.id for answer in answers] == [2, 3]  # type: ignore[union-attr]
        site.bench.gate.set()
        assert [answer.id for answer in client.codec.receive(client.socket.recv(1000))] == [1]  # type: ignore[union-attr]


def test_threads_switch_faster_only_while_several_run_handlers(site: Any, connect: Callable[..., Connection]) -> None:
    usual = sys.getswitchinterval()
    connection = connect(site.endpoints["tcp"])
    slow = connection.submit(command("Wait"))
    assert site.bench.waiting.acquire(timeout=5)
    connection.call(command("Echo"), 5)
    assert sys.getswitchinterval() == pytest.approx(0.0005)
    site.bench.gate.set()
    slow.result(5)
    connection.call(command("Echo"), 5)
    for _ in range(100):
        if sys.getswitchinterval() == pytest.approx(usual):
            break
        threading.Event().wait(0.01)
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_a_team_that_stops_starts_no_thread_and_joins_only_those_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread is either started when `join` sees it, or never."""
    team = Team(lambda: None, "test")
    starting, go_on = threading.Event(), threading.Event()
    start = threading.Thread.start

    def slow(thread: threading.Thread) -> None:
        if thread.name.startswith("test-"):
            starting.set()
            go_on.wait(10)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", slow)
    starter = threading.Thread(target=team.start)
    starter.start()
    assert starting.wait(10)
    team.stopped = True
    joiner = threading.Thread(target=lambda: team.join(10))
    joiner.start()
    go_on.set()
    starter.join(10)
    joiner.join(10)
    assert not starter.is_alive()
    assert not joiner.is_alive()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-")]


def test_a_late_thread_does_not_take_the_lead_from_its_successor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it take the successor's work for its own when both are in a handler at the same time."""
    team = Team(lambda: None, "test")
    monkeypatch.setattr(team, "_appoint_watcher", lambda: None)
    with ThreadPoolExecutor(1) as late:
        late.submit(team.enter).result()
        team._take_over()
        team.enter()
        assert late.submit(team.leave).result() is False
        assert team.leave() is True


def test_quick_and_slow_requests_of_many_clients_are_all_answered(
    site: Any, connect: Callable[..., Connection]
) -> None:
    """Handlers that last about as long as the watcher's tick: leaders change all the time."""
    execute = site.bench.handle

    def handle(request: Any, peer: Any, respond: Any, form: Any) -> object:
        threading.Event().wait(request.argin.value % 5 * TICK / 2)
        return execute(request, peer, respond)

    site.bench.handle = handle
    connections = [connect(site.endpoints[scheme]) for scheme in ("tcp", "unix", "unix")]

    def work(start: int) -> bool:
        futures = [connections[start % 3].submit(command("Echo", start + number)) for number in range(30)]
        return [future.result(10).value for future in futures] == list(range(start, start + 30))

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))


def test_late_threads_are_used_again(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"])
    for _ in range(10):
        site.bench.gate.clear()
        slow = connection.submit(command("Wait"))
        assert site.bench.waiting.acquire(timeout=5)
        connection.call(command("Echo"), 5)
        site.bench.gate.set()
        slow.result(5)
    assert sum(thread.name.startswith("tango-loop") for thread in threading.enumerate()) <= 6


def test_requests_wait_while_the_server_is_paused(site: Any, connect: Callable[..., Connection]) -> None:
    """LIFE-32: connections outlive a restart of the server's devices; requests are executed after it."""
    connection = connect(site.endpoints["tcp"])
    site.server.pause()
    with pytest.raises(CallTimeout):
        connection.call(command("Echo"), 0.1)
    waiting = connection.submit(command("Echo", 5))
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(connect, site.endpoints["unix"])
        site.server.resume()
        assert waiting.result(5).value == 5
        assert late.result(5).call(command("Echo", 6), 5).value == 6


def test_the_end_does_not_wait_for_requests_that_are_not_executed_any_more(
    site: Any, connect: Callable[..., Connection]
) -> None:
    """LIFE-42: while one that is being executed is answered."""
    site.bench.gate.clear()
    slow, late = connect(site.endpoints["tcp"]), connect(site.endpoints["unix"])
    running = slow.submit(command("Wait"))
    assert site.bench.waiting.acquire(timeout=5)
    site.server.pause()
    waiting = late.submit(command("Echo", 5))
    with pytest.raises(TimeoutError):
        waiting.result(0.1)
    with ThreadPoolExecutor(1) as pool:
        begin = time.monotonic()
        end = pool.submit(site.server.stop, 30.0)
        with pytest.raises(TimeoutError):
            end.result(0.1)
        site.bench.gate.set()
        running.result(5)
        end.result(10)
    assert time.monotonic() < begin + 15
    with pytest.raises(ConnectionLost):
        waiting.result(5)


def test_a_request_may_pause_and_resume_its_own_server(
    start: Callable[..., Any], connect: Callable[..., Connection]
) -> None:
    site = start()
    connection = connect(site.endpoints["tcp"])
    execute = site.bench.handle

    def handle(request: Any, peer: Any, respond: Any, form: Any) -> object:
        if isinstance(request, Ping):
            site.server.pause()
            site.server.resume()
        return execute(request, peer, respond)

    site.bench.handle = handle
    assert connection.call(Ping("d"), 5) is None
    assert connection.call(command("Echo", 1), 5).value == 1


def test_stopping_lets_requests_finish(site: Any, connect: Callable[..., Connection]) -> None:
    slow = connect(site.endpoints["tcp"]).submit(command("Wait", 3))
    assert site.bench.waiting.acquire(timeout=5)
    threading.Timer(0.05, site.bench.gate.set).start()
    site.server.stop(drain=5)
    assert slow.result(5).value == 3
    assert not Path(site.endpoints["unix"].path).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((site.endpoints["tcp"].host, site.endpoints["tcp"].port), 5)


def test_a_unix_socket_is_replaced_when_its_server_is_gone_and_kept_when_it_lives(site: Any, tmp_path: Path) -> None:
    path = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    other = TransportServer(site.bench)
    other.listen_unix(str(path))
    with pytest.raises(OSError, match="in use"):
        other.listen_unix(site.endpoints["unix"].path)
    other.stop()
    assert Path(site.endpoints["unix"].path).exists()


def test_an_unspecified_address_is_advertised_as_the_hosts_name(site: Any) -> None:
    server = TransportServer(site.bench)
    try:
        _, port = server.listen_tcp("0.0.0.0")
        assert parse_endpoints(server.endpoints) == [Endpoint("tcp", socket.gethostname(), port)]
        assert server.hosts
        for host in server.hosts:
            socket.create_connection((host, port), 5).close()
        assert "0.0.0.0" not in server.hosts
    finally:
        server.stop()


def test_the_handler_sees_who_calls(site: Any, connect: Callable[..., Connection]) -> None:
    """BBX-13, BBX-15: the name of the client's host, the server's own for clients of the Unix socket."""
    for scheme, address in (("tcp", "tcp:127.0.0.1:"), ("unix", f"unix:{site.endpoints['unix'].path}")):
        connect(site.endpoints[scheme]).call(Ping("d"), 5)
        peer = site.bench.seen[-1]
        assert (peer.host, peer.ident.pid) == (socket.gethostname().lower(), 42)
        assert peer.address.startswith(address)
        assert peer in site.server.peers()


def test_the_end_of_a_connection_is_reported_once(site: Any, connect: Callable[..., Connection]) -> None:
    connect(site.endpoints["tcp"]).close()
    assert site.bench.gone.acquire(timeout=5)
    connection = connect(site.endpoints["tcp"])
    connection.call(Ping("d"), 5)
    assert len(site.server.peers()) == 1
    assert not site.bench.gone.acquire(blocking=False)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.booleans(), st.binary(min_size=1, max_size=200))
def test_a_server_fed_garbage_goes_on_serving(
    site: Any, connect: Callable[..., Connection], greeted: bool, garbage: bytes
) -> None:
    good = connect(site.endpoints["tcp"])
    with RawClient(site.endpoints["tcp"]) as bad:
        if greeted:
            bad.greet()
        bad.socket.sendall(garbage)
        bad.socket.shutdown(socket.SHUT_WR)
        bad.until_closed()
    assert good.call(command("Echo", 1), 5).value == 1
    good.close()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "GET / HT"),
        (b"\x16\x03\x01\x02", "TLS"),
    ],
)
def test_what_speaks_no_known_protocol_is_told_so(site: Any, data: bytes, reason: str) -> None:
    with RawClient(site.endpoints["tcp"]) as client:
        client.codec._hello = None
        client.socket.sendall(data)
        assert reason in client.reason_of_end()


def test_a_client_of_another_version_is_told_so(site: Any) -> None:
    with RawClient(site.endpoints["tcp"]) as client:
        client.socket.sendall(b"TNGO\x00\x63\x00\x00")
        assert "version 99" in client.reason_of_end()


def test_a_frame_over_the_limit_ends_the_connection_and_names_the_limit(start: Callable[..., Any]) -> None:
    with RawClient(start(Limits(max_frame=1000)).endpoints["tcp"]).greet() as client:
        client.socket.sendall(struct.pack("<II", 1001, 10))
        assert "max_frame = 1000" in client.reason_of_end()


def test_too_many_unanswered_requests_end_the_connection_and_name_the_limit(start: Callable[..., Any]) -> None:
    site = start(Limits(max_outstanding=3))
    with RawClient(site.endpoints["tcp"]).greet() as client:
        for _ in range(4):
            client.socket.sendall(b"".join(client.codec.request(command("Wait"))[1]))
        assert "max_outstanding = 3" in client.reason_of_end()


@pytest.mark.parametrize("start_of_greeting", [b"", b"TN", b"TNGO\x00\x01\x00\x07\x92"])
def test_a_client_that_does_not_introduce_itself_is_let_go(start: Callable[..., Any], start_of_greeting: bytes) -> None:
    with RawClient(start(Limits(handshake_timeout=0.05)).endpoints["tcp"]) as client:
        client.codec._hello = None
        client.socket.sendall(start_of_greeting)
        assert "no greeting within 0.05 s" in client.reason_of_end()


def test_each_client_has_its_own_time(start: Callable[..., Any]) -> None:
    """Whoever comes while another's time runs is let go later than that one, and when its own time is over."""
    site = start(Limits(handshake_timeout=0.6))
    with RawClient(site.endpoints["tcp"]) as first:
        time.sleep(0.4)
        began = time.monotonic()
        with RawClient(site.endpoints["tcp"]) as second:
            for client in (first, second):
                client.codec._hello = None
            assert "no greeting" in first.reason_of_end()
            second.socket.setblocking(False)
            with pytest.raises(BlockingIOError):
                second.socket.recv(1)
            second.socket.settimeout(5)
            assert "no greeting" in second.reason_of_end()
            assert time.monotonic() - began < 1.1


def test_a_client_that_does_not_read_its_answers_is_not_read_until_it_does(start: Callable[..., Any]) -> None:
    """Its requests stay in the sockets' buffers: the server's memory does not grow with them."""
    site = start(Limits(max_event_backlog=100_000))
    request = CommandInout("d", "Echo", TypedValue(CmdArgType.DevVarCharArray, memoryview(bytes(100_000))))
    with RawClient(site.endpoints["tcp"]).greet() as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.socket.settimeout(0.2)
        sent = 0
        while sent < 1000 and _sends(client.socket, b"".join(client.codec.request(request)[1])):
            sent += 1
        (channel,) = site.server._channels
        assert channel._outbox.waiting < 1_000_000
        assert sent < 200


def _sends(sock: socket.socket, data: bytes) -> bool:
    """Whether the other side takes all of `data` in time."""
    try:
        sock.sendall(data)
    except TimeoutError:
        return False
    return True
