"""Device servers of all kinds with our database as their TANGO_HOST."""

from __future__ import annotations

from typing import Any

import pytest

from tangoterm.client import DeviceProxy
from tests.peers.fixtures import OurDatabase, Peers
from tests.peers.process import DidNotStart, Server

KINDS = ("cpp", "pytango", "ours")
LEVELS = {"cpp": "5", "pytango": "6", "ours": "6"}
SETTINGS = ("double_scalar", "long_scalar")


class Case:
    """A server of one kind and its device in our database."""

    def __init__(self, kind: str, peers: Peers, database: OurDatabase) -> None:
        self.kind, self.database = kind, database
        cls = "TangoTest" if kind == "cpp" else "AllTypes"
        self.name = f"served/{kind}/1"
        self.devices = [(self.name, cls)]
        self.server_name = f"{cls}/with_{kind}"
        database.add_server(self.server_name, self.devices)
        database.put_attribute_property(
            self.name, "double_scalar", label="From the database", abs_change=["-0.5", "0.5"]
        )
        database.put_attribute_property(self.name, "memorised", __value="4.5")
        start: Any = {"cpp": peers.tango_test, "pytango": peers.pytango_server, "ours": peers.our_server}[kind]
        self.server: Server = start(database=database, instance=f"with_{kind}", devices=self.devices)

    def exported(self) -> list[str]:
        """The names of the server's devices that are exported."""
        return sorted(
            self.database.client(
                f"[*db.get_device_exported('*/*with_{self.kind}'), *db.get_device_exported({self.name!r})]"
            )
        )


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest, peers: Peers, our_database: OurDatabase) -> Case:
    return Case(request.param, peers, our_database)


def test_it_starts_and_exports_its_devices(case: Case) -> None:
    """DB-38, DB-115, wire 10: all that the start needs comes in one answer, whose layout every kind of server knows."""
    record = case.database.client(
        f"""
        i = db.get_device_info({case.name!r})
        [i.exported, i.version, i.pid, i.ds_full_name, i.class_name, i.ior[:4]]
        """
    )
    assert record == [1, LEVELS[case.kind], case.server.pid, case.server_name, case.devices[0][1], "IOR:"]
    assert case.exported() == [f"dserver/{case.server_name}", case.name]


def test_pytango_clients_find_it(case: Case) -> None:
    case.database.client.proxy(case.name)
    assert case.database.client("d.double_scalar = 2.5; d.DevLong(3)") == 3
    assert case.database.client("d.get_attribute_config('double_scalar').label") == "From the database"
    assert case.database.client("d.adm_name()") == f"dserver/{case.server_name}"


def test_our_clients_find_it(case: Case) -> None:
    proxy = DeviceProxy(f"tango://{case.database.host}/{case.name}")
    assert proxy.command_inout("DevLong", 3) == 3
    assert proxy.get_attribute_config("double_scalar").label == "From the database"


def test_events_come(case: Case) -> None:
    """wire 11."""
    case.database.client.proxy(case.name)
    attribute = "long_scalar" if case.kind == "cpp" else "polled"
    assert (
        case.database.client(
            f"""
        seen = []
        d.poll_attribute({attribute!r}, 100)
        number = d.subscribe_event({attribute!r}, tango.EventType.PERIODIC_EVENT, lambda event: seen.append(event.err))
        wait_for(lambda: len(seen) >= 3)
        d.unsubscribe_event(number)
        d.stop_poll_attribute({attribute!r})
        seen[:3]
        """
        )
        == [False] * 3
    )


def test_a_second_start_is_refused(case: Case) -> None:
    """LIFE-16: the admin device that the database names answers."""
    with pytest.raises(DidNotStart, match=r"(?i)already running"):
        case.server.start_another()
    assert case.server.running
    assert case.exported() == [f"dserver/{case.server_name}", case.name]


def test_it_comes_back_after_a_crash(case: Case) -> None:
    """wire 15.20: what the database says of the dead process keeps nobody away; memorised values are written again."""
    case.server.kill()
    assert case.exported() == [f"dserver/{case.server_name}", case.name]
    case.server.start()
    assert case.database.client(f"db.get_device_info({case.name!r}).pid") == case.server.pid
    case.database.client.proxy(case.name)
    assert case.database.client("wait_for(lambda: d.state().name)") in ("ON", "RUNNING")
    if case.kind != "cpp":
        assert case.database.client("d.memorised") == 4.5
        case.database.client("d.memorised = 5.5")
        case.server.restart()
        assert case.database.client("wait_for(lambda: d.memorised)") == 5.5
        assert case.database.client(f"db.get_device_attribute_property({case.name!r}, 'memorised')") == {
            "memorised": {"__value": ["5.5"]}
        }


def test_it_is_unexported_at_its_end(case: Case) -> None:
    """DB-40."""
    assert case.server.stop() == 0
    assert case.exported() == []
    case.server.start()
    assert case.exported() == [f"dserver/{case.server_name}", case.name]
