"""The forms of output: three commands in each of them, templates, and what is said beside the results."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from server_core.model.enums import AttrDataFormat
from server_core.model.types import CmdArgType
from tangoterm.console.cells import TimeCell, ValueCell
from tangoterm.console.commands import UsageError
from tangoterm.console.engine import run
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, Paint, form_of, render
from tangoterm.console.result import Layout, Result, columns
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings
from tangoterm.console.template import Template
from tangoterm.console.terminal import Terminal

READ = "read fakey/ampli fakey/wave fakey/label"
LS = "ls fake"
CALL = "call fakey Names"

GOLDEN = {
    (READ, "plain"): (
        "fakey/ampli\t1.5\t1.5\tVALID\t2023-11-14T22:13:20.250000+00:00\n"
        "fakey/wave\t[1.0, 2.0, 3.0]\t\tVALID\t2023-11-14T22:13:20.250000+00:00\n"
        "fakey/label\ta\\tb\t\tVALID\t2023-11-14T22:13:20.250000+00:00"
    ),
    (READ, "csv"): (
        "name,value,set_point,quality,time\n"
        "fakey/ampli,1.5,1.5,VALID,2023-11-14T22:13:20.250000+00:00\n"
        'fakey/wave,"[1.0, 2.0, 3.0]",,VALID,2023-11-14T22:13:20.250000+00:00\n'
        "fakey/label,a\\tb,,VALID,2023-11-14T22:13:20.250000+00:00"
    ),
    (READ, "{attribute}={value:.3f} {unit} {quality}"): (
        "ampli=1.500 V VALID\nwave=[1.000, 2.000, 3.000]  VALID\nlabel=a\\tb  VALID"
    ),
    (READ, "{value!t:>8}|{value!j}|{time:%Y}"): (
        '  1.50 V|1.5|2023\n[1.00, 2.00, 3.00]|[1.0, 2.0, 3.0]|2023\n    a\\tb|"a\\tb"|2023'
    ),
    (LS, "table"): (
        "DEVICE      CLASS  SERVER    ALIAS  RUNNING\n"
        "sys/fake/1  Fake   Fake/one  fakey  yes\n"
        "sys/fake/2  Fake   Fake/one  -      no"
    ),
    (LS, "csv"): (
        "device,class,server,alias,running\nsys/fake/1,Fake,Fake/one,fakey,true\nsys/fake/2,Fake,Fake/one,,false"
    ),
    (LS, "{device}\\t{alias:<6}{running}"): "sys/fake/1\tfakey true\nsys/fake/2\t      false",
    (CALL, "plain"): '["one", "two"]',
    (CALL, "csv"): 'value\n"[""one"", ""two""]"',
    (CALL, "{device}: {value!j}"): 'fakey: ["one", "two"]',
}  # fmt: skip


def written(session: Session, line: str, form: str, *, headers: bool = True) -> str:
    call = parse_line(line)
    assert call is not None
    result = run(call.command, session, call.arguments)
    return "\n".join(render(result, form_of(form), Paint(colour=False, headers=headers)))


@pytest.mark.parametrize(("line", "form"), GOLDEN)
def test_a_command_in_a_form(session: Session, line: str, form: str) -> None:
    assert written(session, line, form) == GOLDEN[line, form]


def test_csv_is_read_back_as_it_was(session: Session) -> None:
    records = list(csv.DictReader(io.StringIO(written(session, READ, "csv"))))
    assert [record["value"] for record in records] == ["1.5", "[1.0, 2.0, 3.0]", "a\\tb"]


@pytest.mark.parametrize("line", [READ, LS, CALL])
def test_ndjson_has_the_objects_of_json_one_a_line(session: Session, line: str) -> None:
    whole = json.loads(written(session, line, "json"))
    lines = [json.loads(text) for text in written(session, line, "ndjson").splitlines()]
    for record in (*lines, *(whole if isinstance(whole, list) else [whole])):
        record.pop("seconds", None)
    assert lines == (whole if isinstance(whole, list) else [whole])


def test_headers_can_be_left_out(session: Session) -> None:
    assert written(session, LS, "csv", headers=False).startswith("sys/fake/1,")
    assert written(session, LS, "table", headers=False).startswith("sys/fake/1 ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{name", "is not a template: expected '}'"),
        ("{name:zz}", "'zz' is not a format specification"),
        ("{name!r}", "!r is none of !t, !j"),
        ("a}b{c}", "is not a template"),
        ("{{}}", "names no field"),
    ],
)
def test_a_wrong_template_is_refused_before_anything_is_asked(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"template|specification|none of") as refused:
        form_of(text)
    assert message in str(refused.value)


def test_a_field_that_is_not_there_is_a_usage_error_that_names_those_that_are(session: Session) -> None:
    with pytest.raises(UsageError, match=r"\{nme\} is no field of this result; it has device, class, server, alias"):
        written(session, LS, "{nme}")
    live = Result(columns("Name"), iter([{"name": "a", "value": 1}]), Layout.LIVE)
    with pytest.raises(UsageError, match="it has name, value"):
        list(Template("{valu}").lines(live))


def test_an_empty_result_has_no_lines_and_no_wrong_fields(session: Session) -> None:
    assert written(session, "ls nothing_like_that", "{device} {whatever}") == ""


def test_numbers_that_json_does_not_know_are_formatted_as_numbers() -> None:
    value = ValueCell(CmdArgType.DevDouble, AttrDataFormat.SPECTRUM, [math.nan, math.inf, 2.0])
    assert Template("{v:.1f}").filled({"v": value}) == "[nan, inf, 2.0]"
    assert Template("{v!j}").filled({"v": value}) == '["NaN", "Infinity", 2.0]'


def test_what_a_specification_does_not_fit_keeps_its_text_and_width() -> None:
    row = {"state": "ON", "none": None, "yes": True, "never": TimeCell(None)}
    assert Template("[{state:8.3f}][{none:4d}][{yes:6.2f}][{never:%H:%M}]").filled(row) == "[      ON][    ][  true][]"


def test_programs_and_quiet_users_get_no_remarks() -> None:
    for settings, remarked in (
        (Settings(output=Output.CSV), True),
        (Settings(output=Output.NDJSON), False),
        (Settings(output=Output.PLAIN, quiet=True), False),
    ):
        errors = io.StringIO()
        Terminal(settings, io.StringIO(), errors).remark("by the way")
        assert bool(errors.getvalue()) is remarked
