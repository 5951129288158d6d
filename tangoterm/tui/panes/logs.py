"""What the device logs."""

from __future__ import annotations

from textual.app import ComposeResult

from tangoterm.tui.boards.logs import LogBoard
from tangoterm.tui.observed import DeviceWatch
from tangoterm.tui.panes.base import Pane


class LogsPane(LogBoard, Pane):
    """The messages of the device."""

    def show(self, device: DeviceWatch) -> None:
        """Receive those of another device."""
        self.device = device
        self.receive(device.port, [device.name])

    def release(self) -> None:
        """Receive nothing more of the device."""
        super().release()
        self.run_worker(self.stop_receiving(), group="logs", exclusive=True)

    def update_from(self, device: DeviceWatch) -> None:
        """Nothing to take over: the messages come by themselves."""

    def compose(self) -> ComposeResult:
        """The board."""
        yield from LogBoard.compose(self)
