"""Hostile texts, no colours, many devices, no terminal."""

from __future__ import annotations

import asyncio
import gc
import itertools
import math
import os
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.observed import View
from tangoterm.tui.port import DeviceEntry
from tests.tui.terminal import Terminal

Until = Callable[..., Any]
EVIL = "[/x] [red \x1b[2J\n[@click=app.quit]"


def _evil_strings(record: Any) -> None:
    """Put the text into every free text of a configuration."""
    for one in fields(record):
        if isinstance(getattr(record, one.name), str) and one.name not in ("name", "cmd_name", "format"):
            setattr(record, one.name, EVIL)


async def test_no_text_of_the_system_acts_as_markup_or_terminal_control(
    make_system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    name = f"a/{EVIL}/b".replace("/x", "x")
    system = make_system([DeviceEntry(name, f"S/{EVIL}", EVIL, EVIL, True)])
    system.address = EVIL
    device = system.device(name)
    for model in device.models:
        assert isinstance(model.config, AttributeConfig)
        _evil_strings(model.config)
    device.model("enum_scalar").config.enum_labels = [EVIL, EVIL]
    device.model("string_scalar").set_point = EVIL
    device.model("Status").read = lambda: EVIL
    for info in device.commands:
        assert isinstance(info, CommandInfo)
        _evil_strings(info)
    device.polled[EVIL.replace("\n", ""), False] = 1000
    app = TangoTerm(system, name)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        for view, keys in (
            ("1", []),
            ("2", ["d", "escape", "y", "p", "escape"]),
            ("3", ["down", "d", "escape", "enter", "escape"]),
            ("4", ["d", "escape"]),
            ("5", ["h", "d", "escape", "y"]),
            ("escape", ["t", "t", "t"]),
        ):
            await pilot.press(view)
            await pilot.pause(0.05)
            for key in keys:
                await pilot.press(key)
                assert "\x1b" not in screen_text(app)
        while app.screen.is_modal:
            await pilot.press("escape")
        await pilot.press("2")
        await until(pilot, lambda: not app.screen.is_modal and app.screen.pane.id == "pane-attributes")
        pane = app.screen.pane
        for key in ("enum_scalar", "string_scalar", "throw_exception", "wave", "uchar_image_ro"):
            pane.grid.go_to(key)
            await pilot.pause(0.05)
            await pilot.press("w" if "scalar" in key else "d")
            await pilot.pause()
            assert "[/x] [red" in screen_text(app) or key in ("wave", "uchar_image_ro", "throw_exception")
            await pilot.press("escape")
        device.failure = DevFailed.of(EVIL, EVIL, EVIL)
        app.store.refresh()
        await until(pilot, lambda: "no answer" in screen_text(app))
        await pilot.press("1")
        await pilot.pause(0.1)
        await pilot.press("colon", "[")
        await until(pilot, lambda: "[red" in screen_text(app))


@pytest.mark.usefixtures("no_colour")
async def test_without_colours_every_tab_can_be_read(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, "sys/tg_test/1")
    assert app.ansi_color
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        for key in "12345":
            await pilot.press(key)
            await pilot.pause(0.1)
        assert "RUNNING" in screen_text(app)
        await pilot.press("2")
        await until(pilot, lambda: app.screen.pane.id == "pane-attributes")
        app.screen.pane.grid.go_to("uchar_image_ro")
        await until(pilot, lambda: "@" in screen_text(app))
        colours = {
            segment.style.color.triplet
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.color is not None and not segment.style.color.is_default
        }
        assert all(triplet is None for triplet in colours)


async def test_other_themes_know_all_tones(system: Any, until: Until) -> None:
    app = TangoTerm(system, "sys/tg_test/1")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        for theme in ("light", "colour-blind", "16-colours", "ansi-dark", "nord", "dark"):
            app.theme = theme
            await pilot.pause()
        bar = app.screen.devices.tone("state-fault")
        assert bar.color is not None


async def test_huge_and_strange_values_are_shown_and_do_not_stop_the_screen(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    device = system.device("sys/tg_test/1")
    values = array("d", bytes(8_000_000))
    strange = itertools.cycle((math.nan, math.inf, 1e308, -1e308))
    device.model("wave").read = lambda: values
    device.model("wave").config.max_dim_x = 1_000_000
    device.model("double_scalar").read = lambda: next(strange)
    device.model("uchar_image_ro").read = lambda: [bytes(1000)] * 1000
    device.model("string_scalar").set_point = "first\nsecond\x1b[2J"
    for number in range(500):
        config = AttributeConfig(f"many{number:03d}", CmdArgType.DevDouble, label="漢字 [/x]", format="%6.2f")
        device.models.append(replace(device.model("pressure"), config=config, pushes=False))
    app = TangoTerm(system, "sys/tg_test/1")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        await pilot.press("2")
        for name, shown in (
            ("wave", "(1000000)"),
            ("double_scalar", "nothing to draw"),
            ("uchar_image_ro", "1000 × 1000"),
            ("string_scalar", "second\\x1b[2J"),
            ("many499", "3.2e-09"),
        ):
            await pilot.press("slash", *name, "enter")
            await until(pilot, lambda shown=shown: shown in screen_text(app))
        for size in ((60, 15), (20, 5), (300, 80), (100, 30)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "many499" in screen_text(app) or app.size.width < 60)


class Walk(NamedTuple):
    """CPU seconds of a walk through a system: in all, and the most that the event loop was held at a time."""

    cost: float
    longest: float


async def _walk(system: Any, until: Until) -> Walk:
    """Open, group and search a system; in CPU time, so that a busy machine changes nothing."""
    app = TangoTerm(system)
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.005)
            longest = max(longest, time.thread_time() - began)

    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.store.loaded and app.screen.devices.count() > 0)
        heart = asyncio.create_task(beat())
        began = time.process_time()
        await pilot.press("enter", "down", "enter", "t", "t", "enter", "end", "home")
        await pilot.press("slash", *"mem0123", "enter")
        await until(pilot, lambda: app.store.device and app.store.device.name == "dom01/fam23/mem01230")
        cost = time.process_time() - began
        heart.cancel()
        assert app.screen.devices.model.filter == ""
    return Walk(cost, longest)


async def test_10_000_devices_stay_fluid_and_cost_little_more_than_a_few(make_system: Any, until: Until) -> None:
    """What a key press costs does not grow with the system: a hundredfold of devices is far from a hundredfold."""

    def entry(i: int) -> DeviceEntry:
        return DeviceEntry(f"dom{i // 1000:02d}/fam{i // 10 % 100:02d}/mem{i:05d}", f"Srv/{i // 50}", "Klass", "", True)

    gc.collect()
    gc.freeze()  # what other tests left in this process is not the application's to look through
    try:
        few = await _walk(make_system([entry(i) for i in range(1200, 1300)]), until)
        many = await _walk(make_system([entry(i) for i in range(10_000)]), until)
    finally:
        gc.unfreeze()
    assert many.longest < 0.25
    assert many.cost < 5
    assert many.cost < 10 * few.cost


def test_without_a_terminal_it_says_so_and_ends_with_2() -> None:
    code = (
        "import sys; from tangoterm.__main__ import main; code = main([]);"
        "print('textual' in sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert done.stdout.strip() == "False", "textual is not imported for that"


def test_it_ends_when_its_terminal_goes_away(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.read_until(b"Welcome")
    os.close(terminal.master)
    assert terminal.process.wait(20) == 1


def test_sigterm_ends_it_with_the_terminal_as_it_was(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.read_until(b"Quit")
    terminal.process.terminate()
    rest = terminal.read_until(b"never shown")
    os.close(terminal.master)
    assert terminal.process.wait(20) == 0
    assert b"\x1b[?1049l" in rest, "the alternate screen is left"


def test_every_view_has_a_pane_and_a_key() -> None:
    from tangoterm.tui.actions import ACTIONS
    from tangoterm.tui.browser import pane_class

    assert len({pane_class(view) for view in View}) == len(View)
    assert [action.name for action in ACTIONS if action.name.startswith("tab(")] == [f"tab('{v.value}')" for v in View]


def test_every_action_has_a_name_of_its_own() -> None:
    from tangoterm.tui.actions import ACTIONS

    names = [action.id for action in ACTIONS]
    assert sorted(set(names)) == sorted(names)


def test_no_key_has_two_meanings_in_one_place() -> None:
    from tangoterm.tui.actions import ACTIONS, SCOPES

    for scope in SCOPES:
        keys = [key for action in ACTIONS if action.scope == scope for key in action.keys.split(",")]
        doubled = {key for key in keys if keys.count(key) > 1}
        assert doubled <= {"enter"}, f"{scope}: {doubled}"
