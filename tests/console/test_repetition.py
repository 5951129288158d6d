"""Commands that are repeated (`--watch`), and how a terminal shows what has changed."""

from __future__ import annotations

import io
from typing import Any

import pytest

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.commands import COMMANDS, UsageError
from tangoterm.console.engine import run
from tangoterm.console.line import parse_line, place_at
from tangoterm.console.redraw import Redrawing, drawn_over
from tangoterm.console.render import PLAIN_PAINT, Output, Paint, render
from tangoterm.console.result import Refused, Result
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings
from tangoterm.console.terminal import Terminal


def result_of(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return run(call.command, session, call.arguments)


def test_each_run_adds_its_rows_with_their_time(session: Session) -> None:
    result = result_of(session, "read fakey/ampli fakey/label --watch 0.001 --count 3")
    rows = [line.split("\t") for line in render(result, Output.PLAIN)]
    assert [row[1] for row in rows] == ["fakey/ampli", "fakey/label"] * 3
    assert rows[0][0] == rows[1][0] != rows[2][0]
    heading, *_ = render(result_of(session, "read fakey/label --watch 0.001 --count 1"), Output.CSV)
    assert heading == "at,name,value,quality,time"


def test_without_a_value_it_is_once_a_second_and_the_next_word_stays_a_name(session: Session) -> None:
    call = parse_line("read --watch fakey/ampli --count 1")
    assert call is not None
    assert (call.arguments["watch"], call.arguments["targets"]) == (1.0, ["fakey/ampli"])
    place = place_at("read --watch fak", 16)
    assert place.parameter is not None
    assert place.parameter.name == "targets"


def test_it_ends_in_time_or_when_it_is_stopped(session: Session) -> None:
    assert len(list(result_of(session, "ping fakey --watch 60 --duration 0.01").rows)) == 1
    result = result_of(session, "ping fakey --watch 60")
    assert result.stop is not None
    rows = iter(result.rows)
    next(rows)
    result.stop()
    assert list(rows) == []


def test_count_and_duration_alone_are_a_usage_error(session: Session) -> None:
    for words in ("--count 2", "--duration 2"):
        with pytest.raises(UsageError, match="go with --watch"):
            result_of(session, f"read fakey/ampli {words}")


def test_only_the_first_run_may_fail_and_later_failures_are_told_once(session: Session, device: Any) -> None:
    with pytest.raises(Refused):
        result_of(session, "read fakey/nope --watch 0.001 --count 3")
    told: list[str] = []
    session.tell = told.append
    rows = iter(result_of(session, "read fakey/ampli --watch 0.001 --count 4").rows)
    next(rows)
    answer = device.read_attributes

    def fail(names: Any) -> None:
        raise DevFailed.of(Reason.API_CantConnectToDevice, "gone", "test")

    device.read_attributes = fail
    session.tell = told.append
    assert list(rows) == []
    device.read_attributes = answer
    assert told == ["API_CantConnectToDevice: gone"]


def test_every_command_that_only_looks_can_be_repeated() -> None:
    repeated = {name for name, command in COMMANDS.items() if any(each.name == "watch" for each in command.options)}
    assert {"ls", "info", "read", "ping", "attr", "poll", "server", "prop"} <= repeated
    assert not repeated & {"write", "call", "lock", "monitor", "log", "device"}


@pytest.mark.parametrize(
    "line",
    [
        "poll fakey ampli --period 0 --watch", "poll fakey ampli --stop --watch", "attr fakey/ampli unit=mA --watch",
        "prop set fakey Limits --watch", "server start Fake/one --watch",
    ],
)  # fmt: skip
def test_what_changes_something_is_not_repeated(session: Session, device: Any, line: str) -> None:
    with pytest.raises(UsageError, match=r"only looks|goes with"):
        result_of(session, line)
    assert device.calls == []


# ---- on a terminal


def frames(session: Session, line: str) -> Any:
    result = result_of(session, line)
    assert result.frames is not None
    return result.frames()


def test_a_changed_cell_is_marked_and_times_are_not(session: Session, device: Any) -> None:
    redrawing = Redrawing(PLAIN_PAINT)
    runs = frames(session, "read fakey/ampli fakey/label --watch 0.001 --count 2")
    first = redrawing.lines(next(runs), 20)
    device.values["ampli"] = 2.5
    second = redrawing.lines(next(runs), 20)
    assert "•" not in "".join(first[1:])
    assert second[2].split() == ["fakey/ampli", "•2.50", "V", "•2.50", "V", "VALID", *second[2].split()[-2:]]
    assert "•" not in second[3]
    assert list(map(len, first[1:])) == list(map(len, second[1:]))


def test_a_frame_fits_the_terminal(session: Session) -> None:
    lines = Redrawing(Paint(colour=False, width=lambda: 40)).lines(next(frames(session, "read fakey --watch")), 4)
    assert len(lines) == 4
    assert lines[-1] == "… 3 more"


def test_frames_stand_in_one_place() -> None:
    assert "".join(drawn_over(["a", "b"], 0)) == "\x1b[?7la\x1b[K\nb\x1b[K\n\x1b[J\x1b[?7h"
    assert "".join(drawn_over(["c"], 2)).startswith("\x1b[?7l\x1b[2A\rc\x1b[K\n")


def test_a_terminal_draws_and_a_pipe_gets_lines(session: Session) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    Terminal(Settings(), screen, io.StringIO()).show(session, result_of(session, "ping fakey --watch 0.001 --count 2"))
    assert screen.getvalue().count("DEVICE") == 2
    assert "\x1b[3A" in screen.getvalue()
