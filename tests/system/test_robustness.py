"""No request, however malformed, ends a server: it answers DevFailed, or closes that one connection.

A server of shipped classes is fed with arbitrary bytes, mutated and cut frames, junk in the place of every field of
every operation, and malformed arguments of every admin and Db command, while another client is served all along.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgpack import ExtType  # type: ignore[import-untyped]

from server_core.database.commands import COMMANDS
from server_core.database.sqlite import SqliteStore
from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.device.pipe import pipe
from server_core.devices.data_base import DataBase
from server_core.devices.tango_test import TangoTest
from server_core.model.conversion import to_command_data
from server_core.model.enums import AttrWriteType, DevSource, EventType
from server_core.model.errors import DevFailed, MultiDevFailed, Reason
from server_core.model.identity import ClientIdent
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import AttributeWrite, TypedValue
from server_core.protocol import operations as op
from server_core.protocol.exchange import Broken, ProtocolError, Reply
from server_core.protocol.native.connection import ClientConnection
from server_core.protocol.native.frames import encode_frame
from server_core.protocol.native.messages import CODERS
from server_core.protocol.native.messages import Kind as Message
from server_core.server.process import DeviceServer
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import parse_endpoints

ADMIN, TEST, PIPES, BASE = "dserver/Any/1", "any/test/1", "any/pipes/1", "sys/database/2"
DEVICES = (ADMIN, TEST, PIPES, BASE)

EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Pipes(Device):
    """A device with a pipe, and with an attribute of each access."""

    def init_device(self) -> None:
        self.blob: Any = ("blob", [{"name": "one", "value": 1.0}])

    @pipe(label="parts", fset="set_parts")
    def parts(self) -> Any:
        return self.blob

    def set_parts(self, blob: Any) -> None:
        self.blob = blob

    @attribute(dtype=((float,),), max_dim_x=4, max_dim_y=4, access=AttrWriteType.READ_WRITE)
    def grid(self) -> Any:
        return [[1.0]]

    @grid.write
    def grid(self, value: Any) -> None:
        """Takes it."""


class Troubles(logging.Handler):
    """Keeps what the server's own code logs as unexpected: an exception that nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(f"{record.getMessage()}: {record.exc_info[1]!r}")


class Site:
    """The server, the troubles it has, and a client that is served all along."""

    def __init__(self, server: DeviceServer, troubles: Troubles) -> None:
        self.server = server
        self.troubles = troubles
        (self.endpoint, *_) = parse_endpoints(server.endpoints)
        self.other = self.connect()
        self.served = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="other client")
        self._failure: BaseException | None = None
        self._thread.start()

    def connect(self) -> Connection:
        return Connection.open(self.endpoint, ident=ClientIdent(pid=1))

    def _ask(self) -> None:
        request = op.ReadAttributes(TEST, ("double_scalar",), DevSource.DEV)
        try:
            while not self._stopped.wait(0.002):
                assert not self.other.call(request, 20)[0].errors
                self.served += 1
        except BaseException as failure:  # noqa: BLE001  the test tells of it
            self._failure = failure

    def check(self) -> None:
        """The other client is served, and nothing unexpected happened."""
        assert self._failure is None, self._failure
        before = self.served
        deadline = time.monotonic() + 20
        while self.served == before:
            assert self._thread.is_alive(), self._failure
            assert time.monotonic() < deadline, "the other client is not served any more"
            time.sleep(0.001)
        found, self.troubles.found = self.troubles.found, []
        assert not found, found

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(20)
        self.other.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = SqliteStore(tmp_path / "database.sqlite")
    store.add_server("Any/1", [(ADMIN, "DServer"), (TEST, "TangoTest"), (PIPES, "Pipes"), (BASE, "DataBase")])
    troubles = Troubles()
    logging.getLogger().addHandler(troubles)
    path = str(tmp_path / "server.sock")
    with DeviceServer((TangoTest, Pipes, DataBase), "Any", "1", store=store, unix_path=path) as server:
        site = Site(server, troubles)
        try:
            yield site
        finally:
            site.stop()
    logging.getLogger().removeHandler(troubles)
    store.close()


class Raw:
    """A connection that sends what it is told to."""

    def __init__(self, site: Site) -> None:
        self.codec = ClientConnection(2**28)
        self.socket = socket.create_connection((site.endpoint.host, site.endpoint.port), 20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(self.codec.hello(ClientIdent(pid=9), "raw"))
        received: list[Any] = []
        while not received:
            received = self.codec.receive(self.socket.recv(1000))

    def send(self, data: bytes) -> None:
        """Send what the server still takes."""
        with suppress(OSError):
            self.socket.sendall(data)

    def finish(self) -> None:
        """Send nothing more, and wait until the server has done with it."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(65536):
                pass

    def answer(self) -> Any:
        """The next answer: a result, a DevFailed, or None when the server ends the connection."""
        while True:
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            for message in self.codec.receive(data):
                if isinstance(message, Reply):
                    return message.result
                assert isinstance(message, Broken), message
                return None


@contextmanager
def raw(site: Site) -> Iterator[Raw]:
    connection = Raw(site)
    try:
        yield connection
    finally:
        connection.socket.close()


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=20),
        st.binary(max_size=40),
        st.builds(ExtType, st.integers(0, 127), st.binary(max_size=12)),
        st.sampled_from(DEVICES),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=12,
)

VALID: dict[type, Any] = {
    op.ReadAttributes: op.ReadAttributes(TEST, ("double_scalar",)),
    op.CommandInout: op.CommandInout(TEST, "DevDouble", TypedValue(CmdArgType.DevDouble, 1.0)),
    op.WriteAttributes: op.WriteAttributes(TEST, (AttributeWrite("double_scalar", CmdArgType.DevDouble, 1.0),)),
    op.Subscribe: op.Subscribe(TEST, "double_scalar", EventType.ATTR_CONF_EVENT),
}
FRAMES = [b"".join(map(bytes, ClientConnection(2**20).request(request)[1])) for request in VALID.values()]


# ---- bytes


@EXAMPLES
@given(data=st.binary(max_size=200), greeted=st.booleans())
def test_arbitrary_bytes(site: Site, data: bytes, greeted: bool) -> None:
    """ADM-7: before the greeting and behind it."""
    if greeted:
        with raw(site) as connection:
            connection.send(data)
            connection.finish()
    else:
        with socket.create_connection((site.endpoint.host, site.endpoint.port), 20) as plain:
            plain.sendall(data)
    site.check()


@EXAMPLES
@given(data=st.data(), frame=st.sampled_from(FRAMES))
def test_mutated_frames(site: Site, data: st.DataObject, frame: bytes) -> None:
    """Bytes of valid requests changed, inserted, removed; a length that promises more than comes."""
    changed = bytearray(frame)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        kind = data.draw(st.sampled_from(["change", "insert", "remove", "double"]))
        if kind == "change":
            changed[place] = data.draw(st.integers(0, 255))
        elif kind == "insert":
            changed.insert(place, data.draw(st.integers(0, 255)))
        elif kind == "double":
            changed[place:place] = changed[place : place + 8]
        elif len(changed) > 1:
            del changed[place]
    with raw(site) as connection:
        connection.send(bytes(changed) + FRAMES[0])
        connection.finish()
    site.check()


@EXAMPLES
@given(cuts=st.lists(st.integers(0, 200), max_size=6))
def test_frames_in_pieces(site: Site, cuts: list[int]) -> None:
    """Wherever a request is cut, its answer is the same."""
    frame = FRAMES[1]
    edges = [0, *sorted(cut % len(frame) for cut in cuts), len(frame)]
    with raw(site) as connection:
        connection.codec.request(VALID[op.CommandInout])
        for start, end in pairwise(edges):
            connection.send(frame[start:end])
        assert connection.answer().value == 1.0
    site.check()


@pytest.mark.parametrize("depth", [10, 100, 400, 1000, 100_000])
def test_deep_nesting(site: Site, depth: int) -> None:
    """Lists within lists as a message, and pipe blobs within pipe blobs as data."""
    with raw(site) as connection:
        connection.send(struct.pack("<II", depth + 1, depth + 1) + b"\x91" * depth + b"\xc0")
        assert connection.answer() is None
    blob: list[Any] = ["inner", []]
    for _ in range(min(depth, 1000)):
        blob = ["outer", [["part", int(CmdArgType.DevPipeBlob), blob]]]
    with raw(site) as connection:
        try:
            fields = [PIPES, "parts", blob]
            frame = encode_frame((int(Message.REQUEST), 1, CODERS[op.WriteReadPipe].code, fields), [])
        except ProtocolError:
            return  # this side cannot even send it
        connection.codec.expected[1] = CODERS[op.WriteReadPipe].decode_result
        connection.send(b"".join(map(bytes, frame)))
        assert not unforeseen(connection.answer())
    site.check()


# ---- junk in the fields of every operation


def fields_of(request: type, data: st.DataObject) -> list[Any]:
    """The fields of a request: plausible ones and junk, mixed."""
    drawn: list[Any] = []
    for name in request._fields:  # type: ignore[attr-defined]
        plausible = _PLAUSIBLE.get(name, JUNK)
        drawn.append(data.draw(st.one_of(plausible, plausible, JUNK)))
    if data.draw(st.integers(0, 9)) == 0:
        drawn = drawn[:-1] if data.draw(st.booleans()) else [*drawn, data.draw(JUNK)]
    return drawn


_MEMBERS = st.sampled_from(["double_scalar", "State", "grid", "parts", "DevVoid", "DevString", "Init", "", "nope"])
_TYPED = st.tuples(st.integers(-2, 40), JUNK).map(list)
_WRITE = st.tuples(_MEMBERS, st.integers(-1, 35), JUNK, st.integers(-5, 2**40), st.integers(-5, 2**40)).map(list)
_BLOB = st.tuples(
    st.text(max_size=5), st.lists(st.tuples(st.text(max_size=5), st.integers(0, 35), JUNK).map(list))
).map(list)

_PLAUSIBLE: dict[str, st.SearchStrategy[Any]] = {
    "device": st.sampled_from(DEVICES),
    "command": _MEMBERS,
    "attribute": _MEMBERS,
    "object": _MEMBERS,
    "pipe": _MEMBERS,
    "names": st.lists(_MEMBERS, max_size=4),
    "n": st.integers(-(2**63), 2**63),
    "source": st.integers(-1, 4),
    "type": st.integers(-1, 12),
    "topic": st.integers(-1, 2**40),
    "argin": _TYPED,
    "values": st.lists(_WRITE, max_size=3),
    "blob": _BLOB,
}


@pytest.mark.parametrize("half", [0, 1])
def test_junk_in_every_operation(site: Site, half: int) -> None:
    """Each field of each operation of another type, out of range, missing, too many."""
    request_types = [*op.BY_REQUEST, op.Subscribe, op.Unsubscribe][half::2]

    @settings(EXAMPLES, max_examples=25 * len(request_types))
    @given(data=st.data(), request_type=st.sampled_from(request_types))
    def feed(data: st.DataObject, request_type: type) -> None:
        frame = encode_frame((int(Message.REQUEST), 1, CODERS[request_type].code, fields_of(request_type, data)), [])
        with raw(site) as connection:
            connection.codec.expected[1] = CODERS[request_type].decode_result
            connection.send(b"".join(map(bytes, frame)))
            answer = connection.answer()
        assert not unforeseen(answer), (request_type, answer)
        site.check()

    feed()


# ---- malformed arguments of commands

ODD = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "*",
            "%",
            "a/b/c",
            "A/B",
            "/",
            "//",
            "a/b/c/d/e",
            TEST,
            ADMIN,
            "-1",
            "0",
            "1e400",
            "NaN",
            "é\x00\n",
            "'",
        ]
    ),
    st.text(max_size=12),
    st.integers(-(2**70), 2**70).map(str),
)
_INTEGERS = {row.code: (row.low, row.high) for row in TYPES.values() if row.kind in (Kind.INTEGER, Kind.ENUM)}


def argument(kind: CmdArgType) -> st.SearchStrategy[Any]:
    """Values of a command's type as people hold them, most of them no argument that it can use."""
    row = TYPES[kind]
    if row.kind is Kind.VOID:
        return st.none()
    if row.kind is Kind.PAIR:
        return st.tuples(st.lists(argument(row.element), max_size=4), st.lists(ODD, max_size=5))
    if row.kind is Kind.ARRAY:
        return st.lists(argument(row.element), max_size=7)
    if kind in _INTEGERS:
        return st.one_of(st.integers(*_INTEGERS[kind]), st.sampled_from(_INTEGERS[kind]), st.integers(0, 5))
    if row.kind is Kind.BOOLEAN:
        return st.booleans()
    return st.floats() if row.kind is Kind.FLOAT else ODD


def unforeseen(answer: Any) -> bool:
    """Whether a request ended in an error that nobody thought of."""
    if not isinstance(answer, DevFailed):
        return False
    stacks = [answer.errors]
    if isinstance(answer, MultiDevFailed):
        stacks += [failed.errors for failed in answer.failed]
    reasons = {error.reason for errors in stacks for error in errors}
    return not reasons.isdisjoint({Reason.PyDs_PythonError, Reason.API_InternalError})


def outcome(site: Site, device: str, name: str, kind: CmdArgType, value: Any) -> Any:
    """The result of one command, or the DevFailed that it answers."""
    argin = TypedValue(kind, to_command_data(kind, value))
    connection = site.connect()
    try:
        return connection.call(op.CommandInout(device, name, argin, DevSource.DEV), 20)
    except DevFailed as failure:
        return failure
    finally:
        connection.close()


def feed_commands(site: Site, device: str, kinds: dict[str, CmdArgType], examples: int) -> None:
    """Malformed arguments for the commands of a device."""

    @settings(EXAMPLES, max_examples=examples * len(kinds))
    @given(data=st.data(), name=st.sampled_from(sorted(kinds)))
    def feed(data: st.DataObject, name: str) -> None:
        value = data.draw(argument(kinds[name]))
        answer = outcome(site, device, name, kinds[name], value)
        assert not unforeseen(answer), (name, value, answer)
        site.check()

    feed()


ENDING = {"Kill", "RestartServer", "Init"}
"""Commands of the admin device that end or restart what the other client talks to."""


def test_malformed_arguments_of_every_admin_command(site: Site) -> None:
    """ADM-7: wrong counts, empty arrays, huge numbers, odd strings."""
    infos = site.other.call(op.CommandListQuery(ADMIN), 20)
    feed_commands(site, ADMIN, {info.cmd_name: info.in_type for info in infos if info.cmd_name not in ENDING}, 20)


@pytest.mark.parametrize("part", range(3))
def test_malformed_arguments_of_every_db_command(site: Site, part: int) -> None:
    """The same for the commands of the database."""
    names = sorted(COMMANDS)[part::3]
    feed_commands(site, BASE, {name: COMMANDS[name].in_type for name in names}, 10)
