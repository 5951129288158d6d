"""How things look: the tones a piece of text can have, the glyph and tone of each state and quality, and the themes.

A tone is a name (`muted`, `state-fault`); each is a theme variable `$tone-<name>`. Every coloured mark also has a glyph
or word of its own, so that nothing depends on colour alone.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.theme import Theme

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

_DARK = {
    "muted": "#7d8996",
    "faint": "#3d4753",
    "strong": "#f0f4f8",
    "accent": "#f2a93b",
    "link": "#6cb6ff",
    "good": "#57c468",
    "warn": "#e3c04f",
    "bad": "#ff6b64",
    "curve": "#4fd1e0",
    "limit": "#d9822b",
    "state-on": "#57c468",
    "state-off": "#aab4be",
    "state-close": "#aab4be",
    "state-open": "#57c468",
    "state-insert": "#c8d0d8",
    "state-extract": "#57c468",
    "state-moving": "#6cb6ff",
    "state-standby": "#e3c04f",
    "state-fault": "#ff6b64",
    "state-init": "#d2a679",
    "state-running": "#3fb98a",
    "state-alarm": "#f58b3c",
    "state-disable": "#d778c9",
    "state-unknown": "#8b949e",
}
_LIGHT = {
    "muted": "#66707a",
    "faint": "#c3cad1",
    "strong": "#0d1117",
    "accent": "#9a5b00",
    "link": "#0a5fb4",
    "good": "#1a7f37",
    "warn": "#8a6a00",
    "bad": "#c62828",
    "curve": "#00707d",
    "limit": "#b35900",
    "state-on": "#1a7f37",
    "state-off": "#57606a",
    "state-close": "#57606a",
    "state-open": "#1a7f37",
    "state-insert": "#424a53",
    "state-extract": "#1a7f37",
    "state-moving": "#0a5fb4",
    "state-standby": "#8a6a00",
    "state-fault": "#c62828",
    "state-init": "#7d5228",
    "state-running": "#0f6b4f",
    "state-alarm": "#bc4c00",
    "state-disable": "#9b2c8d",
    "state-unknown": "#66707a",
}

TONE_VARIABLES = {f"tone-{name}": colour for name, colour in _DARK.items()}
"""Values for themes that do not define the tones."""


def _variables(tones: dict[str, str], **more: str) -> dict[str, str]:
    return {f"tone-{name}": colour for name, colour in tones.items()} | more


DARK = Theme(
    name="tangoterm",
    dark=True,
    primary="#3d7ea6",
    secondary="#5b6ee1",
    accent=_DARK["accent"],
    warning=_DARK["warn"],
    error="#e5534b",
    success=_DARK["good"],
    foreground="#d3dae1",
    background="#0e1318",
    surface="#131a21",
    panel="#1b242d",
    variables=_variables(
        _DARK,
        **{
            "footer-background": "#1b242d",
            "footer-key-foreground": _DARK["accent"],
            "footer-description-foreground": "#b9c3cd",
            "border": "#2f6d94",
            "border-blurred": "#2a343f",
            "block-cursor-background": "#235a7d",
            "block-cursor-foreground": "#ffffff",
            "block-cursor-text-style": "none",
            "input-selection-background": "#3d7ea6 45%",
            "scrollbar": "#2f3b47",
            "scrollbar-hover": "#3f4e5d",
            "scrollbar-active": "#f2a93b",
            "scrollbar-background": "#131a21",
            "scrollbar-background-hover": "#131a21",
            "scrollbar-background-active": "#131a21",
            "scrollbar-corner-color": "#131a21",
        },
    ),
)
LIGHT = Theme(
    name="tangoterm-light",
    dark=False,
    primary="#1f6f9f",
    secondary="#4453b8",
    accent=_LIGHT["accent"],
    warning=_LIGHT["warn"],
    error=_LIGHT["bad"],
    success=_LIGHT["good"],
    foreground="#1f2830",
    background="#ffffff",
    surface="#f6f8fa",
    panel="#e9edf1",
    variables=_variables(
        _LIGHT,
        **{
            "footer-background": "#e9edf1",
            "footer-key-foreground": _LIGHT["accent"],
            "footer-description-foreground": "#3a4651",
            "border": "#1f6f9f",
            "border-blurred": "#c3cad1",
            "block-cursor-background": "#cfe3f2",
            "block-cursor-foreground": "#0d1117",
            "block-cursor-text-style": "none",
        },
    ),
)
