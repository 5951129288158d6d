"""The line at the top: which control system, how big, how lively; and the device that is open."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from tangoterm.console.format import error_line, plural
from tangoterm.tui.observed import DeviceWatch
from tangoterm.tui.port import DeviceEntry
from tangoterm.tui.store import SystemStore
from tangoterm.tui.text import fit_end, plain, toned
from tangoterm.tui.theme import STATE_MARKS, UNREACHABLE

_LEAST_ADDRESS = 20


class SystemBar(Widget):
    """The control system."""

    DEFAULT_CSS = "SystemBar { height: 1; background: $panel; }"

    def __init__(self, store: SystemStore, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store = store

    def render(self) -> Content:
        """The line; a long address (the path of a file) loses its beginning where the rest needs the room."""
        title: list[str | tuple[str, str]] = [(" tangoterm ", "accent bold")]
        rest = [*self._restrictions(), *self._condition()]
        others = toned(*title, self._tag(), "  ", *rest).cell_length
        address = fit_end(plain(self.store.address), max(self.size.width - others, _LEAST_ADDRESS))
        tone = "bad bold reverse" if self.store.port.session.changes.production else "strong"
        return toned(*title, (f"{self._tag()} {address} ", tone), *rest)

    def _tag(self) -> str:
        tag = self.store.port.session.changes.tag
        return f" {plain(tag.upper())} " if tag else ""

    def _restrictions(self) -> list[str | tuple[str, str]]:
        """What keeps one from changing the control system."""
        changes = self.store.port.session.changes
        parts: list[str | tuple[str, str]] = []
        if changes.read_only:
            parts.append((" ⊘ read-only ", "warn bold"))
        if changes.dry_run:
            parts.append((" ≈ dry run ", "warn bold"))
        return parts

    def _condition(self) -> list[str | tuple[str, str]]:
        store = self.store
        if store.failure is not None:
            return [(f"  × {error_line(store.failure.errors)}", "bad")]
        if not store.loaded:
            return [("  connecting …", "muted")]
        servers, devices, running = store.counts()
        return [(f"  {plural(servers, 'server')}, {plural(devices, 'device')}, {running} running", "muted")]


class DeviceBar(Widget):
    """The open device: name, class, state, and the reason when it does not answer."""

    DEFAULT_CSS = "DeviceBar { height: 1; background: $background; }"

    def __init__(self, store: SystemStore, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store = store

    def render(self) -> Content:
        """The line."""
        device = self.store.device
        if device is None:
            return toned((" no device open", "muted"))
        entry = self.store.entry(device.name)
        return toned(
            (f" {plain(device.name)}", "strong bold"),
            *self._state(device, entry),
            *self._who(entry),
            *self._lock(device),
            *self._remark(device),
        )

    def _state(self, device: DeviceWatch, entry: DeviceEntry | None) -> list[str | tuple[str, str]]:
        if device.failure is not None:
            word = "not running" if entry is not None and not entry.exported else "no answer"
            return [(f"  {UNREACHABLE.glyph} {word}", f"{UNREACHABLE.tone} bold")]
        if device.state is None:
            return [("  …", "muted")]
        mark = STATE_MARKS[device.state]
        return [(f"  {mark.glyph} {device.state.name}", f"{mark.tone} bold")]

    def _who(self, entry: DeviceEntry | None) -> list[str | tuple[str, str]]:
        if entry is None:
            return []
        alias = f"  {plain(entry.alias)}" if entry.alias else ""
        return [(f"  {plain(entry.dev_class)}", "muted"), (alias, "link")]

    def _lock(self, device: DeviceWatch) -> list[str | tuple[str, str]]:
        """Who has the device locked."""
        return [] if device.locked_by is None else [(f"  ◆ locked by {plain(device.locked_by)}", "warn bold")]

    def _remark(self, device: DeviceWatch) -> list[str | tuple[str, str]]:
        """The error, or a status that says more than the state."""
        if device.failure is not None:
            return [(f"  {error_line(device.failure.errors)}", "bad")]
        status = " ".join(device.status.split())
        usual = device.state is None or status == f"The device is in {device.state.name} state."
        return [] if usual else [(f"  {plain(status)}", "muted")]
