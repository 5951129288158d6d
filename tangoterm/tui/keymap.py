"""The keys that the user's settings give to actions instead of their own.

[keys]
"attributes.write" = "e"
"global.find" = "slash,ctrl+f"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from textual.keys import Keys

from tangoterm.console.names import did_you_mean
from tangoterm.console.plugins import Plugin
from tangoterm.tui.actions import ACTIONS, CHOSEN_KEYS, Action

MOVING = ("up", "down", "k", "j", "pageup", "pagedown", "home", "end", "g", "G", "tab", "shift+tab")
"""Keys that move in every list, and belong to nothing else."""

_NAMED = frozenset(key.value for key in Keys) | frozenset(key for action in ACTIONS for key in action.keys.split(","))
_PLAIN = re.compile(r"(ctrl\+|alt\+|shift\+)*(.|f\d\d?|[a-z]+(_[a-z]+)*)")


class KeymapError(ValueError):
    """A key of the settings that is not right; the text names the action, the key and the rule."""


def choose(keys: Mapping[str, str]) -> None:
    """Give actions the keys of the settings; before the screens are loaded, which bind them.

    Raises KeymapError for an action that there is not, a key that no terminal has, and one that would mean two things
    in one place; nothing is changed then.
    """
    chosen = {name: _checked(name, text) for name, text in keys.items()}
    taken = _taken(chosen)
    for name, text in chosen.items():
        for key in text.split(","):
            _check_free(name, key, taken)
    CHOSEN_KEYS.clear()
    CHOSEN_KEYS.update(chosen)


def check_plugins(plugins: Iterable[Plugin]) -> None:
    """Raises KeymapError for a plugin whose key is none, or already means something on the main screen."""
    taken = {key: action.id for action in ACTIONS for key in action.bound}
    for plugin in plugins:
        key = _key(plugin.key, f"plugin: {plugin.label}")
        if key in taken:
            raise KeymapError(f"plugin: {plugin.label}: {key} is the key of {taken[key]} already")
        taken[key] = f"the plugin {plugin.label}"


def _checked(name: str, text: str) -> str:
    """The keys of one action, as Textual calls them."""
    by_id = {action.id: action for action in ACTIONS}
    if name not in by_id:
        guess = did_you_mean(name, by_id)
        raise KeymapError(f"keys: there is no action {name}" + (f"; {guess}" if guess else ""))
    return ",".join(_key(key.strip(), f"keys: {name} = {text!r}") for key in text.split(","))


def _key(text: str, where: str) -> str:
    """A key as Textual calls it."""
    key = _NAMES.get(text, text)
    if not _PLAIN.fullmatch(key) or (len(key.rpartition("+")[2]) > 1 and not _is_named(key)):
        raise KeymapError(f"{where}: {key!r} is no key (such as w, ctrl+w, alt+left, f5, slash)")
    if key in MOVING:
        raise KeymapError(f"{where}: {key} moves in lists")
    return key


_NAMES = {
    "/": "slash",
    ":": "colon",
    "?": "question_mark",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "esc": "escape",
    "del": "delete",
}
"""Keys as people write them."""


def _is_named(key: str) -> bool:
    return key in _NAMED or key.rpartition("+")[2] in _NAMED


def _taken(chosen: Mapping[str, str]) -> dict[tuple[str, str], list[Action]]:
    """The actions of each key in each scope."""
    taken: dict[tuple[str, str], list[Action]] = {}
    for action in ACTIONS:
        for key in chosen.get(action.id, action.keys).split(","):
            taken.setdefault((action.scope, key), []).append(action)
    return taken


def _check_free(name: str, key: str, taken: Mapping[tuple[str, str], list[Action]]) -> None:
    scope = name.partition(".")[0]
    other = next((action for action in taken[scope, key] if action.id != name), None)
    if other is not None:
        raise KeymapError(f"keys: {name} = {key!r}: {key} is the key of {other.id} already")
