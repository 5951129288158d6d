"""Properties through time and between owners: versions, differences, undo lines, search, property files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server_core.model.errors import DevFailed
from tangoterm.console.changes import Entry
from tangoterm.console.commands import UsageError
from tangoterm.console.line import parse_line, split, written
from tangoterm.console.property_history import side_by_side, versions
from tangoterm.console.render import Output, render
from tangoterm.console.result import Result
from tangoterm.console.session import Session


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def rows(session: Session, line: str, *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row[key], "text", lambda row=row, key=key: row[key])() for key in keys) for row in
            run(session, line).rows]  # fmt: skip


@pytest.fixture
def told(session: Session) -> list[Entry]:
    """The journal of the session; `sys/fake/1 P` was a, then a b, then b c."""
    for values in ("a", "a b", "b c"):
        run(session, f"prop set sys/fake/1 P {values}")
    entries: list[Entry] = []
    session.changes.record = entries.append
    return entries


@pytest.mark.usefixtures("told")
def test_versions_count_back_from_the_latest(session: Session) -> None:
    assert rows(session, "prop history sys/fake/1 P", "version", "value", "change") == [
        (2, "a", "+a"),
        (1, "a, b", "+b"),
        (0, "b, c", "-a, +c"),
    ]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("", "-a  b +c"),
        ("2", "-a +b +c"),
        ("2 1", " a +b"),
        ("1 1", " a  b"),
    ],
)
def test_two_versions_side_by_side(session: Session, words: str, lines: str) -> None:
    found = rows(session, f"prop diff sys/fake/1 P {words}", "sign", "element")
    assert " ".join(sign + element for sign, element in found) == lines


@pytest.mark.parametrize(
    ("words", "value"),
    [("", ["a", "b"]), ("1", ["a", "b"]), ("2", ["a"]), ("0", ["b", "c"]), ("20", ["b", "c"])],
)
def test_an_old_value_comes_back_and_goes_again(session: Session, told: list[Entry], words: str, value: Any) -> None:
    """A word of two digits or more may be the beginning of a date."""
    if words == "20":
        with pytest.raises(UsageError, match="no version 20"):
            run(session, "prop restore sys/fake/1 P 20")
        words = run(session, "prop history sys/fake/1 P").rows[-1]["date"][:10]  # type: ignore[index]
    run(session, f"prop restore sys/fake/1 P {words}")
    assert session.store.get_device_property("sys/fake/1", ["P"])["P"] == value
    for line in told[-1].change.undo:
        run(session, line)
    assert session.store.get_device_property("sys/fake/1", ["P"])["P"] == ["b", "c"]


UNDONE = [
    "prop set sys/fake/1 P x 'two words' --yes",
    "prop add sys/fake/1 P x",
    "prop set sys/fake/1 New '--odd' '' 'a\"b'",
    "prop delete sys/fake/1 P Q",
    "prop rename sys/fake/1 P Other",
    "prop rename sys/fake/1 P p",
    "prop restore sys/fake/1 P 2",
    "prop copy sys/fake/2 sys/fake/1",
    "prop set class:Fake Limits 1",
    "prop set sys/fake/1/ampli unit mA",
]


@pytest.mark.parametrize("line", UNDONE)
def test_what_is_done_can_be_undone(session: Session, told: list[Entry], line: str) -> None:
    run(session, "prop set sys/fake/1 Q '' '--x' '# y' 'back\\slash'")
    run(session, "prop set sys/fake/2 P other")
    run(session, "prop set sys/fake/2 R 1")
    told.clear()
    before = everything(session)
    run(session, line)
    after = everything(session)
    assert before != after
    made = [entry.change for entry in told]
    for change in reversed(made):
        for undo in change.undo:
            run(session, undo)
    assert everything(session) == before
    for change in made:
        run(session, change.line)
    assert everything(session) == after


def everything(session: Session) -> list[str]:
    return [
        line
        for owner in ("sys/fake/1", "sys/fake/2", "class:Fake", "sys/fake/1/ampli")
        for line in render(run(session, f"prop list {owner}"), Output.JSON)
    ]


@pytest.mark.parametrize("text", ["plain", "two words", "", "--x", "# no comment", 'a"b', "a\\b", "it's", "a\tb"])
def test_any_text_can_be_written_as_a_word(text: str) -> None:
    assert [word.text for word in split(f"x {written(text)} y")] == ["x", text, "y"]


def test_a_dry_run_and_a_read_only_session_change_nothing(session: Session) -> None:
    session.changes.dry_run = True
    run(session, "prop set sys/fake/1 P 1")
    assert [change.line for change in session.changes.planned] == ["prop set sys/fake/1 P 1"]
    session.changes.dry_run, session.changes.read_only = False, True
    with pytest.raises(DevFailed):
        run(session, "prop set sys/fake/1 P 1")
    assert session.store.device_properties("sys/fake/1") == []


@pytest.mark.usefixtures("told")
def test_what_two_owners_differ_in(session: Session) -> None:
    for line in ("sys/fake/2 p b c", "sys/fake/2 Q 1", "sys/fake/1/ampli unit V", "sys/fake/1 R 2"):
        run(session, f"prop set {line}")
    assert rows(session, "prop diff sys/fake/1 sys/fake/2", "property", "first", "second") == [
        ("Q", "-", "1"),
        ("R", "2", "-"),
        ("ampli/unit", "V", "-"),
    ]
    assert run(session, "prop diff sys/fake/1 sys/fake/1").note.endswith("the same properties")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("prop rename sys/fake/1 P Q", "has a property Q already"),
        ("prop rename sys/fake/1 X Q", "has no property X"),
        ("prop rename sys/fake/1 P", "usage"),
        ("prop copy sys/fake/1 sys/fake/2 X", "has no property X"),
        ("prop copy sys/fake/1", "another owner is missing"),
        ("prop diff sys/fake/1 Nope", "remembers no change"),
        ("prop restore sys/fake/1 P 7", "no version 7"),
        ("prop load /nowhere/file", "cannot be read"),
    ],
)
@pytest.mark.usefixtures("told")
def test_what_cannot_be_done_is_said(session: Session, line: str, text: str) -> None:
    run(session, "prop set sys/fake/1 Q 1")
    with pytest.raises(UsageError, match=text):
        run(session, line)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("limit", {"sys/fake/1 Limits", "class:Fake limit"}),
        ("hosta", {"free:Obj Hosts"}),
        ("h*sta", {"free:Obj Hosts"}),
        ("mA", {"sys/fake/1/ampli unit"}),
        ("limit sys/*", {"sys/fake/1 Limits"}),
        ("nothing", set()),
    ],
)
def test_search_in_names_and_values(session: Session, words: str, found: set[str]) -> None:
    for line in ("sys/fake/1 Limits 1", "class:Fake limit 2", "free:Obj Hosts b hosta", "sys/fake/1/ampli unit mA"):
        run(session, f"prop set {line}")
    word = words.split()[0]
    scope = words.split()[1] if "/" in words else ""
    assert {" ".join(row) for row in rows(session, f"prop search {word} {scope}", "owner", "property")} == found


@pytest.fixture
def file(session: Session, tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "properties"
        path.write_text(text)
        return path

    return write


def test_a_dumped_file_is_compared_and_loaded(session: Session, tmp_path: Path) -> None:
    for line in ("sys/fake/1 P a 'b c'", "sys/fake/1/ampli unit mA", "class:Fake Q 1", "free:Obj R 2"):
        run(session, f"prop set {line}")
    path = tmp_path / "file"
    run(session, f"prop dump server:Fake/one class:Fake free:Obj --file {path}")
    assert run(session, f"prop compare {path}").note == "0 differences, 4 the same"
    run(session, "prop set sys/fake/1 P changed")
    run(session, "prop delete free:Obj R")
    expected = [("~", "sys/fake/1", "P"), ("+", "free:Obj", "R")]
    assert rows(session, f"prop compare {path}", "sign", "owner", "property") == expected
    assert rows(session, f"prop load {path}", "sign", "owner", "property") == expected
    assert run(session, f"prop compare {path}").note == "0 differences, 4 the same"
    assert run(session, f"prop load {path}").note.startswith("the database says")


def test_a_dump_of_one_server_starts_it_from_the_file(session: Session) -> None:
    text = "\n".join(render(run(session, "prop dump server:Fake/one"), Output.PLAIN))
    assert "Fake/one/DEVICE/Fake" in text
    assert "sys/fake/2" in text


def test_a_file_is_loaded_as_far_as_it_goes(session: Session, file: Callable[[str], Path]) -> None:
    path = file("no/such/device->P: 1\nsys/fake/1->P: 2\n")
    result = run(session, f"prop load {path}")
    assert [str(row["owner"]) for row in result.rows] == ["sys/fake/1"]
    assert [failure.name for failure in result.failures] == ["no/such/device"]


def test_elements_that_moved_stand_where_a_reader_looks() -> None:
    assert side_by_side(["a", "b", "c"], ["b", "x", "c"]) == [("-", "a"), (" ", "b"), ("+", "x"), (" ", "c")]
    assert versions([]) == []
