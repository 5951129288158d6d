"""A form of several texts, which stays open when what it is for is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static

from server_core.model.errors import DevError
from tangoterm.tui.modals.base import Doing
from tangoterm.tui.text import plain, toned

Perform = Callable[[Mapping[str, str]], Awaitable[Sequence[DevError]]]
"""Does what the form is for with the texts by field; answers with the errors, none when it worked."""


class Field(NamedTuple):
    """One text: its name, what stands before it, what is explained behind that, what stands in it at first, and what
    is shown while it is empty."""

    name: str
    label: str
    hint: str = ""
    initial: str = ""
    placeholder: str = ""


class Fields(Doing):
    """Asks for texts and performs; True when it was done. Enter goes to the next field, and does it in the last."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "perform", "Do it", key_display="^s")]

    def __init__(self, title: str, verb: str, fields: Sequence[Field], perform: Perform, *, remark: str = "") -> None:
        super().__init__()
        self.heading, self.verb, self.fields, self.perform, self.remark = title, verb, fields, perform, remark

    def compose(self) -> ComposeResult:
        """Title, the fields, a line for errors, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(toned((plain(self.heading), "strong bold")))
            if self.remark:
                yield Static(toned((plain(self.remark), "muted")), classes="gap")
            with VerticalScroll(classes="fields", can_focus=False):
                for number, field in enumerate(self.fields):
                    yield Static(toned((plain(field.label), ""), (f"  {plain(field.hint)}", "muted")), classes="label")
                    yield Input(
                        field.initial, placeholder=plain(field.placeholder), compact=True, id=f"field-{number}",
                        select_on_focus=False,
                    )  # fmt: skip
            yield Static("", id="message", markup=False)
            yield Static(f"⏎ next, {self.verb.lower()} in the last   ^s {self.verb.lower()}   esc cancel",
                         classes="hint", markup=False)  # fmt: skip

    def on_mount(self) -> None:
        """Give the focus to the first field; one writes behind what stands there."""
        for each in self.query(Input):
            each.cursor_position = len(each.value)
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        if event.input.id == f"field-{len(self.fields) - 1}":
            self.action_perform()
        else:
            self.focus_next(Input)

    def action_perform(self) -> None:
        """Do it with what is written now."""
        inputs = list(self.query(Input))
        texts = {field.name: each.value.strip() for field, each in zip(self.fields, inputs, strict=True)}
        self.do(self.verb, lambda: self.perform(texts))
