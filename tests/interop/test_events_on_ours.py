"""PyTango clients on our servers: they receive what they receive of PyTango's own servers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from tests.interop.watching import EVERY_KIND, PUSHES, WATCH, watched
from tests.peers.client import Failed, PyTangoClient
from tests.peers.fixtures import Database, Peers
from tests.peers.process import Server


@pytest.fixture(scope="module")
def client(pytango_client: PyTangoClient) -> PyTangoClient:
    pytango_client(WATCH)
    return pytango_client


@pytest.fixture(scope="module")
def ours_in_database(peers: Peers, real_database: Database) -> Server:
    devices = [("test/ours/1", "AllTypes"), ("test/ours/2", "AllTypes")]
    return peers.our_server(devices=devices, database=real_database, instance="events")


@pytest.fixture(scope="module")
def database_client(peers: Peers, real_database: Database) -> Iterator[PyTangoClient]:
    client = peers.pytango_client(real_database.host)
    client(WATCH)
    yield client
    client.close()


FIRST, LATER = 11, 19
"""Events that a client gets of its own reading, and that the actions bring."""


def test_every_kind_of_event_comes_as_from_pytango(
    client: PyTangoClient, our_all_types: Server, pytango_all_types: Server
) -> None:
    """EVT-1, EVT-9, EVT-41 to EVT-52, wire 11: first the own reading, then each push, errors among them."""
    ours, theirs = (
        watched(client, server.device("test/alltypes/2"), EVERY_KIND, PUSHES, FIRST + LATER)
        for server in (our_all_types, pytango_all_types)
    )
    assert len(theirs) >= FIRST + LATER
    assert ours == theirs


def test_an_interface_that_changes(client: PyTangoClient, our_all_types: Server) -> None:
    """EVT-52, EVT-53 (PyTango's own server crashes here)."""
    actions = """
        d.AddAttribute("passing")
        wait_for(lambda: len(seen) == 2)
        d.RemoveAttribute("passing")
    """
    seen = watched(client, our_all_types.device("test/alltypes/2"), [("INTERFACE_CHANGE_EVENT",)], actions, 3)
    assert [(kind, dev_started, "passing" in names) for kind, _, (dev_started, _, names) in seen] == [
        ("intr_change", True, False),
        ("intr_change", False, True),
        ("intr_change", False, False),
    ]


POLLED: list[tuple[str, ...]] = [
    ("CHANGE_EVENT", "polled"),
    ("PERIODIC_EVENT", "polled"),
    ("ARCHIVE_EVENT", "polled"),
]


LATE = (["API_PollThreadOutOfSync"], ["API_NotUpdatedAnyMore"])


@pytest.mark.parametrize("database", [False, True], ids=["nodb", "database"])
def test_what_polling_finds(
    client: PyTangoClient,
    database_client: PyTangoClient,
    our_all_types: Server,
    ours_in_database: Server,
    database: bool,
) -> None:
    """EVT-31, EVT-34, EVT-35: every new value as change and archive event, every 200 ms a periodic one. Who is late
    says so in between (EVT-38, POLL-13), as does a reading at that moment."""
    observer = database_client if database else client
    device = "test/ours/1" if database else our_all_types.device("test/alltypes/2")
    seen = watched(observer, device, POLLED, "seen.clear()", 30)
    values = defaultdict(list)
    for kind, _, told in seen:
        if told not in LATE:
            values[kind].append(told[1])
    steps = {kind: [after - before for before, after in pairwise(values[kind])] for kind in values}
    assert set(steps["change"] + steps["archive"]) == {1}, seen
    assert 2 <= median(steps["periodic"]) <= 3, seen


def test_pushed_events_of_a_server_in_a_database(database_client: PyTangoClient, ours_in_database: Server) -> None:
    """wire 11.2: topics with the address of the database."""
    actions = """d.Push(["change", "double_scalar", "4.5"])"""
    seen = watched(database_client, "test/ours/2", [("CHANGE_EVENT", "double_scalar")], actions, 2)
    assert [(name, told[1]) for _, name, told in seen] == [("double_scalar", 2.25), ("double_scalar", 4.5)]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("CHANGE_EVENT", "qualified_not"),
        ("CHANGE_EVENT", "failing"),
        ("PERIODIC_EVENT", "failing"),
        ("ARCHIVE_EVENT", "failing"),
        ("ALARM_EVENT", "failing"),
        ("DATA_READY_EVENT", "failing"),
        ("ATTR_CONF_EVENT", "not_there"),
        ("USER_EVENT", "not_there"),
    ],
)
def test_refused_subscriptions(
    client: PyTangoClient, our_all_types: Server, pytango_all_types: Server, kind: str, name: str
) -> None:
    """EVT-2: with the same errors."""
    refusals = []
    for server in (our_all_types, pytango_all_types):
        client.proxy(server.device("test/alltypes/1"))
        with pytest.raises(Failed) as failure:
            client(f"d.subscribe_event({name!r}, tango.EventType.{kind}, lambda event: None)")
        refusals.append((failure.value.kind, [(reason, severity) for reason, _, _, severity in failure.value.errors]))
    assert refusals[0] == refusals[1]


def queued(client: PyTangoClient, number: int) -> Any:
    """The values of the events that wait in a queue."""
    client(f"wait_for(lambda: d.event_queue_size(number) == {number})")
    return client("[event.attr_value.value for event in d.get_events(number)]")


def test_two_clients_a_queue_and_a_subscription_again(
    client: PyTangoClient, peers: Peers, our_all_types: Server
) -> None:
    """EVT-14, EVT-22: each gets every event once, also one that came back after it had unsubscribed."""
    other = peers.pytango_client()
    for each in (client, other):
        each.proxy(our_all_types.device("test/alltypes/1"))
        each("number = d.subscribe_event('short_scalar', tango.EventType.CHANGE_EVENT, 100); listened_to(d)")
    for value in range(1, 6):
        client(f"d.Push(['change', 'short_scalar', '{value}'])")
    for each in (client, other):
        assert queued(each, 6)[1:] == [1, 2, 3, 4, 5]
    other("d.unsubscribe_event(number)")
    client("d.Push(['change', 'short_scalar', '6'])")
    other("number = d.subscribe_event('short_scalar', tango.EventType.CHANGE_EVENT, 100); listened_to(d)")
    client("d.Push(['change', 'short_scalar', '7'])")
    for each in (client, other):
        assert queued(each, 2) == [6, 7]
        each("d.unsubscribe_event(number)\nd.Init()")
    other.close()


def test_a_burst_of_events(client: PyTangoClient, our_all_types: Server) -> None:
    """EVT-60: fewer than may wait, as fast as code can push them, none lost."""
    client.proxy(our_all_types.device("test/alltypes/2"))
    seen = client(
        """
        seen = []
        def note(event):
            seen.append(event.errors[0].reason if event.err else event.attr_value.value)
        d.set_timeout_millis(20000)
        number = d.subscribe_event("double_scalar", tango.EventType.CHANGE_EVENT, note)
        listened_to(d)
        for burst in range(1, 11):
            d.PushMany(500)
            wait_for(lambda: len(seen) > 500 * burst)
        d.unsubscribe_event(number)
        seen
        """,
        30,
    )
    assert seen[1:] == 10 * list(range(500))
