"""The captured exchanges about events, each section in its order, against a server of ours (EVT-1..EVT-54)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.device.declaration import attribute
from server_core.model.enums import AttrQuality, EventType
from server_core.model.errors import DevFailed, Except
from server_core.model.types import CmdArgType
from server_core.model.values import DataReady, InterfaceChange, TypedValue
from server_core.protocol import operations as op
from server_core.server.polling.schedule import WorkItem
from tests.captured import CPP_9, PYTANGO_10, Case, replayed_cases
from tests.server.conftest import Client, Probe
from tests.server.replaying import answer, captured_store, configure, errors, poll, poll_at, shown

if TYPE_CHECKING:
    from tests.server.conftest import Connect, MakeServer

DEVICE, OTHER = "adm/probe/1", "adm/probe/2"


class OfDatabase(MemoryStore):
    """A store that says to be kept by the database server of the capture."""

    tango_host = "127.0.0.1:11300"


@pytest.fixture
def client(make_server: MakeServer, connect: Connect) -> Iterator[Client]:
    store = captured_store(OfDatabase)
    client = connect(make_server((Probe,), store=store))
    client.server.polling.active = False
    yield client
    client.server.stop()
    store.close()


# ---- subscriptions and the admin device


def alike(found: dict[str, Any], case: Case) -> bool:
    """Whether an answer of the event commands is the captured one. Endpoints, releases and what is said of multicast
    differ by process; the rest is compared."""
    output = case.data["output"]
    if "err" in output:
        return found == {"err": errors(output)}
    if isinstance(output["ok"], list):
        (numbers, texts), (wanted_numbers, wanted_texts) = found["ok"], output["ok"]
        if case.data["input"] == ["info"]:
            return _info(texts[:2]) == _info(wanted_texts)
        return list(numbers[2:3]) == wanted_numbers[2:3] and texts[-2:] == wanted_texts[-2:]
    return output["ok"] in (found["ok"], 1033)


def _info(texts: list[str]) -> list[str]:
    """The two lines of `info`, with a placeholder for the endpoints."""
    return [re.sub(r"tcp://[\d.]+:\d+", "<endpoint>", text) for text in texts]


def subscribe(client: Client, name: str, kind: str) -> str:
    client.subscribe(DEVICE, name, EventType[kind])
    return "subscribed"


def counters(text: str) -> Any:
    return json.loads(text)["server"]["event_counters"]


def test_subscriptions_and_the_admin_commands_about_them(client: Client) -> None:
    """ADM-7, ADM-15, ADM-16, ADM-41, EVT-1, EVT-2, EVT-8, EVT-9, EVT-10, EVT-12: every answer and every refusal of
    the newer reference up to QueryEventSystem, which tells how many events there were (EVT-22)."""
    for case in replayed_cases("server", "events", PYTANGO_10):
        given = case.data["input"]
        if case.name == "change, polled, no criteria":
            for name in ("Val", "Str", "State"):
                client.poll(DEVICE, name, 100)
        elif case.name == "ZmqEventSubscriptionChange alarm":
            for name in ("Val", "Str", "State"):
                poll(client, DEVICE, name)
        elif case.name == "QueryEventSystem":
            client.call(op.Subscribe(OTHER, "Val", EventType.ATTR_CONF_EVENT))
            configure(client, OTHER, "Val")
            assert json.loads(client.admin("QueryEventSystem")) == json.loads(case.data["output"]["ok"])
            break
        if isinstance(given, dict):
            found = answer(subscribe, client, given["attr"], given["event"])
        else:
            found = answer(client.admin, case.name.split(" ")[0], given)
        assert alike(found, case), (case.id, case.name, found)


def test_the_info_of_the_older_reference(client: Client) -> None:
    """EVT-10: all but its release number (ADM-43)."""
    (case,) = replayed_cases("server", "events", CPP_9)
    found = answer(client.admin, "ZmqEventSubscriptionChange", ["info"])
    assert alike(found, case)


def test_the_timing_of_events(client: Client) -> None:
    """EVT-22: EnableEventSystemPerfMon, and QueryEventSystem with the timing of each event."""
    cases = {case.name: case.data["output"] for case in replayed_cases("server", "events")}
    client.poll(DEVICE, "Val", 100)
    client.subscribe(DEVICE, "Val", EventType.PERIODIC_EVENT)
    enable = TypedValue(CmdArgType.DevBoolean, True)
    assert (
        client.command(client.server.admin_name, "EnableEventSystemPerfMon", enable)
        == cases["EnableEventSystemPerfMon"]["ok"]
    )
    for start in (1000.0, 1002.0):
        poll_at(client, DEVICE, "Val", start)
    wanted = json.loads(cases["QueryEventSystem with perf"]["ok"])
    found = json.loads(client.admin("QueryEventSystem"))
    assert found.keys() == wanted.keys()
    first, second = found["server"]["perf"]
    assert first.keys() == wanted["server"]["perf"][0].keys()
    assert first["micros_since_last_event"] is None
    assert second["micros_since_last_event"] > 0
    client.command(client.server.admin_name, "EnableEventSystemPerfMon", TypedValue(CmdArgType.DevBoolean, False))
    assert json.loads(client.admin("QueryEventSystem"))["server"]["perf"] is None


def test_late_polling(client: Client) -> None:
    """EVT-38, POLL-13: the error in the words of the reference, then the value again."""
    case = next(case for case in replayed_cases("server", "events") if case.name.startswith("polling late"))
    client.poll(DEVICE, "Val", 100)
    client.subscribe(DEVICE, "Val", EventType.PERIODIC_EVENT)
    served = client.server.registry.find(DEVICE)
    client.server.events.discarded(WorkItem(served, False, 100, 0.0, [served.need_polled("Val", command=False)]))
    poll(client, DEVICE, "Val")
    late, value = client.sink.take()
    (error,) = late.errors
    assert [f"ERR {error.reason} | {error.desc}", shown(value)] == case.data["output"]


def test_alarm_events(client: Client) -> None:
    """EVT-39"""
    case = next(case for case in replayed_cases("server", "events") if case.name.startswith("alarm event, max"))
    configure(client, DEVICE, "Val", max_warning="40", max_alarm="50")
    client.poll(DEVICE, "Val", 100)
    client.subscribe(DEVICE, "Val", EventType.ALARM_EVENT)
    poll(client, DEVICE, "Val")
    client.sink.take()
    for value, wanted in case.data["output"]:
        client.device(DEVICE)._v = float(value)
        poll(client, DEVICE, "Val")
        assert [shown(event) for event in client.sink.take()] == wanted


# ---- detection

WORDS = {
    "abs": "abs_change",
    "rel": "rel_change",
    "aabs": "archive_abs_change",
    "aper": "archive_period",
    "per": "period",
}
CLEARED = dict.fromkeys(("abs_change", "rel_change", "archive_abs_change", "archive_period"), "Not specified")
STEPS, SPACINGS, FORMS = range(15), range(16, 22), 23
"""Which cases of the section are step tables, spacings of periodic events, and forms of a property."""


def detection() -> list[Case]:
    return replayed_cases("server", "event_detection")


def test_the_detection_tables(client: Client) -> None:
    """EVT-30, EVT-31, EVT-32, EVT-33, EVT-37: a hundred steps in their order, which later tables rely on. The
    configuration changes between the tables take effect at the next poll."""
    for case in detection()[STEPS.start : STEPS.stop]:
        given, name = case.data["input"], case.data["input"]["attribute"]
        if given["config"] is not None:
            texts = {WORDS[key]: text for key, text in given["config"].items()}
            configure(client, DEVICE, name, **{**CLEARED, **texts})
        if given["init"]:
            client.execute(DEVICE, given["init"])
        client.poll(DEVICE, name, 0)
        subscription = client.subscribe(DEVICE, name, EventType[given["event"]])
        poll(client, DEVICE, name)
        (first,) = client.sink.take()
        assert shown(first) == case.data["output"][0][1][-1]
        for step, wanted in case.data["output"][1:]:
            client.execute(DEVICE, step)
            poll(client, DEVICE, name)
            found = [shown(event) for event in client.sink.take()]
            assert json.dumps(found) == json.dumps(wanted), (case.name, step)
        client.call(op.Unsubscribe(DEVICE, subscription.topic))
        client.admin("RemObjPolling", [DEVICE, "attribute", name])


def test_archive_events_by_period_and_by_change(client: Client) -> None:
    """EVT-35: the steps last as many polls of 100 ms as their events show."""
    case = detection()[STEPS.stop]
    configure(client, DEVICE, "Val", archive_abs_change="1", archive_period="500")
    client.execute(DEVICE, case.data["input"]["init"])
    client.poll(DEVICE, "Val", 0)
    client.subscribe(DEVICE, "Val", EventType.ARCHIVE_EVENT)
    moment = 1000.0
    poll_at(client, DEVICE, "Val", moment)
    (first,) = client.sink.take()
    assert shown(first) == case.data["output"][0][1][-1]
    for (step, wanted), polls in zip(case.data["output"][1:], (5, 5, 10, 5, 5), strict=True):
        client.execute(DEVICE, step)
        for _ in range(polls):
            moment = round(moment + 0.1, 3)
            poll_at(client, DEVICE, "Val", moment)
        assert [shown(event) for event in client.sink.take()] == wanted


@pytest.mark.parametrize("place", SPACINGS)
def test_the_spacing_of_periodic_events(client: Client, place: int) -> None:
    """EVT-34, EVT-35: with the spacings of the capture, to the poll."""
    case = detection()[place]
    given = case.data["input"]
    spacing = int(case.name.rpartition("polled ")[2]) / 1000 if "polled" in case.name else 0.1
    wanted = {round(round(delta / spacing) * spacing, 3) for delta in case.data["output"]["deltas_s"][1:]}
    configure(client, DEVICE, "Val", **{WORDS[key]: text for key, text in given["config"].items()})
    client.poll(DEVICE, "Val", 0)
    client.subscribe(DEVICE, "Val", EventType[given["event"]])
    tries = [1000 + round(number * spacing, 3) for number in range(60)]
    sent = [start for start in tries if poll_at(client, DEVICE, "Val", start)]
    assert {round(after - before, 3) for before, after in pairwise(sent)} == wanted


def test_the_end_of_polling(client: Client) -> None:
    """EVT-38, POLL-30: one error event."""
    case = next(case for case in detection() if case.name.startswith("RemObjPolling"))
    configure(client, DEVICE, "Val", abs_change="1")
    client.poll(DEVICE, "Val", 0)
    client.subscribe(DEVICE, "Val", EventType.CHANGE_EVENT)
    client.admin("RemObjPolling", [DEVICE, "attribute", "Val"])
    assert [shown(event) for event in client.sink.take()] == case.data["output"]


@pytest.mark.parametrize("form", detection()[FORMS].data["output"], ids=lambda form: form[0])
def test_the_forms_of_a_change_property(client: Client, form: list[Any]) -> None:
    """EVT-32: two-sided limits, signs, missing sides, refused texts."""
    text, outcome, shown_text, steps = form
    client.poll(DEVICE, "Val", 0)
    found = answer(lambda: configure(client, DEVICE, "Val", abs_change=text))
    assert [reason for reason, _ in found.get("err", [])] == [error["reason"] for error in outcome.get("err", [])]
    (config,) = client.call(op.GetAttributeConfig(DEVICE, ("Val",)))
    assert config.events.ch_event.abs_change == shown_text
    if isinstance(steps, str) or not steps:
        with pytest.raises(DevFailed) as failure:
            client.subscribe(DEVICE, "Val", EventType.CHANGE_EVENT)
        assert failure.value.reason == "API_EventPropertiesNotSet"
        return
    client.subscribe(DEVICE, "Val", EventType.CHANGE_EVENT)
    poll(client, DEVICE, "Val")
    client.sink.take()
    for value, wanted in steps:
        client.device(DEVICE)._v = float(value)
        poll(client, DEVICE, "Val")
        assert [event.payload.value for event in client.sink.take()] == wanted, value  # type: ignore[union-attr]


# ---- pushed events


class Names:
    """What the captured device knew as the module `tango`."""

    Except = Except
    DevFailed = DevFailed


def without_value(client: Client) -> None:
    """EVT-41: a push without value is refused by the reason of the server's library, not of PyTango."""
    with pytest.raises(DevFailed) as failure:
        client.device(DEVICE).push_change_event("Manual")
    assert failure.value.reason == "API_AttrValueNotSet"


def add_dyn(client: Client) -> None:
    client.device(DEVICE).add_attribute(attribute(name="Dyn", dtype=float, fget=lambda: 1.0))


def remove_dyn(client: Client) -> None:
    client.device(DEVICE).remove_attribute("Dyn")


Step = Callable[[Client], Any]

OURS: dict[str, Step] = {
    "self.push_change_event('Manual')": without_value,
    "client: set_attribute_config label": lambda client: configure(
        client, DEVICE, "Val", label="L1795251359", abs_change="7"
    ),
    "client: set_attribute_config same again": lambda client: configure(client, DEVICE, "Val"),
}
"""Steps of the capture that are no code of the device, or are code of PyTango alone."""

UNTOLD: dict[str, list[Step]] = {
    "attr_conf": [
        lambda client: client.command(DEVICE, "Init"),
        lambda client: client.admin("DevRestart", DEVICE),
    ],
    "interface change": [
        lambda client: client.command(DEVICE, "Init"),
        lambda client: client.admin("DevRestart", DEVICE),
        lambda client: client.server.restart_devices(),
    ],
}
"""The steps that the capture does not name: Init, DevRestart, RestartServer."""


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.id) for case in replayed_cases("server", "events_push") if case.name[:4] == "push"],
)
def test_pushed_events(client: Client, case: Case) -> None:
    """EVT-36, EVT-40, EVT-41, EVT-42, EVT-43, EVT-44: what is sent as it is, what detection lets pass, other kinds,
    filters that do not travel, and refused pushes."""
    given = case.data["input"]
    probe = client.device(DEVICE)
    client.subscribe(DEVICE, given["attribute"], EventType[given["event"]])
    names = {"self": probe, "time": time, "AttrQuality": AttrQuality, "tango": Names, "DevFailed": DevFailed}
    for step, wanted, *refusal in case.data["output"][1:]:
        if step in OURS:
            OURS[step](client)
        elif refusal:
            with pytest.raises(DevFailed) as failure:
                eval(step, names)
            assert refusal[0].startswith(f"ERR {failure.value.reason} | {failure.value.desc}")
        else:
            exec(
                step.removeprefix("exec('").removesuffix("')").replace("\\n", "\n") if "exec(" in step else step, names
            )
        found = client.sink.take()
        if given["event"] == "DATA_READY_EVENT":
            assert [data_ready(event.payload) for event in found] == [
                [name, kind, counter] for name, _, kind, counter in wanted
            ]
        else:
            assert [shown(event) for event in found] == wanted, step


def code_of(step: str) -> str:
    """The code of a step, which may stand in a call of `exec` itself."""
    return step.removeprefix("exec('").removesuffix("')").replace("\\n", "\n") if "exec(" in step else step


def data_ready(payload: Any) -> list[Any]:
    assert isinstance(payload, DataReady)
    return [payload.name.lower(), int(payload.data_type), payload.counter]


def test_configuration_events(client: Client) -> None:
    """EVT-51: for every change, even to the same, and after DevRestart; not after Init."""
    case = next(case for case in replayed_cases("server", "events_push") if case.name == "attr_conf")
    configure(client, DEVICE, "Val", abs_change="1")
    client.subscribe(DEVICE, "Val", EventType.ATTR_CONF_EVENT)
    untold = iter(UNTOLD["attr_conf"])
    for step, wanted in case.data["output"][1:]:
        (next(untold) if step is None else OURS[step])(client)
        found = [
            ["conf", event.payload.name, event.payload.label, "", event.payload.events.ch_event.abs_change]  # type: ignore[union-attr]
            for event in client.sink.take()
        ]
        assert found == wanted, step


def test_interface_events(client: Client) -> None:
    """EVT-52: a member more, a member less; nothing when a restart changes nothing."""
    case = next(case for case in replayed_cases("server", "events_push") if case.name == "interface change")
    client.subscribe(DEVICE, "", EventType.INTERFACE_CHANGE_EVENT)
    (_, ((_, _, attributes, _),)), added, removed, *rest = case.data["output"]
    before = len(client.call(op.GetAttributeConfig(DEVICE)))
    for step, (_, wanted) in (
        (add_dyn, added),
        (lambda client: client.device(DEVICE).remove_attribute("Dyn"), removed),
    ):
        step(client)
        (event,) = client.sink.wait_for(1)
        change = event.payload
        assert isinstance(change, InterfaceChange)
        assert [len(change.attributes) - before, change.dev_started] == [wanted[0][2] - attributes, wanted[0][3]]
    for step, (_, wanted) in zip(UNTOLD["interface change"], rest, strict=True):
        step(client)
        time.sleep(0.1)
        assert client.sink.take() == wanted
