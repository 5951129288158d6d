"""The application: themes, the store and its port, the main screen."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from textual import events
from textual.app import App

from tangoterm.client.aside import aside
from tangoterm.console.changes import Change, Danger
from tangoterm.console.plugins import Plugin
from tangoterm.tui.browser import Browser
from tangoterm.tui.clipboard import OSC52_MOST, copy_by, desktop_command
from tangoterm.tui.look import keep_theme
from tangoterm.tui.modals.change_question import ChangeQuestion
from tangoterm.tui.port import SystemPort
from tangoterm.tui.store import SystemStore
from tangoterm.tui.themes import DARK, THEMES, TONE_VARIABLES
from tangoterm.tui.typeahead import Typeahead

HANGUP_PERIOD = 1.0
"""Seconds between two looks whether the terminal is still there."""


class TangoTerm(App[None]):
    """tangoterm on a full screen."""

    TITLE = "tangoterm"
    CSS_PATH = Path(__file__).with_name("tangoterm.tcss")
    COMMANDS = set()  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-high"), (46, "-tall")]  # noqa: RUF012

    def __init__(
        self, port: SystemPort, device: str | None = None, theme: str = DARK.name, plugins: Sequence[Plugin] = ()
    ) -> None:
        super().__init__(ansi_color=bool(os.environ.get("NO_COLOR")))
        self.store = SystemStore(port)
        self.device = device
        self.plugins = plugins
        self.typeahead = Typeahead(self, super().on_event)
        for each in THEMES.values():
            self.register_theme(each)
        if not self.ansi_color:
            self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The tones, for themes that do not know them."""
        return TONE_VARIABLES

    def get_default_screen(self) -> Browser:
        """The main screen."""
        return Browser(self.store, self.device, self.plugins)

    def on_mount(self) -> None:
        """Begin to observe."""
        self.theme_changed_signal.subscribe(self, lambda theme: keep_theme(theme.name))
        changes = self.store.port.session.changes
        if not getattr(changes.confirm, "yes", False):
            changes.confirm = self._confirmed
        self.run_worker(self.store.run(), name="catalogue and states", group="store")
        self.run_worker(self.typeahead.run(), name="keys", group="keys")
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
            self.set_interval(HANGUP_PERIOD, self._leave_when_hung_up)

    def on_ready(self) -> None:
        """What has been made until now stays: it is not looked through for garbage, which would take as long as a key
        may."""
        if not self.is_headless:
            gc.freeze()
            gc.enable()

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for those before them; what is typed while the screens close is for nobody."""
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        elif not event.is_forwarded:
            self.typeahead.take(event)
        elif self.screen_stack:
            await super().on_event(event)

    def copy_to_clipboard(self, text: str) -> None:
        """Put a text on the clipboard; says so when that is not possible."""
        self.run_worker(self._copy(text), group="clipboard", exit_on_error=False)

    async def _copy(self, text: str) -> None:
        self._clipboard = text
        command = desktop_command()
        if command is not None and await aside(partial(copy_by, command, text)):
            return
        if len(text) * 4 // 3 > OSC52_MOST:
            self.notify(f"{len(text)} characters are more than a terminal takes", severity="warning", markup=False)
            return
        super().copy_to_clipboard(text)

    def _confirmed(self, changes: Sequence[Change], danger: Danger) -> bool:
        """Ask on the screen, from the thread that wants to make the changes."""
        guard = self.store.port.session.changes
        place = f"{guard.tag.upper()} {guard.host}" if guard.tag else ""
        answers: SimpleQueue[bool | None] = SimpleQueue()
        self.call_from_thread(self.push_screen, ChangeQuestion(changes, danger, place), answers.put)
        return bool(answers.get())

    def _leave_when_hung_up(self) -> None:
        """End when the terminal is gone: nobody could, and Textual's reader would spin for ever."""
        terminal = select.poll()
        terminal.register(sys.__stdin__ or 0, 0)
        if terminal.poll(0):
            self.exit(return_code=1)

    async def on_unmount(self) -> None:
        """Release the connections."""
        await self.store.port.close()
