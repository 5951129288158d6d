"""Silence, crashes and hanging servers, all watched at the same time since each takes its seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tangoterm.client import DeviceProxy, EventType, close_connections
from tests.peers.client import PyTangoClient
from tests.peers.fixtures import Peers
from tests.peers.process import Server

NAME = "test/alltypes/1"
QUIET = 21.0
"""Seconds without an event: two heartbeats come meanwhile, and without them PyTango would tell twice of a loss."""

SUBSCRIBE = """
told = lambda event: event.errors[0].reason if event.err else event.attr_value.value
def following(device, seen):
    return device.subscribe_event("double_scalar", tango.EventType.CHANGE_EVENT, lambda event: seen.append(told(event)))
"""
LOST = "API_EventTimeout"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_connections()


class Followed(NamedTuple):
    """A device whose change events one of our clients receives."""

    server: Server
    device: DeviceProxy
    seen: list[Any]


def follow(server: Server) -> Followed:
    device = DeviceProxy(server.device(NAME))
    seen: list[Any] = []

    def note(event: Any) -> None:
        seen.append(event.errors[0].reason if event.err else event.attr_value.value)

    device.subscribe_event("double_scalar", EventType.CHANGE_EVENT, note)
    assert seen == [2.25]
    return Followed(server, device, seen)


def wait_for(condition: Callable[[], Any], until: float) -> None:
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    assert condition()


def test_quiet_killed_and_frozen_servers(own_peers: Peers, pytango_client: PyTangoClient) -> None:
    """EVT-20, EVT-21, EVT-23: heartbeats keep a quiet subscription alive, for clients of either make on servers of the
    other; after a crash there is an error, and when the server is back a fresh value and events again."""
    ours = {label: own_peers.our_server() for label in ("quiet", "killed")}
    theirs = {label: follow(own_peers.pytango_server()) for label in ("quiet", "killed", "frozen")}
    pytango_client(SUBSCRIBE)
    for label, server in ours.items():
        pytango_client.proxy(server.device(NAME), label)
        pytango_client(f"seen_{label} = []; following({label}, seen_{label})")
    started = time.monotonic()

    killed, frozen = theirs["killed"], theirs["frozen"]
    ours["killed"].kill()
    killed.server.kill()
    frozen.server.freeze()
    wait_for(lambda: LOST in killed.seen, started + 6)  # at once: its connections are closed
    ours["killed"].start()
    killed.server.start()
    wait_for(lambda: killed.seen[-1] == 2.25, started + 18)
    killed.device.Push(["change", "double_scalar", "3.5"])
    wait_for(lambda: killed.seen[-1] == 3.5, started + 20)
    assert killed.seen == [2.25, LOST, 2.25, 3.5]

    wait_for(lambda: LOST in frozen.seen, started + 20)  # when no heartbeat has come
    frozen.server.thaw()
    wait_for(lambda: frozen.seen[-1] == 2.25, started + 40)

    time.sleep(max(0.0, started + QUIET - time.monotonic()))
    assert theirs["quiet"].seen == [2.25]
    theirs["quiet"].device.Push(["change", "double_scalar", "4.5"])
    wait_for(lambda: theirs["quiet"].seen == [2.25, 4.5], time.monotonic() + 5)

    assert pytango_client("seen_quiet") == [2.25]
    pytango_client("quiet.Push(['change', 'double_scalar', '5.5'])")
    assert pytango_client("wait_for(lambda: len(seen_quiet) > 1); seen_quiet") == [2.25, 5.5]
    seen = pytango_client("wait_for(lambda: len(seen_killed) > 2, 20); seen_killed", 30)
    assert seen[:2] == [2.25, LOST]
    assert seen[-1] == 2.25
    pytango_client("killed.Push(['change', 'double_scalar', '6.5'])")
    assert pytango_client("wait_for(lambda: seen_killed[-1] == 6.5); seen_killed[-1]") == 6.5
