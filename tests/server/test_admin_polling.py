"""Polling through the admin device: persistence and properties (POLL-20..POLL-56)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from server_core import Device, attribute
from server_core.database.store import Store
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.transport.contract import Peer
from tests.server.conftest import Probe, Probe2

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

AUTO, DEVICE = "adm/probe/1", "adm/probe2/1"
"""A device with class-default polling, and one without."""


def properties(store: Store, device: str = DEVICE) -> dict[str, list[str]]:
    return store.get_device_property(
        device, ["polled_attr", "polled_cmd", "non_auto_polled_attr", "non_auto_polled_cmd"]
    )


def polled_names(client: Client, device: str) -> list[str]:
    return [status.partition("\n")[0].rpartition("= ")[2] for status in client.admin("DevPollStatus", device)]


class Forwarding(Device):
    """Shows an attribute of the probe."""

    lent = attribute(name="lent", forwarded=True)


FORWARDING = "adm/forward/1"


@pytest.mark.parametrize(
    ("argin", "reason", "text"),
    [
        ([[], ["x/y/z", "pipe"]], "API_WrongNumberOfArgs", ""),
        ([[2, 3], ["x/y/z", "pipe", "Nope"]], "API_WrongNumberOfArgs", ""),
        ([[2], ["x/y/z", "pipe", "Nope"]], "API_DeviceNotFound", ""),
        ([[2], [AUTO, "pipe", "Nope"]], "API_DeviceLocked", ""),
        ([[2], [DEVICE, "pipe", "Nope"]], "API_NotSupported", "Object type pipe"),
        ([[2], [DEVICE, "attribute", "Nope"]], "API_AttrNotFound", ""),
        ([[2], [DEVICE, "command", "Nope"]], "API_CommandNotFound", ""),
        ([[2], [DEVICE, "command", "Exec"]], "API_IncompatibleCmdArgumentType", ""),
        ([[2], [DEVICE, "command", "Init"]], "API_NotSupported", "Init"),
        ([[2], [DEVICE, "attribute", "Lng"]], "API_AlreadyPolled", ""),
        ([[2], [DEVICE, "attribute", "Val"]], "API_NotSupported", "(5 mS)"),
        ([[-1], [DEVICE, "attribute", "Val"]], "API_NotSupported", "(5 mS)"),
        ([[2], [FORWARDING, "attribute", "lent"]], "API_NotSupported", "(5 mS)"),
        ([[100], [FORWARDING, "attribute", "lent"]], "API_MethodArgument", "(200)"),
        ([[0], [FORWARDING, "attribute", "lent"]], "API_NotSupportedFeature", ""),
    ],
)
def test_what_is_checked_first(
    make_server: MakeServer, connect: Connect, store: Store, argin: Any, reason: str, text: str
) -> None:
    """POLL-20, POLL-23: of all that is wrong with a request the first is told, and nothing is added."""
    store.add_server("Probe/a", [(FORWARDING, "Forwarding")])
    store.put_device_attribute_property(FORWARDING, {"lent": {"__root_att": [f"{DEVICE}/Val"]}})
    store.put_device_property(FORWARDING, {"min_poll_period": ["200"]})
    client, other = (connect(server) for server in [make_server((Probe, Probe2, Forwarding), store=store)] * 2)
    other.peer = Peer("vm", "tcp:127.0.0.1:2", ClientIdent(pid=815), other.sink)
    other.admin("LockDevice", [[10], [AUTO]])
    client.poll(DEVICE, "Lng", 1000)
    with pytest.raises(DevFailed) as failure:
        client.admin("AddObjPolling", argin)
    assert failure.value.reason == reason
    assert text in failure.value.desc
    assert (polled_names(client, DEVICE), polled_names(client, FORWARDING)) == (["Lng"], [])


def test_what_is_polled_is_stored(client: Client, store: Store) -> None:
    """POLL-24, POLL-30: the lists of the specification's example."""
    client.poll(DEVICE, "Lng", 1000)
    client.poll(DEVICE, "Val", 1000)
    client.poll(DEVICE, "Nop", 700, "command")
    client.poll(DEVICE, "State", 2000, "command")
    client.poll(DEVICE, "Status", 2000)
    assert properties(store) == {
        "polled_attr": ["lng", "1000", "val", "1000", "state", "2000", "status", "2000"],
        "polled_cmd": ["nop", "700"],
    }
    client.admin("UpdObjPollingPeriod", [[300], [DEVICE, "attribute", "LNG"]])
    client.admin("RemObjPolling", [DEVICE, "command", "Nop"])
    client.admin("RemObjPolling", [DEVICE, "command", "State"])
    assert properties(store) == {"polled_attr": ["lng", "300", "val", "1000", "status", "2000"]}
    assert client.admin("PolledDevice") == [AUTO, DEVICE]


def test_an_object_that_was_not_listed_is_listed_as_unwanted(client: Client, store: Store) -> None:
    """POLL-30: as one is whose property was deleted before its device was made anew"""
    client.poll(DEVICE, "Lng", 1000)
    client.poll(DEVICE, "Nop", 1000, "command")
    store.delete_device_property(DEVICE, ["polled_attr", "polled_cmd"])
    client.admin("DevRestart", DEVICE)
    assert polled_names(client, DEVICE) == ["Nop", "Lng"]
    client.admin("RemObjPolling", [DEVICE, "attribute", "Lng"])
    client.admin("RemObjPolling", [DEVICE, "command", "Nop"])
    assert properties(store) == {"non_auto_polled_attr": ["lng"], "non_auto_polled_cmd": ["nop"]}


def test_kinds_of_calls_from_inside_the_server(client: Client) -> None:
    """POLL-21"""
    client.poll(DEVICE, "Lng", 1000, "Attribute_Local")
    client.poll(DEVICE, "Nop", 1000, "command_local")
    assert polled_names(client, DEVICE) == ["Nop", "Lng"]


def test_state_and_status_have_a_block_of_each_kind(client: Client) -> None:
    """POLL-60"""
    client.poll(DEVICE, "Lng", 1000)
    client.poll(DEVICE, "Nop", 1000, "command")
    client.poll(DEVICE, "State", 1000)
    assert polled_names(client, DEVICE) == ["Nop", "State", "Lng", "State"]


def test_polling_goes_on_after_a_restart_of_the_process(
    make_server: MakeServer, connect: Connect, store: Store
) -> None:
    """POLL-50, POLL-24, POLL-56: also State listed as a command, which becomes an attribute. What commands are not
    about stays as it is spelled."""
    store.put_device_property(DEVICE, {"polled_attr": ["LNG", "200"], "polled_cmd": ["state", "1000", "nop", "300"]})
    client = connect(make_server(store=store))
    assert polled_names(client, DEVICE) == ["Nop", "State", "Lng", "State"]
    assert properties(store)["polled_cmd"] == ["nop", "300"]
    assert properties(store)["polled_attr"] == ["LNG", "200", "state", "1000"]
    client.admin("UpdObjPollingPeriod", [[300], [DEVICE, "attribute", "Lng"]])
    assert properties(store)["polled_attr"] == ["LNG", "300", "state", "1000"]
    client.admin("RemObjPolling", [DEVICE, "attribute", "Lng"])
    client.poll(DEVICE, "Lng", 400)
    assert properties(store)["polled_attr"] == ["state", "1000", "lng", "400"]


def test_the_default_of_a_class_is_polled_until_somebody_removes_it(
    make_server: MakeServer, connect: Connect, store: Store
) -> None:
    """POLL-54, POLL-55"""
    first = make_server(store=store)
    client = connect(first)
    assert polled_names(client, AUTO) == ["AutoPolled"]
    assert properties(store, AUTO) == {"polled_attr": ["autopolled", "500"]}
    client.admin("RemObjPolling", [AUTO, "attribute", "AutoPolled"])
    assert properties(store, AUTO) == {"non_auto_polled_attr": ["autopolled"]}
    first.stop()
    client = connect(make_server(store=store))
    assert polled_names(client, AUTO) == []
    client.poll(AUTO, "AutoPolled", 400)
    assert properties(store, AUTO) == {"polled_attr": ["autopolled", "400"]}


@pytest.mark.parametrize("spelling", ["autopolled", "AutoPolled"])
def test_a_listed_object_is_not_polled_by_default(
    make_server: MakeServer, connect: Connect, store: Store, spelling: str
) -> None:
    """POLL-55: the property that keeps objects from being polled counts in any spelling."""
    store.put_device_property(AUTO, {"non_auto_polled_attr": [spelling]})
    assert polled_names(connect(make_server(store=store)), AUTO) == []
    assert properties(store, AUTO) == {"non_auto_polled_attr": [spelling]}


@pytest.mark.parametrize(
    ("stored", "polled"),
    [
        ({"polled_attr": ["Lng"]}, []),
        ({"polled_attr": ["Nope", "1000", "Lng", "500"]}, ["Lng"]),
        ({"polled_attr": ["Lng", "2"]}, []),
        ({"polled_attr": ["Lng", "abc"]}, ["Lng"]),
        ({"polled_cmd": ["Exec", "1000"]}, []),
        ({"polled_cmd": ["Gone", "1000"]}, []),
        ({"polled_attr": ["Lng", "500"], "min_poll_period": ["2000"]}, []),
    ],
)
def test_bad_entries_are_left_out_and_the_server_starts(
    make_server: MakeServer, connect: Connect, store: Store, stored: dict[str, list[str]], polled: list[str]
) -> None:
    """POLL-53"""
    store.put_device_property(DEVICE, stored)
    assert polled_names(connect(make_server(store=store)), DEVICE) == polled


def test_an_object_that_is_gone_leaves_the_property(make_server: MakeServer, store: Store) -> None:
    """POLL-53"""
    store.put_device_property(DEVICE, {"polled_attr": ["Nope", "1000", "Lng", "500"]})
    make_server(store=store)
    assert properties(store) == {"polled_attr": ["Lng", "500"]}


def test_the_pool_is_assigned_and_stored(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """POLL-41, POLL-43, POLL-30: a device whose last object is removed leaves its line"""
    store.put_device_property("dserver/Probe/a", {"polling_threads_pool_size": ["2"]})
    store.put_device_property(DEVICE, {"polled_attr": ["lng", "1000"]})
    client = connect(make_server(store=store))

    def conf() -> list[str]:
        found = store.get_device_property("dserver/Probe/a", ["polling_threads_pool_conf"])
        return found.get("polling_threads_pool_conf", [])

    assert conf() == [AUTO, DEVICE]
    client.admin("RemObjPolling", [AUTO, "attribute", "AutoPolled"])
    assert conf() == [DEVICE]
    client.poll(AUTO, "Lng", 1000)
    assert conf() == [DEVICE, AUTO]
    client.admin("RemObjPolling", [AUTO, "attribute", "Lng"])
    client.admin("RemObjPolling", [DEVICE, "attribute", "Lng"])
    assert conf() == []


@pytest.mark.parametrize("size", ["0", "-2", "two", "12345678901"])
def test_a_wrong_pool_size_means_one_thread(make_server: MakeServer, store: Store, size: str) -> None:
    """POLL-40"""
    store.put_device_property("dserver/Probe/a", {"polling_threads_pool_size": [size]})
    store.put_device_property(DEVICE, {"polled_attr": ["lng", "1000"]})
    make_server(store=store)
    found = store.get_device_property("dserver/Probe/a", ["polling_threads_pool_conf"])
    assert found["polling_threads_pool_conf"] == [f"{AUTO},{DEVICE}"]


def test_an_alias_names_its_device(client: Client, store: Store) -> None:
    """ADM-5, POLL-45"""
    store.put_device_alias(DEVICE, "probe-two")
    client.poll("Probe-Two", "Lng", 1000)
    assert polled_names(client, "probe-two") == ["Lng"]
    found = store.get_device_property("dserver/Probe/a", ["polling_threads_pool_conf"])
    assert found["polling_threads_pool_conf"] == [f"{AUTO},{DEVICE}"]


def test_stop_and_start_change_the_second_line_of_the_status(client: Client) -> None:
    """POLL-33, ADM-4"""
    assert client.admin("Status") == "The device is ON\nThe polling is ON"
    for _ in range(2):
        client.admin("StopPolling")
        assert client.admin("Status") == "The device is ON\nThe polling is OFF"
    client.admin("StartPolling")
    assert client.admin("Status") == "The device is ON\nThe polling is ON"
