"""The glyph and the tone of each state and quality.

A tone is a name (`muted`, `state-fault`) that every theme has a colour for. Every coloured mark also has a glyph or
word of its own, so that nothing depends on colour alone.
"""

from __future__ import annotations

from typing import NamedTuple

from server_core.model.enums import AttrQuality, DevState


class Mark(NamedTuple):
    """A glyph one cell wide, and the tone to draw it in."""

    glyph: str
    tone: str


STATE_MARKS: dict[DevState, Mark] = {
    DevState.ON: Mark("●", "state-on"),
    DevState.OFF: Mark("○", "state-off"),
    DevState.CLOSE: Mark("■", "state-close"),
    DevState.OPEN: Mark("□", "state-open"),
    DevState.INSERT: Mark("↓", "state-insert"),
    DevState.EXTRACT: Mark("↑", "state-extract"),
    DevState.MOVING: Mark("»", "state-moving"),
    DevState.STANDBY: Mark("◐", "state-standby"),
    DevState.FAULT: Mark("✖", "state-fault"),
    DevState.INIT: Mark("◌", "state-init"),
    DevState.RUNNING: Mark("◉", "state-running"),
    DevState.ALARM: Mark("▲", "state-alarm"),
    DevState.DISABLE: Mark("⊘", "state-disable"),
    DevState.UNKNOWN: Mark("?", "state-unknown"),
}
NOT_RUNNING = Mark("·", "muted")
UNREACHABLE = Mark("×", "bad")
NOT_KNOWN_YET = Mark("•", "muted")

QUALITY_MARKS: dict[AttrQuality, Mark] = {
    AttrQuality.ATTR_VALID: Mark(" ", "muted"),
    AttrQuality.ATTR_INVALID: Mark("✖", "bad"),
    AttrQuality.ATTR_ALARM: Mark("▲", "state-alarm"),
    AttrQuality.ATTR_CHANGING: Mark("»", "state-moving"),
    AttrQuality.ATTR_WARNING: Mark("△", "warn"),
}
