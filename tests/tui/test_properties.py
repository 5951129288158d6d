"""Properties on the screen: what a device has, changing it, its history, and pages about any owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.model.errors import DevFailed
from tangoterm.console.session import Session
from tangoterm.tui.app import TangoTerm

DEVICE = "sys/tg_test/1"


class Admin:
    """What a running server tells of the properties that its class declares."""

    def set_timeout_millis(self, timeout: int) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        """Whatever else it is asked, it refuses."""

        def refuse(*arguments: Any) -> Any:
            raise DevFailed.of("API_Refused", f"{name} is not for this test", "Admin")

        return refuse

    def get_pipe_config(self) -> list[Any]:
        return []

    def get_locker(self, info: Any) -> bool:
        return False

    def adm_name(self) -> str:
        return "dserver/TangoTest/test"

    def command_inout(self, command: str, argument: str) -> list[str]:
        return ["Depth", "How deep it goes", "10", "Limits", "Lower and upper limit", "0\n1"]


@pytest.fixture
def properties(system: Any) -> Iterator[MemoryStore]:
    """The database of the memory system: `Limits` was 1, is 1 2; the class has Unit, the attribute ampli a unit."""
    store = MemoryStore()
    store.add_server("TangoTest/test", [(DEVICE, "TangoTest"), ("sys/tg_test/2", "TangoTest")])
    for values in (["1"], ["1", "2"]):
        store.put_device_property(DEVICE, {"Limits": values})
    store.put_class_property("TangoTest", {"Unit": ["mA"], "limits": ["9"]})
    store.put_device_attribute_property(DEVICE, {"ampli": {"unit": ["V"]}})
    store.put_property("CtrlSystem", {"Hosts": ["hosta", "hostb"]})
    system.session = Session(store=store, connect=lambda name: Admin())
    yield store
    store.close()


@pytest.fixture
async def opened(system: Any, properties: MemoryStore, until: Callable[..., Any]) -> Any:
    """The app with the tab in sight."""
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        await pilot.press("6")
        await until(pilot, lambda: getattr(app.screen.pane, "owner", None) and app.screen.pane.grid.rows)
        yield app, pilot


def rows(app: Any) -> dict[str, tuple[tuple[str, ...], str]]:
    """The properties in sight; none while a form covers them."""
    covered = len(app.screen_stack) > 1
    return {} if covered else {row.label: (row.values, row.source) for row in app.screen.pane.grid.rows}


async def test_a_device_shows_where_each_property_comes_from(opened: Any, screen_text: Any, until: Any) -> None:
    app, pilot = opened
    assert rows(app) == {
        "Depth": (("10",), "default"),
        "Limits": (("1", "2"), "device"),
        "Unit": (("mA",), "class"),
        "ampli/unit": (("V",), "attribute"),
    }
    await until(pilot, lambda: "How deep it goes" in screen_text(app))


async def test_what_the_class_says_is_overridden_for_the_device(
    opened: Any, properties: MemoryStore, until: Any, screen_text: Any
) -> None:
    app, pilot = opened
    app.screen.pane.go_to("class:tangotest/unit")
    await pilot.press("e", "k", "enter", "x", "ctrl+s")
    await until(pilot, lambda: rows(app).get("Unit") == (("mAk", "x"), "device"))
    assert properties.get_class_property("TangoTest", ["Unit"]) == {"Unit": ["mA"]}
    assert "R restarts the device" in screen_text(app)


async def test_properties_are_added_renamed_and_deleted(
    opened: Any, properties: MemoryStore, until: Any, screen_text: Any
) -> None:
    app, pilot = opened
    await pilot.press("a", "ctrl+s", *"New", "enter", *"a b", "enter", *"c", "ctrl+s")
    await until(pilot, lambda: rows(app).get("New") == (("a b", "c"), "device"))
    app.screen.pane.go_to(f"{DEVICE}/new")
    await pilot.press("n", "end", *"er", "enter")
    await until(pilot, lambda: "Newer" in rows(app))
    app.screen.pane.go_to(f"{DEVICE}/newer")
    await pilot.press("delete")
    await until(pilot, lambda: "Do this?" in screen_text(app))
    await pilot.press("tab", "enter")
    await until(pilot, lambda: rows(app) and "Newer" not in rows(app))
    assert properties.device_properties(DEVICE) == ["Limits"]


async def test_an_old_value_is_taken_up_again(
    opened: Any, properties: MemoryStore, until: Any, screen_text: Any
) -> None:
    app, pilot = opened
    app.screen.pane.go_to(f"{DEVICE}/limits")
    await pilot.press("h")
    await until(pilot, lambda: "take up again" in screen_text(app))
    await pilot.press("down")
    await until(pilot, lambda: "- version 1   + version 0" in screen_text(app) and "+ 2" in screen_text(app))
    await pilot.press("enter")
    await until(pilot, lambda: properties.get_device_property(DEVICE, ["Limits"]) == {"Limits": ["1"]})


async def test_a_property_goes_to_another_device_and_they_are_compared(
    opened: Any, properties: MemoryStore, until: Any, screen_text: Any
) -> None:
    app, pilot = opened
    app.screen.pane.go_to(f"{DEVICE}/limits")
    await pilot.press("y")
    app.screen.open_page("properties", "sys/tg_test/2")
    await until(pilot, lambda: app.screen.page and app.screen.page.owner)
    await pilot.press("p")
    await until(pilot, lambda: properties.get_device_property("sys/tg_test/2", ["Limits"]) == {"Limits": ["1", "2"]})
    await pilot.press("c", *DEVICE, "enter")
    await until(pilot, lambda: "ampli/unit" in screen_text(app) and "+ V" in screen_text(app))


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("", ("Hosts", "hosta, hostb", "object")),
        ("class:TangoTest", ("Unit", "class")),
        ("search hosta", ("Owner", "Hosts  of free:CtrlSystem")),
        ("no/such/device", ("DB_DeviceNotDefined",)),
    ],
)
@pytest.mark.usefixtures("properties")
async def test_the_page_shows_any_owner(
    system: Any, until: Any, screen_text: Any, subject: str, words: tuple[str, ...]
) -> None:
    app = TangoTerm(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store.loaded)
        app.screen.open_page("properties", subject)
        await until(pilot, lambda: all(word in screen_text(app) for word in words))


async def test_a_read_only_session_changes_no_property(opened: Any, system: Any, until: Any, screen_text: Any) -> None:
    app, pilot = opened
    app.screen.open_page("properties", DEVICE)
    await until(pilot, lambda: app.screen.page and app.screen.page.owner)
    system.session.changes.read_only = True
    page = app.screen.page
    page.go_to(f"{DEVICE}/limits")
    await pilot.press("e", "enter", "a")
    assert app.screen.page is page
    errors = await page._put(page.owner, "limits", ["5"])
    assert [error.reason for error in errors] == ["API_ReadOnlyMode"]


def test_a_line_feed_in_an_element_is_kept() -> None:
    from tangoterm.tui.modals.lines_form import LinesForm

    async def nothing(name: str, values: list[str]) -> tuple[()]:
        return ()

    form = LinesForm("", nothing, ["a\nb", "c\\d", "\\n"])
    assert [form._read(line) for line in form.initial.split("\n")] == ["a\nb", "c\\d", "\\n"]
