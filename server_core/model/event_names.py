"""The names that events have outside: of kinds with the level of the client in them, of topics, of the channel.

Source: EVT-8, EVT-9, EVT-10, EVT-12.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from server_core.model.enums import EventType

PREFIX: Final = "idl5_"
"""Before the event name when the client knows interface 5."""

PREFIXED: Final = frozenset(
    {
        EventType.CHANGE_EVENT,
        EventType.PERIODIC_EVENT,
        EventType.ARCHIVE_EVENT,
        EventType.USER_EVENT,
        EventType.ATTR_CONF_EVENT,
    }
)
"""Kinds whose content depends on the level of the client."""

LATEST_FORM: Final = 5
"""The last level of a client that changed what events are called and carry."""


class ClientKind(NamedTuple):
    """A kind of event in the form for clients of one level."""

    type: EventType
    version: int


def parse_event_name(name: str) -> ClientKind:
    """The kind of an event by its name in any case; its version is 5 behind the prefix, else 4, or 3 for `attr_conf`.

    KeyError for a name that no event has.
    """
    plain = name.lower().removeprefix(PREFIX)
    kind = EventType.from_wire_name(plain)
    if plain != name.lower():
        return ClientKind(kind, LATEST_FORM)
    return ClientKind(kind, 3 if kind is EventType.ATTR_CONF_EVENT else 4)


def encode_topic(name: str) -> bytes:
    """A topic as it stands in messages: in the character set that the answer to the subscription comes in (TYP-8)."""
    return name.encode("latin-1", "replace")


class Naming(NamedTuple):
    """How this process names its events: `host` is `host:port` of the database, or of the server itself without one
    (`database` False)."""

    host: str
    database: bool

    def topic(self, device: str, object_name: str, kind: ClientKind) -> str:
        """The full name of a topic, all lower case."""
        return f"{self._prefix}{self._object(device, object_name)}.{self._event(kind)}".lower()

    def counter(self, device: str, object_name: str, kind: EventType) -> str:
        """The same without the level of the client: all levels share one counter (EVT-22)."""
        return self.topic(device, object_name, ClientKind(kind, 0))

    def channel(self, admin: str) -> str:
        """The name of the channel, which the admin device stands for."""
        return f"{self._prefix}{admin}".lower()

    def heartbeats(self, admin: str) -> list[str]:
        """The topics of the heartbeats. Clients add `#dbase=no` to the channel when they came without a database; those
        that came through one expect none, though the server opened its file directly."""
        forms = [""] if self.database else ["#dbase=no", ""]
        return [f"{self.channel(admin)}{form}.heartbeat" for form in forms]

    @property
    def _prefix(self) -> str:
        return f"tango://{self.host}/"

    def _object(self, device: str, object_name: str) -> str:
        name = f"{device}/{object_name}" if object_name else device
        return name if self.database else f"{name}#dbase=no"

    @staticmethod
    def _event(kind: ClientKind) -> str:
        prefix = PREFIX if kind.version >= LATEST_FORM and kind.type in PREFIXED else ""
        return prefix + kind.type.wire_name
