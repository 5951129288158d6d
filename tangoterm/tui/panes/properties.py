"""What the database keeps for the device."""

from __future__ import annotations

from textual.app import ComposeResult

from tangoterm.tui.boards.properties import PropertyBoard
from tangoterm.tui.observed import DeviceWatch
from tangoterm.tui.panes.base import Pane


class PropertiesPane(PropertyBoard, Pane):
    """The properties of the device."""

    def show(self, device: DeviceWatch) -> None:
        """Show those of another device."""
        self.device = device
        self.show_properties(device.port, device.name)

    def update_from(self, device: DeviceWatch) -> None:
        """Ask the database again: somebody else may have changed them."""
        self.reload()

    def compose(self) -> ComposeResult:
        """The board."""
        yield from PropertyBoard.compose(self)
