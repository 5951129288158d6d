"""The commands, on a control system without a network, and the forms their results are written in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed, Except
from server_core.model.types import CmdArgType
from tangoterm.console import engine
from tangoterm.console.cells import ResultCell, TimeCell, json_value
from tangoterm.console.commands import COMMANDS, UsageError
from tangoterm.console.engine import failure_lines
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, Paint, display_width, render
from tangoterm.console.result import Failure, Layout, Refused, Result, columns
from tangoterm.console.session import Session
from tangoterm.console.tokens import ArgumentError


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def lines(session: Session, line: str, output: Output = Output.TABLE) -> list[str]:
    return list(render(run(session, line), output))


def test_read_shows_value_unit_set_point_quality_and_time(session: Session) -> None:
    heading, row = lines(session, "read sys/fake/1/ampli")
    assert heading.split() == ["NAME", "VALUE", "SET", "POINT", "QUALITY", "TIME"]
    assert row.split()[:6] == ["sys/fake/1/ampli", "1.50", "V", "1.50", "V", "VALID"]


def test_read_of_one_attribute_is_one_object_in_json_and_of_several_an_array(session: Session) -> None:
    [text] = lines(session, "read sys/fake/1/mode", Output.JSON)
    record = json.loads(text)
    assert (record["attribute"], record["value"], record["type"], record["errors"]) == (
        "mode", "Very fast", "DevEnum", None,
    )  # fmt: skip
    assert record["time"] == "2023-11-14T22:13:20.250000+00:00"
    [text] = lines(session, "read fakey/ampli sys/fake/1/wave", Output.JSON)
    assert [record["value"] for record in json.loads(text)] == [1.5, [1.0, 2.0, 3.0]]


def test_read_in_plain_form_is_tab_separated_and_exact(session: Session) -> None:
    assert lines(session, "read sys/fake/1/label --value", Output.PLAIN) == ["a\\tb"]
    [row] = lines(session, "read sys/fake/1/wave", Output.PLAIN)
    assert row.split("\t")[:3] == ["sys/fake/1/wave", "[1.0, 2.0, 3.0]", "VALID"]


def test_read_of_a_device_reads_all_attributes_in_one_request(session: Session, device: Any) -> None:
    result = run(session, "read fakey --source device")
    assert [row["attribute"] for row in result.rows] == ["ampli", "mode", "wave", "label"]
    assert [call for call in device.calls if call[0] == "read"] == [("read", "ampli", "mode", "wave", "label")]
    assert device.source is DevSource.DEV


def test_of_several_attributes_the_failed_ones_are_failures_beside_the_others(session: Session) -> None:
    result = run(session, "read fakey/ampli fakey/nope nobody/x/y/z")
    assert [failure.name for failure in result.failures] == ["fakey/nope", "nobody/x/y/z"]
    texts = list(render(result, Output.TABLE))
    assert "API_AttrNotFound: nope attribute not found" in texts[2]
    records = json.loads(next(render(result, Output.JSON)))
    assert records[1]["value"] is None
    assert records[1]["errors"][0]["reason"] == "API_AttrNotFound"
    with pytest.raises(DevFailed, match="API_AttrNotFound"):
        run(session, "read fakey/nope")


def test_names_without_a_slash_belong_to_the_current_device(session: Session) -> None:
    session.current = "sys/fake/1"
    assert [row["name"] for row in run(session, "read ampli").rows] == ["sys/fake/1/ampli"]
    assert next(iter(run(session, "info .").rows))["class"] == "Fake"


def test_write_converts_by_the_type_of_the_attribute(session: Session, device: Any) -> None:
    assert run(session, "write fakey/ampli 20").note == "fakey/ampli = 20.00 V"
    run(session, "write fakey/mode very fast")
    assert [call for call in device.calls if call[0] == "write"] == [("write", "ampli", 20.0), ("write", "mode", 1)]
    with pytest.raises(ArgumentError, match="'x' is not a number"):
        run(session, "write fakey/ampli x")


def test_call_gives_the_result_alone_or_says_that_it_is_done(session: Session, device: Any) -> None:
    assert lines(session, "call fakey devdouble 2.5") == ["2.50"]
    assert lines(session, "call fakey devdouble 2.5", Output.PLAIN) == ["2.5"]
    assert lines(session, "call fakey Names") == ["one", "two"]
    assert json.loads(lines(session, "call fakey Names", Output.JSON)[0])["value"] == ["one", "two"]
    result = run(session, "call fakey Init")
    assert result.note.startswith("Init done in")
    assert ("call", "Init", None) in device.calls
    with pytest.raises(DevFailed, match="API_CommandNotFound"):
        run(session, "call fakey Nope")


def test_ls_lists_devices_servers_classes_and_the_members_of_a_device(session: Session) -> None:
    assert [line.split() for line in lines(session, "ls")][1:] == [
        ["sys/fake/1", "Fake", "Fake/one", "fakey", "yes"],
        ["sys/fake/2", "Fake", "Fake/one", "-", "no"],
    ]
    assert lines(session, "ls fake/2", Output.PLAIN) == ["sys/fake/2\tFake\tFake/one\t\tfalse"]
    assert lines(session, "ls --by server", Output.PLAIN) == ["Fake/one\t2\t1\there"]
    assert lines(session, "ls --by class", Output.PLAIN) == ["Fake\t2\t1\there"]
    members = lines(session, "ls fakey", Output.PLAIN)
    assert members[0] == "ampli\tattribute\tDevDouble\tREAD_WRITE\tV\t"
    assert members[2] == "wave\tattribute\tDevDouble[256]\tREAD\t\t"
    assert members[4] == "DevDouble\tcommand\tDevDouble -> DevDouble\t\t\t"


def test_ls_of_nothing_says_so_and_guesses(session: Session) -> None:
    result = run(session, "ls sys/fkae/1")
    assert not result.rows
    assert "no device matches 'sys/fkae/1' in local; did you mean sys/fake/1" in result.note


def test_info_of_a_device_joins_the_database_and_the_device(session: Session) -> None:
    text = "\n".join(lines(session, "info fakey"))
    for piece in ("sys/fake/1", "fakey", "Fake/one", "42", "ON", "tcp://127.0.0.1:1", "All is well."):
        assert piece in text
    stopped = next(iter(run(session, "info sys/fake/2").rows))
    assert (stopped["running"], stopped["state"]) == (False, None)


def test_info_of_an_attribute_shows_its_configuration(session: Session) -> None:
    fields = dict(line.split("\t") for line in lines(session, "info fakey/ampli", Output.PLAIN))
    assert (fields["type"], fields["unit"], fields["max_value"], fields["min_value"]) == ("DevDouble", "V", "10", "")


def test_ping_measures_and_reports_who_is_missing(session: Session) -> None:
    result = run(session, "ping fakey nobody/x/y")
    assert [failure.name for failure in result.failures] == ["nobody/x/y"]
    assert lines(session, "ping fakey")[1].split() == ["fakey", "250", "µs"]


def test_blackbox_in_columns_without_polling_when_wanted(session: Session) -> None:
    assert len(lines(session, "blackbox fakey")) == 3
    assert len(lines(session, "blackbox fakey --no-polling")) == 2
    assert lines(session, "blackbox fakey --count 1", Output.PLAIN) == ["2026-11-21 08:53:30.860\tping\t\t\tvm\t"]


def test_poll_shows_and_changes_polling(session: Session, device: Any) -> None:
    assert lines(session, "poll fakey")[1].split() == [
        "ampli", "attribute", "500", "ms", "500", "ms", "2", "ms", "355", "µs", "<0.1", "%", "1.27", "s", "10",
        "-", "-",
    ]  # fmt: skip
    assert run(session, "poll fakey ampli --period 200").note == "fakey/ampli is polled every 200 ms"
    run(session, "poll fakey ampli --stop")
    run(session, "poll fakey Names --stop")
    assert [call for call in device.calls if "poll" in call[0]] == [
        ("poll", "ampli", 200), ("stop_poll", "ampli"), ("stop_poll_command", "Names"),
    ]  # fmt: skip
    assert run(session, "poll fakey wave").note == "wave of fakey is not polled"
    for wrong in ("poll fakey --stop", "poll fakey ampli --stop --period 1"):
        with pytest.raises(UsageError):
            run(session, wrong)
    with pytest.raises(Refused, match="fakey/nope: API_PollObjNotFound"):
        run(session, "poll fakey nope --period 5")


def test_monitor_shows_events_as_they_come_and_unsubscribes(session: Session, device: Any) -> None:
    result = run(session, "monitor fakey/ampli fakey/mode --count 3")
    assert len(device.subscribers) == 2
    device.subscribers[1](type("Event", (), {"err": True, "errors": DevFailed.of("API_EventTimeout", "gone").errors})())
    shown = list(render(result, Output.TABLE))
    assert [line.split()[1] for line in shown] == ["fakey/ampli", "fakey/mode", "fakey/ampli"]
    assert "API_EventTimeout: gone" in shown[2]
    assert not device.subscribers


def test_monitor_reads_what_sends_no_events_and_shows_changes_only(session: Session, device: Any) -> None:
    device.refuse_events = "API_AttributePollingNotStarted"
    result = run(session, "monitor fakey/ampli --interval 0.01 --count 2")
    assert result.note == "fakey/ampli sends no change events; it is read every 0.01 s"
    rows = iter(result.rows)
    assert next(rows)["value"].data() == 1.5
    device.values["ampli"] = 2.5
    assert next(rows)["value"].data() == 2.5
    assert not list(rows)
    with pytest.raises(Refused, match="fakey/ampli: API_AttributePollingNotStarted"):
        run(session, "monitor fakey/ampli --event periodic")


def test_monitor_reads_what_cannot_be_subscribed_to_while_its_device_answers(session: Session, device: Any) -> None:
    device.refuse_events = "API_CantConnectToDevice"
    result = run(session, "monitor fakey/ampli --interval 0.01 --count 1")
    assert result.note == "fakey/ampli cannot be subscribed to (API_CantConnectToDevice); it is read every 0.01 s"
    assert [row["value"].data() for row in result.rows] == [1.5]
    with pytest.raises(Refused, match="fakey/ampli: API_CantConnectToDevice"):
        run(session, "monitor fakey/ampli --event change")


def test_monitor_ends_when_stopped_or_after_a_time(session: Session) -> None:
    result = run(session, "monitor fakey/ampli")
    assert result.stop is not None
    result.stop()
    assert len(list(result.rows)) == 1
    assert len(list(run(session, "monitor fakey/ampli --duration 0.01").rows)) == 1


def test_a_failure_is_told_with_its_stack_and_a_guess(session: Session) -> None:
    def told(line: str) -> list[str]:
        call = parse_line(line)
        assert call is not None
        with pytest.raises(Refused) as caught:
            engine.run(call.command, session, call.arguments)
        return failure_lines(session, caught.value.failure)

    assert told("write fakey/ampil 1") == [
        "fakey/ampil: API_AttrNotFound: ampil attribute not found",
        "    origin: FakeDevice",
        "  The device has no attribute of this name.",
        "  did you mean ampli?",
    ]
    assert told("call sys/faek/1 Init")[-1].startswith("  did you mean sys/fake/1")
    assert told("read fake/ampli")[-1] == "  did you mean fakey?"
    assert told("read fake") == [
        "fake: API_AliasNotDefined: fake is no attribute alias, and no device; an attribute is named DEVICE/ATTRIBUTE",
        "    origin: Session",
        "  The database knows no alias of this name.",
        "  did you mean fakey?",
    ]
    assert "fakey is the device sys/fake/1; an attribute is named DEVICE/ATTRIBUTE" in told("monitor fakey")[0]
    assert told("server info Fak/one")[-1] == "  did you mean Fake/one?"
    assert told("server info Fake")[-1] == "  did you mean Fake/one?"
    assert told("server stop Fake/one x*")[0].startswith("x*: ")
    assert told("poll fakey ampil")[-1] == "  did you mean ampli?"


def test_of_several_things_the_one_that_failed_is_named(session: Session, device: Any) -> None:
    for line, name in (("monitor fakey/ampli fakey/wvae", "fakey/wvae"), ("log fakey sys/fake/9", "fakey")):
        call = parse_line(line)
        assert call is not None
        device.get_logging_level = lambda *_: Except.throw_exception("X_Reason", "why", "test")
        with pytest.raises(Refused) as caught:
            engine.run(call.command, session, call.arguments)
        assert caught.value.failure.name == name
    assert not device.subscribers


def test_an_attribute_without_database_is_named_as_it_is_typed(session: Session) -> None:
    text = "tango://here:1/a/b/c/ampli#dbase=no"
    assert str(session.attribute(text)) == text
    assert session.attribute(text) == ("tango://here:1/a/b/c#dbase=no", "ampli")


def test_the_way_out_of_a_failure(session: Session) -> None:
    def way(reason: str, name: str = "fakey/ampli") -> str:
        return engine.hint(session, Failure(name, DevFailed.of(reason, "why", "test")))

    assert way("API_AttrNotPolled") == "have it polled: poll fakey ampli --period 1000"
    assert way("API_AttributePollingNotStarted") == way("API_AttrNotPolled")
    assert way("API_WAttrOutsideLimit") == "allowed: DevDouble, V, ≤ 10"
    assert way("API_DeviceNotExported") == "its server is Fake/one: server start Fake/one"
    assert way("API_CantConnectToDevice", "sys/fake/2") == way("API_DeviceNotExported")
    assert way("API_CantConnectToDevice", "tango://somewhere:1/a/b/c#dbase=no") == ""
    assert way("CANNOT_RUN_FILE", "Fake/one") == "the program is named with --program FILE"
    assert "--timeout SECONDS" in way("API_DeviceTimedOut")
    assert way("API_CantConnectToDatabase") == "a database is served by `tangoterm database`"
    assert way("API_ReadOnlyMode").startswith("the access control")
    assert way("API_PollObjNotFound") == way("API_SomethingElse") == ""


@pytest.mark.parametrize(
    "line",
    [
        "device add sys/fake/3 Fake Fake/one",
        "device alias sys/fake/2 other",
        "device alias fakey --remove",
        "device delete sys/fake/2",
        "server level Fake/one --level 1",
        "server rename Fake/one Fake/two",
        "server delete Fake/one",
    ],
)
def test_who_may_only_read_changes_no_device_and_no_server(
    session: Session, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """DB-231."""

    def refused(session: Session) -> None:
        Except.throw_exception("API_ReadOnlyMode", "not authorized", "test")

    monkeypatch.setattr(Session, "changing_store", property(refused))
    session.store.unexport_server("Fake/one")
    devices, info = session.store.devices(), session.store.server_info("Fake/one")
    try:
        done = run(session, line)
        reasons = [failure.error.reason for failure in done.failures]
    except DevFailed as error:
        reasons = [error.reason]
    assert reasons == ["API_ReadOnlyMode"]
    assert (session.store.devices(), session.store.server_info("Fake/one")) == (devices, info)


def test_every_command_explains_itself() -> None:
    for command in COMMANDS.values():
        assert command.help.endswith(".")
        assert command.examples
        assert all(parameter.help for parameter in command.parameters)
        for example in command.examples:
            assert example.startswith(command.name)


def test_columns_line_up_whatever_the_script() -> None:
    result = Result(columns("Name", ">Size"), [{"name": "温度", "size": 1}, {"name": "a", "size": 100}])
    assert {display_width(line) for line in render(result, Output.TABLE)} == {10}
    assert next(render(result, Output.TABLE, Paint(colour=True))).startswith("\x1b[1mNAME")


def test_the_column_that_names_the_row_is_narrowed_last() -> None:
    name, text = "saturated_pixels_of_the_camera", "word " * 20
    result = Result(columns("Name", ">Count", "Text"), [{"name": name, "count": 3, "text": text}])
    row = list(render(result, Output.TABLE, Paint(colour=False, width=lambda: 60)))[1]
    assert row.startswith(f"{name}  ")
    assert row.endswith("…")
    assert len(row) <= 60


def test_fields_are_broken_between_words() -> None:
    row = {"name": "a/b/c", "text": "several words that do not fit\nand a second line", "address": "x" * 50}
    result = Result(columns("Name", "Text", "Address"), [row], Layout.FIELDS)
    lines = list(render(result, Output.TABLE, Paint(colour=False, width=lambda: 30)))
    assert lines == [
        "Name     a/b/c",
        "Text     several words that do",
        "         not fit",
        "         and a second line",
        "Address  " + "x" * 50,
    ]


@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_table_fits_the_terminal_and_keeps_its_numbers(width: int) -> None:
    rows = [{"name": "n" * 70, "text": "t" * 30, "size": 123456}, {"name": "温" * 30, "text": "t", "size": 1}]
    result = Result(columns("Name", "Text", ">Size"), rows)
    lines = list(render(result, Output.TABLE, Paint(colour=False, width=lambda: width)))
    assert max(map(display_width, lines)) <= width
    assert lines[1].endswith("123456")
    assert ("…" in lines[1]) is (width < 200)


def test_json_holds_what_it_can_and_words_for_the_rest() -> None:
    assert json_value(float("nan")) == "NaN"
    assert json_value(float("-inf")) == "-Infinity"
    assert TimeCell(None).data() is None
    pair = ResultCell(CmdArgType.DevVarLongStringArray, [[1], ["a"]])
    assert (pair.data(), pair.exact(), pair.lines()) == ([[1], ["a"]], '[1] ["a"]', ["           1  a"])
    encoded = ResultCell(CmdArgType.DevEncoded, ("raw", b"\x00a"))
    assert (encoded.data(), encoded.exact()) == ({"format": "raw", "data": "AGE="}, 'raw "\\x00a"')
