"""What both proxies know without asking anybody: their name and settings."""

from __future__ import annotations

from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed, Reason
from tangoterm.client.handle import Handle


class ProxySettings:
    """Name, time-out, source and reconnection of a proxy."""

    _handle: Handle

    def name(self) -> str:
        """The device's name, as defined when it came from the database."""
        return self._handle.name

    def dev_name(self) -> str:
        """The device's name; the same as `name`."""
        return self._handle.name

    def get_fqdn(self) -> str:
        """The name with the control system it was opened with, all lower case."""
        return self._handle.full_name

    def get_timeout_millis(self) -> int:
        """How long a call may take, in ms; 3000 unless set (CLI-2)."""
        return round(self._handle.timeout * 1000)

    def set_timeout_millis(self, timeout: int) -> None:
        """Let calls take `timeout` ms, from 1 to what 32 bits hold; DevFailed `API_MethodArgument` otherwise."""
        if not 0 < timeout < 2**31:
            raise DevFailed.of(
                Reason.API_MethodArgument, f"{timeout} ms is not a time-out (1 to 2147483647)", "set_timeout_millis"
            )
        self._handle.timeout = timeout / 1000

    def get_source(self) -> DevSource:
        """Where readings come from: the device, its polling buffer, or the buffer and else the device (the default)."""
        return self._handle.source

    def set_source(self, source: DevSource) -> None:
        """Choose where readings come from (POLL-70)."""
        self._handle.source = DevSource(source)

    def get_transparency_reconnection(self) -> bool:
        """Whether a broken connection is repaired without the caller's notice (CLI-3)."""
        return self._handle.transparent

    def set_transparency_reconnection(self, yesno: bool) -> None:
        """Repair broken connections without the caller's notice, or let the call fail that finds one (CLI-3)."""
        self._handle.transparent = yesno

    def is_dbase_used(self) -> bool:
        """Whether the device was found through a database."""
        return self._handle.target.dbase

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._handle.full_name == other._handle.full_name

    def __hash__(self) -> int:
        return hash(self._handle.full_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._handle.target)!r})"
