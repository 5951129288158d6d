"""Which requests wait for one another: the monitor of each device under the four models.

Source: SER-1, SER-2, SER-9, ADM-3.
"""

from __future__ import annotations

from server_core.model.enums import SerialModel
from server_core.server.monitor import MONITOR_TIMEOUT, Gate, Monitor, NoMonitor
from server_core.server.workers import Workers
from server_core.transport.timer import Timer


class Serialisation:
    """The monitors of one process."""

    def __init__(self, model: SerialModel, workers: Workers, timer: Timer) -> None:
        self._model = model
        self._workers = workers
        self._timer = timer
        self._shared: dict[str, Monitor] = {}

    def monitor(self, class_name: str, device: str) -> Gate:
        """The monitor of a device."""
        if self._model is SerialModel.NO_SYNC:
            return NoMonitor()
        if self._model is SerialModel.BY_DEVICE:
            return self._new(device)
        return self._common("process" if self._model is SerialModel.BY_PROCESS else f"class {class_name}")

    def admin_monitor(self, device: str) -> Gate:
        """The monitor of the admin device: its own, unless the whole process has one."""
        return self._common("process") if self._model is SerialModel.BY_PROCESS else self._new(device)

    def _common(self, name: str) -> Monitor:
        if name not in self._shared:
            self._shared[name] = self._new(name)
        return self._shared[name]

    def _new(self, name: str) -> Monitor:
        return Monitor(name, self._workers, self._timer, MONITOR_TIMEOUT)
