"""The editor of an attribute's configuration: all properties in a table, edited in place, the difference before it is
set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from server_core.model.config import NOT_SPECIFIED, AttributeConfig
from server_core.model.errors import DevError
from tangoterm.console.configuring import Field, fields_of, problem, text_of
from tangoterm.console.quoting import joined
from tangoterm.tui.actions import bindings
from tangoterm.tui.guarded import Guarded
from tangoterm.tui.modals.base import Doing
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

Perform = Callable[[Mapping[str, str]], Awaitable[Sequence[DevError]]]
"""Sets the properties; answers with the errors, none when it worked."""

_HINT = "⏎ edit  l c n reset: library, code, class  u undo  s set  esc leave"
_RESETS = {NOT_SPECIFIED: "library default", "": "default of the code", "NaN": "default of the class"}


class ConfigurationForm(Guarded, Doing):
    """Edits the configuration of the attribute `name`; True when it was set.

    `present` tells the configuration as it is known now: what others change meanwhile is shown.
    """

    BINDING_GROUP_TITLE = "Attribute configuration"
    BINDINGS: ClassVar[list[BindingType]] = bindings("configuration")
    AUTO_FOCUS = "#properties"

    def __init__(self, name: str, present: Callable[[], AttributeConfig], perform: Perform) -> None:
        super().__init__()
        self.attribute, self.present, self.perform = name, present, perform
        self.wanted: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """The table, the line to edit in, the difference as a command, and the keys."""
        self.grid: Grid[Field] = Grid(self._columns(), lambda field: field.name, id="properties")
        self.editor = Input(compact=True, id="property-editor")
        self.message = Static(id="message", markup=False)
        with Vertical(classes="dialog -whole"):
            yield Static(toned(("Configuration of ", "strong"), (plain(self.attribute), "accent bold")))
            yield self.grid
            yield self.editor
            yield self.message
            yield Static(_HINT, classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill the table."""
        self.editor.display = False
        self.grid.set_rows(fields_of(self.present()))
        self.set_interval(0.5, self.grid.refresh)
        self._tell()

    def _columns(self) -> tuple[Column[Field], ...]:
        return (
            Column("Property", 18, lambda field: field.name, most=20),
            Column("Now", 20, lambda field: self._now(field.name), grow=2, most=48),
            Column("New", 20, self._new, grow=2, most=48),
            Column("Group", 14, lambda field: (field.group, "muted"), rank=2),
            Column("Meaning", 24, lambda field: (field.help, "muted"), grow=1, rank=1),
        )

    def _now(self, name: str) -> tuple[str, str]:
        text = text_of(self.present(), name)
        return text or "(empty)", "muted" if text in ("", NOT_SPECIFIED) else ""

    def _new(self, field: Field) -> tuple[str, str]:
        if field.name not in self.wanted:
            return "", ""
        text = self.wanted[field.name]
        return f"→ {_RESETS.get(text, text)}", "accent"

    # ---- editing in place

    @on(LineList.Chosen, "#properties")
    def action_edit(self) -> None:
        """Type another value for the property under the cursor."""
        field = self.grid.current
        if field is None:
            return
        text = self.wanted.get(field.name, text_of(self.present(), field.name))
        self.editor.value = "" if text == NOT_SPECIFIED else text
        self.editor.placeholder = f"{field.name}: {field.help}"
        self.editor.display = True
        self.editor.cursor_position = len(self.editor.value)
        self.editor.focus()

    @on(Input.Changed, "#property-editor")
    def _check(self, event: Input.Changed) -> None:
        field = self.grid.current
        if field is not None and self.editor.display:
            found = problem(self.present(), {**self.wanted, field.name: event.value})
            self.message.update(toned((": ".join(found), "warn")) if found else "")

    @on(Input.Submitted, "#property-editor")
    def _take(self, event: Input.Submitted) -> None:
        field = self.grid.current
        if field is None:
            return
        found = problem(self.present(), {field.name: event.value})
        if found is not None:
            self.message.update(toned((": ".join(found), "bad")))
            return
        self._want(field, event.value)
        self._end_edit()

    def _end_edit(self) -> None:
        self.editor.display = False
        self.grid.focus()
        self._tell()

    def _want(self, field: Field, text: str) -> None:
        """Note a new value; the present one is none."""
        if text == text_of(self.present(), field.name):
            self.wanted.pop(field.name, None)
        else:
            self.wanted[field.name] = text
        self.grid.refresh()
        self._tell()

    def _tell(self) -> None:
        """The difference, as the command that makes it."""
        if not self.wanted:
            self.message.update(toned(("nothing changed", "muted")))
            return
        line = joined("attr", self.attribute, *(f"{name}={text}" for name, text in self.wanted.items()))
        self.message.update(toned(("will be set:  ", "muted"), (plain(line), "accent")))

    # ---- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a value is typed, letters are text."""
        if action != "leave" and self.is_mounted and self.editor.display:
            return False
        return super().check_action(action, parameters)

    def action_leave(self) -> None:
        """Leave the line, else the editor."""
        if self.editor.display:
            self._end_edit()
        else:
            self.dismiss(False)

    def action_reset(self, value: str) -> None:
        """Have a property reset."""
        if (field := self.grid.current) is not None:
            self._want(field, value)

    def action_forget(self) -> None:
        """Leave a property as it is."""
        if (field := self.grid.current) is not None:
            self.wanted.pop(field.name, None)
            self.grid.refresh()
            self._tell()

    def action_set(self) -> None:
        """Set what is changed."""
        found = problem(self.present(), self.wanted)
        if found is not None:
            self.message.update(toned((": ".join(found), "bad")))
        elif self.wanted:
            wanted = dict(self.wanted)
            self.do("setting", lambda: self.perform(wanted))
