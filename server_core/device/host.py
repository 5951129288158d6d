"""What a device needs of the process it lives in.

The server implements `Host`; a test may implement it in twenty lines. Devices import nothing of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from server_core.device.logger import Logger
from server_core.model.enums import DevSource, EventType, SerialModel
from server_core.model.errors import DevError
from server_core.model.names import HostPort
from server_core.model.values import AttributeValue, CommandRecord, Event, EventPayload

if TYPE_CHECKING:
    from server_core.device.device import Device

Properties = dict[str, list[str]]

OnRootEvent = Callable[[Event | None], None]
"""Takes the events of a root attribute; None when the connection to it is lost."""


class PropertyStore(Protocol):
    """The property part of the database: an absent property is absent from the answer (PROP-3).

    Keys of answers are spelled as asked. Putting an empty list deletes. Without a database the server gives an
    in-memory store, so devices need no special case (PROP-31).
    """

    def get_device_property(self, device: str, names: Sequence[str]) -> Properties:
        """Values of the named properties that exist, keyed as asked."""

    def put_device_property(self, device: str, values: Mapping[str, Sequence[str]]) -> None:
        """Replace values."""

    def delete_device_property(self, device: str, names: Sequence[str]) -> None:
        """Delete properties by name."""

    def get_class_property(self, class_name: str, names: Sequence[str]) -> Properties:
        """Values of the named class properties that exist."""

    def get_device_attribute_property(self, device: str, attributes: Sequence[str]) -> dict[str, Properties]:
        """All properties of each attribute; every asked name is a key."""

    def put_device_attribute_property(self, device: str, values: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """Replace values of properties, by attribute and name."""

    def delete_device_attribute_property(self, device: str, attribute: str, names: Sequence[str]) -> None:
        """Delete properties of one attribute by name."""

    def get_class_attribute_property(self, class_name: str, attributes: Sequence[str]) -> dict[str, Properties]:
        """All class-level properties of each attribute."""

    def get_device_pipe_property(self, device: str, pipes: Sequence[str]) -> dict[str, Properties]:
        """All properties of each pipe; every asked name is a key."""

    def put_device_pipe_property(self, device: str, values: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """Replace values of properties, by pipe and name."""

    def delete_device_pipe_property(self, device: str, pipe: str, names: Sequence[str]) -> None:
        """Delete properties of one pipe by name."""

    def get_class_pipe_property(self, class_name: str, pipes: Sequence[str]) -> dict[str, Properties]:
        """All class-level properties of each pipe."""


class Host(Protocol):
    """The server process, as its devices see it."""

    properties: PropertyStore
    memorises: bool
    """Whether set points of memorised attributes outlive the device: there is a database (ATT-70)."""

    @property
    def server_name(self) -> str:
        """`server/instance`."""

    @property
    def nan_allowed(self) -> bool:
        """Whether clients may write NaN and infinity to attributes (EVT-60)."""

    @property
    def serial_model(self) -> SerialModel:
        """Which requests of the process wait for one another (SER-1)."""

    @property
    def starting(self) -> bool:
        """Whether the start-up sequence is still running (memorised values, LIFE-24)."""

    def monitor(self, device: Device) -> AbstractContextManager[None]:
        """The device's serialisation monitor, re-entrant (SER-2); `API_CommandTimedOut` after 3.2 s."""

    def run_coroutine(self, device: Device, coroutine: Any) -> Any:
        """Run what an `async def` method returned on the process's asyncio loop and give its result; blocks the
        calling thread (the loop of requests goes on in another)."""

    def push_event(
        self,
        device: Device,
        object_name: str,
        kind: EventType,
        payload: EventPayload | None,
        errors: tuple[DevError, ...] = (),
        *,
        detect: bool = False,
    ) -> None:
        """An event pushed by device code or by a configuration change; with `detect` it is sent only when the change
        criteria are met (EVT-40). Nothing happens without subscribers (EVT-41)."""

    def has_subscribers(self, device: Device, object_name: str, kind: EventType) -> bool:
        """Whether anybody wants such events of an attribute."""

    def interface_changed(self, device: Device) -> None:
        """An attribute or command was added or removed; sent 50 ms after the last such call (EVT-52)."""

    def attribute_removed(self, device: Device, name: str) -> None:
        """An attribute is gone: whoever receives its events is told (DYN-7)."""

    def poll_object(self, device: Device, object_name: str, *, command: bool, period: int | None) -> None:
        """Start polling at `period` ms, change the period when it is polled already, or stop with None; settings
        persist. Raises as the admin commands do (POLL-20..POLL-32)."""

    def poll_period(self, device: Device, object_name: str, *, command: bool) -> int | None:
        """The polling period in ms, 0 when externally triggered, None when not polled."""

    def forget_polling(self, device: Device, object_name: str, *, command: bool) -> None:
        """An attribute or command goes: stop polling it, if it is polled (DYN-6, DYN-12)."""

    def stop_polling(self, device: Device, *, persist: bool) -> None:
        """Stop polling everything of the device; unless it shall `persist`, it is polled again after a restart."""

    def trigger_polling(self, device: Device, object_name: str, *, command: bool) -> None:
        """Poll an externally triggered object once, now (POLL-16)."""

    def fill_polling(
        self, device: Device, object_name: str, records: Sequence[AttributeValue | CommandRecord], *, command: bool
    ) -> None:
        """Append readings or results with their times, oldest first, to what is kept of a polled object (POLL-17)."""

    def is_cached(self, device: Device, object_name: str) -> bool:
        """Whether the attribute is polled, so that the state evaluation does not read it again (ATT-55)."""

    def logger(self, name: str) -> Logger:
        """The logger of a new device called `name`, with the level and targets that its properties ask for (LOG-8)."""

    def register_signal(
        self,
        listener: object,
        handler: Callable[[int], Any],
        signo: int,
        *,
        of_class: bool = False,
        own_handler: bool = False,
    ) -> None:
        """Call a device's or class's handler with the number of the signal when it comes (LIFE-40)."""

    def unregister_signal(self, listener: object, signo: int) -> None:
        """Do so no longer."""

    def call_device(self, device: str, request: Callable[[str], Any], source: DevSource | None = None) -> Any:
        """Send a request (built with the device's name) to another device, of this process or elsewhere; `device` may
        be a full name `tango://host:port/d/f/m`."""

    # ---- roots of forwarded attributes

    @property
    def control_system(self) -> HostPort | None:
        """Where the database of the process listens; None when it has none, or one without an address."""

    def claim_root(self, root: str, user: str) -> str:
        """Whose root an attribute is in this process: `user`'s from now on, unless it has a user already (ATT-82)."""

    def release_root(self, root: str) -> None:
        """The root has no user any more."""

    def subscribe_device(self, device: str, name: str, kind: EventType, on_event: OnRootEvent) -> Callable[[], None]:
        """Have `on_event` called with each event of an attribute of another device, and once with None when no more
        will come because the connection is lost; never from within this call. The result ends the subscription.

        Raises DevFailed as `call_device` and as a subscription does (EVT-2).
        """

    def retry(self, device: Device, action: Callable[[], None]) -> None:
        """Run `action` in some seconds, in another thread, if the device still lives then."""
