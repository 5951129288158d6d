"""What the panes of a device share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.content import Content

from server_core.model.config import AttributeConfig
from server_core.model.errors import DevError, DevFailed
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.format import error_lines
from tangoterm.tui.actions import CHANGING
from tangoterm.tui.modals.details import Details
from tangoterm.tui.modals.form import Form
from tangoterm.tui.observed import DECLINED, Change, DeviceWatch
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.filter_line import FilterLine
from tangoterm.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from textual.widget import Widget

_LONGEST = 50_000
"""Characters that are laid out for reading."""


class Pane(Vertical):
    """One tab: shows a `DeviceWatch`, of which `changed` says what is new."""

    watches: frozenset[Change] = frozenset()
    """The changes that make the pane draw again."""

    device: DeviceWatch | None = None

    def show(self, device: DeviceWatch) -> None:
        """Show another device."""
        self.device = device
        self.update_from(device)

    def update_from(self, device: DeviceWatch) -> None:
        """Take over what is known now."""
        raise NotImplementedError

    def main(self) -> Widget:
        """The widget that takes the focus."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What changes the control system is greyed out where nothing may be changed."""
        read_only = self.device is not None and self.device.guard.read_only
        scope = (self.BINDING_GROUP_TITLE or "").lower()
        return None if read_only and (scope, action) in CHANGING else True

    # ---- what several panes do

    def tell(self, title: str, body: Content | str, *, failed: bool = False) -> None:
        """Show a text at full length."""
        content = body if isinstance(body, Content) else Content(body)
        copied, hidden = content.plain, len(content.plain) - _LONGEST
        if hidden > 0:
            content = content[:_LONGEST] + toned((f"\n… {hidden} characters more; y copies all", "warn"))
        self.app.push_screen(Details(title, content, copied=copied, failed=failed))

    def tell_errors(self, title: str, errors: Sequence[DevError]) -> None:
        """Show an error stack; nothing when the person has not wanted it."""
        if errors and errors[0].reason == DECLINED:
            return
        self.tell(title, "\n".join(error_lines(errors)), failed=True)

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self.app.copy_to_clipboard(text)
        self.app.notify(f"Copied {text[:60]}", timeout=2, markup=False)

    def ask_period(self, device: DeviceWatch, name: str, is_command: bool) -> None:
        """The form for the polling period of an object."""
        present = device.period_of(name, is_command)

        async def perform(period: Any) -> Sequence[DevError]:
            try:
                await device.set_polling(name, is_command, int(period))
            except DevFailed as failure:
                return failure.errors
            return ()

        facts = (
            (
                "polled",
                "not yet" if present is None else "externally triggered" if not present else f"every {present} ms",
            ),
            ("period", "in ms; 0 stops polling"),
        )
        argument = Argument(CmdArgType.DevULong, unit="ms")
        initial = str(present or 1000)
        self.app.push_screen(Form(f"Poll {name}", "Set", argument, perform, facts=facts, initial=initial))

    def ask_value(self, device: DeviceWatch, config: AttributeConfig, initial: str, now: str) -> None:
        """The form to write an attribute."""

        async def perform(value: Any) -> Sequence[DevError]:
            return (await device.write(config, value)).errors

        argument = Argument.of_attribute(config)
        facts = [("wanted", argument.hint), ("now", now)]
        if config.label not in ("", config.name):
            facts.insert(0, ("label", config.label))
        self.app.push_screen(Form(f"Write {config.name}", "Write", argument, perform, facts=facts, initial=initial))


class ListPane(Pane):
    """A tab with a list that can be filtered; subclasses make `grid` and yield `filter_line` above it."""

    grid: Grid[Any]

    @cached_property
    def filter_line(self) -> FilterLine:
        """The line in which the filter is typed."""
        return FilterLine(self.grid)

    def main(self) -> Widget:
        """The list."""
        return self.grid

    def show(self, device: DeviceWatch) -> None:
        """Show another device, unfiltered and from the top."""
        self.grid.reset()
        self.filter_line.end()
        super().show(device)

    def fill(self, rows: Sequence[Any], *, follow: bool = True) -> None:
        """Take over rows; with `follow` the cursor stays on its row."""
        self.grid.set_rows(rows, follow=follow)
        self.filter_line.tell()

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, even on one that the filter hides."""
        if not self.grid.go_to(key):
            self.filter_line.end()
            self.grid.go_to(key)
        self.grid.show_cursor()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to show again only while something is filtered."""
        if action == "show_all":
            return self.is_mounted and bool(self.grid.filter)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Type into the filter."""
        self.filter_line.begin()

    def action_show_all(self) -> None:
        """End the filter; the cursor stays on its row."""
        self.filter_line.end()
        self.grid.show_cursor()


def facts_text(rows: Sequence[tuple[str, str]]) -> Content:
    """Names and values below one another."""
    width = max((len(name) for name, _ in rows), default=0)
    return Content("\n").join(toned((f"{name:<{width}}  ", "muted"), plain(value)) for name, value in rows)
