"""The command `prop`: properties of devices, classes, attributes and objects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from server_core.model.errors import DevFailed, NotAllowed, Reason
from tangoterm.console.changes import Change, Danger, Declined
from tangoterm.console.commands import UsageError
from tangoterm.console.engine import failure_lines
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, render
from tangoterm.console.result import Failure, Result
from tangoterm.console.session import Session


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def lines(session: Session, line: str, output: Output = Output.PLAIN) -> list[str]:
    return list(render(run(session, line), output))


OWNERS = {
    "sys/fake/1": lambda store: store.get_device_property("sys/fake/1", ["Limits"]),
    "fakey": lambda store: store.get_device_property("sys/fake/1", ["Limits"]),
    "fakey/ampli": lambda store: store.get_device_attribute_property("sys/fake/1", ["ampli"])["ampli"],
    "class:Fake": lambda store: store.get_class_property("Fake", ["Limits"]),
    "CLASS:Fake/ampli": lambda store: store.get_class_attribute_property("Fake", ["ampli"])["ampli"],
    "free:Obj": lambda store: store.get_property("Obj", ["Limits"]),
}


@pytest.mark.parametrize("owner", OWNERS)
def test_properties_of_every_owner(session: Session, owner: str) -> None:
    stored: Callable[[Any], Any] = OWNERS[owner]
    result = run(session, f"prop set {owner} Limits 1 'two words' -3")
    assert result.note.endswith(": Limits = 1, two words, -3")
    assert stored(session.store) == {"Limits": ["1", "two words", "-3"]}
    assert run(session, f"prop add {owner} limits 4").note.endswith("(was 1, two words, -3)")
    assert lines(session, f"prop list {owner}")[0].split("\t")[0].lower() == "limits"
    assert lines(session, f"prop list {owner} x*") == []
    record = json.loads(lines(session, f"prop get {owner} Limits", Output.JSON)[0])
    assert (record["property"], record["value"]) == ("Limits", ["1", "two words", "-3", "4"])
    assert len(lines(session, f"prop get {owner} Limits Nope")) == 2
    assert run(session, f"prop delete {owner} limits").note.endswith("deleted")
    assert stored(session.store) == {}
    changes = list(run(session, f"prop history {owner} Lim*").rows)
    assert [change["change"] for change in changes] == ["+1, +two words, +-3", "+4", "deleted"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", changes[0]["date"])
    assert changes[-1]["deleted"] is True
    assert changes[-1]["removed"] == ["1", "two words", "-3", "4"]


def test_a_change_is_shown_beside_the_one_before(session: Session) -> None:
    """PROP-11."""
    for values in ("a b b", "b a b", "b c"):
        run(session, f"prop set free:o p {values}")
    assert [row["change"] for row in run(session, "prop history free:o").rows] == [
        "+a, +b, +b",
        "same elements",
        "-a, -b, +c",
    ]


def test_lists_of_several_owners(session: Session) -> None:
    run(session, "prop set sys/fake/1 A 1")
    run(session, "prop set sys/fake/2 B 2")
    run(session, "prop set free:One A 1")
    run(session, "prop set free:Two A 2")
    assert lines(session, "prop list sys/*") == ["sys/fake/1\tA\t1", "sys/fake/2\tB\t2"]
    assert lines(session, "prop list free:* A") == ["free:One\tA\t1", "free:Two\tA\t2"]
    names = [row["property"] for row in run(session, "prop list class:D*").rows]
    assert names == ["AllowedAccessCmd"]
    assert run(session, "prop list sys/fake/1 z*").note == "sys/fake/1 has no properties that match 'z*'"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("prop get sys/fake/1", "the name of a property is missing"),
        ("prop set sys/fake/1 P", "a value for P is missing"),
        ("prop list sys/fake/1 a b", "one filter, not 2"),
        ("prop set sys/* P 1", "one owner, not 'sys/\\*'"),
    ],
)
def test_what_is_missing_is_named(session: Session, line: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        run(session, line)


def test_a_slip_in_the_name_of_a_property_is_guessed(session: Session) -> None:
    run(session, "prop set sys/fake/1 Limits 1")
    assert run(session, "prop get sys/fake/1 Limit").note == "sys/fake/1 has no property Limit; did you mean Limits?"
    assert run(session, "prop delete sys/fake/1 Limit").note == "sys/fake/1 has no property Limit; did you mean Limits?"


def test_an_unknown_device_is_no_owner(session: Session) -> None:
    with pytest.raises(DevFailed) as caught:
        run(session, "prop set sys/fake/9 P 1")
    assert caught.value.reason == "DB_DeviceNotDefined"
    with pytest.raises(DevFailed):
        run(session, "prop list sys/fake/9/ampli")


def test_a_person_is_asked_before_a_wildcard_deletes(session: Session) -> None:
    asked: list[str] = []
    answers = [False, True]

    def ask(changes: Sequence[Change], danger: Danger) -> bool:
        asked.extend(change.line for change in changes)
        return answers.pop(0)

    session.changes.confirm = ask
    for name in "abc":
        run(session, f"prop set sys/fake/1 {name} 1")
    with pytest.raises(Declined):
        run(session, "prop delete sys/fake/1 *")
    assert len(session.store.device_properties("sys/fake/1")) == 3
    run(session, "prop delete sys/fake/1 a")
    assert asked == ["prop delete sys/fake/1 a b c"]
    run(session, "prop delete sys/fake/1 *")
    assert session.store.device_properties("sys/fake/1") == []
    assert run(session, "prop delete sys/fake/1 zz*").note == "sys/fake/1 has no property zz*"


def test_a_warning_before_access_control_is_switched_on(session: Session) -> None:
    """DB-234, DB-231: writing CtrlSystem/Services may lock everybody out."""
    asked: list[str] = []

    def ask(changes: Sequence[Change], danger: Danger) -> bool:
        asked.extend(change.warning for change in changes)
        return False

    session.changes.confirm = ask
    line = "prop set free:CtrlSystem Services AccessControl/tango:sys/access_control/1"
    with pytest.raises(Declined):
        run(session, line)
    assert "SUPER_TANGO=true" in asked[0]
    assert session.store.properties("CtrlSystem") == []
    run(session, "prop set free:CtrlSystem Services Archiver/one:lab/arch/1")
    assert len(asked) == 1


def test_a_refusal_for_lack_of_rights_is_explained(session: Session) -> None:
    """DB-231, DB-232, DB-234."""
    error = NotAllowed.of(Reason.API_ReadOnlyMode, "Writing attribute(s) on device d is not authorized", "x")
    explained = failure_lines(session, Failure("sys/fake/1/ampli", error))
    assert "CtrlSystem/Services" in explained[-1]
    assert "SUPER_TANGO=true" in explained[-1]
