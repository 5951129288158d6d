"""The main screen: the system as a tree at the left, the open device with its tabs at the right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Static

from server_core.model.config import CommandInfo
from tangoterm.console.locker import OWN
from tangoterm.console.plugins import Plugin
from tangoterm.console.quoting import written
from tangoterm.tui.actions import SCOPES, bindings
from tangoterm.tui.console_line import run_line
from tangoterm.tui.guarded import Guarded
from tangoterm.tui.jumps import bookmark, follow, go_to_hit, shown_attribute
from tangoterm.tui.modals.locking import lock_form
from tangoterm.tui.observed import Change, View
from tangoterm.tui.pages import page_class
from tangoterm.tui.places import Place, Trail
from tangoterm.tui.port import DeviceEntry, Interface
from tangoterm.tui.store import News, SystemStore
from tangoterm.tui.text import toned
from tangoterm.tui.theme import NOT_KNOWN_YET, NOT_RUNNING, STATE_MARKS, UNREACHABLE, Mark
from tangoterm.tui.widgets.jumping import CanJump
from tangoterm.tui.widgets.key_bar import KeyBar
from tangoterm.tui.widgets.side import Side
from tangoterm.tui.widgets.status_bar import DeviceBar, SystemBar
from tangoterm.tui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from textual.command import Provider

    from tangoterm.tui.pages.base import Page
    from tangoterm.tui.panes.attributes import AttributesPane
    from tangoterm.tui.panes.base import Pane
    from tangoterm.tui.panes.commands import CommandsPane

FLUSH = 0.125
"""Seconds between two looks at the store."""


def pane_class(view: View) -> type[Pane]:
    """The class of a tab, loaded when the tab is first seen."""
    pane: type[Pane] = getattr(import_module(f"tangoterm.tui.panes.{view.value}"), f"{view.value.capitalize()}Pane")
    return pane


def _palette() -> type[Provider]:
    from tangoterm.tui.providers import SystemCommands

    return SystemCommands


class Browser(Guarded, Screen[None]):
    """Tree, device, footer."""

    BINDING_GROUP_TITLE = "Everywhere"
    BINDINGS: ClassVar[list[BindingType]] = bindings("global")
    COMMANDS = {_palette}  # noqa: RUF012
    AUTO_FOCUS = "#tree"

    def __init__(self, store: SystemStore, start: str | None = None, plugins: Sequence[Plugin] = ()) -> None:
        super().__init__()
        self.plugins = plugins
        self.store = store
        self.start = start
        self.view = View.ATTRIBUTES
        self.side = Side(store, self.mark_of, id="side")
        self.devices, self.finder = self.side.devices, self.side.finder
        self._panes: dict[View, Pane] = {}
        self._pages: dict[str, Page] = {}
        self.page: Page | None = None
        self.trail = Trail()
        self._bringing = asyncio.Lock()
        self._sought: tuple[View, str] | None = None

    def compose(self) -> ComposeResult:
        """The parts."""
        yield SystemBar(self.store)
        with Horizontal(id="body"):
            yield self.side
            with Vertical(id="device"):
                yield DeviceBar(self.store)
                yield TabBar([view.value for view in View])
                with ContentSwitcher(id="panes", initial="welcome"):
                    yield Static(_welcome(), id="welcome")
            yield ContentSwitcher(id="pages")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin to look at the store."""
        self.tab_bar = self.query_one(TabBar)
        self.tab_bar.set_active(self.view.value)
        self.tab_bar.hide(View.PIPES.value, True)
        self.set_interval(FLUSH, self.flush)
        for number, plugin in enumerate(self.plugins):
            self._bindings.bind(plugin.key, f"plugin({number})", plugin.label)

    # ---- from the store

    def flush(self) -> None:
        """Show what is new."""
        news = self.store.take_changes()
        with self.app.batch_update():
            if News.CATALOGUE in news:
                self._catalogue_changed()
            if News.LISTS in news:
                self._lists_changed()
            if News.STATES in news or Change.VALUES in news:
                self._states_changed()
            changes = {change for change in news if isinstance(change, Change)}
            if changes:
                self._device_changed(changes)
            if self.page is not None:
                self.page.flush()
            elif self.devices.is_mounted:
                self.store.show(self.devices.visible_devices(), self.devices.summed_devices())

    def _catalogue_changed(self) -> None:
        self.query_one(SystemBar).refresh()
        self.query_one(DeviceBar).refresh()
        if not self.store.loaded:
            return
        first = not self.devices.model.entries
        self.side.catalogue_changed()
        if first:
            self._open_first()

    def _lists_changed(self) -> None:
        self.side.lists_changed()
        if self.store.finding.problem:
            self.app.notify(self.store.finding.problem, severity="warning", markup=False)

    def _open_first(self) -> None:
        if self.start is None:
            return
        entry = self.store.entry(self.start)
        self.open_device(entry.name if entry is not None else self.start, enter=True)

    def _states_changed(self) -> None:
        device = self.store.device
        if device is not None and device.state is not None:
            self.store.set_state(device.name.lower(), None if device.failure else device.state)
        self.devices.refresh()
        self.query_one(DeviceBar).refresh()

    def _device_changed(self, changes: set[Change]) -> None:
        device = self.store.device
        pane = self.pane
        if device is None:
            return
        if Change.INTERFACE in changes and (entry := self.store.entry(device.name)) is not None:
            attributes = [observed.config for observed in device.attributes.values()]
            self.store.finding.learn(entry, Interface(attributes, list(device.commands.values())))
        if Change.FACTS in changes or Change.INTERFACE in changes:
            self.query_one(DeviceBar).refresh()
        self._tab_notes()
        if pane is not None and pane.device is device and pane.watches & changes:
            pane.update_from(device)
            self._go_to_sought()
            if changes & {Change.INTERFACE, Change.POLLING}:
                self.refresh_bindings()

    def _tab_notes(self) -> None:
        device = self.store.device
        if device is None:
            return
        for view, number in (
            (View.ATTRIBUTES, len(device.attributes)),
            (View.COMMANDS, len(device.commands)),
            (View.POLLING, len(device.polling)),
            (View.PIPES, len(device.pipes)),
        ):
            self.tab_bar.set_note(view.value, str(number) if number else "")
        self.tab_bar.hide(View.PIPES.value, not device.pipes and self.view is not View.PIPES)

    def mark_of(self, entry: DeviceEntry) -> Mark:
        """The mark of a device in the tree."""
        if not entry.exported:
            return NOT_RUNNING
        name = entry.name.lower()
        if name not in self.store.states:
            return NOT_KNOWN_YET
        state = self.store.states[name]
        return UNREACHABLE if state is None else STATE_MARKS[state]

    # ---- from the left side

    @on(events.DescendantBlur)
    def _remember_focus(self, event: events.DescendantBlur) -> None:
        if event.widget is not self.finder:
            self.side.focused_before = event.widget

    @on(Side.Opened)
    def _opened(self, event: Side.Opened) -> None:
        if event.enter:
            self.store.finding.finder.used(event.device)
        elif self.page is not None:
            return  # somebody has gone on to a page meanwhile
        self.open_device(event.device, enter=event.enter)

    @on(Side.Found)
    def _found(self, event: Side.Found) -> None:
        go_to_hit(self, event.hit)

    @on(Side.Followed)
    def _followed(self, event: Side.Followed) -> None:
        follow(self, event.target)

    # ---- the device

    @property
    def pane(self) -> Pane | None:
        """The tab in sight; None before a device is open."""
        return self._panes.get(self.view)

    def open_device(self, name: str, *, enter: bool = False) -> None:
        """Open a device; with `enter` its tab takes the focus."""
        self.side.hold()
        if self.store.device is None or self.store.device.name.lower() != name.lower():
            watch = self.store.open(name, self.view)
            self.app.run_worker(watch.run(), group="device", exclusive=True, name=f"watch {name}")
            self._sought = None
            self.tab_bar.notes.clear()
            self.query_one(DeviceBar).refresh()
            for pane in self._panes.values():
                pane.release()
        self.show_view(self.view, focus=enter)
        if enter:
            self.side.end_search()
            if (entry := self.store.entry(name)) is not None:
                self.devices.go_to_device(entry)

    def show_view(self, view: View, *, focus: bool = True) -> None:
        """Bring a tab to the front."""
        self.view = view
        self.tab_bar.set_active(view.value)
        device = self.store.device
        if device is None:
            return
        device.look(view)
        self._close_page()
        if focus:
            self.trail.go(Place(view.value, device.name, tab=True))
        self.call_next(self._bring, view, focus)

    async def _bring(self, view: View, focus: bool) -> None:
        """Mount the tab when it is seen for the first time, and fill it."""
        switcher = self.query_one("#panes", ContentSwitcher)
        async with self._bringing:
            if view not in self._panes:
                pane_of_view = pane_class(view)(id=f"pane-{view.value}")
                await switcher.add_content(pane_of_view)
                self._panes[view] = pane_of_view
        pane, device = self.pane, self.store.device
        if pane is None or not pane.is_attached or device is None:
            return  # another tab was chosen meanwhile, or the screen is closing
        switcher.current = pane.id
        if pane.device is not device:
            pane.show(device)
        else:
            pane.update_from(device)
        if focus:
            pane.main().focus()
        self._go_to_sought()
        self.refresh_bindings()

    def seek(self, name: str, view: View, key: str) -> None:
        """Open a device at a tab, and put the cursor on the row with `key` as soon as it is there."""
        self.view = view
        self.open_device(name, enter=True)
        self._sought = view, key
        self._go_to_sought()

    def _go_to_sought(self) -> None:
        pane, device = self.pane, self.store.device
        if self._sought is None or device is None or pane is None or pane.device is not device:
            return
        from tangoterm.tui.panes.base import ListPane

        view, key = self._sought
        if view is not self.view:
            self._sought = None
        elif isinstance(pane, ListPane) and any(pane.grid.key(row) == key for row in pane.grid.rows):
            self._sought = None
            pane.go_to(key)

    @on(TabBar.Chosen)
    def _tab_chosen(self, event: TabBar.Chosen) -> None:
        self.show_view(View(event.name))

    # ---- pages

    def open_page(self, name: str, subject: str = "") -> None:
        """Show a page instead of tree and device."""
        self.trail.go(Place(name, subject))
        self.call_next(self._bring_page, name, subject)

    async def _bring_page(self, name: str, subject: str) -> None:
        """Mount the page when it is seen for the first time, and show what it is about."""
        switcher = self.query_one("#pages", ContentSwitcher)
        async with self._bringing:
            if name not in self._pages:
                page = page_class(name)(self.store, id=f"page-{name}")
                await switcher.add_content(page)
                self._pages[name] = page
        page = self._pages[name]
        if self.page not in (None, page):
            self.page.leave()
        self.page = page
        switcher.current = page.id
        self.query_one("#body").add_class("-page")
        page.enter(subject)
        page.main().focus()
        self.refresh_bindings()

    def _close_page(self) -> None:
        """Tree and device again."""
        if self.page is not None:
            self.page.leave()
            self.page = None
            self.query_one("#body").remove_class("-page")

    def show_tree(self) -> None:
        """The tree in sight, whatever page was before."""
        self._close_page()

    def go(self, place: Place) -> None:
        """Be at a place of the trail."""
        if not place.tab:
            self.open_page(place.page, place.subject)
            return
        self.view = View(place.page)
        self._close_page()
        self.open_device(place.subject, enter=True)

    # ---- actions

    def action_plugin(self, number: int) -> None:
        """Run what the user has bound to a key."""
        from tangoterm.tui.plugins import start

        self.run_worker(start(self, self.plugins[number]), group="plugin")

    def action_page(self, name: str, subject: str = "") -> None:
        """Show a page."""
        self.open_page(name, subject)

    def action_step(self, by: int) -> None:
        """Back to where one was before, or forward again."""
        place = self.trail.step(by)
        if place is None:
            self.app.bell()
        else:
            self.go(place)

    def action_tab(self, name: str) -> None:
        """Bring a tab to the front."""
        self.show_view(View(name), focus=self.store.device is not None)

    def action_next_tab(self, by: int) -> None:
        """The tab beside."""
        views = [View(name) for name in self.tab_bar.names]
        self.show_view(views[(views.index(self.view) + by) % len(views)])

    def action_find(self) -> None:
        """Type into the field above the tree."""
        self.finder.focus()

    def action_tree(self) -> None:
        """From a page back to tree and device; from there to the tree; in the tree, show everything again."""
        if self.page is not None:
            self._close_page()
            if self.store.device is not None:
                self.trail.go(Place(self.view.value, self.store.device.name, tab=True))
            (self.pane.main() if self.pane is not None else self.devices).focus()
            return
        if self.devices.has_focus:
            self.side.end_search()
        self.devices.focus()

    def action_bookmark(self) -> None:
        """Bookmark the device or the page, or take the bookmark away."""
        row = self.devices.current if self.devices.has_focus else None
        here = self.trail.here
        if self.page is not None and here is not None:
            bookmark(self, f":{here.page} {here.subject}".strip())
        elif row is not None and (row.target or row.entry is not None):
            bookmark(self, row.target or (row.entry.name if row.entry is not None else ""))
        elif self.store.device is not None:
            bookmark(self, self.store.device.name)
        else:
            self.app.bell()

    def action_bookmark_row(self) -> None:
        """Bookmark the attribute under the cursor, or take the bookmark away."""
        key = shown_attribute(self)
        if key is None:
            self.app.bell()
        else:
            bookmark(self, key)

    def action_lock(self) -> None:
        """Lock the open device for as long as the screen is open, give its lock back, or break that of another."""
        device = self.store.device
        if device is None:
            self.app.bell()
        elif device.locked_by is None:
            self.app.push_screen(lock_form(device))
        else:
            force = "" if device.locked_by == OWN else " --force"
            run_line(self, f"unlock {written(device.name)}{force}")
            device.look_at_lock()

    def action_refresh(self) -> None:
        """Fetch everything again."""
        self.store.refresh()

    def action_jump(self) -> None:
        """Letters over everything one can go to."""
        from tangoterm.tui.modals.jump import Jump, Target

        targets = [Target(widget.region.offset, widget.focus) for widget in self.focus_chain if widget.region]
        for widget in self.query("*"):
            if isinstance(widget, CanJump) and widget.region and widget.is_on_screen:
                targets += [Target(at, go) for at, go in widget.jump_targets()]

        def go(target: Target | None) -> None:
            if target is not None:
                target.go()

        self.app.push_screen(Jump(targets), go)

    def action_help(self) -> None:
        """The keys."""
        from tangoterm.tui.modals.help import Help

        self.app.push_screen(Help(self._useful(), self.size.width))

    def _useful(self) -> set[tuple[str, str]]:
        """The actions that a key starts now, each with its scope."""
        scopes = {self.namespace(scope): scope for scope in SCOPES}
        return {
            (scopes[active.node], active.binding.action)
            for active in self.active_bindings.values()
            if active.enabled and active.node in scopes
        }

    async def action_quit(self) -> None:
        """Leave."""
        self.app.exit()

    def action_command_bar(self) -> None:
        """Go anywhere, or run a line of the console."""
        from tangoterm.tui.modals.command_bar import CommandBar

        self.app.push_screen(CommandBar(self))

    async def action_command_palette(self) -> None:
        """Everything, by typing."""
        self.app.action_command_palette()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`Tree` is of use elsewhere, or while something is filtered."""
        if action == "tree" and self.page is None and self.is_mounted and self.focused is not None:
            return self.focused.id != "tree" or bool(self.devices.model.filter)
        return super().check_action(action, parameters)

    # ---- for the palette

    def namespace(self, scope: str) -> DOMNode | None:
        """Where the actions of a scope live now; None when they are out of sight."""
        if scope == "global":
            return self
        if scope == "tree":
            return self.devices
        if self.page is not None:
            return self.page if self.page is self._pages.get(scope) else None
        return self.pane if self.store.device is not None and scope == self.view.value else None

    def runner(self, namespace: DOMNode, action: str) -> Callable[[], object]:
        """What runs an action."""
        return lambda: self.app.run_worker(self.app.run_action(action, namespace), group="palette")

    def executor(self, info: CommandInfo) -> Callable[[], object]:
        """What executes a command of the open device."""
        return lambda: self._on_pane(View.COMMANDS, lambda pane: cast("CommandsPane", pane).execute(info))

    def writer(self, key: str) -> Callable[[], object]:
        """What opens the form for an attribute."""

        def write(pane: Pane) -> None:
            attributes = cast("AttributesPane", pane)
            attributes.go_to(key)
            attributes.action_write()

        return lambda: self._on_pane(View.ATTRIBUTES, write)

    def shower(self, key: str) -> Callable[[], object]:
        """What shows an attribute."""
        return lambda: self._on_pane(View.ATTRIBUTES, lambda pane: cast("AttributesPane", pane).go_to(key))

    def _on_pane(self, view: View, do: Callable[[Pane], object]) -> None:
        async def bring() -> None:
            self.view = view
            self.tab_bar.set_active(view.value)
            if self.store.device is not None:
                self.store.device.look(view)
            await self._bring(view, True)
            pane = self.pane
            if pane is not None:
                do(pane)

        self.app.run_worker(bring(), group="palette")


def _welcome() -> Content:
    return toned(
        ("\n  Welcome to tangoterm\n\n", "strong bold"),
        ("  Choose a device in the tree.\n\n", ""),
        ("  ↑↓ ", "accent"), ("move    ", "muted"), ("⏎ ", "accent"), ("open    ", "muted"),
        ("/ ", "accent"), ("find by typing\n", "muted"),
        ("   : ", "accent"), ("go to    ", "muted"), ("? ", "accent"), ("all keys", "muted"),
    )  # fmt: skip
