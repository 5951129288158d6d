"""What widgets share that draw their lines themselves: the styles of tones, looked up once for each theme."""

from __future__ import annotations

from rich.style import Style
from textual.color import Color
from textual.widget import Widget


class Toned(Widget):
    """A widget with `tone`. Tones are theme variables; as component classes they would cost time at every focus."""

    _styles: dict[str, Style]

    def tone(self, name: str) -> Style:
        """The style of a tone: its colour, without background. Also that of a component class, by its full name."""
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._look_up(name)
        return style

    def _look_up(self, name: str) -> Style:
        if "--" in name:
            return self.get_component_rich_style(name, partial=True)
        return Style(color=Color.parse(self.app.theme_variables[f"tone-{name}"]).rich_color)

    def notify_style_update(self) -> None:
        """Forget the styles of the former theme."""
        super().notify_style_update()
        self._styles = {}
