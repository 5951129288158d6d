"""The requests of several devices in one list, by time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import work
from textual.app import ComposeResult
from textual.widgets import Static

from server_core.model.errors import DevFailed
from tangoterm.console.blackbox.trace import BlackBoxTrace
from tangoterm.console.commands.table import UsageError
from tangoterm.console.scope import devices_in
from tangoterm.tui.boards.blackbox import BlackboxBoard
from tangoterm.tui.pages.base import Page
from tangoterm.tui.text import plain, toned


class BlackboxPage(BlackboxBoard, Page):
    """The blackboxes of the devices that are typed behind `:blackbox`; without a word those of all."""

    def compose(self) -> ComposeResult:
        """A title, and the board."""
        yield Static(id="blackbox-title", classes="page-title")
        yield from BlackboxBoard.compose(self)

    def enter(self, subject: str) -> None:
        """Follow the blackboxes of devices; those that were followed before go on."""
        again = subject == self.subject and self.trace is not None
        super().enter(subject)
        if again:
            self._follow(self.trace, ())
            return
        words = subject.split() or ["*"]
        of = "all devices" if words == ["*"] else plain(" ".join(words))
        self.query_one("#blackbox-title", Static).update(toned((f" Requests of {of}", "strong bold")))
        self.watch_trace(self.store.port, None, several=True)
        self.grid.empty = "asking …"
        self._follow(None, words)

    @work(exclusive=True, group="blackbox-follow")
    async def _follow(self, trace: BlackBoxTrace | None, words: Sequence[str]) -> None:
        port = self.store.port
        if trace is None:
            try:
                devices = await port.perform(lambda session: devices_in(session, words, running=True))
            except (DevFailed, UsageError) as failure:
                self._failure, self.grid.empty = str(failure), "nothing to show"
                self._tell_note(0, 0, ())
                return
            self.trace = trace = BlackBoxTrace(devices)
        following = trace
        while True:
            await port.perform(following.look)
            self.grid.empty = "no requests yet"
            self.redraw()
            await asyncio.sleep(following.period)

    def leave(self) -> None:
        """Ask no more."""
        self.workers.cancel_group(self, "blackbox-follow")

    def set_period(self, seconds: float) -> None:
        """Look so often from now on."""
        if self.trace is not None:
            self.trace.set_period(seconds)
