"""The state of the current device, for the bar under the prompt.

It comes by event where the device sends it; else it is read again after each line. The bar itself never waits.
"""

from __future__ import annotations

from threading import Lock, Thread

from server_core.model.enums import EventType
from server_core.model.errors import DevFailed
from tangoterm.console.session import Session


class StateWatch:
    """The state of the current device, as last heard; None without a device or before the first answer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = Lock()
        self._device: str | None = None
        self._subscription: tuple[object, int] | None = None
        self.state: str | None = None

    def update(self) -> None:
        """Follow the session's current device, in the background."""
        Thread(target=self._update, name="state", daemon=True).start()

    def close(self) -> None:
        """End the subscription."""
        with self._lock:
            self._unsubscribe()

    def _update(self) -> None:
        with self._lock:
            if self._session.current != self._device:
                self._follow(self._session.current)
            elif self._device is not None and self._subscription is None:
                self._read(self._device)

    def _follow(self, device: str | None) -> None:
        self._unsubscribe()
        self._device = device
        self.state = None
        if device is None:
            return
        try:
            proxy = self._session.device(device)
            number = proxy.subscribe_event("State", EventType.CHANGE_EVENT, self._on_event)
        except DevFailed:
            self._read(device)
        else:
            self._subscription = (proxy, number)

    def _on_event(self, event: object) -> None:
        failed = getattr(event, "err", True)
        value = getattr(event, "attr_value", None)
        self.state = "no answer" if failed or value is None else str(value.value)

    def _read(self, device: str) -> None:
        try:
            self.state = str(self._session.device(device).state())
        except DevFailed:
            self.state = "no answer"

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            proxy, number = self._subscription
            self._subscription = None
            proxy.unsubscribe_event(number)  # type: ignore[attr-defined]
