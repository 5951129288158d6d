"""What the device's server polls, how often, and how it goes."""

from __future__ import annotations

from textual.app import ComposeResult

from tangoterm.tui.boards.polling import PollingBoard
from tangoterm.tui.observed import DeviceWatch
from tangoterm.tui.panes.base import Pane


class PollingPane(PollingBoard, Pane):
    """The polled objects of the device."""

    def show(self, device: DeviceWatch) -> None:
        """Show those of another device."""
        self.device = device
        self.watch_polling(device.port, (device.name,), several=False)

    def update_from(self, device: DeviceWatch) -> None:
        """Ask at once."""
        self.look_again()

    def release(self) -> None:
        """Ask no more."""
        super().release()
        self.stop_watching()

    def compose(self) -> ComposeResult:
        """The board."""
        yield from PollingBoard.compose(self)
