"""How the screen looks for this user: from the settings, else as it was left, else as the terminal can."""

from __future__ import annotations

from contextlib import suppress

from tangoterm.console.settings import state_path
from tangoterm.tui.themes import ALL_THEMES, DARK, SIXTEEN

_KEPT = "theme"


def theme_for(wanted: str | None) -> str:
    """The theme that the settings want, else the one that was chosen last, else one that the terminal can show."""
    return wanted or kept_theme() or (SIXTEEN.name if _few_colours() else DARK.name)


def kept_theme() -> str | None:
    """The theme that was chosen last; None when none was, or the note of it cannot be read."""
    try:
        name = state_path(_KEPT).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if name in ALL_THEMES else None


def keep_theme(name: str) -> None:
    """Remember a theme for the next time; a home that takes no files goes without."""
    with suppress(OSError):
        state_path(_KEPT).write_text(name + "\n", "utf-8")


def _few_colours() -> bool:
    from rich.console import Console

    return Console().color_system == "standard"
