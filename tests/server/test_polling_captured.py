"""The captured exchanges about polling, each section in its order, against a server of ours.

The polling threads rest during the replays; polls happen where the capture had time for them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from server_core import TimedAttrData
from server_core.database.memory import MemoryStore
from server_core.database.store import Store
from server_core.devices.tango_test import TangoTest
from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed
from server_core.model.values import VOID
from server_core.protocol import operations as op
from server_core.server.polling.service import PollingOptions
from tests.captured import CPP_9, PYTANGO_10, Case, replayed, replayed_cases
from tests.server.conftest import Probe, Probe2
from tests.server.replaying import OUTER, answer, captured_store, expected, let_poll, trigger, without_times

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe/1"
POOL = "dserver/Probe/a"


@pytest.fixture
def store() -> Iterator[Store]:
    store = captured_store()
    yield store
    store.close()


def at_rest(client: Client) -> Client:
    """The client, of a server whose polling threads do nothing by themselves."""
    client.server.polling.active = False
    return client


def test_the_admin_commands(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """ADM-11, ADM-13, ADM-22, ADM-29, ADM-34, ADM-38, ADM-40, POLL-21, POLL-23, POLL-31, POLL-32: every answer and
    every refusal, and POLL-2: commands with an argument and Init are refused."""
    client = at_rest(connect(make_server(store=store)))
    for case in replayed_cases("server", "admin_polling", PYTANGO_10):
        replay(client, case)


def test_the_admin_commands_on_the_older_reference(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """ADM-11, ADM-13, ADM-22, ADM-29, ADM-40, POLL-23, POLL-31"""
    client = at_rest(connect(make_server((TangoTest,), store=store, server="TangoTest", instance="t")))
    for case in replayed_cases("server", "admin_polling", CPP_9):
        if case.name == "Add: cmd State":  # the capture does not tell of these two
            client.poll("adm/tt/1", "double_scalar", 1000)
            client.poll("adm/tt/1", "DevVoid", 700, "command")
        replay(client, case)


def replay(client: Client, case: Case) -> None:
    """One admin command. Objects with a period have been polled before DevPollStatus tells of them, if the capture says
    that they were."""
    command, argin = case.data["input"]["command"], case.data["input"]["argin"]
    if command == "DevPollStatus" and "Delta" in (text := str(case.data["output"])) and "externally fill" not in text:
        let_poll(client, argin)
    found = answer(client.admin, command, argin)
    wanted = case.data["input"].get("filter")
    if wanted:
        found["ok"] = [block for block in found["ok"] if wanted in block.partition("\n")[0]]
    if "ok" in found:
        found["ok"] = without_times(found["ok"])
    assert found == expected(case.data["output"]), (case.id, case.name)
    client.server.polling.active = False


def fill(client: Client, *ages: float) -> None:
    now = time.time()
    stack = [TimedAttrData(float(age), time_stamp=now - age) for age in ages]
    client.device(DEVICE).fill_attr_polling_buffer("Val", stack)


def remove(client: Client, name: str, kind: str = "attribute") -> None:
    client.admin("RemObjPolling", [DEVICE, kind, name])


Action = Callable[["Client"], Any]

BEFORE: dict[str, Action] = {
    "DevPollStatus ext trig never filled": lambda client: client.poll(DEVICE, "Val", 0),
    "DevPollStatus ext trig after 1": lambda client: trigger(client, DEVICE, "Val"),
    "DevPollStatus ext trig after 2": lambda client: trigger(client, DEVICE, "Val"),
    "DevPollStatus failing": lambda client: client.execute(DEVICE, "setattr(self, '_fail', True)"),
    "DevPollStatus invalid quality": lambda client: (
        client.execute(DEVICE, "setattr(self, '_fail', False)"),
        client.execute(DEVICE, "setattr(self, '_invalid', True)"),
    ),
    "Add cmd Fail": lambda client: (
        remove(client, "Val"),
        client.execute(DEVICE, "setattr(self, '_invalid', False)"),
    ),
    "DevPollStatus ext cmd filled": lambda client: trigger(client, DEVICE, "Tick", command=True),
    "DevPollStatus ext trig filled by user code": lambda client: fill(client, 1, 0),
    "Add slow period": lambda client: remove(client, "Val"),
    "DevPollStatus periodic filled by user code": lambda client: (let_poll(client, DEVICE, 1), fill(client, 1)),
    "PolledDevice": lambda client: remove(client, "AutoPolled"),
    "Add 100 slow alone": lambda client: (remove(client, "Val"), remove(client, "Nop", "command")),
}
"""What the captured server did before a step that the step does not tell."""

WITHOUT_INPUT: dict[str, Action] = {
    "trigger: attribute not polled": lambda client: trigger(client, DEVICE, "Lng"),
    "trigger: attribute polled with a period": lambda client: trigger(client, DEVICE, "AutoPolled"),
    "fill_attr_polling_buffer with 11 entries, depth 10": lambda client: fill(client, *range(11)),
}


def test_status_texts_triggers_and_filling(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """POLL-16, POLL-17, POLL-61, POLL-64, ADM-13: the whole section but its last step."""
    client = at_rest(connect(make_server(store=store)))
    *steps, restarts = replayed_cases("server", "polling")
    for case in steps:
        BEFORE.get(case.name, lambda client: None)(client)
        if case.name in WITHOUT_INPUT:
            assert answer(WITHOUT_INPUT[case.name], client) == expected(case.data["output"]), case.id
        else:
            replay(client, case)
    for name, period, kind in (
        ("Nop", 800, "command"),
        ("AutoPolled", 500, "attribute"),
        ("Lng", 600, "attribute"),
        ("Str", 0, "attribute"),
    ):
        client.poll(DEVICE, name, period, kind)
    found = [heads(client)]
    client.admin("DevRestart", DEVICE)
    found.append(heads(client))
    client.server.restart_devices()
    found.append(heads(client))
    assert found == restarts.data["output"]


def heads(client: Client) -> list[list[str]]:
    """The first two lines of each block."""
    return [block.split("\n")[:2] for block in client.admin("DevPollStatus", DEVICE)]


def test_what_is_stored(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """POLL-24"""
    probe, tango_test = replayed_cases("server", "polling_properties")
    names = list(probe.data["output"])
    client = connect(make_server(store=store))
    objects = (
        ("Lng", 1000, "attribute"), ("Val", 1000, "attribute"), ("Nop", 700, "command"), ("State", 2000, "command"),
        ("Status", 2000, "attribute"),
    )  # fmt: skip
    for name, period, kind in objects:
        client.poll(DEVICE, name, period, kind)
    assert stored(store, DEVICE, names) == probe.data["output"]
    client = connect(make_server((TangoTest,), store=store, server="TangoTest", instance="t"))
    renamed = {"Lng": "short_scalar_ro", "Val": "double_scalar", "Nop": "DevVoid"}
    for name, period, kind in objects:
        client.poll("adm/tt/1", renamed.get(name, name), period, kind)
    assert stored(store, "adm/tt/1", names) == tango_test.data["output"]


def stored(store: Store, device: str, names: list[str]) -> dict[str, list[str]]:
    found = store.get_device_property(device, names)
    return {name: found.get(name, []) for name in names}


CACHE_BEFORE: dict[str, Action] = {
    "CACHE_DEV ext trig no data": lambda client: client.poll(DEVICE, "Val", 0),
    "CACHE ext trig after trigger": lambda client: trigger(client, DEVICE, "Val"),
    "CACHE_DEV failing": lambda client: (
        client.execute(DEVICE, "setattr(self, '_fail', True)"),
        trigger(client, DEVICE, "Val"),
    ),
    "CACHE invalid quality": lambda client: (
        client.execute(DEVICE, "setattr(self, '_fail', False)"),
        client.execute(DEVICE, "setattr(self, '_invalid', True)"),
        trigger(client, DEVICE, "Val"),
    ),
    "cmd CACHE failing": lambda client: (
        client.poll(DEVICE, "Fail", 500, "command"),
        let_poll(client, DEVICE),
    ),
    "cmd ext CACHE": lambda client: (
        client.poll(DEVICE, "Tick", 0, "command"),
        trigger(client, DEVICE, "Tick", command=True),
    ),
    "CACHE stale": lambda client: (
        client.execute(DEVICE, "setattr(self, '_l', 1)"),
        client.poll(DEVICE, "Lng", 500),
        aged(client, "Lng", 2.1),
    ),
}


def aged(client: Client, name: str, seconds: float) -> None:
    """The newest result of an attribute is that old."""
    served = client.server.registry.find(DEVICE)
    (value,) = served.kernel.read_attributes([name])
    served.need_polled(name, command=False).store(time.time() - seconds, value, 0.001)


def test_the_cache(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """POLL-71, POLL-72, POLL-73, POLL-74, POLL-75"""
    client = at_rest(connect(make_server(store=store)))
    for case in replayed_cases("server", "polling_cache"):
        CACHE_BEFORE.get(case.name, lambda client: None)(client)
        given = case.data["input"]
        source = DevSource[given["source"]]
        if "command" in given:
            found = answer(client.command, DEVICE, given["command"], VOID, source)
            assert found == expected(case.data["output"]), case.id
            continue
        value = client.read(DEVICE, given["attribute"], source)
        if value.errors:
            assert {"err": [[error.reason, error.desc] for error in value.errors]} == expected(case.data["output"])
        else:
            reading = case.data["output"]["ok"]
            assert (value.value, value.quality.name) == (reading["value"], reading["quality"]), case.id


def test_histories(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """POLL-77"""
    client = at_rest(connect(make_server(store=store)))
    cases = {case.name: case.data["output"] for case in replayed_cases("server", "polling_history")}

    def attribute(name: str, count: int) -> Any:
        return client.call(op.ReadAttributeHistory(DEVICE, name, count))

    def command(name: str, count: int) -> Any:
        return client.call(op.CommandInoutHistory(DEVICE, name, count))

    client.poll(DEVICE, "Val", 0)
    assert answer(attribute, "Val", 3) == expected(cases.pop("no data"))
    assert answer(attribute, "Lng", 3) == expected(cases.pop("attr not polled"))
    assert answer(command, "Nop", 3) == expected(cases.pop("cmd not polled"))
    mixed = cases.pop("mixed ok/failed, asked 20")["ok"]
    for record in mixed:
        client.device(DEVICE)._fail = record["failed"]
        trigger(client, DEVICE, "Val")
    found = [
        {
            "failed": value.has_failed,
            "err": [[error.reason, error.desc] for error in value.errors] or None,
            "value": value.value,
            "quality": value.quality.name,
        }
        for value in attribute("Val", 20)
    ]
    assert found == mixed
    assert len(attribute("Val", 0)) == cases.pop("depth 0")["ok"]
    assert len(attribute("Val", 1000)) == cases.pop("depth 1000")["ok"]
    client.poll(DEVICE, "Fail", 500, "command")
    let_poll(client, DEVICE)
    client.server.registry.find(DEVICE)
    failing = [
        {"failed": bool(record.errors), "err": [[error.reason, error.desc] for error in record.errors]}
        for record in command("Fail", 3)
    ]
    for record in (wanted := cases.pop("command failing")["ok"]):
        record["err"] = [error for error in record["err"] if error[0] not in OUTER]
    assert failing == wanted
    assert not cases


class B(Probe2):
    """The six devices of the captured pools."""


@pytest.mark.parametrize("case", replayed("server", "pool"))
def test_the_pool(make_server: MakeServer, connect: Connect, case: Case) -> None:
    """POLL-40, POLL-41, POLL-42, POLL-43, POLL-44: which thread polls which device, and what is stored of it."""
    devices = [f"adm/b/{number}" for number in range(1, 7)]
    store = MemoryStore()
    store.add_server("Probe/a", [(POOL, "DServer"), *((device, "B") for device in devices)])
    given = {name: [value] if isinstance(value, str) else value for name, value in case.data["input"].items() if value}
    store.put_device_property(POOL, given)
    for device in devices:
        store.put_device_property(device, {"polled_attr": ["lng", "5000"]})
    output = case.data["output"]

    def conf() -> list[str]:
        return store.get_device_property(POOL, ["polling_threads_pool_conf"]).get("polling_threads_pool_conf", [])

    client = connect(make_server((B,), store=store))
    assert conf() == output["conf_after_start"]
    for device in devices[4:]:
        client.poll(device, "Val", 5000)
        assert conf() == output[f"conf_after_adding {device}"]
    client.admin("RemObjPolling", [devices[1], "attribute", "Lng"])
    assert conf() == output[f"conf_after_removing {devices[1]}"]
    for device in (devices[0], *devices[2:4]):
        client.admin("RemObjPolling", [device, "attribute", "Lng"])
    assert conf() == output["conf_after_removing_all"]
    client.server.stop()
    store.close()


# ---- polling properties

BAD_STARTS = [case for case in replayed_cases("server", "polling_props") if case.name.startswith("start with ")]


def properties_of(case: Case) -> dict[str, list[str]]:
    """The properties that the name of a captured start tells: `start with polled_attr=['Lng', '2']`."""
    name, _, values = case.name.removeprefix("start with ").partition("=")
    given = {name: [value.strip(" '") for value in values.strip("[]").split(",")]}
    return given | ({"polled_attr": ["Lng", "1000"]} if name == "min_poll_period" else {})


@pytest.fixture
def b_store() -> Iterator[Store]:
    store = MemoryStore()
    store.add_server("Probe/a", [(POOL, "DServer"), ("adm/b/1", "Probe")])
    yield store
    store.close()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in BAD_STARTS])
def test_wrong_properties_at_the_start(make_server: MakeServer, connect: Connect, b_store: Store, case: Case) -> None:
    """POLL-53, POLL-56, LIFE-19: with the option that a wrong entry ends the start."""
    b_store.put_device_property("adm/b/1", properties_of(case))
    output = case.data["output"]
    strict = PollingOptions(strict=True)
    if output["exit_code"] == 0:
        with pytest.raises(DevFailed) as failure:
            make_server((Probe,), store=b_store, polling=strict)
        assert failure.value.errors[-1].reason == "API_BadConfigurationProperty"
        assert re.findall(r"reason = (\w+)", output["log"]) == [error.reason for error in failure.value.errors]
        assert failure.value.errors[-1].desc.lower() in output["log"].lower()
        return
    client = connect(make_server((Probe,), store=b_store, polling=strict))
    assert [block.split("\n")[:2] for block in client.admin("DevPollStatus", "adm/b/1")] == output["polled"]["ok"]
    assert stored(b_store, "adm/b/1", list(output["props"])) == output["props"]


def test_smallest_periods_and_ring_depths(make_server: MakeServer, connect: Connect, b_store: Store) -> None:
    """POLL-50, POLL-51, POLL-52, POLL-32, POLL-73: the cases with min_poll_period, ring depths, poll_old_factor."""
    cases = {case.name: case for case in replayed_cases("server", "polling_props") if case not in BAD_STARTS}
    b_store.put_device_property(
        "adm/b/1",
        {
            "min_poll_period": ["200"],
            "attr_min_poll_period": ["VAL", "500"],
            "cmd_min_poll_period": ["tick", "300"],
            "poll_ring_depth": ["3"],
            "attr_poll_ring_depth": ["LNG", "5"],
            "cmd_poll_ring_depth": ["nop", "7", "state", "4"],
            "poll_old_factor": ["2"],
            "blackbox_depth": ["5"],
        },
    )
    client = at_rest(connect(make_server((Probe,), store=b_store)))
    for name in (
        "below min_poll_period", "below attr_min_poll_period", "below cmd_min_poll_period", "0 allowed",
        "Upd to 0 with min_poll_period", "Upd below",
    ):  # fmt: skip
        replay(client, cases.pop(name))
    for name, kind in (("Lng", "attribute"), ("Nop", "command"), ("State", "attribute")):
        client.poll("adm/b/1", name, 200, kind)
    let_poll(client, "adm/b/1", 6)
    found = without_times(client.admin("DevPollStatus", "adm/b/1"))
    assert found == without_times(cases.pop("DevPollStatus with ring depth props").data["output"]["ok"])
    for _ in range(10):
        client.call(op.GetState("adm/b/1"))
    assert len(client.call(op.BlackBox("adm/b/1", 50))) == cases.pop("blackbox_depth 5").data["output"]["ok"]
    history = client.call(op.ReadAttributeHistory("adm/b/1", "Lng", 50))
    assert len(history) == cases.pop("history with depth 5").data["output"]["ok"]
    served = client.server.registry.find("adm/b/1")
    fresh, stale = cases.pop("poll_old_factor 2, period 200: cache read at +0.3s then +0.7s").data["output"]
    for age, wanted in ((0.3, fresh), (0.7, stale)):
        (value,) = served.kernel.read_attributes(["Lng"])
        served.need_polled("Lng", command=False).store(time.time() - age, value, 0.0)
        reading = client.read("adm/b/1", "Lng", DevSource.CACHE)
        if "err" in wanted:
            assert [[error.reason, error.desc] for error in reading.errors] == expected(wanted)["err"]
        else:
            assert reading.value == wanted["ok"]
    assert not cases
