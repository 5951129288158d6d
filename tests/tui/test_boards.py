"""The polling and the blackbox of one device and of many: what the tabs and pages show, and what can be done there."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.widgets import Input

from server_core.database.store import DeviceExport
from server_core.model.errors import DevFailed
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.bars import bar
from tangoterm.tui.modals.change_question import ChangeQuestion
from tangoterm.tui.modals.details import Details
from tangoterm.tui.modals.form import Form
from tangoterm.tui.places import Place
from tests.tui.comparing import compare

ONE, OTHER = "sys/tg_test/1", "lab/psu/quad-1"
Until = Callable[..., Any]
_VARYING = ((re.compile(r"CPP/Python \d+ *"), ""), (re.compile(r" in \d+ \w+  \d+ hidden"), " in #  # hidden"))


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tangoterm.tui.boards.polling.PERIOD", 0.05)
    monkeypatch.setattr("tangoterm.tui.observed.PERIOD", 0.1)


@asynccontextmanager
async def page(system: Any, until: Until, name: str, subject: str, size: tuple[int, int]) -> AsyncIterator[Any]:
    """The app with a page in sight that has rows."""
    assert system.session
    for entry in system.entries:
        if entry.exported:
            system.store.export_devices([DeviceExport(entry.name, "nada", "lab-host", 4711, "6")])
    app = TangoTerm(system)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.store.loaded)
        app.screen.open_page(name, subject)
        await until(pilot, lambda: app.screen.page is not None and app.screen.page.grid.rows)
        yield app, app.screen.page, pilot


def polled(system: Any) -> None:
    system.device(ONE).polled.update({("double_scalar", False): 1000, ("State", False): 500})
    system.device(OTHER).polled["ampli", False] = 100
    system.store.put_device_property(
        "dserver/TangoTest/test", {"polling_threads_pool_conf": [ONE], "polling_threads_pool_size": ["2"]}
    )


def names(board: Any) -> list[str]:
    return [row.name for row in board.grid.rows]


# ---- polling


async def test_polling_of_many_devices_with_threads_and_hints(system: Any, until: Until, screen_text: Any) -> None:
    polled(system)
    async with page(system, until, "polling", "", (120, 40)) as (app, board, pilot):
        await until(pilot, lambda: len(board.grid.rows) == 3 and "3 hints" not in screen_text(app))
        assert {row.device for row in board.grid.rows} == {ONE, OTHER}
        [late] = [row for row in board.grid.rows if row.name == "ampli"]
        assert "comes every 1000 ms" in late.problem
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: names(board) == ["State", "ampli"] or names(board) == ["ampli", "State"])
        await until(pilot, lambda: "problems only" in screen_text(app))


async def test_a_device_that_does_not_answer_is_a_row_with_its_error(
    system: Any, until: Until, screen_text: Any
) -> None:
    polled(system)
    system.device(OTHER).failure = DevFailed.of("API_DeviceTimedOut", "no answer in time", "test")
    async with page(system, until, "polling", f"{ONE} {OTHER}", (120, 30)) as (app, board, pilot):
        await until(pilot, lambda: any(row.failure for row in board.grid.rows))
        await until(pilot, lambda: "✖" in screen_text(app) and "1 failing" in screen_text(app))


async def test_an_empty_list_says_why_it_is_empty(system: Any, until: Until, screen_text: Any) -> None:
    system.device(ONE).polled["double_scalar", False] = 1000
    async with page(system, until, "polling", ONE, (80, 24)) as (app, board, pilot):
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "everything is polled as it should be" in screen_text(app) or board.grid.rows)
        board._only_problems = True
        assert board._nothing(board.cockpit.rows()) == "everything is polled as it should be; ! shows all"
        assert board._nothing([]) == "nothing is polled; n begins"


async def test_several_marked_objects_get_one_period(system: Any, until: Until) -> None:
    polled(system)
    async with page(system, until, "polling", "sys/*", (120, 40)) as (app, board, pilot):
        await pilot.press("ctrl+a", "enter")
        await until(pilot, lambda: isinstance(app.screen, Form) and app.screen.query(Input))
        assert app.screen.heading == "Poll 2 objects"
        app.screen.query_one(Input).value = "700"
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, Form))
        assert set(system.device(ONE).polled.values()) == {700}
        await until(pilot, lambda: {row.status.period for row in board.grid.rows} == {700})
        assert not board.grid.marks


async def test_polling_begins_ends_and_is_refused_in_place(system: Any, until: Until, screen_text: Any) -> None:
    polled(system)
    async with page(system, until, "polling", ONE, (100, 30)) as (app, board, pilot):
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Form) and app.screen.query(Input))
        app.screen.query_one(Input).value = "nothing_like_it"
        await pilot.press("enter")
        await until(pilot, lambda: "nothing of sys/tg_test/1 that can be polled matches" in screen_text(app))
        app.screen.query_one(Input).value = "amp*"
        await pilot.press("enter")
        await until(pilot, lambda: "Poll amp*" in screen_text(app))
        app.screen.query_one(Input).value = "5"
        await pilot.press("enter")
        await until(pilot, lambda: "below the smallest period" in screen_text(app))
        app.screen.query_one(Input).value = "50"
        await pilot.press("enter")
        await until(pilot, lambda: "ampli" in names(board))
        await pilot.press("X")
        await until(pilot, lambda: isinstance(app.screen, ChangeQuestion))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: not board.grid.rows)
        assert not system.device(ONE).polled


async def test_ring_depth_age_limit_and_threads_go_into_properties(system: Any, until: Until) -> None:
    polled(system)
    async with page(system, until, "polling", ONE, (100, 30)) as (app, _, pilot):
        for key, value in (("b", "20"), ("f", "6"), ("t", "4")):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, Form) and app.screen.query(Input))
            app.screen.query_one(Input).value = value
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(app.screen, Form))
    wanted = ("attr_poll_ring_depth", "poll_old_factor")
    assert system.store.get_device_property(ONE, wanted) == {
        "attr_poll_ring_depth": ["double_scalar", "20"],
        "poll_old_factor": ["6"],
    }
    size = system.store.get_device_property("dserver/TangoTest/test", ("polling_threads_pool_size",))
    assert size == {"polling_threads_pool_size": ["4"]}


async def test_details_have_the_words_of_the_server(system: Any, until: Until, screen_text: Any) -> None:
    polled(system)
    async with page(system, until, "polling", ONE, (100, 40)) as (app, _, pilot):
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Details))
        text = screen_text(app)
        assert "Delta between last records (in mS) = 999, 1000, 1001, 1000" in text
        assert "the last 4 intervals in ms" in text


async def test_rows_are_sorted_by_what_they_mean(system: Any, until: Until) -> None:
    polled(system)
    async with page(system, until, "polling", "*", (120, 30)) as (_, board, pilot):
        await until(pilot, lambda: len(board.grid.rows) == 3)
        await pilot.press("s", "s", "s")
        assert board.grid.sorted_by.title == "Period"
        assert [row.status.period for row in board.grid.rows] == [100, 500, 1000]
        await pilot.press("S")
        assert [row.status.period for row in board.grid.rows] == [1000, 500, 100]


async def test_the_way_back_tells_tab_and_page_apart(system: Any, until: Until) -> None:
    polled(system)
    async with page(system, until, "polling", ONE, (100, 30)) as (app, _, pilot):
        app.screen.open_device(ONE, enter=True)
        await pilot.press("4")
        await until(pilot, lambda: app.screen.trail.here == Place("polling", ONE, tab=True))
        await pilot.press("alt+left", "alt+left")
        await until(pilot, lambda: app.screen.page is not None)
        await pilot.press("alt+right", "alt+right")
        await until(pilot, lambda: app.screen.page is None and app.screen.view.value == "polling")


# ---- blackbox


def asked(system: Any, device: str, what: str, client: str, second: int = 0) -> None:
    system.device(device).lines.insert(0, f"24/11/2026 10:00:{second:02d}:00 : {what} requested from {client}")


def traffic(system: Any) -> None:
    pid = "(CPP/Python client with PID 77)"
    asked(system, ONE, "Operation read_attributes_5 (ampli) from device", "polling", 1)
    asked(system, ONE, "Operation read_attributes_5 (ampli, wave) from device", f"gui-host {pid}", 2)
    asked(system, OTHER, "Operation command_inout_4 (cmd = DevVoid) from device", f"gui-host {pid}", 3)
    asked(system, ONE, "Operation ping", "other-host", 4)
    asked(system, OTHER, "Operation write_attributes_4 (ampli)",
          f"lab-host (CPP/Python client with PID {os.getpid()})", 5)  # fmt: skip


def operations(board: Any) -> list[str]:
    return [entry.operation for entry in board.grid.rows]


async def test_requests_of_several_devices_by_time(system: Any, until: Until) -> None:
    traffic(system)
    async with page(system, until, "blackbox", f"{ONE} {OTHER}", (120, 30)) as (_, board, pilot):
        assert operations(board) == ["write_attributes_4", "ping", "command_inout_4", "read_attributes_5"]
        await pilot.press("o")
        assert operations(board) == ["ping", "command_inout_4", "read_attributes_5"]
        await pilot.press("h")
        await until(pilot, lambda: any(entry.by_polling for entry in board.grid.rows))


async def test_one_client_alone_and_who_it_is(system: Any, until: Until, screen_text: Any) -> None:
    traffic(system)
    async with page(system, until, "blackbox", f"{ONE} {OTHER}", (120, 30)) as (app, board, pilot):
        system.store.export_devices([DeviceExport("sys/database/2", "nada", "gui-host", 77, "6")])
        system.session.refresh()
        await pilot.press("down", "down", "c")
        await until(pilot, lambda: operations(board) == ["command_inout_4", "read_attributes_5"])
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Details))
        assert "sys/database/2" in screen_text(app)
        await pilot.press("escape", "c")
        await until(pilot, lambda: len(board.grid.rows) == 4)
        await pilot.press("down", "down", "u")
        await until(pilot, lambda: app.store.device is not None and app.store.device.name == "sys/database/2")


async def test_requests_are_counted_and_a_count_leads_to_them(system: Any, until: Until, screen_text: Any) -> None:
    traffic(system)
    async with page(system, until, "blackbox", f"{ONE} {OTHER}", (120, 30)) as (app, board, pilot):
        await pilot.press("t")
        await until(pilot, lambda: [count.name for count in board.counts.rows][:1] == ["gui-host 77"])
        await until(pilot, lambda: "50 %" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: operations(board) == ["command_inout_4", "read_attributes_5"])
        await pilot.press("c", "t", "t", "t")
        assert board.by == "member"
        await until(pilot, lambda: board.counts.rows[0].name == "ampli")
        await pilot.press("enter")
        await until(pilot, lambda: operations(board) == ["write_attributes_4", "read_attributes_5"])


async def test_the_list_holds_still_and_goes_on(system: Any, until: Until, screen_text: Any) -> None:
    traffic(system)
    async with page(system, until, "blackbox", f"{ONE} {OTHER}", (120, 30)) as (app, board, pilot):
        board.set_period(0.1)
        await pilot.press("space")
        asked(system, ONE, "Operation info_6", "other-host", 9)
        await until(pilot, lambda: "paused" in screen_text(app) and ", 0 more" not in screen_text(app))
        assert "info_6" not in operations(board)
        await pilot.press("space")
        await until(pilot, lambda: "info_6" in operations(board))


async def test_lost_requests_are_said_and_looked_for_more_often(system: Any, until: Until, screen_text: Any) -> None:
    traffic(system)
    app = TangoTerm(system, ONE)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        await pilot.press("5")
        await until(pilot, lambda: app.screen.pane is not None and app.screen.pane.grid.rows)
        await pilot.press("minus")
        assert app.store.device.blackbox.wanted == 0.2
        asked_since = (f"24/11/2026 10:01:00:{n:02d} : Operation ping requested from x" for n in range(99))
        system.device(ONE).lines[:] = asked_since
        await until(pilot, lambda: "1 gap, every 0.1 s" in screen_text(app))
        assert any(entry.is_gap for entry in app.screen.pane.grid.rows)


# ---- how they look


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_pages_look_as_they_should(
    size: tuple[int, int], system: Any, until: Until, screen_text: Any
) -> None:
    polled(system)
    traffic(system)
    async with page(system, until, "polling", "*", size) as (app, board, pilot):
        await until(pilot, lambda: board.cockpit.asked == len(board.cockpit.devices))
        await compare("polling-page", size, pilot, screen_text)
        app.screen.open_page("blackbox", f"{ONE} {OTHER}")
        await until(pilot, lambda: app.screen.page is not board and app.screen.page.grid.rows)
        await compare("blackbox-page", size, pilot, screen_text, *_VARYING)


def test_bars() -> None:
    assert [bar(part, 2) for part in (0, 0.001, 0.25, 0.5, 0.75, 1, 3)] == ["  ", "▏ ", "▌ ", "█ ", "█▌", "██", "██"]
