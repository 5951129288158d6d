"""The same calls by PyTango and by our client, on the same devices: the same results, the same errors.

CLI-2, CLI-8. What each shows differently by its own documented rules (docs/pytango.md) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import tangoterm.client
from tangoterm.client import DevFailed, DeviceProxy, close_connections
from tests.peers.client import Failed, PyTangoClient
from tests.peers.evaluate import plain
from tests.peers.fixtures import Database
from tests.peers.process import Server

DEVICE = "test/pytango/1"


@pytest.fixture(scope="module")
def client(real_database: Database, pytango_all_types_in_database: Server) -> PyTangoClient:
    """A PyTango client whose `d` is the device and `db` its database."""
    client = real_database.client
    client(f"d = tango.DeviceProxy({DEVICE!r})")
    return client


@pytest.fixture
def names(real_database: Database, client: PyTangoClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The same names for our client."""
    monkeypatch.setenv("TANGO_HOST", real_database.host)
    yield {"tango": tangoterm.client, "d": DeviceProxy(DEVICE), "db": tangoterm.client.Database()}
    close_connections()


CALLS = [
    "d.name()",
    "d.dev_name()",
    "d.adm_name()",
    "d.description()",
    "d.state()",
    "d.status()",
    "d.get_idl_version()",
    "d.get_attribute_list()",
    "d.get_command_list()",
    "[(c.cmd_name, c.in_type, c.out_type, c.in_type_desc, c.disp_level) for c in d.command_list_query()]",
    "[(i.dev_class, i.server_id, i.server_host, i.server_version, i.doc_url, i.dev_type) for i in [d.info()]]",
    "[[c.name, c.writable, c.data_format, c.max_dim_x, c.label, c.unit, c.format, c.min_value, c.disp_level]"
    " for c in d.attribute_list_query()]",
    "[[c.alarms.min_alarm, c.alarms.max_warning, c.alarms.delta_t, c.events.ch_event.rel_change,"
    " c.events.arch_event.archive_abs_change, c.events.per_event.period] for c in [d.get_attribute_config('limited')]]",
    "list(d.get_attribute_config('enum_scalar').enum_labels)",
    "[d.read_attribute(n).value for n in ('long_spectrum', 'string_image', 'enum_scalar', 'boolean_spectrum')]",
    "[(r.dim_x, r.dim_y, r.w_dim_x, r.w_dim_y, r.data_format, r.type) for r in [d.read_attribute('long_image')]]",
    "d.write_read_attribute('double_scalar', 8.5).value",
    "[r.value for r in d.write_read_attributes([('double_scalar', 1.5)], ['double_scalar', 'long_scalar'])]",
    "d.poll_attribute('long_scalar', 150), d.get_attribute_poll_period('long_scalar'),"
    " d.is_attribute_polled('long_scalar'), d.stop_poll_attribute('long_scalar'), d.is_attribute_polled('long_scalar')",
    "d.is_command_polled('Polled'), d.get_command_poll_period('Polled')",
    "len(d.attribute_history('polled', 3)) > 0, len(d.command_history('Polled', 3)) > 0",
    "d.get_logging_level()",
    "d.put_property({'colour': ['red', 'blue']}) or list(d.get_property('colour')['colour'])",
    "list(d.get_property_list('col*'))",
    "d.delete_property('colour') or list(d.get_property_list('col*'))",
    "tango.AttributeProxy('test/pytango/1/double_scalar').read().value",
    "tango.AttributeProxy('test/pytango/1/double_scalar').get_config().name",
    "d.read_attribute_reply(d.read_attribute_asynch('long_scalar'), 0).value",
    "d.command_inout_reply(d.command_inout_asynch('DevLong', 7), 0)",
    "d.is_locked()",
    "[entry.partition(' : ')[2].partition(' requested')[0] for entry in (d.ping(), d.black_box(1))[1]]",
    "list(db.get_device_exported('test/pytango/*'))",
    "db.get_class_for_device('test/pytango/1')",
    "list(db.get_device_class_list('AllTypes/pytango'))",
]

FAILURES = [
    "d.read_attribute('nope')",
    "d.read_attribute('failing')",
    "d.read_attribute('forbidden')",
    "d.write_attribute('failing', 1.0)",
    "d.write_attribute('limited', 1000)",
    "d.write_attribute('forbidden', 1.0)",
    "d.write_attributes([('nope', 1.0), ('double_scalar', 1.0)])",
    "d.write_read_attribute('failing', 1.0)",
    "d.write_read_attributes([('failing', 1.0)], ['double_scalar'])",
    "d.command_inout('nope')",
    "d.command_inout('Fail')",
    "d.command_inout('FailInDepth')",
    "d.command_inout('Forbidden')",
    "d.command_inout('Break')",
    "d.command_query('nope')",
    "d.get_attribute_config('nope')",
    "d.attribute_history('long_spectrum', 3)",
    "d.attribute_history('nope', 3)",
    "d.command_history('State', 3)",
    "d.poll_attribute('nope', 100)",
    "d.poll_attribute('double_scalar', 1)",
    "d.stop_poll_attribute('string_scalar')",
    "d.set_logging_level(77)",
    "d.add_logging_target('nope::x')",
    "d.black_box(0)",
    "d.lock(1)",
    "d.command_inout_reply(7777)",
    "d.read_attribute_reply(d.read_attribute_asynch('failing'), 0)",
    "d.write_attribute_reply(d.write_attribute_asynch('failing', 1.0), 0)",
    "d.command_inout_reply(d.command_inout_asynch('Fail'), 0)",
    "tango.DeviceProxy('test/not/exported').ping()",
    "tango.DeviceProxy('tango://127.0.0.1:1/a/b/c').ping()",
    "tango.AttributeProxy('test/pytango/1/nope')",
    "tango.AttributeProxy('test/pytango/1/failing').read()",
]


@pytest.mark.parametrize("call", CALLS)
def test_the_same_result(client: PyTangoClient, names: dict[str, Any], call: str) -> None:
    assert plain(eval(call, names)) == client(call)


@pytest.mark.parametrize("call", FAILURES)
def test_the_same_errors(client: PyTangoClient, names: dict[str, Any], real_database: Database, call: str) -> None:
    """CLI-8: the device's stack with the client's own errors on top, reason by reason, and the same class."""
    if "exported" in call:
        real_database.add_device("Absent/1", "test/not/exported", "Absent")
    with pytest.raises(Failed) as theirs:
        client(call)
    with pytest.raises(DevFailed) as ours:
        eval(call, names)
    assert [error.reason for error in ours.value.errors] == theirs.value.reasons
    assert type(ours.value).__name__ == theirs.value.kind


def test_time_outs_have_the_same_errors(client: PyTangoClient, names: dict[str, Any]) -> None:
    """CLI-2"""
    device = names["d"]
    device.command_inout("SetDelay", 0.4)
    for call in ("d.command_inout('Sleep', 0.4)", "d.read_attribute('slow')", "d.write_attribute('slow', 1.0)"):
        with pytest.raises(Failed) as theirs:
            client(f"d.set_timeout_millis(100)\n{call}")
        client("d.set_timeout_millis(3000)\nd.ping()")
        device.set_timeout_millis(100)
        with pytest.raises(DevFailed) as ours:
            eval(call, names)
        device.set_timeout_millis(3000)
        assert device.command_inout("DevLong", 1) == 1
        assert [error.reason for error in ours.value.errors] == theirs.value.reasons
        assert type(ours.value).__name__ == theirs.value.kind
