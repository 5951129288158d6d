"""The requests that the device received, as they come."""

from __future__ import annotations

from textual.app import ComposeResult

from tangoterm.tui.boards.blackbox import BlackboxBoard
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.panes.base import Pane


class BlackboxPane(BlackboxBoard, Pane):
    """The live list of the device."""

    watches = frozenset({Change.BLACKBOX})

    def show(self, device: DeviceWatch) -> None:
        """Show those of another device."""
        self.device = device
        self.watch_trace(device.port, device.blackbox, several=False)
        self.redraw()

    def update_from(self, device: DeviceWatch) -> None:
        """Take over the entries."""
        self.redraw()

    def set_period(self, seconds: float) -> None:
        """Look so often from now on."""
        if self.device is not None:
            self.device.pace_blackbox(seconds)

    def compose(self) -> ComposeResult:
        """The board."""
        yield from BlackboxBoard.compose(self)
