"""What the panes of a device share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical

from server_core.model.config import AttributeConfig
from server_core.model.errors import DevError, DevFailed
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.format import clipped, with_unit
from tangoterm.tui.guarded import Guarded
from tangoterm.tui.listing import Listing
from tangoterm.tui.modals.form import Form
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.telling import Telling

if TYPE_CHECKING:
    from textual.widget import Widget


class Pane(Guarded, Telling, Vertical):
    """One tab: shows a `DeviceWatch`, of which `changed` says what is new."""

    watches: frozenset[Change] = frozenset()
    """The changes that make the pane draw again."""

    device: DeviceWatch | None = None

    def show(self, device: DeviceWatch) -> None:
        """Show another device."""
        self.device = device
        self.update_from(device)

    def release(self) -> None:
        """Another device is open: nothing is wanted of the former one any more."""
        self.device = None

    def update_from(self, device: DeviceWatch) -> None:
        """Take over what is known now."""
        raise NotImplementedError

    def main(self) -> Widget:
        """The widget that takes the focus."""
        raise NotImplementedError

    # ---- what several panes do

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
        if initial:
            facts.append(("set point", with_unit(clipped(initial, 48), argument.unit)))
        if config.label not in ("", config.name):
            facts.insert(0, ("label", config.label))
        title = f"Write {config.name}"
        self.app.push_screen(Form(title, "Write", argument, perform, facts=facts, initial=initial, check_limits=True))


class ListPane(Listing, Pane):
    """A tab with a list that can be filtered; subclasses make `grid` and yield `filter_line` above it."""

    def show(self, device: DeviceWatch) -> None:
        """Show another device, unfiltered and from the top."""
        self.empty_list()
        super().show(device)
