"""Letters over everything one can go to: typing one goes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widgets import Static

LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""The home row first."""


class Target(NamedTuple):
    """A place of the screen, and what going there does."""

    at: Offset
    go: Callable[[], object]


def labels(count: int) -> list[str]:
    """As many labels of one length, the shortest that is enough (two letters at most)."""
    if count <= len(LETTERS):
        return list(LETTERS[:count])
    return ["".join(pair) for pair in product(LETTERS, repeat=2)][:count]


class Jump(ModalScreen[Target | None]):
    """Labels the targets; gives the one whose label is typed, None for any other key."""

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self.targets = dict(zip(labels(len(targets)), targets, strict=False))
        self.typed = ""

    def compose(self) -> ComposeResult:
        """A label on each target."""
        for text, target in self.targets.items():
            label = Static(text, classes="jump-label", markup=False)
            label.styles.offset = target.at
            yield label

    def on_key(self, event: events.Key) -> None:
        """Another letter of a label, or the end."""
        event.stop()
        self.typed += event.key
        if self.typed in self.targets:
            self.dismiss(self.targets[self.typed])
        elif not any(text.startswith(self.typed) for text in self.targets):
            self.dismiss(None)
