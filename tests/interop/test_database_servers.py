"""Device servers of all kinds with our database as their TANGO_HOST, and ours with pytango-db."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from server_core.database.remote import RemoteStore
from server_core.model.errors import ConnectionFailed, DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.names import DATABASE_DEVICE
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.giop.connection import ClientConnection, Target
from server_core.protocol.giop.ior import parse_ior
from server_core.protocol.operations import CommandInout, CommandQuery
from tangoterm.client import AttributeProxy, DeviceProxy
from tests.peers.fixtures import SERVE, Database, OurDatabase, Peers
from tests.peers.process import LOOPBACK, DidNotStart, Server

CASES = [("cpp", "our_database"), ("pytango", "our_database"), ("ours", "our_database"), ("ours", "real_database")]
LEVELS = {"cpp": "5", "pytango": "6", "ours": "6"}


class Case:
    """A server of one kind and its device in a database."""

    def __init__(self, kind: str, peers: Peers, database: Database) -> None:
        self.kind, self.database = kind, database
        cls = "TangoTest" if kind == "cpp" else "AllTypes"
        self.name = f"served/{kind}/1"
        self.devices = [(self.name, cls)]
        self.server_name = f"{cls}/with_{kind}"
        database.add_server(self.server_name, self.devices)
        store = RemoteStore(database.host)
        properties = {"label": ["From the database, in kΩ"], "abs_change": ["-0.5", "0.5"]}
        store.put_device_attribute_property(self.name, {"double_scalar": properties})
        store.close()
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


@pytest.fixture(scope="module", params=CASES, ids=[f"{kind} in {database}" for kind, database in CASES])
def case(request: pytest.FixtureRequest, peers: Peers) -> Case:
    kind, database = request.param
    return Case(kind, peers, request.getfixturevalue(database))


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
    assert case.database.client("d.get_attribute_config('double_scalar').label") == "From the database, in kΩ"
    assert case.database.client("d.adm_name()") == f"dserver/{case.server_name}"


def test_our_clients_find_it(case: Case) -> None:
    proxy = DeviceProxy(f"tango://{case.database.host}/{case.name}")
    assert proxy.command_inout("DevLong", 3) == 3
    assert proxy.get_attribute_config("double_scalar").label == "From the database, in kΩ"


def test_aliases_lead_to_it(case: Case) -> None:
    """DB-54, DB-59: aliases of the device and of an attribute, and a wildcard for a group."""
    alias = f"served_{case.kind}"
    case.database.client(
        f"""
        db.put_device_alias({case.name!r}, {alias!r})
        db.put_attribute_alias({case.name + "/double_scalar"!r}, {alias + "_ds"!r})
        group = tango.Group("served")
        group.add("served/{case.kind}/*")
        """
    )
    assert case.database.client(f"tango.DeviceProxy({alias!r}).name()") == case.name
    assert case.database.client(
        f"a = tango.AttributeProxy({alias + '_ds'!r}); a.write(1.5); a.get_device_proxy().name()"
    )
    assert case.database.client("[reply.get_data() for reply in group.command_inout('DevLong', 5)]") == [5]
    assert DeviceProxy(f"tango://{case.database.host}/{alias}").name() == case.name
    assert AttributeProxy(f"tango://{case.database.host}/{alias}_ds").get_device_proxy().alias() == alias


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
        wait_for(lambda: seen.count(False) >= 3)
        d.unsubscribe_event(number)
        d.stop_poll_attribute({attribute!r})
        seen.count(False)
        """
        )
        >= 3
    )


def test_a_second_start_is_refused(case: Case) -> None:
    """LIFE-16: the admin device that the database names answers."""
    with pytest.raises(DidNotStart, match=r"(?i)already running"):
        case.server.start_another()
    assert case.server.running
    assert case.exported() == [f"dserver/{case.server_name}", case.name]


def test_a_server_of_another_kind_is_refused_too(case: Case) -> None:
    """LIFE-16: whoever runs under the name is asked in the protocol that he has."""
    server, instance = case.server_name.split("/")
    command = [*(sys.executable, str(SERVE)), "tango" if case.kind == "ours" else "server_core", "AllTypes", instance]
    if server == "AllTypes":
        with pytest.raises(DidNotStart, match=r"(?i)already running"):
            case.server.start_another(lambda port: [*command, "-ORBendPoint", f"giop:tcp:{LOOPBACK}:{port}"])


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


def test_the_database_comes_back(own_peers: Peers) -> None:
    """Clients and servers of all kinds live through the end of the database, and find it again."""
    database = own_peers.our_database()
    theirs = own_peers.pytango_server(database=database, instance="theirs", devices=[("back/theirs/1", "AllTypes")])
    ours = own_peers.our_server(database=database, instance="ours", devices=[("back/ours/1", "AllTypes")])
    for name in ("back/theirs/1", "back/ours/1"):
        database.client(f"tango.DeviceProxy({name!r}).memorised = 1.5")
    proxy = DeviceProxy(f"tango://{database.host}/back/ours/1")
    assert proxy.DevLong(3) == 3

    database.kill()
    with pytest.raises(ConnectionFailed):
        DeviceProxy(f"tango://{database.host}/back/theirs/1").ping()
    assert proxy.DevLong(4) == 4
    database.start()

    assert database.client("wait_for(lambda: db.get_device_exported('back/*').value_string)") == [
        *("back/ours/1", "back/theirs/1"),
    ]
    assert DeviceProxy(f"tango://{database.host}/back/theirs/1").DevLong(5) == 5
    for name in ("back/theirs/1", "back/ours/1"):
        database.client(f"wait_for(lambda: tango.DeviceProxy({name!r}).write_attribute('memorised', 2.5) or True)")
        stored = database.client(f"db.get_device_attribute_property({name!r}, 'memorised')['memorised']['__value']")
        assert stored == ["2.5"]
    assert (theirs.stop(), ours.stop()) == (0, 0)
    assert database.client("[*db.get_device_exported('back/*')]") == []


def test_a_server_that_opens_the_file_itself(own_peers: Peers) -> None:
    """It needs no TANGO_HOST: clients of the database find it all the same, and get its events."""
    database = own_peers.our_database()
    command = [*(sys.executable, "-m", "tangoterm", "serve", "TangoTest", "direct"), "--device", "served/directly/1"]
    own_peers.server(lambda port: command, TANGOTERM_DATABASE=str(database.file))
    database.client.proxy("served/directly/1")
    assert database.client("d.DevLong(3)") == 3
    assert database.client(
        """
        seen = []
        d.poll_attribute("long_scalar", 100)
        d.subscribe_event("long_scalar", tango.EventType.PERIODIC_EVENT, lambda event: seen.append(event.err))
        wait_for(lambda: seen.count(False) >= 2)
        """
    )


@pytest.mark.parametrize("minor", [0, 2])
def test_requests_of_the_first_interface_level(our_database: OurDatabase, minor: int) -> None:
    """wire 9, 10, 15.13: the operations `command_inout` and `command_query`, by which servers import their admin device
    and clients look whether the database is new enough, on the object `database`."""
    argin = TypedValue(CmdArgType.DevString, DATABASE_DEVICE)
    old = Target(b"database", 1)
    connection = ClientConnection(2**20, ClientIdent(), minor)
    with socket.create_connection((LOOPBACK, our_database.port)) as line:

        def ask(request: Any) -> Any:
            _, pieces = connection.request(request, old)
            line.sendall(b"".join(pieces))
            while not (found := connection.receive(line.recv(2**16))):
                pass
            (reply,) = found
            return reply.result  # type: ignore[union-attr]

        numbers, texts = ask(CommandInout(DATABASE_DEVICE, "DbImportDevice", argin)).value
        assert (numbers[0], texts[0], texts[3], texts[5]) == (1, DATABASE_DEVICE, "DataBaseds/2", "DataBase")
        assert parse_ior(texts[1]).profiles[0][:2] == (LOOPBACK, our_database.port)
        query = ask(CommandQuery(DATABASE_DEVICE, "DbDeleteAllDeviceAttributeProperty"))
        assert (query.in_type, query.out_type) == (CmdArgType.DevVarStringArray, CmdArgType.DevVoid)
        failure = ask(CommandInout(DATABASE_DEVICE, "DbImportDevice", argin._replace(value="no/such/1")))
        assert (type(failure), failure.reason) == (DevFailed, "DB_DeviceNotDefined")
