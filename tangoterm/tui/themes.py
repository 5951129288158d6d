"""The themes: a colour for every tone, and for the parts of the screen.

Each tone is a theme variable `$tone-<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import BUILTIN_THEMES, Theme

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
_COLOUR_BLIND = _DARK | {
    "accent": "#e69f00",
    "link": "#56b4e9",
    "good": "#56b4e9",
    "warn": "#f0e442",
    "bad": "#ff7f3f",
    "curve": "#56b4e9",
    "limit": "#e69f00",
    "state-on": "#56b4e9",
    "state-open": "#56b4e9",
    "state-extract": "#56b4e9",
    "state-moving": "#f0f4f8",
    "state-standby": "#f0e442",
    "state-fault": "#ff7f3f",
    "state-init": "#e69f00",
    "state-running": "#8fd0f5",
    "state-alarm": "#f0e442",
    "state-disable": "#cc79a7",
}
"""Blue and orange instead of green and red (the palette of Okabe and Ito)."""
_SIXTEEN = {
    "muted": "ansi_bright_black",
    "faint": "ansi_bright_black",
    "strong": "ansi_default",
    "accent": "ansi_yellow",
    "link": "ansi_blue",
    "good": "ansi_green",
    "warn": "ansi_yellow",
    "bad": "ansi_red",
    "curve": "ansi_cyan",
    "limit": "ansi_magenta",
    "state-on": "ansi_green",
    "state-off": "ansi_default",
    "state-close": "ansi_default",
    "state-open": "ansi_green",
    "state-insert": "ansi_default",
    "state-extract": "ansi_green",
    "state-moving": "ansi_cyan",
    "state-standby": "ansi_yellow",
    "state-fault": "ansi_red",
    "state-init": "ansi_yellow",
    "state-running": "ansi_bright_green",
    "state-alarm": "ansi_bright_yellow",
    "state-disable": "ansi_magenta",
    "state-unknown": "ansi_bright_black",
}
"""The terminal's own sixteen colours."""

TONE_VARIABLES = {f"tone-{name}": colour for name, colour in _DARK.items()}
"""Values for themes that do not define the tones."""


def _variables(tones: Mapping[str, str], **more: str) -> dict[str, str]:
    return {f"tone-{name}": colour for name, colour in tones.items()} | more


def _dark(name: str, tones: Mapping[str, str]) -> Theme:
    return Theme(
        name=name,
        dark=True,
        primary="#3d7ea6",
        secondary="#5b6ee1",
        accent=tones["accent"],
        warning=tones["warn"],
        error=tones["bad"],
        success=tones["good"],
        foreground="#d3dae1",
        background="#0e1318",
        surface="#131a21",
        panel="#1b242d",
        variables=_variables(
            tones,
            **{
                "footer-background": "#1b242d",
                "footer-key-foreground": tones["accent"],
                "footer-description-foreground": "#b9c3cd",
                "border": "#2f6d94",
                "border-blurred": "#2a343f",
                "block-cursor-background": "#235a7d",
                "block-cursor-foreground": "#ffffff",
                "block-cursor-text-style": "none",
                "input-selection-background": "#3d7ea6 45%",
                "scrollbar": "#2f3b47",
                "scrollbar-hover": "#3f4e5d",
                "scrollbar-active": tones["accent"],
                "scrollbar-background": "#131a21",
                "scrollbar-background-hover": "#131a21",
                "scrollbar-background-active": "#131a21",
                "scrollbar-corner-color": "#131a21",
            },
        ),
    )


DARK = _dark("dark", _DARK)
COLOUR_BLIND = _dark("colour-blind", _COLOUR_BLIND)
LIGHT = Theme(
    name="light",
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
SIXTEEN = Theme(
    name="16-colours",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables=_variables(
        _SIXTEEN,
        **BUILTIN_THEMES["ansi-dark"].variables
        | {
            "footer-background": "ansi_default",
            "footer-key-foreground": "ansi_yellow",
            "footer-description-foreground": "ansi_default",
            "border": "ansi_blue",
            "border-blurred": "ansi_bright_black",
            "block-cursor-background": "ansi_blue",
            "block-cursor-foreground": "ansi_bright_white",
            "block-cursor-text-style": "none",
            "scrollbar": "ansi_bright_black",
            "scrollbar-background": "ansi_default",
            "scrollbar-active": "ansi_yellow",
        },
    ),
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT, COLOUR_BLIND, SIXTEEN)}
"""Our themes by the names that the settings use."""

ALL_THEMES = frozenset(THEMES) | frozenset(BUILTIN_THEMES)
"""The names of all themes, Textual's too."""
