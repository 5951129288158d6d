"""What the screens need of a client library, as one narrow interface.

Data is canonical (`server_core.model.conversion`) and every failure is a `DevFailed`. `live` implements the port with
`tangoterm.client.aio`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from server_core.model.config import AttributeConfig, CommandInfo, DeviceInfo
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue

if TYPE_CHECKING:
    from tangoterm.console.session import Session

T = TypeVar("T")


class Interface(NamedTuple):
    """What a device consists of."""

    attributes: Sequence[AttributeConfig]
    commands: Sequence[CommandInfo]


OnInterface = Callable[[Interface], None]
"""Receives the interface of a device in the event loop."""
OnConfig = Callable[[AttributeConfig], None]
"""Receives the configuration of an attribute in the event loop."""
OnReading = Callable[[AttributeValue | DevFailed], None]
"""Receives each event of a subscription in the event loop: a reading, or the failure that took its place."""


class DeviceEntry(NamedTuple):
    """What the catalogue knows of a device."""

    name: str
    server: str
    dev_class: str
    alias: str = ""
    exported: bool = False
    host: str = ""


class DeviceFacts(NamedTuple):
    """What the device and the database tell of a device; times are seconds since 1970, None for never."""

    info: DeviceInfo
    description: str = ""
    host: str = ""
    pid: int = 0
    started: float | None = None


class SystemPort(Protocol):
    """A control system, as far as the screens use it."""

    @property
    def address(self) -> str:
        """Where its database is, for people."""
        ...

    @property
    def session(self) -> Session:
        """The session of the console's toolkit on it; its `changes` are asked before anything is changed."""
        ...

    async def devices(self) -> Sequence[DeviceEntry]:
        """All devices that are defined, admin devices included."""
        ...

    async def interface(self, device: str) -> Interface:
        """The attributes and commands that a device has now."""
        ...

    async def facts(self, device: str) -> DeviceFacts:
        """Who the device is and where it runs."""
        ...

    async def read(self, device: str, names: Sequence[str]) -> Sequence[AttributeValue]:
        """Read attributes in one request; each answer carries its own errors."""
        ...

    async def write(self, device: str, config: AttributeConfig, value: Any) -> None:
        """Write one attribute."""
        ...

    async def call(self, device: str, command: str, in_type: CmdArgType, argument: Any) -> Any:
        """Execute a command and give its result."""
        ...

    async def ping(self, device: str) -> float:
        """The time of one round trip in seconds."""
        ...

    async def black_box(self, device: str, count: int) -> Sequence[str]:
        """The last requests that the device received, newest first."""
        ...

    async def polling_status(self, device: str) -> Sequence[str]:
        """One text block per polled object (POLL-61)."""
        ...

    async def set_polling(self, device: str, name: str, is_command: bool, period: int) -> None:
        """Poll an attribute or command every `period` ms; 0 ends its polling."""
        ...

    async def subscribe(self, device: str, attribute: str, on_reading: OnReading) -> object:
        """Receive change events of an attribute, the first one at once; the result is for `unsubscribe`.

        DevFailed when the device sends none.
        """
        ...

    async def subscribe_interface(self, device: str, on_interface: OnInterface) -> object | None:
        """Receive the interface, at once and whenever attributes or commands come or go; the result is for
        `unsubscribe`.

        None when the device does not tell.
        """
        ...

    async def subscribe_config(self, device: str, attribute: str, on_config: OnConfig) -> object:
        """Receive the configuration of an attribute, at once and whenever somebody changes it; the result is for
        `unsubscribe`.

        DevFailed when the device does not tell.
        """
        ...

    async def unsubscribe(self, subscription: object) -> None:
        """No more events."""
        ...

    async def perform(self, do: Callable[[Session], T]) -> T:
        """What the console's toolkit does with a session, done in a thread of its own; raises what `do` raises.

        Cancelling stops the waiting, not the thread: its requests end by their time-outs.
        """
        ...

    async def close(self) -> None:
        """Release all connections."""
        ...
