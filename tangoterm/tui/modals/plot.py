"""A row of numbers as a curve, on most of the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.chart import Chart, Curve


class Plot(Dialog[None]):
    """Shows a curve under a title."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,v,enter", "leave", "Close")]

    def __init__(self, title: str, curve: Curve) -> None:
        super().__init__()
        self.heading, self.curve = title, curve

    def compose(self) -> ComposeResult:
        """Title, curve and the keys."""
        with Vertical(classes="dialog -wide -plot"):
            yield Static(toned((plain(self.heading), "strong bold")))
            yield Chart()
            yield Static("esc close", classes="hint")

    def on_mount(self) -> None:
        """Draw."""
        self.query_one(Chart).draw(self.curve)
