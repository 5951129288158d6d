"""A server of Tango's own protocol that answers as a test has it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.giop.cdr import encoder
from server_core.protocol.giop.frames import FrameReader, Kind
from server_core.protocol.giop.messages import ReplyStatus, begin_reply, finish, read_request


class Question(NamedTuple):
    """A request as it came: `server` has been asked on `sock`."""

    server: OddServer
    sock: socket.socket
    number: int
    operation: bytes
    minor: int

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)


Answer = Callable[[Question], None]


def reply(minor: int, number: int, body: bytes = b"", status: ReplyStatus = ReplyStatus.NO_EXCEPTION) -> bytes:
    out = begin_reply(minor, number, status)
    out += body
    return b"".join(finish(out, 24, 24))


def well(question: Question) -> None:
    """The state ON, "ok" for a command, nothing for others."""
    body = bytearray()
    if question.operation == b"command_inout_4":
        encoder("any")(body, TypedValue(CmdArgType.DevVarStringArray, ["ok"]))  # a reply's body begins at 24
    bodies = {b"_is_a": b"\1", b"_get_state": bytes(4)}
    question.send(reply(2, question.number, bodies.get(question.operation, bytes(body))))


class OddServer:
    """Answers each request with `answer`, questions for its interface with `is_a`, and hangs up on the native
    greeting."""

    def __init__(self, answer: Answer = well) -> None:
        self.answer = answer
        self.is_a: Answer = well
        self.open = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        reader = FrameReader(1 << 28)
        self.open += 1
        with connection, suppress(OSError):
            while (data := connection.recv(65536)).startswith(b"GIOP") or (data and reader.minor):
                for frame in reader.feed(data):
                    if frame[0].kind is Kind.REQUEST:
                        asked = read_request(frame)
                        question = Question(self, connection, asked.id, asked.operation, frame[0].minor)
                        (self.is_a if asked.operation == b"_is_a" else self.answer)(question)
        self.open -= 1

    @property
    def device(self) -> str:
        return f"tango://127.0.0.1:{self.port}/a/b/c#dbase=no"

    def stop_listening(self) -> None:
        with suppress(OSError):  # it has been done
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def close(self) -> None:
        self.stop_listening()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def wait_for_open(self, most: int) -> None:
        """No more than so many connections are left."""
        deadline = time.monotonic() + 5
        while self.open > most:
            assert time.monotonic() < deadline, f"{self.open} connections are left"
            time.sleep(0.01)
