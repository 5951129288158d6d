"""A PyTango client of our server: what there is to know of a device, exactly as of PyTango's own."""

from __future__ import annotations

import os

import pytest

from tests.interop.twins import Twins


def test_who_it_is(twins: Twins) -> None:
    """wire 6.1, 9: the operations and attributes of the object itself."""
    assert twins.same("[d.name(), d.description(), d.state(), d.status(), d.State(), d.Status()]") == [
        "test/alltypes/1",
        "A TANGO device",
        "ON",
        "All types",
        "ON",
        "All types",
    ]
    assert twins.ours("d.ping()") > 0
    assert twins.same("[d.get_idl_version(), d.get_tango_lib_version()]") == [6, 1000]
    assert twins.ours("d.adm_name().partition('/dserver/')[2]") == "AllTypes/ours#dbase=no"
    twins.same("a.info().dev_class, a.name().rpartition('/')[0], a.description()")


def test_info(twins: Twins) -> None:
    """ADM-45, wire 6.2: class, server, interface 6, and the releases that the server is made of."""
    info = "i = d.info(); [i.dev_class, i.dev_type, i.server_version, i.doc_url, i.server_id, i.version_info]"
    *known, server, versions = twins.ours(info)
    assert known == twins.theirs(info)[:4]
    assert server == "AllTypes/ours"
    assert {"Python", "idl", "tangoterm"} <= versions.keys()


def test_attributes_and_their_configuration(twins: Twins) -> None:
    names = twins.same("list(d.get_attribute_list())")
    assert names[-2:] == ["State", "Status"]
    for query in ("attribute_list_query_ex", "attribute_list_query"):
        twins.same(f"list(map(str, d.{query}()))")
    twins.same("list(map(str, d.get_attribute_config_ex(['limited', 'ENUM_scalar', 'State'])))")
    twins.same("d.get_attribute_config('nada')")
    twins.same("d.attribute_query('double_image').max_dim_y")


def test_commands_and_their_types(twins: Twins) -> None:
    twins.same("list(d.get_command_list())")
    twins.same("[(c.cmd_name, c.in_type, c.out_type, c.disp_level, c.cmd_tag) for c in d.command_list_query()]")
    twins.same("str(d.command_query('DEVENCODED'))")
    twins.same("d.command_query('nada')")


def test_a_configuration_is_changed(twins: Twins) -> None:
    """wire 6.2: set_attribute_config_5; what was changed is there for others, what is refused leaves it."""
    twins.same(
        """
        config = d.get_attribute_config_ex("limited")[0]
        before = config.label, config.unit, config.alarms.max_alarm, config.events.ch_event.abs_change
        config.label, config.unit = "changed", "km"
        config.alarms.max_alarm, config.events.ch_event.abs_change = "95", "0.5"
        d.set_attribute_config([config])
        changed = str(d.get_attribute_config_ex("limited")[0])
        config.label, config.unit, config.alarms.max_alarm, config.events.ch_event.abs_change = before
        d.set_attribute_config([config])
        changed, str(d.get_attribute_config_ex("limited")[0])
        """
    )
    twins.same(
        "config = d.get_attribute_config_ex('limited')[0]; config.min_value = '500'; d.set_attribute_config([config])"
    )
    twins.same("str(d.get_attribute_config_ex('limited')[0])")


@pytest.mark.parametrize(
    "snippet",
    [
        "d.Fail()",
        "d.FailInDepth()",
        "d.Forbidden()",
        "d.command_inout('Nada')",
        "x = tango.DeviceData(); x.insert(tango.CmdArgType.DevString, 'text'); d.command_inout_raw('DevDouble', x)",
        "d.read_attribute('failing').value",
        "d.read_attribute('nada').value",
        "d.read_attribute('forbidden').value",
        "d.write_attribute('failing', 1)",
        "d.write_attribute('qualified', 1)",
        "d.write_attribute('limited', 1000)",
        "d.write_attribute('double_spectrum', [1.5, float('nan')])",
        "d.write_read_attribute('failing', 1)",
        "d.black_box(0)",
        "d.read_attribute('polled', extract_as=tango.ExtractAs.Nothing); d.attribute_history('limited', 3)",
        "d.command_history('DevVoid', 3)",
        "d.set_source(tango.DevSource.CACHE); d.read_attribute('limited').value",
        "d.set_source(tango.DevSource.CACHE); d.DevDouble(1)",
    ],
)
def test_what_fails_fails_for_the_same_reasons(twins: Twins, snippet: str) -> None:
    """wire 3: kind of exception, reasons and severities, layer by layer."""
    kind, reasons = twins.same(f"d = tango.DeviceProxy(full); {snippet}")
    assert kind
    assert reasons


def test_errors_come_whole(twins: Twins) -> None:
    """wire 3: description and origin of each error, the cause first."""
    errors = """
    try:
        d.FailInDepth()
    except tango.DevFailed as failure:
        found = [(error.reason, error.desc, error.origin, error.severity) for error in failure.args[:3]]
    found
    """
    assert twins.same(errors) == [
        ["AllTypes_First", "the cause", "one", "ERR"],
        ["AllTypes_Second", "what came of it", "two", "ERR"],
        ["AllTypes_Third", "and of that", "three", "ERR"],
    ]


def test_each_value_of_a_reading_has_its_own_errors(twins: Twins) -> None:
    """wire 7.2"""
    found = twins.same("[shown(v) for v in d.read_attributes(['failing', 'NADA', 'double_scalar', 'forbidden'])]")
    assert found[0] == ["failing", ["AllTypes_Read"]]
    assert found[2][1] == 2.25


def test_several_writes_fail_each_for_itself(twins: Twins) -> None:
    """wire 3, 7.3, ATT-40: MultiDevFailed names those that failed, refused values first; the good ones are written."""
    found = twins.same(
        """
        try:
            d.write_attributes([("failing", 1), ("long_scalar", -7), ("limited", 1000)])
        except tango.DevFailed as failure:
            found = [(error.reason, error.desc) for error in failure.args]
        found
        """
    )
    assert found[-1][1].endswith("object(s) limited, failing")
    assert twins.ours("d.long_scalar") == -7
    twins.same("d.long_scalar = -2_000_000_000")


def test_the_blackbox_shows_who_asked_for_what(twins: Twins) -> None:
    """BBX-10, BBX-13, wire 6.2: the words of the operation that came, and the client's process where it says so."""
    pid = twins.client("import os; os.getpid()")
    did = """
        f = tango.DeviceProxy(full)
        f.ping(), f.state(), f.info(), f.read_attributes(["double_scalar", "long_scalar"]), f.DevDouble(1)
        f.write_attribute("double_scalar", 2.25), f.get_attribute_config_ex("limited"), f.command_list_query()
        f.write_read_attribute("double_scalar", 2.25), f.description(), f.status()
        lines = [line for line in without_time(f.black_box(50)) if "polling" not in line]
        lines[: [line.split(" requested")[0] for line in lines].index("Operation info")]
    """
    ours, theirs = twins.ours(did), twins.theirs(did)
    host = os.uname().nodename
    assert [line.replace(f"from {host}", "from localhost") for line in ours] == theirs
    assert any(line.endswith(f"(CPP/Python client with PID {pid})") for line in ours)
