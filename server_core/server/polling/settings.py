"""The polling properties of a device: reading them at creation, storing what the admin commands change.

Source: POLL-24, POLL-30, POLL-50..POLL-56.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from server_core.device.host import PropertyStore
from server_core.model.errors import DevFailed, Reason
from server_core.server.polling.ring import ALWAYS_ATTRIBUTES, PolledObject

log = logging.getLogger(__name__)

DEFAULT_DEPTH: Final = 10
DEFAULT_OLD_FACTOR: Final = 4

_POLLED: Final = {False: "polled_attr", True: "polled_cmd"}
_NON_AUTO: Final = {False: "non_auto_polled_attr", True: "non_auto_polled_cmd"}
_PROPERTIES: Final = (
    *_POLLED.values(),
    *_NON_AUTO.values(),
    "poll_ring_depth",
    "attr_poll_ring_depth",
    "cmd_poll_ring_depth",
    "poll_old_factor",
    "min_poll_period",
    "attr_min_poll_period",
    "cmd_min_poll_period",
)


@dataclass(slots=True)
class PollSettings:
    """The polling properties of one device. Names are lower case; the dictionaries are keyed by (name, is command).

    `spelled` has names and periods of what is `polled` as the database spells them, which a change of others keeps.
    """

    device: str
    polled: dict[tuple[str, bool], int] = field(default_factory=dict)
    spelled: dict[tuple[str, bool], tuple[str, str]] = field(default_factory=dict)
    non_auto: set[tuple[str, bool]] = field(default_factory=set)
    depth: int = DEFAULT_DEPTH
    depths: dict[tuple[str, bool], int] = field(default_factory=dict)
    old_factor: int = DEFAULT_OLD_FACTOR
    minimum: int = 0
    minimums: dict[tuple[str, bool], int] = field(default_factory=dict)
    malformed: list[DevFailed] = field(default_factory=list)

    @classmethod
    def read(cls, store: PropertyStore, device: str) -> PollSettings:
        """The settings of `device`. Malformed entries are logged and left out (POLL-53)."""
        values = store.get_device_property(device, _PROPERTIES)
        settings = cls(device)
        for command, prefix in ((True, "cmd"), (False, "attr")):
            settings.polled |= settings._pairs(_POLLED[command], values, command, unreadable=0)
            flat = values.get(_POLLED[command], [])
            settings.spelled |= {(pair[0].lower(), command): pair for pair in zip(flat[::2], flat[1::2], strict=False)}
            settings.non_auto |= {(name.lower(), command) for name in values.get(_NON_AUTO[command], ())}
            settings.depths |= settings._pairs(f"{prefix}_poll_ring_depth", values, command)
            settings.minimums |= settings._pairs(f"{prefix}_min_poll_period", values, command)
        settings.depth = _number(device, "poll_ring_depth", values, DEFAULT_DEPTH)
        settings.old_factor = _number(device, "poll_old_factor", values, DEFAULT_OLD_FACTOR)
        settings.minimum = _number(device, "min_poll_period", values, 0)
        settings._move_state_and_status(store)
        return settings

    def _pairs(
        self, name: str, values: dict[str, list[str]], command: bool, unreadable: int | None = None
    ) -> dict[tuple[str, bool], int]:
        """A flat list of name, number, name, number... as a dictionary; a number that is none counts as `unreadable`,
        or leaves the pair out when that is None."""
        flat = values.get(name, [])
        if len(flat) % 2:
            log.warning("%s: property %s has an odd number of elements; %r is left out", self.device, name, flat[-1])
            self.malformed.append(
                DevFailed.of(
                    Reason.API_BadConfigurationProperty,
                    f"System property {name} for device {self.device} has wrong syntax",
                    "PollSettings.read",
                )
            )
        pairs: dict[tuple[str, bool], int] = {}
        for key, text in zip(flat[::2], flat[1::2], strict=False):
            number = _integer(text)
            if number is None:
                log.warning("%s: property %s: %r, given for %s, is not a number", self.device, name, text, key)
                number = unreadable
            if number is not None:
                pairs[key.lower(), command] = number
        return pairs

    def _move_state_and_status(self, store: PropertyStore) -> None:
        """State and Status listed as commands become attributes (POLL-56)."""
        moved = [key for key in self.polled if key[1] and key[0] in ALWAYS_ATTRIBUTES]
        for name, _ in moved:
            self.polled.setdefault((name, False), self.polled.pop((name, True)))
        if moved:
            self._write(store)

    def ring_depth(self, name: str, *, command: bool) -> int:
        """How many results are kept of an object (POLL-50)."""
        key = name.lower()
        found = self.depths.get((key, command))
        if found is None and key in ALWAYS_ATTRIBUTES:
            found = self.depths.get((key, True))
        return found or self.depth

    def check_minimum(self, name: str, period: int, *, command: bool) -> None:
        """Raise `API_MethodArgument` for a period below what the properties allow (POLL-52)."""
        key = name.lower()
        minimum = self.minimums.get((key, command), self.minimum)
        if period < minimum:
            kind = "command" if command else "attribute"
            raise DevFailed.of(
                Reason.API_MethodArgument,
                f"Polling period for {kind} {key} is below the min authorized ({minimum})",
                "PollSettings.check_minimum",
            )

    def remember(self, store: PropertyStore, polled: PolledObject) -> None:
        """Store that the object is polled (POLL-24)."""
        key = (polled.key, polled.command)
        if key in self.non_auto:
            self.non_auto.discard(key)
            self._write_non_auto(store, polled.command)
        self.polled[key] = polled.period
        self.spelled[key] = (self.spelled.get(key, key)[0], str(polled.period))
        self._write(store)

    def forget(self, store: PropertyStore, polled: PolledObject, *, by_default: bool, gone: bool) -> None:
        """Store that the object is not polled any more. One that its class polls by default, or that was not listed, is
        listed as not wanted, so that it stays unpolled after a restart (POLL-30, POLL-55); unless it is `gone`."""
        key = (polled.key, polled.command)
        listed = self.polled.pop(key, None) is not None
        if listed:
            self._write(store)
        if not gone and (by_default or not listed):
            self.non_auto.add(key)
            self._write_non_auto(store, polled.command)

    def drop(self, store: PropertyStore, names: Sequence[tuple[str, bool]]) -> None:
        """Take objects that cannot be polled out of the stored lists (POLL-53)."""
        for key in names:
            self.polled.pop(key, None)
        if names:
            self._write(store)

    def _write(self, store: PropertyStore) -> None:
        self.spelled = {key: self.spelled.get(key, (key[0], str(period))) for key, period in self.polled.items()}
        lists: dict[str, list[str]] = {_POLLED[False]: [], _POLLED[True]: []}
        for (_, command), pair in self.spelled.items():
            lists[_POLLED[command]] += pair
        store.put_device_property(self.device, lists)

    def _write_non_auto(self, store: PropertyStore, command: bool) -> None:
        names = [name for name, kind in self.non_auto if kind is command]
        store.put_device_property(self.device, {_NON_AUTO[command]: sorted(names)})


def _number(device: str, name: str, values: dict[str, list[str]], default: int) -> int:
    text = values.get(name, [""])[0]
    number = _integer(text)
    if number is None and text:
        log.warning("%s: property %s: %r is not a number; %d is used", device, name, text, default)
    return default if number is None or number < 0 else number


def _integer(text: str) -> int | None:
    try:
        return int(text.strip())
    except ValueError:
        return None
