"""How a device logs: what is so now, and what its properties say for the next start (LOG-30 to LOG-42)."""

from __future__ import annotations

from typing import NamedTuple

from server_core.model.enums import LogLevel
from tangoterm.console.quoting import joined
from tangoterm.console.session import Session


class LogSettings(NamedTuple):
    """Level and targets of a device now, and its stored settings (empty: none)."""

    level: str
    targets: tuple[str, ...]
    stored_level: str = ""
    stored_targets: tuple[str, ...] = ()
    rft: str = ""


STORED = {"stored level": "logging_level", "stored targets": "logging_target", "file size (KB)": "logging_rft"}
"""The properties behind what is stored."""


def log_settings(session: Session, device: str) -> LogSettings:
    """How a device logs. DevFailed when it cannot be asked."""
    proxy = session.device(device)
    level = LogLevel(proxy.get_logging_level()).word.lower()
    targets = tuple(proxy.get_logging_target())
    found = session.store.get_device_property(session.device_name(device), list(STORED.values()))
    stored = [tuple(found.get(name) or ()) for name in STORED.values()]
    return LogSettings(level, targets, (stored[0] or ("",))[0], stored[1], (stored[2] or ("",))[0])


def setting_lines(device: str, setting: str, now: LogSettings, wanted: str) -> list[str]:
    """The command lines that change a setting: a level, or targets separated by commas."""
    if setting == "level now":
        return [joined("log", device, set_level=wanted.lower())]
    words = [word.strip() for word in wanted.split(",") if word.strip()]
    if setting == "targets now":
        added = [joined("log", device, add=word) for word in words if word not in now.targets]
        return added + [joined("log", device, remove=target) for target in now.targets if target not in words]
    name = STORED[setting]
    return [joined("prop", "set", device, name, *words) if words else joined("prop", "delete", device, name)]
