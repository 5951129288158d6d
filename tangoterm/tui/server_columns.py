"""The columns of the host board: servers, and the devices of one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from server_core.database.store import DeviceRecord
from server_core.model.enums import DevState
from tangoterm.console.format import address_text, time_text
from tangoterm.console.servers.board import BoardRow, Condition, uptime_text
from tangoterm.tui.theme import NOT_KNOWN_YET, NOT_RUNNING, STATE_MARKS, UNREACHABLE, Mark
from tangoterm.tui.widgets.grid import Cell, Column

CONDITION_MARKS: dict[Condition, Mark] = {
    Condition.RUNNING: Mark("●", "good"),
    Condition.STARTING: Mark("»", "state-moving"),
    Condition.SILENT: Mark("‼", "bad"),
    Condition.GONE: Mark("✖", "bad"),
    Condition.UNREACHABLE: Mark("×", "bad"),
    Condition.STOPPED: Mark("○", "muted"),
    Condition.UNKNOWN: Mark("•", "muted"),
}
_ALARMING = (None, DevState.FAULT)
_WARNING = (DevState.ALARM, DevState.UNKNOWN, DevState.DISABLE)


class DeviceRow(NamedTuple):
    """A device of the server under the cursor: its state, None for none, and whether it was asked for it."""

    record: DeviceRecord
    state: DevState | None
    asked: bool


def _device_state(row: DeviceRow) -> tuple[str, str]:
    if not row.record.exported:
        return f"{NOT_RUNNING.glyph} not served", NOT_RUNNING.tone
    if not row.asked:
        return NOT_KNOWN_YET
    if row.state is None:
        return f"{UNREACHABLE.glyph} no answer", UNREACHABLE.tone
    mark = STATE_MARKS[row.state]
    return f"{mark.glyph} {row.state.name}", mark.tone


DEVICE_COLUMNS: tuple[Column[DeviceRow], ...] = (
    Column("Device", 24, lambda row: row.record.name, grow=3, most=60),
    Column("State", 12, _device_state),
    Column("Class", 12, lambda row: row.record.dev_class, grow=1, most=30, rank=1),
    Column("Alias", 10, lambda row: (row.record.alias, "link"), grow=1, most=24, rank=2),
)


def _devices_cell(row: BoardRow) -> tuple[str, str]:
    """How many devices, and how many of them are in which state."""
    states = {state for state, _ in row.counts}
    tone = "bad" if states & {*_ALARMING} else "warn" if states & {*_WARNING} else ""
    marks = ((UNREACHABLE if state is None else STATE_MARKS[state]).glyph + str(count) for state, count in row.counts)
    shown = " ".join(marks) if row.condition is Condition.RUNNING else ""
    return f"{len(row.server.devices):>2}  {shown}", tone if shown else "muted"


def server_columns(state: Callable[[BoardRow], Cell], name: Callable[[BoardRow], Cell]) -> Sequence[Column[BoardRow]]:
    """The columns of servers; how `state` and `name` look depends on what is done from here."""
    return (
        Column("State", 15, state),
        Column("Server", 17, name, grow=3, most=44),
        Column("Level", 5, lambda row: (str(row.server.level or "–"), "muted"), right=True, rank=1),
        Column("Uptime", 10, lambda row: uptime_text(row.uptime), right=True, rank=2),
        Column("Devices", 11, _devices_cell, grow=1, most=24, rank=3),
        Column("Host", 10, lambda row: (row.server.host, "muted"), grow=1, most=28, rank=4),
        Column("Starter", 10, _control, rank=6),
        Column("Pid", 7, lambda row: ("" if row.pid is None else str(row.pid), "muted"), right=True, rank=5),
        Column("Made with", 16, lambda row: (row.sight.version, "muted"), grow=1, most=26, rank=7),
    )


def names_of(row: BoardRow) -> Sequence[str]:
    """What filters look at: the server, how it is, its host, its devices."""
    return row.name, row.condition.value, row.server.host, *(device.name for device in row.server.devices)


def _control(row: BoardRow) -> tuple[str, str]:
    if row.server.level:
        return ("controls", "good") if row.starter else ("is missing", "warn")
    return ("", "muted")


def facts_of(row: BoardRow) -> list[tuple[str, str]]:
    """All that is known of a server, by name."""
    admin = row.server.admin
    facts = [
        ("state", f"{CONDITION_MARKS[row.condition].glyph} {row.condition.value}"),
        ("host", row.server.host),
        ("pid", "" if row.pid is None else str(row.pid)),
        ("up for", uptime_text(row.uptime)),
        ("started", time_text(admin.started) if admin and admin.started else ""),
        ("stopped", time_text(admin.stopped) if admin and admin.stopped and row.pid is None else ""),
        ("address", address_text(admin.ior) if admin and row.pid is not None else ""),
        ("made with", row.sight.version),
        ("level", str(row.server.level) if row.server.level else "none: no Starter starts it"),
        ("Starter", f"runs on {row.server.host}" if row.starter else "none on its host"),
        ("classes", ", ".join(dict.fromkeys(device.dev_class for device in row.server.devices))),
    ]
    return [(name, value) for name, value in facts if value]
