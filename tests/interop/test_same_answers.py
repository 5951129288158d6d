"""The same calls, by PyTango to our device and to its own, and by our client to PyTango's device: the same answers.

Every snippet leaves the device as it found it. What PyTango and we show differently by documented rules is left out:
states in arrays (docs/pytango.md), release numbers, telemetry (docs/interoperability.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.interop.twins import HELPERS, NAME, NOISE, Twins
from tests.peers.client import Failed, OurClient
from tests.peers.fixtures import Peers

MORE = """
def described(config):
    '''All that a configuration says.'''
    names = ["name", "writable", "data_format", "max_dim_x", "max_dim_y", "description", "label", "unit"]
    names += ["standard_unit", "display_unit", "format", "min_value", "max_value", "writable_attr_name", "disp_level"]
    alarms, events = config.alarms, config.events
    return [getattr(config, name) for name in names] + [
        int(config.data_type), list(config.enum_labels), config.root_attr_name,
        alarms.min_alarm, alarms.max_alarm, alarms.min_warning, alarms.max_warning, alarms.delta_t, alarms.delta_val,
        events.ch_event.rel_change, events.ch_event.abs_change, events.per_event.period,
        events.arch_event.archive_rel_change, events.arch_event.archive_abs_change, events.arch_event.archive_period,
    ]

def changed(attribute, **fields):
    '''The configuration after a change, and after its being undone.'''
    config, before = d.get_attribute_config(attribute), d.get_attribute_config(attribute)
    for field, value in fields.items():
        holder = {"alarm": config.alarms, "change": config.events.ch_event, "arch": config.events.arch_event,
                  "period": config.events.per_event}.get(field.split("__")[0], config)
        setattr(holder, field.split("__")[-1], value)
    d.set_attribute_config(config)
    after = described(d.get_attribute_config(attribute))
    d.set_attribute_config(before)
    return after, described(d.get_attribute_config(attribute)) == described(before)

def told(event):
    '''All that an event says, but who sent it and when.'''
    if event.err:
        return type(event).__name__, event.event, event.errors[0].reason
    found = [type(event).__name__, event.event]
    for name in ("attr_name", "device_name"):
        if hasattr(event, name):
            found.append(getattr(event, name).lower().rpartition("test/alltypes/")[2].partition("#")[0])
    if hasattr(event, "attr_value"):
        found.append(shown(event.attr_value))
    if hasattr(event, "attr_conf"):
        found.append(described(event.attr_conf))
    if hasattr(event, "att_list"):
        found.append([[info.cmd_name for info in event.cmd_list], [config.name for config in event.att_list]])
    return found + [getattr(event, "ctr", None)]

def heard(kind, name, *doings):
    '''The events of a subscription: the first one, and one after each doing.'''
    events = []
    names = () if name is None else (name,)
    number = d.subscribe_event(*names, getattr(tango.EventType, kind + "_EVENT"), lambda event: events.append(event))
    try:
        first = 0 if kind == "DATA_READY" else 1
        wait_for(lambda: len(events) >= first)
        if doings:
            listened_to(d)
        for count, doing in enumerate(doings):
            doing()
            wait_for(lambda: len(events) > first + count)
    finally:
        d.unsubscribe_event(number)
        if doings:
            d.Init()  # to its first values
    return [told(event) for event in events[: first + len(doings)]]
"""

SNIPPETS = [
    # ---- the device, its interface
    "d.state(), d.status(), d.State(), d.Status(), d.description(), d.name(), d.get_idl_version()",
    "d.get_timeout_millis(), d.get_source()",
    "list(d.get_attribute_list()), list(d.get_command_list())",
    "[described(config) for config in d.attribute_list_query_ex()]",
    "[(c.cmd_name, c.cmd_tag, c.in_type, c.out_type, c.disp_level) for c in d.command_list_query()]",
    "[c.cmd_name for c in d.get_command_config(['DevLong', 'STATE'])]",
    "d.get_command_config('nope')",
    "d.get_attribute_config(['limited', 'nope'])",
    "d.command_query('nope')",
    "list(a.get_attribute_list()), a.state(), a.status()",
    "list(a.QueryDevice()), list(a.QuerySubDevice()), list(a.QueryClass())",
    "list(a.QueryWizardClassProperty('AllTypes')), list(a.QueryWizardDevProperty('AllTypes'))",
    "a.QueryWizardDevProperty('nope')",
    "a.DevRestart('no/such/device')",
    # ---- attributes
    "[shown(v) for v in d.read_attributes(['double_scalar', 'long_spectrum', 'string_image', 'State', 'Status'])]",
    "[shown(v) for v in d.read_attributes(['failing', 'nope', 'DOUBLE_scalar', 'forbidden', 'enum_scalar'])]",
    "d.read_attributes(['long_scalar', 'LONG_scalar'])",
    "len(d.read_attributes([])), len(d.get_attribute_config([])), len(d.get_attribute_config_ex([]))",
    "len(d.write_read_attributes([('double_scalar', 1.5)], []))",
    "d.write_attribute('double_spectrum', [1.0] * 1025)",
    "d.write_attribute('double_image', [[1.0] * 300])",
    "d.write_attribute('double_image', [[1.0]] * 257)",
    "d.write_attribute('enum_scalar', 3)",
    "d.write_attribute('enum_spectrum', [0, 7])",
    "d.write_attribute('limited', -1000)",
    "d.write_attribute('limited', float('nan'))",
    "d.write_attribute('double_scalar', float('inf'))",
    "d.write_attribute('qualified', 1.0)",
    "d.write_attribute('forbidden', 1.0)",
    "d.write_attribute('failing', 1.5)",
    "d.write_read_attribute('failing', 1.5)",
    "d.write_read_attributes([('failing', 1.5)], ['double_scalar'])",
    "[shown(v) for v in d.write_read_attributes([('double_scalar', 2.25)], ['double_scalar', 'long_scalar'])]",
    "d.write_attribute('double_spectrum', [])",
    """
    found = []
    for value in (95, 85, -85, -95, 0):
        d.write_attribute("limited", value)
        found.append((d.read_attribute("limited").quality, d.state(), d.status()))
    found
    """,
    # ---- commands
    "d.command_inout('nope')",
    "d.Fail()",
    "d.FailInDepth()",
    "d.Forbidden()",
    "x = tango.DeviceData(); x.insert(tango.CmdArgType.DevString, 'text'); d.command_inout_raw('DevDouble', x)",
    "d.DevEncoded(('', b'')), d.DevVarLongStringArray(([], ['a'])), d.DevVarDoubleStringArray(([1.5], []))",
    "d.SetState('FAULT'); found = d.state(), d.State(), d.status(), d.Status(); d.SetState('ON'); found",
    # ---- configuration
    "changed('limited', label='changed', unit='km', alarm__max_alarm='95', change__abs_change='0.5')",
    "changed('limited', label='', unit='Not specified', alarm__max_alarm='NaN', change__abs_change='')",
    "changed('long_scalar', format='%5d', description='what', standard_unit='7', display_unit='9', max_value='7')",
    "changed('polled', change__rel_change='1,2', period__period='50', arch__archive_rel_change='3')",
    "changed('limited', min_value='500')",
    "changed('limited', min_value='text')",
    "changed('limited', alarm__min_alarm='200')",
    "changed('limited', alarm__delta_t='x')",
    "changed('limited', change__abs_change='x')",
    "changed('string_scalar', min_value='5')",
    "changed('boolean_scalar', change__rel_change='1')",
    "changed('polled', period__period='x')",
    "changed('long_scalar', max_dim_x=5)",
    "changed('long_scalar', name='nope')",
    "changed('enum_scalar', enum_labels=['A', 'B', 'C', 'D'])",
    "changed('enum_scalar', label='An enumeration')",
    # ---- polling
    """
    d.poll_attribute("long_scalar", 100)
    found = d.is_attribute_polled("long_scalar"), d.get_attribute_poll_period("long_scalar")
    d.poll_attribute("long_scalar", 200)
    found += d.get_attribute_poll_period("LONG_scalar"), len(wait_for(lambda: d.attribute_history("long_scalar", 1)))
    d.stop_poll_attribute("long_scalar")
    found, d.is_attribute_polled("long_scalar"), d.get_attribute_poll_period("long_scalar")
    """,
    """
    d.poll_command("Status", 100)
    found = d.is_command_polled("Status"), d.get_command_poll_period("STATUS")
    history = [(record.extract(), record.has_failed()) for record in wait_for(lambda: d.command_history("Status", 1))]
    d.stop_poll_command("Status")
    found, history, d.is_command_polled("Status")
    """,
    """
    d.poll_command("Fail", 50)
    record = wait_for(lambda: d.command_history("Fail", 1))[0]
    d.stop_poll_command("Fail")
    record.has_failed(), record.get_err_stack()[0].reason
    """,
    """
    d.poll_attribute("failing", 50)
    wait_for(lambda: len(d.attribute_history("failing", 2)) == 2)
    found = [shown(record) for record in d.attribute_history("failing", 2)]
    d.stop_poll_attribute("failing")
    found
    """,
    "sorted(line.splitlines()[:3] for line in d.polling_status() if 'olled' in line.splitlines()[0][10:])",
    "d.get_attribute_poll_period('nope')",
    "d.get_command_poll_period('nope')",
    "d.poll_attribute('nope', 100)",
    "d.poll_command('nope', 100)",
    "d.poll_command('DevLong', 100)",
    "d.poll_attribute('long_scalar', 1)",
    "d.stop_poll_attribute('string_scalar')",
    "d.stop_poll_command('nope')",
    "d.attribute_history('long_spectrum', 3)",
    "d.attribute_history('nope', 3)",
    "d.command_history('DevLong', 3)",
    "d.command_history('nope', 3)",
    "list(d.attribute_history('polled', 0))",
    "a.AddObjPolling(([100], ['test/alltypes/1', 'attribute']))",
    "a.AddObjPolling(([100], ['no/such/device', 'attribute', 'x']))",
    "a.UpdObjPollingPeriod(([200], ['test/alltypes/1', 'attribute', 'long_scalar']))",
    "a.RemObjPolling(['test/alltypes/1', 'attribute', 'long_scalar'])",
    "a.DevPollStatus('no/such/device')",
    "a.StopPolling(); found = a.state(), a.status(); a.StartPolling(); found, a.state(), a.status()",
    # ---- locks
    "a.LockDevice(([5], ['no/such/device']))",
    "a.ReLockDevices(['test/alltypes/1'])",
    "list(a.DevLockStatus('test/alltypes/1')[0])[:2]",
    # ---- logging
    """
    before = d.get_logging_level()
    d.set_logging_level(5)
    found = d.get_logging_level()
    d.set_logging_level(before)
    found
    """,
    "d.add_logging_target('nope::x')",
    "d.add_logging_target('file')",
    "a.SetLoggingLevel(([3], ['no/such/device']))",
    "a.AddLoggingTarget(['test/alltypes/1'])",
    "list(a.GetLoggingTarget('no/such/device'))",
    "a.StopLogging(), a.StartLogging()",
    # ---- blackbox
    "d.black_box(0)",
    "d.ping() > 0, d.black_box(1)[0].split(' : ')[-1].split(' requested')[0]",
    "d.RemoveAttribute('later')",
    # ---- asynchronous calls
    "d.command_inout_reply(d.command_inout_asynch('DevLong', 5), 2000)",
    "d.command_inout_reply(d.command_inout_asynch('Fail'), 2000)",
    "d.command_inout_reply(77777)",
    """
    number, seen = d.command_inout_asynch("Sleep", 0.1), []
    try:
        d.command_inout_reply(number)
    except tango.AsynReplyNotArrived as failure:
        seen.append(failure.args[0].reason)
    seen, d.command_inout_reply(number, 2000)
    """,
    "shown(d.read_attribute_reply(d.read_attribute_asynch('double_scalar'), 2000))",
    "d.read_attribute_reply(d.read_attribute_asynch('failing'), 2000)",
    "d.write_attribute_reply(d.write_attribute_asynch('double_scalar', 2.25), 2000)",
    "d.write_attribute_reply(d.write_attribute_asynch('failing', 3.0), 2000)",
    # ---- events
    "heard('CHANGE', 'double_scalar', lambda: d.Push(['change', 'double_scalar', '7.5']),"
    " lambda: d.PushFailure(['change', 'double_scalar']),"
    " lambda: d.PushWith(['change', 'double_scalar', '8.5', '1700000000', 'ATTR_ALARM']),"
    " lambda: d.PushWith(['change', 'double_scalar', '2.25', '1700000000', 'ATTR_INVALID']))",
    "heard('ARCHIVE', 'long_spectrum', lambda: d.Push(['archive', 'long_spectrum', '[-2000000000, 2]']))",
    "heard('ALARM', 'string_image', lambda: d.Push(['alarm', 'string_image', '[[\"a\", \"b\"]]']))",
    "heard('USER', 'enum_scalar', lambda: d.Push(['user', 'enum_scalar', '1']))",
    "heard('CHANGE', 'encoded_scalar', lambda: d.Push(['change', 'encoded_scalar', '[\"f\", \"xyz\"]']))",
    "heard('USER', 'failing')",
    "heard('DATA_READY', 'double_scalar', lambda: d.PushDataReady(([5], ['double_scalar'])))",
    "heard('ATTR_CONF', 'long_scalar', lambda: changed('long_scalar', label='heard'))",
    "heard('INTERFACE_CHANGE', None)",
    "heard('PERIODIC', 'qualified')",
    "heard('CHANGE', 'write_only')",
    "heard('CHANGE', 'nope')",
    "heard('ATTR_CONF', 'nope')",
    "d.PushDataReady(([5], ['nope']))",
    "list(a.ZmqEventSubscriptionChange([d.name(), 'double_scalar', 'subscribe', 'change', '5'])[0])[2::3]",
    "a.ZmqEventSubscriptionChange(['too', 'few'])",
    "a.ZmqEventSubscriptionChange([d.name(), 'double_scalar', 'subscribe', 'weird', '5'])",
    "a.ZmqEventSubscriptionChange(['no/such/device', 'x', 'subscribe', 'change', '5'])",
    "a.EventSubscriptionChange(['x'])",
    "a.EventConfirmSubscription(['x'])",
]


@pytest.fixture(scope="module")
def servers(peers: Peers) -> Iterator[Twins]:
    """Our device and PyTango's, seen by PyTango; no other test asks them."""
    ours, theirs, client = peers.our_server(), peers.pytango_server(), peers.pytango_client()
    client(MORE)
    yield Twins(client, ours.device(NAME), theirs.device(NAME))
    for each in (client, ours, theirs):
        each.kill()


@pytest.fixture(scope="module")
def clients(peers: Peers, servers: Twins) -> Iterator[OurClient]:
    """Our client of PyTango's device."""
    client = OurClient(peers.environment())
    client(HELPERS + MORE)
    client(f"full = {servers.theirs('full')!r}")
    client("d = tango.DeviceProxy(full); a = tango.DeviceProxy(d.adm_name())")
    yield client
    client.close()


def plain(text: str) -> str:
    """A description without the names of the server, of its instance and of the sender."""
    text = re.sub(r"tango://[\d.]+:\d+/|#dbase=no", "", text)
    text = re.sub(r" {2,}", " ", text)
    return re.sub(r"alltypes/(ours|pytango)", "alltypes/it", text, flags=re.IGNORECASE)


KINDS = {"EventSystemFailed": "DevFailed"}
"""Exceptions that PyTango documents, and raises as their base class."""


def outcome(evaluate: Any, snippet: str, descriptions: bool) -> Any:
    """The value of a snippet; or the kind of its failure, and what its errors say."""
    try:
        return evaluate(snippet)
    except Failed as failure:
        errors = [error for error in failure.errors if error[0] != NOISE]
        return KINDS.get(failure.kind, failure.kind), [
            (reason, severity, plain(desc) if descriptions else "") for reason, desc, _, severity in errors
        ]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_our_device_answers_as_pytango_s(servers: Twins, snippet: str) -> None:
    """wire 3, 6, 7, 11: values, and errors with their descriptions, layer by layer."""
    ours, theirs = (outcome(evaluate, snippet, True) for evaluate in (servers.ours, servers.theirs))
    assert ours == theirs


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_our_client_gives_what_pytango_s_does(servers: Twins, clients: OurClient, snippet: str) -> None:
    """CLI-2, CLI-8: values, and the reasons of errors, layer by layer."""
    ours, theirs = (outcome(evaluate, snippet, False) for evaluate in (clients, servers.theirs))
    assert ours == theirs
