"""Finding anything: what fits, what comes first, what use changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_core.database.store import DeviceRecord
from tangoterm.console.commands import COMMANDS
from tangoterm.console.finding import Finder, Hit, Index, Kind, MemberBook, MemberNames, Thing, Usage, things_of
from tangoterm.console.finding.usage import HALF_LIFE, KEPT
from tangoterm.console.line import parse_line
from tangoterm.console.lists import Lists, ListsFile


def record(name: str, dev_class: str, server: str, alias: str = "", *, exported: bool = True) -> DeviceRecord:
    return DeviceRecord(name, server, dev_class, alias, exported, host="crate7")


DEVICES = [
    record("dserver/LabDemo/1", "DServer", "LabDemo/1"),
    record("lab/camera/beam", "Camera", "LabDemo/1"),
    record("lab/psu/quad-1", "PowerSupply", "LabDemo/1", "Q1"),
    record("lab/psu/quad-2", "PowerSupply", "LabDemo/1", exported=False),
    record("lab/vacuum/rga-1", "GasAnalyser", "LabDemo/1"),
    record("sys/database/2", "DataBase", "DataBaseds/2"),
    record("sys/tg_test/1", "TangoTest", "TangoTest/test"),
    record("test/timer/1", "Timer", "Timer/1"),
]


@pytest.fixture
def book() -> MemberBook:
    book = MemberBook()
    book.learn("lab/psu/quad-1", "PowerSupply", MemberNames((("current", "DevDouble"), ("voltage", "DevDouble"))))
    book.learn(
        "sys/tg_test/1",
        "TangoTest",
        MemberNames(
            (("ampli", "DevDouble"), ("double_scalar", "DevDouble"), ("State", "DevState")),
            (("DevDouble", ""), ("SwitchStates", "")),
            (("Limits", ""),),
        ),
    )
    return book


@pytest.fixture
def index(book: MemberBook) -> Index:
    return Index(DEVICES, book, [Thing(Kind.PAGE, ":servers", "device servers")])


def names(hits: list[Hit]) -> list[str]:
    return [hit.name for hit in hits]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("tg1/dou", Kind.ATTRIBUTE, "sys/tg_test/1/double_scalar"),
        ("sys/tg_test/1/am", Kind.ATTRIBUTE, "sys/tg_test/1/ampli"),
        ("tg ampli", Kind.ATTRIBUTE, "sys/tg_test/1/ampli"),
        ("ampli tg", Kind.ATTRIBUTE, "sys/tg_test/1/ampli"),
        ("quad2 volt", Kind.ATTRIBUTE, "lab/psu/quad-2/voltage"),
        ("q1/cur", Kind.ATTRIBUTE, "lab/psu/quad-1/current"),
        ("SWST", Kind.COMMAND, "sys/tg_test/1/SwitchStates"),
        ("limits", Kind.PROPERTY, "sys/tg_test/1/Limits"),
        ("tgtest", Kind.DEVICE, "sys/tg_test/1"),
        ("l/p/q", Kind.DEVICE, "lab/psu/quad-1"),
        ("lab rga", Kind.DEVICE, "lab/vacuum/rga-1"),
        ("camera lab", Kind.DEVICE, "lab/camera/beam"),
        ("q1", Kind.ALIAS, "Q1"),
        ("tangotest/", Kind.SERVER, "TangoTest/test"),
        ("powers", Kind.CLASS, "PowerSupply"),
        ("crate", Kind.HOST, "crate7"),
        ("serv", Kind.PAGE, ":servers"),
        ("doubel_scalar", Kind.ATTRIBUTE, "sys/tg_test/1/double_scalar"),
        ("tg_tets", Kind.DEVICE, "sys/tg_test/1"),
        ("vacum/", Kind.DEVICE, "lab/vacuum/rga-1"),
        ("/ampli", Kind.ATTRIBUTE, "sys/tg_test/1/ampli"),
    ],
)
def test_the_best_hit_is_what_is_meant(index: Index, text: str, kind: Kind, name: str) -> None:
    best = index.find(text)[0]
    assert (best.kind, best.name) == (kind, name)


def test_every_word_must_fit_and_forbidden_ones_must_not(index: Index) -> None:
    assert names(index.find("psu", kinds=[Kind.DEVICE])) == ["lab/psu/quad-1", "lab/psu/quad-2"]
    assert names(index.find("psu !quad-2", kinds=[Kind.DEVICE])) == ["lab/psu/quad-1"]
    assert names(index.find("lab !psu !LabDemo", kinds=[Kind.DEVICE])) == []
    assert names(index.find("current !quad-1")) == ["lab/psu/quad-2/current"]
    assert index.find("psu zzzz") == []


def test_what_is_said_of_a_device_fits_too_but_comes_behind_its_name(index: Index) -> None:
    assert names(index.find("test", kinds=[Kind.DEVICE])) == ["test/timer/1", "sys/tg_test/1"]
    assert "lab/psu/quad-1" in names(index.find("powersupply"))


def test_a_beginning_comes_before_a_part_and_that_before_scattered_letters() -> None:
    index = Index([record(name, "X", "X/1") for name in ("a/b/xpump", "a/c/x-pump", "a/pu/mp", "pump/a/a", "a/a/pump")])
    assert names(index.find("pump", kinds=[Kind.DEVICE])) == [
        "pump/a/a", "a/a/pump", "a/c/x-pump", "a/b/xpump", "a/pu/mp",
    ]  # fmt: skip


def test_what_runs_comes_first_and_admin_devices_last(index: Index) -> None:
    assert names(index.find("quad", kinds=[Kind.DEVICE])) == ["lab/psu/quad-1", "lab/psu/quad-2"]
    assert names(index.find("lab", kinds=[Kind.DEVICE]))[-1] == "dserver/LabDemo/1"


def test_only_the_kinds_that_are_wanted_and_so_many(index: Index) -> None:
    assert {hit.kind for hit in index.find("e", kinds=[Kind.SERVER, Kind.CLASS])} == {Kind.SERVER, Kind.CLASS}
    assert len(index.find("e", limit=3)) == 3


def test_members_of_one_device_are_those_of_its_class_until_it_is_known(index: Index, book: MemberBook) -> None:
    assert names(index.find("voltage")) == ["lab/psu/quad-1/voltage", "lab/psu/quad-2/voltage"]
    book.learn("lab/psu/quad-2", "PowerSupply", MemberNames((("current", "DevDouble"), ("trim", "DevDouble"))))
    assert names(index.find("voltage")) == ["lab/psu/quad-1/voltage"]
    assert names(index.find("trim")) == ["lab/psu/quad-2/trim"]
    assert names(index.find("quad cur")) == ["lab/psu/quad-1/current", "lab/psu/quad-2/current"]
    version = book.version
    book.learn("lab/psu/quad-2", "PowerSupply", MemberNames((("current", "DevDouble"), ("trim", "DevDouble"))))
    assert book.version == version, "nothing new"
    book.learn("lab/psu/quad-2", "PowerSupply", book.of_class["powersupply"])
    assert names(index.find("trim", kinds=[Kind.ATTRIBUTE])) == []


def test_hits_tell_device_and_member(index: Index) -> None:
    best = index.find("tg1/dou")[0]
    assert (best.device, best.member, best.about) == ("sys/tg_test/1", "double_scalar", "DevDouble")
    alias = index.find("q1")[0]
    assert (alias.device, alias.member, alias.about) == ("lab/psu/quad-1", "", "lab/psu/quad-1")


@given(st.text(max_size=12))
def test_whatever_is_typed_is_answered_and_every_hit_has_the_letters(text: str) -> None:
    book = MemberBook()
    book.learn("sys/tg_test/1", "TangoTest", MemberNames((("ampli", ""), ("double_scalar", ""))))
    hits = Index(DEVICES, book).find(text)
    words = [word for word in text.lower().split() if not word.startswith("!")]
    wanted = [word.lstrip("~") for word in words if word.lstrip("~")]
    for hit in hits:
        known = f"{hit.name} {hit.about} {_beside(hit)}".lower()
        for word in wanted:
            missing = [letter for letter in set(word) - {"/"} if letter not in known]
            assert len(missing) <= 1, (hit, word)  # one may be a slip


def _beside(hit: Hit) -> str:
    device = next((each for each in DEVICES if each.name == hit.device), None)
    return "" if device is None else f"{device.dev_class} {device.server} {device.alias} {device.host}"


# ---- use


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_was_used_comes_first_and_less_so_with_time(tmp_path: Path, clock: Clock) -> None:
    usage = Usage(tmp_path / "usage.json", clock)
    finder = Finder(usage)
    finder.know(DEVICES)
    assert names(finder.find("lab", kinds=[Kind.DEVICE]))[0] == "lab/psu/quad-1"
    usage.used("lab/vacuum/RGA-1")
    assert names(finder.find("lab", kinds=[Kind.DEVICE]))[0] == "lab/vacuum/rga-1"
    first = usage.boosts()["lab/vacuum/rga-1"]
    clock.now += HALF_LIFE
    assert 0 < usage.boosts()["lab/vacuum/rga-1"] < first
    clock.now += 20 * HALF_LIFE
    assert usage.boosts()["lab/vacuum/rga-1"] < 0.001
    assert names(finder.find("")) == ["lab/vacuum/rga-1"], "without words, what was used"


def test_a_member_that_was_used_is_found_among_many(clock: Clock) -> None:
    devices = [record(f"lab/m/{number:04}", "Motor", "Motor/1") for number in range(300)]
    finder = Finder(Usage(None, clock))
    finder.know(devices)
    finder.book.learn("lab/m/0000", "Motor", MemberNames((("position", "DevDouble"),)))
    finder.used("lab/m/0271/position")
    assert names(finder.find("pos"))[0] == "lab/m/0271/position"
    assert names(finder.find("lab/pos"))[0] == "lab/m/0271/position"
    assert names(finder.find("")) == ["lab/m/0271/position"]


def test_several_programs_share_the_record_and_it_stays_small(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "usage.json"
    one, other = Usage(file, clock), Usage(file, clock)
    one.used("a/b/1")
    other.used("a/b/2")
    one.used("a/b/3")
    assert one.boosts().keys() == {"a/b/1", "a/b/2", "a/b/3"}
    file.write_text(json.dumps({f"old/{number}": [1, 0] for number in range(KEPT + 20)}))
    one.used("new/1")
    kept = json.loads(file.read_text())
    assert len(kept) == KEPT
    assert "new/1" in kept
    assert [each.name for each in tmp_path.iterdir()] == ["usage.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": [1]}', '{"a": [NaN, 1]}', '{"a": ["x", "y"]}'])
def test_a_spoilt_record_is_as_none(tmp_path: Path, clock: Clock, text: str) -> None:
    file = tmp_path / "usage.json"
    file.write_text(text)
    usage = Usage(file, clock)
    assert usage.boosts() == {}
    usage.used("a/b/1")
    assert list(usage.boosts()) == ["a/b/1"]


def test_where_nothing_can_be_written_use_counts_as_long_as_the_program_runs(tmp_path: Path, clock: Clock) -> None:
    usage = Usage(tmp_path / "no" / "such" / "place.json", clock)
    usage.used("a/b/1")
    usage.used("a/b/2")
    assert usage.boosts().keys() == {"a/b/1", "a/b/2"}


# ---- the command


def _rows(session: Any, line: str) -> list[dict[str, Any]]:
    call = parse_line(line, COMMANDS)
    assert call is not None
    return list(call.command.run(session, **call.arguments).rows)


def test_the_command_asks_one_device_of_each_class_and_finds_in_lists(session: Any) -> None:
    assert _rows(session, "find fak/amp")[0] == {
        "kind": "attribute", "name": "sys/fake/1/ampli", "about": "DevDouble", "device": "sys/fake/1",
    }  # fmt: skip
    assert [row["name"] for row in _rows(session, "find wave")] == ["sys/fake/1/wave", "sys/fake/2/wave"]
    assert {row["kind"] for row in _rows(session, "find fake --kind server,class")} == {"server", "class"}
    ListsFile().add("mine", ["sys/fake/1"])
    ListsFile().add_bookmark("sys/fake/2")
    assert _rows(session, "find mine")[0]["name"] == "@mine"
    assert _rows(session, "find fake --kind bookmark")[0]["name"] == "sys/fake/2"
    assert len(_rows(session, "find a --limit 3")) == 3
    with pytest.raises(ValueError, match="'thing' is none of"):
        parse_line("find x --kind thing", COMMANDS)


def test_values_of_properties_are_found_when_asked_for(session: Any) -> None:
    session.store.put_device_property("sys/fake/2", {"Address": ["10.0.3.7", "5025"]})
    assert _rows(session, "find 10.0.3.7") == []
    (row,) = _rows(session, "find 10.0.3.7 !fake/1 --values")
    assert (row["kind"], row["name"], row["about"]) == ("property", "sys/fake/2/Address", "10.0.3.7, 5025")
    assert _rows(session, "find 10.0.3.7 !address --values") == []


def test_a_spoilt_file_of_lists_does_not_stop_finding(session: Any) -> None:
    ListsFile().add_bookmark("sys/fake/2")
    ListsFile().path.write_text("x")
    call = parse_line("find fake", COMMANDS)
    assert call is not None
    result = call.command.run(session, **call.arguments)
    assert result.rows
    assert "lists.toml" in result.note


def test_bookmarks_and_lists_are_things() -> None:
    things = things_of(Lists(("a/b/c",), {"x": ("d/e/f", "g")}))
    assert things == [Thing(Kind.BOOKMARK, "a/b/c", "bookmark"), Thing(Kind.LIST, "@x", "d/e/f, g")]
