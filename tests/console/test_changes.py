"""The one door through which changes go, the question before them, and the journal."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.asking import Question
from tangoterm.console.changes import Change, Changes, Danger, Declined, Entry
from tangoterm.console.changes import journal as journal_module
from tangoterm.console.changes.journal import Journal, script_of
from tangoterm.console.changes.writing import typed_text
from tangoterm.console.engine import run
from tangoterm.console.line import parse_line
from tangoterm.console.moments import moment
from tangoterm.console.result import Result
from tangoterm.console.session import Session
from tangoterm.console.together import each

CHANGE = Change("lab/ps/1/current", "write lab/ps/1/current 2", "1 A", "2 A", ("write lab/ps/1/current 1",))
DANGEROUS = Change("lab/ps/1", "device delete lab/ps/1", danger=Danger.TYPE, warning="Its properties go too.")


def say(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return run(call.command, session, call.arguments)


# ---- the guard


def test_what_a_line_says_of_its_changes_holds_for_no_other_that_goes_on_meanwhile() -> None:
    changes = Changes("host:1")
    asked: list[Sequence[Change]] = []
    changes.confirm = lambda wanted, danger: bool(asked.append(wanted)) or True
    dangerous = replace(CHANGE, danger=Danger.ASK)
    elsewhere = Thread(target=lambda: changes.make(dangerous, lambda: None))
    with changes.told(yes=True):
        elsewhere.start()
        elsewhere.join()
        assert len(asked) == 1
        changes.make(dangerous, lambda: None)
        assert [outcome.failure for outcome in each([1, 2], lambda _: changes.make(dangerous, lambda: None))] == [
            None,
            None,
        ]
    assert len(asked) == 1
    made: list[int] = []
    with changes.told(dry_run=True):
        elsewhere = Thread(target=lambda: changes.make(CHANGE, lambda: made.append(1)))
        elsewhere.start()
        elsewhere.join()
        changes.make(CHANGE, lambda: made.append(2))
        list(each([3], lambda number: changes.make(CHANGE, lambda: made.append(number))))
    assert made == [1]
    assert not changes.dry_run


def test_a_change_is_made_and_recorded() -> None:
    changes = Changes("host:1")
    changes.face = "repl"
    entries: list[Entry] = []
    changes.record = entries.append
    assert changes.make(CHANGE, lambda: 5) == 5
    assert (entries[0].change, entries[0].outcome, entries[0].host, entries[0].face) == (
        CHANGE,
        "done",
        "host:1",
        "repl",
    )

    def fail() -> None:
        raise DevFailed.of("API_X", "no", "here")

    with pytest.raises(DevFailed):
        changes.make(CHANGE, fail)
    assert entries[1].outcome == "API_X: no"


def test_read_only_and_dry_runs_make_nothing() -> None:
    changes = Changes("host:1")
    changes.dry_run = True
    assert changes.make(CHANGE, lambda: 1 / 0) is None
    assert changes.planned == [CHANGE]
    changes.read_only = True
    with pytest.raises(DevFailed) as refused:
        changes.make(CHANGE, lambda: 1 / 0)
    assert refused.value.reason == Reason.API_ReadOnlyMode


@pytest.mark.parametrize(
    ("production", "change", "asked"),
    [
        (False, CHANGE, None),
        (False, DANGEROUS, Danger.TYPE),
        (True, CHANGE, Danger.ASK),
        (True, Change("d", "call d Init", danger=Danger.ASK), Danger.TYPE),
        (True, DANGEROUS, Danger.TYPE),
    ],
)
def test_in_production_every_change_is_asked_about_and_dangerous_ones_typed(
    production: bool, change: Change, asked: Danger | None
) -> None:
    changes = Changes("host:1")
    changes.production = production
    questions: list[Danger] = []
    changes.confirm = lambda changes, danger: bool(questions.append(danger))
    if asked is None:
        assert changes.make(change, lambda: "made") == "made"
    else:
        with pytest.raises(Declined):
            changes.make(change, lambda: "made")
    assert questions == ([] if asked is None else [asked])


def test_several_changes_are_asked_about_once() -> None:
    changes = Changes("host:1")
    questions: list[int] = []
    changes.confirm = lambda several, danger: questions.append(len(several)) or True
    several = [DANGEROUS, Change("lab/ps/2", "device delete lab/ps/2", danger=Danger.TYPE)]
    changes.ask(several)
    assert [changes.make(each, lambda: "made") for each in several] == ["made", "made"]
    assert questions == [2]
    changes.make(DANGEROUS, lambda: None)
    assert questions == [2, 1]


def test_changes_made_as_one_are_taken_back_as_one() -> None:
    changes = Changes("host:1")
    entries: list[Entry] = []
    changes.record = entries.append
    with changes.as_one("lab"):
        changes.make(Change("a", "do a", undo=("undo a",)), lambda: None)
        changes.make(Change("b", "do b", undo=("undo b",)), lambda: None)
    assert [(entry.change.line, entry.change.undo) for entry in entries] == [("do a\ndo b", ("undo b", "undo a"))]


# ---- the question at a terminal


class Person:
    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.seen = ""

    def __call__(self, text: str) -> str:
        self.seen += text
        return self.answer + "\n"


@pytest.mark.parametrize(
    ("danger", "answer", "agreed"),
    [
        (Danger.ASK, "y", True), (Danger.ASK, "YES", True), (Danger.ASK, "", False), (Danger.ASK, "no", False),
        (Danger.TYPE, "y", False), (Danger.TYPE, "lab/ps/1", True),
    ],
)  # fmt: skip
def test_a_person_says_yes_or_types_the_name(danger: Danger, answer: str, agreed: bool) -> None:
    person = Person(answer)
    assert Question("host:1", "production", read=person)([DANGEROUS], danger) is agreed
    assert person.seen.startswith("in host:1 (PRODUCTION):\nlab/ps/1\n  + device delete lab/ps/1\n")
    assert "! Its properties go too." in person.seen


def test_the_question_shows_before_and_after() -> None:
    person = Person("")
    Question("host:1", read=person)([CHANGE], Danger.ASK)
    assert person.seen == "lab/ps/1/current\n  - 1 A\n  + 2 A\nDo it? [y/N] "


def test_without_a_terminal_what_is_dangerous_wants_the_word_for_it() -> None:
    asking = Question("host:1")
    assert asking([CHANGE], Danger.ASK)
    with pytest.raises(Declined, match="--yes") as declined:
        asking([DANGEROUS], Danger.TYPE)
    assert declined.value.unasked
    with pytest.raises(Declined, match="--yes"):
        Question("host:1", "production")([CHANGE], Danger.ASK)
    assert Question("host:1", "production", yes=True)([DANGEROUS], Danger.TYPE)


# ---- the journal


def _write(file: Path, number: int) -> None:
    journal = Journal(file)
    for count in range(40):
        journal.record(Entry(count, "host:1", Change(f"d/{number}/{count}", "x" * 500)))


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    processes = [multiprocessing.get_context("fork").Process(target=_write, args=(file, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    written = [entry.change.subject for entry in Journal(file).entries()]
    assert sorted(written) == sorted(f"d/{number}/{count}" for number in range(4) for count in range(40))


def test_the_journal_is_bounded_and_survives_broken_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MOST", 2000)
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(50):
        journal.record(Entry(number, "host:1", Change(str(number), "write a/b/c/d 1")))
    with journal.file.open("a") as stream:
        stream.write('{"time": 1, "bro\n')
    kept = journal.entries()
    assert kept[-1].change.subject == "49"
    assert [int(entry.change.subject) for entry in kept] == list(range(50 - len(kept), 50))
    assert sum(file.stat().st_size for file in tmp_path.glob("*.jsonl")) <= 4100


def test_a_journal_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "journal.jsonl")
    journal.record(Entry(0, "host:1", CHANGE))
    assert "cannot be written" in journal.problem
    assert journal.entries() == []


def test_entries_come_back_as_they_were(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    entries = [
        Entry(1.5, "host:1", CHANGE, 0.25, "", "tui"),
        Entry(2.5, "host:2", DANGEROUS, 0.0, "API_X: no\nway", "cli"),
    ]
    for entry in entries:
        journal.record(entry)
    assert journal.entries() == entries
    script = list(script_of(entries))
    assert script[1] == "write lab/ps/1/current 2"
    assert script[2].endswith("host:2  API_X: no way")
    assert script[3] == "# device delete lab/ps/1"


@pytest.fixture
def kept(session: Session, tmp_path: Path) -> Session:
    session.changes.journal = Journal(tmp_path / "journal.jsonl")
    session.changes.record = session.changes.journal.record
    return session


def test_a_change_is_undone_and_done_again(kept: Session, device: Any) -> None:
    say(kept, "write sys/fake/1/ampli 7.25")
    assert device.values["ampli"] == 7.25
    say(kept, "undo")
    assert device.values["ampli"] == 1.5
    say(kept, "undo")
    assert device.values["ampli"] == 7.25
    (newest, *_, oldest) = list(say(kept, "journal").rows)
    assert (newest["no"], oldest["no"]) == (1, 3)
    assert oldest["command"] == "write sys/fake/1/ampli 7.25"
    assert oldest["undo_lines"] == ["write sys/fake/1/ampli 1.5"]


def test_undo_says_when_nothing_can_be_taken_back(kept: Session) -> None:
    with pytest.raises(ValueError, match="there is no change 1"):
        say(kept, "undo")
    say(kept, "call sys/fake/1 Names")
    with pytest.raises(ValueError, match="nothing takes it back"):
        say(kept, "undo")


def test_the_journal_is_exported_as_a_script(kept: Session, tmp_path: Path) -> None:
    say(kept, "write sys/fake/1/ampli 3")
    say(kept, "prop set sys/fake/1 Names 'two words' plain")
    say(kept, f"journal --export {tmp_path / 'script'}")
    commands = [line for line in (tmp_path / "script").read_text().splitlines() if not line.startswith("#")]
    assert commands == ["write sys/fake/1/ampli 3.0", 'prop set sys/fake/1 Names "two words" plain']


def test_a_dry_run_shows_the_change_beside_what_is_there(session: Session, device: Any) -> None:
    session.changes.dry_run = True
    (row,) = say(session, "write sys/fake/1/ampli 3").rows
    assert (row["subject"], row["before"], row["after"]) == ("sys/fake/1/ampli", "1.50 V", "3.00 V")
    assert device.values["ampli"] == 1.5


def test_moments_are_named_as_people_do() -> None:
    assert moment("2h") < moment("10m") < moment("30s")
    assert moment("today") <= moment("0s")
    assert moment("2026-11-24 10:00") - moment("2026-11-24") == 36000
    with pytest.raises(ValueError, match="no moment"):
        moment("soon")


SCALAR, SPECTRUM, IMAGE = AttrDataFormat.SCALAR, AttrDataFormat.SPECTRUM, AttrDataFormat.IMAGE


@pytest.mark.parametrize(
    ("code", "shape", "value"),
    [
        (CmdArgType.DevDouble, SCALAR, 0.1 + 0.2), (CmdArgType.DevDouble, SCALAR, float("inf")),
        (CmdArgType.DevLong64, SCALAR, -(2**63)), (CmdArgType.DevBoolean, SCALAR, False),
        (CmdArgType.DevEnum, SCALAR, 1), (CmdArgType.DevEnum, SPECTRUM, [0, 1]),
        (CmdArgType.DevString, SCALAR, 'a "b"\n\\ c'), (CmdArgType.DevString, SCALAR, ""),
        (CmdArgType.DevString, SPECTRUM, ["a, b", "", "c]"]), (CmdArgType.DevDouble, SPECTRUM, []),
        (CmdArgType.DevFloat, IMAGE, [[1.0, 2.5], [3.0, -4.0]]), (CmdArgType.DevEncoded, SCALAR, ("json", b'{"a": 1}')),
    ],
)  # fmt: skip
def test_a_value_is_read_back_as_it_was_typed(code: CmdArgType, shape: AttrDataFormat, value: Any) -> None:
    config = AttributeConfig("x", code, shape, max_dim_x=9, max_dim_y=9, enum_labels=["Slow", "Very fast"])
    text = typed_text(code, value, config.enum_labels, image=shape is IMAGE)
    assert text is not None
    assert Argument.of_attribute(config).parse(text) == value


def test_what_cannot_be_typed_is_not() -> None:
    assert typed_text(CmdArgType.DevEncoded, ("raw", b"\xff\x00")) is None
    assert typed_text(CmdArgType.DevDouble, [0.123456789] * 100_000) is None
