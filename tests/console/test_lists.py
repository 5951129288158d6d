"""Bookmarks and lists: what is kept, what a change leaves alone, what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tangoterm.console import toml_text
from tangoterm.console.commands import COMMANDS
from tangoterm.console.line import parse_line
from tangoterm.console.lists import Lists, ListsError, ListsFile, is_attribute, kind_of, lists_path

WRITTEN = """\
# what I look at

bookmarks = ["sys/tg_test/1", 'lab/psu/quad-1'] # two

[lists]
# cold things
cryo = [
  "lab/cryo/*",          # all of them
  "lab/ps/1/current",    # and this
]
empty = []
"""


@pytest.fixture
def file(tmp_path: Path) -> ListsFile:
    return ListsFile(tmp_path / "below" / "lists.toml")


@pytest.fixture
def written(file: ListsFile) -> ListsFile:
    file.path.parent.mkdir()
    file.path.write_text(WRITTEN)
    return file


def test_without_a_file_there_is_nothing_and_the_first_entry_makes_it(file: ListsFile) -> None:
    assert file.read() == Lists()
    assert file.add_bookmark("sys/tg_test/1")
    assert file.add("cryo", ["lab/cryo/*", "lab/ps/1/current"]) == ["lab/cryo/*", "lab/ps/1/current"]
    assert file.add_bookmark("a/b/c")
    assert file.read() == Lists(("sys/tg_test/1", "a/b/c"), {"cryo": ("lab/cryo/*", "lab/ps/1/current")})
    assert [each.name for each in file.path.parent.iterdir()] == ["lists.toml"]


def test_an_entry_is_kept_once_in_whatever_case(written: ListsFile) -> None:
    assert not written.add_bookmark("SYS/TG_TEST/1")
    assert written.add("cryo", ["LAB/cryo/*"]) == []
    assert written.path.read_text() == WRITTEN


def test_what_a_person_wrote_stays_as_it_is(written: ListsFile) -> None:
    written.add_bookmark("new/dev/1")
    written.add("cryo", ["x/y/z"])
    written.add("other", ["o/o/o"])
    assert written.path.read_text() == (
        WRITTEN.replace("'lab/psu/quad-1']", "'lab/psu/quad-1', \"new/dev/1\"]")
        .replace("# and this\n", '# and this\n  "x/y/z",\n')
        .replace("empty = []\n", 'empty = []\nother = [\n    "o/o/o",\n]\n')
    )
    assert written.remove_bookmark("Sys/tg_test/1")
    assert written.remove("cryo", ["lab/cryo/*", "nothing"]) == ["lab/cryo/*"]
    assert written.remove("empty") == []
    text = written.path.read_text()
    assert text.startswith("# what I look at\n\nbookmarks = ['lab/psu/quad-1', \"new/dev/1\"] # two\n")
    assert '# cold things\ncryo = [\n  "lab/ps/1/current",    # and this\n' in text
    assert "all of them" not in text
    assert written.read().lists == {"cryo": ("lab/ps/1/current", "x/y/z"), "other": ("o/o/o",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bookmarks = [", "at end of document"),
        ("\n\nbookmark = []", "line 3: bookmark is not known here"),
        ("[lists]\na = []\nb = 'x'", "line 3: b is a list of texts"),
        ("[lists]\na = [1]", "line 2: a: 1 is no name"),
        ("lists = 3", "line 1: [lists] is a table"),
        ('[lists]\n"a b" = []', "line 2: 'a b' is no name of a list"),
        ("bookmarks = [' ']", "line 1: bookmarks: ' ' is no name"),
    ],
)
def test_a_file_that_is_not_right_is_named_with_line_and_rule(file: ListsFile, text: str, message: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(text)
    with pytest.raises(ListsError) as error:
        file.read()
    assert str(file.path) in str(error.value)
    assert message in str(error.value)
    with pytest.raises(ListsError):
        file.add_bookmark("a/b/c")
    assert file.path.read_text() == text


def test_what_cannot_be_is_refused(file: ListsFile, tmp_path: Path) -> None:
    with pytest.raises(ListsError, match="no name of a list"):
        file.add("two words", ["a/b/c"])
    with pytest.raises(ListsError, match="did you mean cryo"):
        Lists((), {"cryo": ()}).named("@cyro")
    with pytest.raises(ListsError, match="cannot be read"):
        ListsFile(tmp_path).read()
    (tmp_path / "file").write_text("")
    with pytest.raises(ListsError, match="cannot be written"):
        ListsFile(tmp_path / "file" / "lists.toml").add_bookmark("a/b/c")


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "lists.toml").symlink_to(tmp_path / "real.toml")
    ListsFile(tmp_path / "lists.toml").add_bookmark("a/b/c")
    assert (tmp_path / "lists.toml").is_symlink()
    assert ListsFile(tmp_path / "real.toml").read().bookmarks == ("a/b/c",)


def test_where_the_file_is(private_home: Path) -> None:
    assert lists_path({"TANGOTERM_LISTS": "~/mine.toml"}) == private_home / "mine.toml"
    assert lists_path({"TANGOTERM_CONFIG": "/etc/x/config.toml"}) == Path("/etc/x/lists.toml")


def test_attributes_and_devices_are_told_apart() -> None:
    attributes = ["a/b/c/d", "alias/attr", "tango://h:1/a/b/c/d", "lab/*/*/current"]
    assert [is_attribute(each) for each in attributes] == [True] * 4
    assert not any(is_attribute(each) for each in ["a/b/c", "alias", "tango://h:1/a/b/c", "*", "class:X"])
    assert [kind_of(each) for each in (":servers", "@x", "a/b/c", "a/b/c/d")] == ["page", "list", "device", "attribute"]
    assert Lists((), {"x": ("a/b/c", "a/b/c/d", "al/e")}).watch("x") == ["a/b/c/d", "al/e"]


_names = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text.strip())


@given(st.lists(_names, max_size=4), st.lists(_names, max_size=4), st.data())
def test_any_text_goes_in_and_comes_out_again(bookmarks: list[str], entries: list[str], data: Any) -> None:
    text = "# top\n"
    for each in bookmarks:
        text = toml_text.with_item(text, ("", "bookmarks"), each)
    for each in entries:
        text = toml_text.with_item(text, ("lists", "a"), each)
    found = tomllib.loads(text)
    assert found.get("bookmarks", []) == bookmarks
    assert found.get("lists", {}).get("a", []) == entries
    if entries:
        number = data.draw(st.integers(0, len(entries) - 1))
        left = tomllib.loads(toml_text.without_item(text, ("lists", "a"), number))
        assert left["lists"]["a"] == entries[:number] + entries[number + 1 :]
    assert text.startswith("# top\n")


LAYOUTS = [
    'a = ["x","y","z"]',
    "a = [ 'x' , 'y' , 'z' ] # c",
    'a=["x", # "no" ]\n "y"\n,"z"]',
    'a = [\n"x",\n"y", "z"\n]\n',
]


@pytest.mark.parametrize("text", LAYOUTS)
def test_every_layout_of_a_list_can_be_changed(text: str) -> None:
    key = ("", "a")
    assert tomllib.loads(toml_text.with_item(text, key, "n"))["a"] == ["x", "y", "z", "n"]
    for number in range(3):
        left = [each for place, each in enumerate("xyz") if place != number]
        assert tomllib.loads(toml_text.without_item(text, key, number))["a"] == left
    assert tomllib.loads(toml_text.without_key(text + "\n[t]\nb = 1\n", key)) == {"t": {"b": 1}}
    assert tomllib.loads(toml_text.with_item(f"{text}\n[t]\nb = 1\n", ("", "c"), "n"))["c"] == ["n"]


def _run(session: Any, line: str) -> Any:
    call = parse_line(line, COMMANDS)
    assert call is not None
    return call.command.run(session, **call.arguments)


def test_the_commands_keep_show_and_take_away(session: Any) -> None:
    assert _run(session, "bookmark add sys/fake/1 fakey/ampli").note == "sys/fake/1, fakey/ampli are bookmarks now"
    assert [row["kind"] for row in _run(session, "bookmark").rows] == ["device", "attribute"]
    assert _run(session, "bookmark remove fakey/ampli").note == "fakey/ampli is no bookmark any more"
    assert _run(session, "bookmark remove fakey/ampli").note == "no such bookmark"
    session.current = "sys/fake/1"
    assert _run(session, "bookmark add ampli").note == "ampli is a bookmark now"
    assert "sys/fake/1/ampli" in ListsFile().read().bookmarks
    assert _run(session, "watchlist").note.startswith("no lists in ")
    assert _run(session, "watchlist add mine sys/fake/* sys/fake/1/ampli").note.endswith("in the list mine now")
    assert _run(session, "watchlist").rows == [{"list": "mine", "entries": 2}]
    assert [row["name"] for row in _run(session, "watchlist list mine").rows] == ["sys/fake/*", "sys/fake/1/ampli"]
    assert _run(session, "watchlist remove mine sys/fake/*").note == "sys/fake/* is taken out of the list"
    assert _run(session, "watchlist remove mine").note == "the list mine is deleted"


@pytest.mark.parametrize(
    "line", ["bookmark add", "bookmark list x", "watchlist add x", "watchlist remove", "watchlist list x y"]
)
def test_what_is_missing_or_too_much_is_said(session: Any, line: str) -> None:
    with pytest.raises(ValueError, match=r"usage"):
        _run(session, line)
