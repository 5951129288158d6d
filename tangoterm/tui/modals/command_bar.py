"""The `:` bar: one line at the bottom, with what it may mean above it.

:servers  :polling class:Motor     a page, and what it is about
:quad cur                          anything that is found: a device, an attribute, a server …
:write sys/tg_test/1/ampli 3       a line of the console; its result is shown
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from tangoterm.console.commands import COMMANDS
from tangoterm.tui import offers
from tangoterm.tui.console_line import is_line, run_line, suggestions
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.offers import Offer
from tangoterm.tui.pages import PAGES
from tangoterm.tui.text import fit, plain, toned
from tangoterm.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser

MOST = 40
_PAUSE = 0.08
_TITLE = 0.55


class Choices(LineList):
    """The suggestions."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self.offers: Sequence[Offer] = ()

    def count(self) -> int:
        """How many there are."""
        return len(self.offers)

    def draw_row(self, index: int, width: int) -> list[tuple[str, str]]:
        """The title, and what else is said."""
        offer = self.offers[index]
        title = min(max(30, int(width * _TITLE)), width - 4)
        return [(" ", ""), (fit(plain(offer.title), title), ""), (" ", ""), (plain(offer.about), "muted")]


class CommandBar(Dialog[None]):
    """The bar of a browser."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel"),
        Binding("down", "move(1)", "Next"),
        Binding("up", "move(-1)", "Last"),
        Binding("tab", "take", "Take over", priority=True),
        Binding("ctrl+p", "leave", "Cancel", show=False),
    ]
    history: ClassVar[list[str]] = []

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self.browser = browser
        self.field = Input(compact=True, select_on_focus=False, placeholder="page, anything to find, or a command")
        self.choices = Choices()
        self._chosen = False

    def compose(self) -> ComposeResult:
        """Suggestions above, the line below."""
        with Vertical(id="command-bar"):
            yield self.choices
            with Horizontal(id="command-line"):
                yield Static(toned((" : ", "accent bold")), id="command-sign")
                yield self.field

    def on_mount(self) -> None:
        """Begin with what was typed and visited last."""
        self.field.focus()
        self._offer("")

    # ---- what is offered

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._offer(event.value)

    def _offer(self, text: str) -> None:
        head, _, rest = text.strip().partition(" ")
        if head.lower() in COMMANDS and (rest or text.endswith(" ")):
            self._complete(text)
            return
        self.workers.cancel_group(self, "complete")
        self._show(list(islice(self._offers(text.strip()), MOST)))

    def _offers(self, text: str) -> chain[Offer] | Sequence[Offer]:
        browser = self.browser
        if not text:
            lines = [offers.typed(line, "typed before", line) for line in reversed(self.history)]
            return chain(lines, offers.visited(browser), offers.found(browser, "", 10), offers.pages(browser))
        head = text.partition(" ")[0].lower()
        known = [offer for offer in offers.pages(browser) if offer.line.startswith(head)]
        commands = offers.console_commands(head) if " " not in text else ()
        hits = (offer for offer in offers.found(browser, text, MOST) if not offer.line.startswith(":"))
        return chain(known, hits, commands) if text not in COMMANDS else chain(known, commands, hits)

    @work(exclusive=True, group="complete", exit_on_error=False)
    async def _complete(self, text: str) -> None:
        """What may stand at the end of a line of the console."""
        await asyncio.sleep(_PAUSE)
        command = COMMANDS[text.split()[0].lower()]
        found = await suggestions(self.browser.store, text)
        taken = [offers.typed(each.text, each.meta, text[: each.start] + each.text) for each in found]
        self._show(taken[:MOST] or [offers.typed(command.usage, command.help, text)])

    def _show(self, found: Sequence[Offer]) -> None:
        self._chosen = False
        self.choices.offers = found
        self.choices.cursor = 0
        self.choices.rows_changed()
        self.choices.styles.height = min(len(found), max(3, self.size.height // 3))

    # ---- keys

    def action_move(self, by: int) -> None:
        """Choose another suggestion."""
        self._chosen = True
        self.choices.cursor += by

    def action_take(self) -> None:
        """Take the suggestion over into the line."""
        if 0 <= self.choices.cursor < len(self.choices.offers):
            self.field.value = self.choices.offers[self.choices.cursor].line.removeprefix(":")
            self.field.cursor_position = len(self.field.value)

    @on(LineList.Chosen)
    def _clicked(self) -> None:
        self._chosen = True
        self._run()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._run()

    def _run(self) -> None:
        text = self.field.value.strip()
        index, found = self.choices.cursor, self.choices.offers
        offer = found[index] if 0 <= index < len(found) else None
        head, _, rest = text.partition(" ")
        console = head.lower() in COMMANDS and (bool(rest) or is_line(head))
        if (
            self._chosen
            and offer is not None
            and (console or offer.about == "typed before" or offer.line.endswith(" "))
        ):
            self.action_take()
        elif head.lower() in PAGES and not self._chosen:
            self._leave_for(text)
            self.browser.open_page(head.lower(), rest.strip())
        elif console:
            self._leave_for(text)
            run_line(self.browser, text)
        elif offer is not None and not offer.final:
            self.action_take()
        elif offer is not None and (text or self._chosen):
            self._leave_for(text)
            offer.run()
        else:
            self.app.bell()

    def _leave_for(self, text: str) -> None:
        if text:
            self.history[:] = [*(line for line in self.history if line != text), text][-20:]
        self.dismiss(None)
