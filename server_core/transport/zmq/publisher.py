"""The two sockets on which a server publishes: one for its heartbeats, one for its events.

Sending never waits: what a slow subscriber leaves waiting beyond the high-water mark is lost. Source: wire 11.3, EVT-9,
EVT-60.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import zmq

from server_core.model.errors import DevError, Reason
from server_core.model.values import Event
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.events import HEARTBEAT, Form, Frames, encode_event, form_of
from server_core.transport.interfaces import UNSPECIFIED, reachable_addresses

HEARTBEAT_PORT: Final = "TANGO_ZMQ_HEARTBEAT_PORT"
EVENT_PORT: Final = "TANGO_ZMQ_EVENT_PORT"
"""The variables of the environment that name the ports to publish on."""

_UNHEARD: Final = (b".",)
"""A message that nobody subscribes to."""

_MORE: Final = int(zmq.SNDMORE)
"""That a further frame belongs to the message; a plain number, which is quicker to hand over."""

_LINGER: Final = 200
"""Milliseconds that the end may take to send what is still waiting."""


def zmq_release() -> int:
    """The release of ZeroMQ as Tango writes it: 435 for 4.3.5."""
    major, minor, patch = zmq.zmq_version_info()
    return 100 * major + 10 * minor + patch


class Publisher:
    """Sends heartbeats and events to whoever subscribed to their topics; safe to use from any number of threads.

    `host` is where the server listens. OSError when the addresses cannot be had.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._context = zmq.Context()
        try:
            self._heartbeats = _Outlet(self._context, host, _port(HEARTBEAT_PORT))
        except BaseException:
            self._context.term()
            raise
        self._events: _Outlet | None = None

    @property
    def heartbeat_endpoints(self) -> list[str]:
        """Where the heartbeats are, best first."""
        return self._heartbeats.endpoints

    @property
    def event_endpoints(self) -> list[str]:
        """Where the events are, in the same order; nowhere before `open`."""
        return [] if self._events is None else self._events.endpoints

    def open(self, high_water: int) -> None:
        """Be ready for events, of which so many may wait for one subscriber."""
        self._events = _Outlet(self._context, self._host, _port(EVENT_PORT), high_water)

    def beat(self, topic: bytes, *, twice: bool) -> None:
        """Send a heartbeat. What has gathered in the socket of the events while none was sent is cleared by the way."""
        message = (topic, *HEARTBEAT)
        self._heartbeats.send([message, message] if twice else [message])
        if self._events is not None:
            self._events.send([_UNHEARD])

    def publish(self, event: Event, topics: Iterable[tuple[bytes, int]], *, twice: bool) -> None:
        """Send an event, once in each of the forms wanted: topics with the interface level of their content. What
        cannot be sent becomes an error."""
        if self._events is not None:
            forms = dict.fromkeys((topic, form_of(event.type, level)) for topic, level in topics)
            messages = [(topic, *_frames(event, form)) for topic, form in forms]
            self._events.send(messages + messages if twice else messages)

    def close(self) -> None:
        """Send nothing more; what waits is still sent, for a moment."""
        self._heartbeats.close()
        if self._events is not None:
            self._events.close()
        self._context.term()


class _Outlet:
    """One socket. `endpoints` are its addresses, best first; OSError when the address cannot be had."""

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], host: str, port: str, high_water: int | None = None
    ) -> None:
        address = _numeric(host)
        self._lock = threading.Lock()
        self._socket = context.socket(zmq.PUB)
        self._socket.set(zmq.LINGER, _LINGER)
        self._socket.set(zmq.IPV6, ":" in address)
        if high_water is not None:
            self._socket.set(zmq.SNDHWM, high_water)
        try:
            self._socket.bind(f"tcp://{_bracketed(address)}:{port}")
        except zmq.ZMQError as failure:
            self._socket.close()
            raise OSError(failure.errno, failure.strerror, f"{host}:{port}") from failure
        bound = self._socket.get_string(zmq.LAST_ENDPOINT).rstrip("\0").rpartition(":")[2]
        self.endpoints = [f"tcp://{_bracketed(address)}:{bound}" for address in reachable_addresses(host)]

    def send(self, messages: Sequence[Sequence[bytes | bytearray | memoryview]]) -> None:
        """Send messages, each in frames, one directly after the other; nothing once it is closed."""
        with self._lock:
            if not self._socket.closed:
                send = self._socket.send
                for *begin, end in messages:
                    for frame in begin:
                        send(frame, _MORE)
                    send(end)

    def close(self) -> None:
        with self._lock:
            self._socket.close()


def _frames(event: Event, form: Form) -> Frames:
    try:
        return encode_event(event, form)
    except ProtocolError as failure:
        error = DevError(Reason.API_EncodeErr, f"The event cannot be sent: {failure}", "Publisher")
        return encode_event(replace(event, payload=None, errors=(error,)), form)


def _port(variable: str) -> str:
    """The port that a variable of the environment names; any that is free without it."""
    port = os.environ.get(variable, "")
    return port if port.isascii() and port.isdecimal() else "*"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _numeric(host: str) -> str:
    """The address that a host name stands for: ZeroMQ binds to addresses."""
    if host in UNSPECIFIED:
        return "::" if ":" in host else "0.0.0.0"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET  # as the server's other sockets
    return str(socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)[0][4][0])
