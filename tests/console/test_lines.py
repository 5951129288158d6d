"""Lines of the prompt: calls, refusals, and what belongs at the cursor."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tangoterm.console.commands import COMMANDS, UsageError, Want
from tangoterm.console.line import parse_line, place_at, split
from tangoterm.console.tokens import ArgumentError


def arguments(line: str) -> dict[str, Any]:
    call = parse_line(line)
    assert call is not None
    return call.arguments


def test_words_become_parameters_and_defaults_are_filled_in() -> None:
    assert arguments("read a/b/c/d a/b/c/e --source device") == {
        "targets": ["a/b/c/d", "a/b/c/e"],
        "source": "device",
        "value": False,
        "watch": None,
        "count": None,
        "duration": None,
    }
    assert arguments("read --value a/b/c/d")["value"] is True
    assert arguments("log a/b/c")["devices"] == ["a/b/c"]
    assert arguments("blackbox a/b/c d/e/f --count 5 --no-polling")["count"] == 5
    assert arguments("poll a/b/c x --period=500")["period"] == 500
    assert arguments('ls "a b"')["pattern"] == "a b"


def test_a_typed_value_is_the_rest_of_the_line_as_it_stands() -> None:
    assert arguments('write a/b/c/d  [1, "x  y"] --z ')["value"] == '[1, "x  y"] --z'
    assert arguments("call a/b/c Init")["argument"] == ""
    assert arguments("call a/b/c Set -3")["argument"] == "-3"


@pytest.mark.parametrize("line", ["", "   ", "# a remark"])
def test_an_empty_line_or_a_remark_calls_nothing(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("raed a/b/c/d", "raed is not a command; did you mean read?"),
        ("read", "TARGET is missing; usage: read TARGET... [--source SOURCE] [--value]"),
        ("write a/b/c/d", "VALUE is missing; usage: write ATTRIBUTE VALUE..."),
        ("blackbox a/b/c --count x", "--count: 'x' is not a whole number above 0"),
        ("lock a/b/c 2", "'2' is too much"),
        ("read a/b/c/d --sauce device", "--sauce is not an option of read; did you mean --source?"),
        ("read a/b/c/d --source", "--source: a value is missing"),
        ("read a/b/c/d --source moon", "--source: 'moon' is none of device, cache, cache_device"),
        ("read a/b/c/d --source cach", "did you mean cache?"),
        ("server list --program x", "--program goes with start and restart, not with list"),
        ("device delete a/b/c --alias x", "--alias goes with add, not with delete"),
    ],
)
def test_a_line_that_does_not_fit_says_why(line: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_line(line)
    assert text in str(caught.value)


def test_a_line_has_the_defaults_of_what_is_not_given() -> None:
    assert arguments("server") == {
        "action": "list", "names": [], "all": False, "program": None, "wait": 20, "kill": False, "lines": 40,
        "level": None, "on": None, "delay": 0.0, "parallel": 16, "follow": False, "to": None, "sort": "name",
        "watch": None, "count": None, "duration": None,
    }  # fmt: skip
    assert arguments("server stop --wait 3 a/b --kill")["names"] == ["a/b"]


def test_an_open_quote_asks_for_more() -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_line('ls "abc')
    assert caught.value.incomplete
    assert [word.text for word in split("""a "b c" d'e f'""")] == ["a", "b c", "de f"]


@pytest.mark.parametrize(
    ("line", "want", "text"),
    [
        ("", Want.COMMAND_NAME, ""),
        ("re", Want.COMMAND_NAME, "re"),
        ("read ", Want.TARGET, ""),
        ("read sys/t", Want.TARGET, "sys/t"),
        ("read a/b/c/d x", Want.TARGET, "x"),
        ("read --source ca", Want.CHOICE, "ca"),
        ("read --so", None, "--so"),
        ("write a/b/c/d ", Want.ATTRIBUTE_VALUE, ""),
        ("write a/b/c/d [1, 2", Want.ATTRIBUTE_VALUE, "[1, 2"),
        ("call a/b/c ", Want.COMMAND, ""),
        ("call a/b/c Init x", Want.COMMAND_ARGUMENT, "x"),
        ("poll a/b/c ", Want.MEMBER, ""),
        ("unknown x", None, "x"),
        ("ping a ", Want.DEVICE, ""),
        ("info a ", Want.TARGET, ""),
        ("unlock a ", None, ""),
    ],
)
def test_what_belongs_at_the_end_of_a_line(line: str, want: Want | None, text: str) -> None:
    place = place_at(line, len(line))
    assert (place.want, place.text) == (want, text)
    assert line[place.start :] == text


def test_the_arguments_before_the_cursor_are_known() -> None:
    place = place_at("call a/b/c Init x", 17)
    assert place.given == {"device": "a/b/c", "command": "Init"}


@given(st.sampled_from([*COMMANDS, ""]), st.text(max_size=30), st.integers(0, 40))
def test_any_line_and_cursor_have_a_place(name: str, rest: str, cursor: int) -> None:
    line = f"{name} {rest}"
    cursor = min(cursor, len(line))
    place = place_at(line, cursor)
    assert 0 <= place.start <= cursor
