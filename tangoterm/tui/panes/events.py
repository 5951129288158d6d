"""The events of the device: who sends which, how often, and the latest of them."""

from __future__ import annotations

from textual.app import ComposeResult

from tangoterm.tui.boards.events import LINES, LOG, EventBoard, without_device
from tangoterm.tui.observed import DeviceWatch
from tangoterm.tui.panes.base import Pane


class EventsPane(EventBoard, Pane):
    """The subscriptions to the device."""

    def show(self, device: DeviceWatch) -> None:
        """Subscribe to another device."""
        self.device = device
        self.monitor_events(device.port, [], device=device.name)

    def release(self) -> None:
        """Unsubscribe."""
        super().release()
        self.run_worker(self.stop_monitoring(), group="events", exclusive=True)

    def update_from(self, device: DeviceWatch) -> None:
        """Nothing to take over: the events come by themselves."""

    def compose(self) -> ComposeResult:
        """The board."""
        yield from EventBoard.compose(self)
        self.grid.columns = without_device(LINES, lambda line: line)
        self.log_grid.columns = without_device(LOG, lambda one: one.line)
