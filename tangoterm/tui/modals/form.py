"""The form for one typed value: it says what is wanted, shows while one types what will be sent or what is wrong, and
stays open when the device refuses.

Enumerations, booleans and states are chosen from a list; everything else is written as at the prompt, pairs and encoded
values in two rows. Up and Down bring what was written before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static, TextArea

from server_core.model.errors import DevError
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.fields import Row, line_of, rows_of, texts_of, value_of
from tangoterm.console.preview import preview
from tangoterm.console.tokens import ArgumentError
from tangoterm.tui.modals.base import Doing
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.entry import Entry, Recalled, Submitted, entry_of, step

Perform = Callable[[Any], Awaitable[Sequence[DevError]]]
"""Does what the form is for with the value; answers with the errors, none when it worked."""


class Form(Doing):
    """Asks for the value of `argument` and performs; True when it was done, and `line` is what was written.

    `history` are lines that were written before, newest first; `example` takes the place of the argument's own.
    """

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
        history: Sequence[str] = (),
        check_limits: bool = False,
        example: str | None = None,
    ) -> None:
        super().__init__()
        self.heading, self.verb, self.argument, self.perform = title, verb, argument, perform
        self.facts, self.initial = facts, initial
        self.history = [line for line in history if line != initial]
        self.check_limits = check_limits
        self.wanted = argument.hint if example is None else example
        self.example = argument.example if example is None else example
        self.choices = () if argument.many else argument.choices
        self.rows: Sequence[Row] = rows_of(argument, check_limits=check_limits) if argument.needed else ()
        self.entries: list[Entry] = []
        self.line = ""
        self._place = -1  # in the history
        self._typed: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        """Title, facts, the editor that suits the type, a line for what will be sent or is wrong, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(toned((plain(self.heading), "strong bold")))
            yield Static(self._facts(), classes="gap")
            if self.choices:
                yield OptionList(*(Content(plain(choice)) for choice in self.choices), compact=True)
            else:
                yield from self._editors()
            yield Static("", id="message", markup=False)
            yield Static(self._hint(), classes="hint", markup=False)

    def _editors(self) -> ComposeResult:
        texts = texts_of(self.argument, self.initial) if self.initial else ("",) * len(self.rows)
        for row, text in zip(self.rows, texts, strict=True):
            if row.label:
                yield Static(toned((row.label, "muted")), classes="row-label")
            wanted = f"Ex: {row.example}" if row.label else self.wanted
            entry = entry_of(text, plain(wanted), lines=row.many)
            entry.set_class(bool(row.label), "-labelled")
            self.entries.append(entry)
            yield entry

    def _facts(self) -> Content:
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [((f"{name:<{width}}  ", "muted"), plain(value)) for name, value in self.facts]
        return Content("\n").join(toned(*line) for line in lines)

    def _hint(self) -> str:
        hints = [f"⏎ {self.verb.lower()}", "esc cancel"]
        if self.choices:
            hints.insert(0, "↑↓ choose")
        elif self.history:
            hints.insert(1, "↑↓ earlier")
        if len(self.rows) > 1:
            hints.insert(1, "tab next row")
        elif any(row.many for row in self.rows):
            hints.insert(1, "^j new line")
        return "   ".join(hints)

    def on_mount(self) -> None:
        """Give the focus to the editor, the present value chosen."""
        if self.choices:
            options = self.query_one(OptionList)
            options.highlighted = self.choices.index(self.initial) if self.initial in self.choices else 0
            options.focus()
        elif self.entries:
            self.entries[0].focus()
            self._check()

    # ---- while one types

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _check(self) -> None:
        """Say at once what will be sent, or what is wrong with the text."""
        if not any(entry.text.strip() for entry in self.entries):
            self.say(f"Ex: {self.example}" if self.example else "", "muted")
            return
        try:
            values = self._values(check_limits=True)
        except ArgumentError as error:
            self.say("…" if error.incomplete else str(error), "muted" if error.incomplete else "warn")
        else:
            self.say(f"→ {preview(self.argument, value_of(values))}", "good")

    def _values(self, *, check_limits: bool) -> list[Any]:
        """What stands in the rows; an error names its row."""
        values = []
        for row, entry in zip(rows_of(self.argument, check_limits=check_limits), self.entries, strict=True):
            try:
                values.append(row.parse(entry.text))
            except ArgumentError as error:
                if not row.label:
                    raise
                rule = f"{row.label}: {error}"
                raise ArgumentError(rule, 0, error.end, incomplete=error.incomplete) from None
        return values

    @on(Recalled)
    def _recall(self, event: Recalled) -> None:
        """Show what was written before, or again what is being written."""
        if self._place < 0:
            self._typed = [entry.text for entry in self.entries]
        self._place = step(self.history, self._place, event.by)
        texts = texts_of(self.argument, self.history[self._place]) if self._place >= 0 else self._typed
        for entry, text in zip(self.entries, texts, strict=True):
            entry.put(text)

    # ---- doing it

    @on(Submitted)
    def _submit(self) -> None:
        try:
            value = value_of(self._values(check_limits=self.check_limits))
        except ArgumentError as error:
            self.say(str(error), "bad")
        else:
            self.line = line_of(self.argument, [entry.text for entry in self.entries])
            self.do(self.verb, lambda: self.perform(value))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.line = self._written(self.choices[event.option_index])
        value = self.argument.parse(self.line)
        self.do(self.verb, lambda: self.perform(value))

    def _written(self, choice: str) -> str:
        return choice if choice in ("true", "false") or choice.isidentifier() else f'"{choice}"'

    def key_enter(self) -> None:
        """Enter where there is nothing to write."""
        if not self.argument.needed:
            self.do(self.verb, lambda: self.perform(None))


def text_form(
    title: str,
    verb: str,
    perform: Perform,
    *,
    example: str = "",
    facts: Sequence[tuple[str, str]] = (),
    initial: str = "",
) -> Form:
    """The form for a text of the program's own, such as a name or a file; `example` says how one looks."""
    return Form(title, verb, Argument(CmdArgType.DevString), perform, facts=facts, initial=initial, example=example)
