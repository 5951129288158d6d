"""The form for one typed value: it says what is wanted, checks while one types, and stays open when the device refuses.

Enumerations, booleans and states are chosen from a list; everything else is written as at the prompt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from server_core.model.errors import DevError
from tangoterm.console.arguments import Argument
from tangoterm.console.format import error_lines
from tangoterm.console.tokens import ArgumentError
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.text import plain, toned

Perform = Callable[[Any], Awaitable[Sequence[DevError]]]
"""Does what the form is for with the value; answers with the errors, none when it worked."""


class Form(Dialog[bool]):
    """Asks for the value of `argument` and performs; True when it was done."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(
        self,
        title: str,
        verb: str,
        argument: Argument,
        perform: Perform,
        *,
        facts: Sequence[tuple[str, str]] = (),
        initial: str = "",
        check_limits: bool = False,
    ) -> None:
        super().__init__()
        self.heading, self.verb, self.argument, self.perform = title, verb, argument, perform
        self.facts, self.initial = facts, initial
        self.check_limits = check_limits
        self.choices = () if argument.many else argument.choices

    def compose(self) -> ComposeResult:
        """Title, facts, the editor that suits the type, a line for errors, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(toned((plain(self.heading), "strong bold")))
            yield Static(self._facts(), classes="gap")
            if self.choices:
                yield OptionList(*(Content(plain(choice)) for choice in self.choices), compact=True)
            elif self.argument.needed:
                yield Input(self.initial, placeholder=plain(self.argument.hint), compact=True)
            yield Static("", id="message", markup=False)
            yield Static(self._hint(), classes="hint", markup=False)

    def _facts(self) -> Content:
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [((f"{name:<{width}}  ", "muted"), plain(value)) for name, value in self.facts]
        return Content("\n").join(toned(*line) for line in lines)

    def _hint(self) -> str:
        how = "↑↓ choose   " if self.choices else ""
        return f"{how}⏎ {self.verb.lower()}   esc cancel"

    def on_mount(self) -> None:
        """Give the focus to the editor, the present value chosen."""
        if self.choices:
            options = self.query_one(OptionList)
            options.highlighted = self.choices.index(self.initial) if self.initial in self.choices else 0
            options.focus()
        elif self.argument.needed:
            self.query_one(Input).focus()

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        """Say at once what is wrong with the text."""
        if not event.value.strip():
            self._say("")
            return
        try:
            self.argument.parse(event.value, check_limits=self.check_limits)
        except ArgumentError as error:
            self._say("" if error.incomplete else str(error), "warn")
        else:
            self._say("")

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        try:
            value = self.argument.parse(event.value, check_limits=self.check_limits)
        except ArgumentError as error:
            self._say(str(error), "bad")
        else:
            self._run(value)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._run(self.argument.parse(self._written(self.choices[event.option_index])))

    def _written(self, choice: str) -> str:
        return choice if choice in ("true", "false") or choice.isidentifier() else f'"{choice}"'

    def key_enter(self) -> None:
        """Enter where there is nothing to write."""
        if not self.argument.needed:
            self._run(None)

    @work(exclusive=True, group="form")
    async def _run(self, value: Any) -> None:
        self._say(f"{self.verb} …", "muted")
        errors = await self.perform(value)
        if errors:
            self._say("\n".join(error_lines(errors)), "bad")
        else:
            self.dismiss(True)

    def _say(self, text: str, tone: str = "") -> None:
        self.query_one("#message", Static).update(toned((text, tone)) if tone else text)
