"""What both proxies know without asking the device: their name, where it was looked up, and settings."""

from __future__ import annotations

from typing import Self

from server_core.model.enums import DevSource
from server_core.model.names import HostPort
from tangoterm.client.access import AccessControlType
from tangoterm.client.handle import Handle
from tangoterm.client.subscribing import Subscriptions


class ProxySettings:
    """Name, database, time-out, source and reconnection of a proxy."""

    _handle: Handle
    _subscriptions: Subscriptions

    @classmethod
    def _of(cls, device: Handle) -> Self:
        """A proxy that shares a device, with its settings, with another proxy."""
        proxy = cls.__new__(cls)
        proxy._hold(device)
        return proxy

    def _hold(self, device: Handle) -> None:
        self._handle = device
        self._subscriptions = Subscriptions(device, self)

    def name(self) -> str:
        """The device's own name, lower case, also when the proxy was made with an alias (NAME-4)."""
        return self._handle.name

    def dev_name(self) -> str:
        """The device's name; the same as `name`."""
        return self._handle.name

    def get_fqdn(self) -> str:
        """The name with the control system it was opened with, all lower case."""
        return self._handle.full_name

    def is_dbase_used(self) -> bool:
        """Whether the device was found through a database."""
        return self._handle.target.dbase

    def get_from_env_var(self) -> bool:
        """Whether the environment named the control system, and not the device's name."""
        return self._handle.target.host is None

    def get_db_host(self) -> str:
        """The database's host. NonDbDevice `API_NonDatabaseDevice` without a database, DevFailed `API_TangoHostNotSet`
        when it is a file of this host."""
        return self._database().host

    def get_db_port(self) -> str:
        """The database's port as text; raises as `get_db_host`."""
        return str(self._database().port)

    def get_db_port_num(self) -> int:
        """The database's port; raises as `get_db_host`."""
        return self._database().port

    def _database(self) -> HostPort:
        self._handle.check_database()
        return self._handle.system.database_host

    def set_access_control(self, acc: AccessControlType) -> None:
        """Take this for what the access control has said (DB-233)."""
        self._handle.access = AccessControlType(acc)
        self._handle.guarded = self._handle.access is not AccessControlType.ACCESS_WRITE

    def get_timeout_millis(self) -> int:
        """How long a call may take, in ms; 3000 unless set (CLI-2)."""
        return self._handle.timeout_millis

    def set_timeout_millis(self, timeout: int) -> None:
        """Let calls take `timeout` ms, connecting included; 0 or a negative number sets no limit (CMD-15)."""
        self._handle.timeout_millis = timeout

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

    def is_attribute_config_cache_enabled(self) -> bool:
        """Whether the configurations needed to convert values are kept between calls (the default)."""
        return self._handle.keeps_configs

    def set_attribute_config_cache(self, enabled: bool) -> None:
        """Keep the configurations needed to convert values, or ask the device each time."""
        self._handle.keeps_configs = enabled
        self.invalidate_attribute_config_cache()

    def invalidate_attribute_config_cache(self) -> None:
        """Ask the device again for the configurations needed to convert values."""
        self._handle.attributes.clear()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._handle.full_name == other._handle.full_name

    def __hash__(self) -> int:
        return hash(self._handle.full_name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._handle.target)!r})"
