"""The line at the bottom: the keys that are of use here, each a button for the mouse.

Drawn as one line; a widget for each key, as in Textual's footer, would cost more than all the rest at every change of
the focus.
"""

from __future__ import annotations

from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.widget import Widget

from tangoterm.tui.text import toned

_ALWAYS = ("command_bar", "help")
"""Actions that are in sight however narrow the line is."""


class KeyBar(Widget):
    """The active bindings that are to be shown, one for each action."""

    DEFAULT_CSS = "KeyBar { height: 1; background: $footer-background; color: $footer-description-foreground; }"

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def _shown(self) -> list[ActiveBinding]:
        shown: dict[str, ActiveBinding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show:
                shown.setdefault(active.binding.action, active)
        return self._fitting(list(shown.values()))

    def _fitting(self, shown: list[ActiveBinding]) -> list[ActiveBinding]:
        """Those that fit, the help that has them all among them; the blank behind the last one may go."""
        spare = self.size.width + 1 - sum(self._button(active).cell_length for active in shown)
        for active in reversed(list(shown)):
            if spare >= 0:
                break
            if active.binding.action not in _ALWAYS:
                spare += self._button(active).cell_length
                shown.remove(active)
        return shown

    def _button(self, active: ActiveBinding) -> Content:
        key = f" {self.app.get_key_display(active.binding)} "
        label = f"{active.binding.description} "
        if not active.enabled:
            return toned((key + label, "muted"))
        return toned((key, "accent bold"), label)

    def render(self) -> Content:
        """The line."""
        return Content("").join(map(self._button, self._shown()))

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        right = 0
        for active in self._shown():
            right += self._button(active).cell_length
            if event.x < right:
                if active.enabled:
                    self.app.simulate_key(active.binding.key)
                return
