"""Several servers started or stopped one after the other: first the order, then how far each is."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tangoterm.console.changes import Danger
from tangoterm.console.format import error_line, error_lines, plural
from tangoterm.console.servers import Servers
from tangoterm.console.servers.plan import Deed, Phase, Plan, Step, begin
from tangoterm.console.session import Session
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.modals.details import Details
from tangoterm.tui.port import SystemPort
from tangoterm.tui.telling import errors_of
from tangoterm.tui.text import toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

_REDRAW = 0.125
_PHASES = {
    Phase.WAITING: ("◌", "muted"),
    Phase.BUSY: ("»", "link"),
    Phase.DONE: ("✓", "good"),
    Phase.FAILED: ("✖", "bad"),
    Phase.LEFT_OUT: ("–", "muted"),
}


class PlanDialog(Dialog[Plan]):
    """Shows the order of a plan; Enter carries it out, Escape gives the rest of it up, and leaves when it is over.

    The result is the plan when it was begun, None else.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "Begin", key_display="⏎"),
        Binding("escape,q", "leave", "Cancel", key_display="esc"),
        Binding("plus,right", "delay(1)", "Longer pause", show=False),
        Binding("minus,left", "delay(-1)", "Shorter pause", show=False),
    ]

    def __init__(self, port: SystemPort, servers: Servers, plan: Plan) -> None:
        super().__init__()
        self.port, self.servers, self.plan = port, servers, plan
        self.begun = self.over = False

    def compose(self) -> ComposeResult:
        """Title, the steps, how far it is, the keys."""
        many = len(self.plan.levels) > 1
        self.grid: Grid[Step] = Grid(
            (
                Column("State", 13, self._state),
                Column("Server", 18, lambda step: step.server.name, grow=3, most=44),
                Column("Level", 5, lambda step: (str(step.server.level or "–"), "" if many else "muted"), right=True),
                Column("Host", 10, lambda step: (step.server.host or "–", "muted"), rank=3, grow=1, most=24),
                Column("Time", 7, _time, right=True, rank=1),
                Column("Result", 14, _result, grow=4, rank=2),
            ),
            lambda step: step.server.name,
            id="plan-grid",
        )
        with Vertical(classes="dialog -wide"):
            title = f"{self.plan.deed.value.capitalize()} {plural(len(self.plan.steps), 'server')}"
            yield Static(toned((title, "strong bold"), (self._order(), "muted")))
            yield self.grid
            yield Static("", id="message", markup=False)
            yield Static("", classes="hint", id="plan-hint", markup=False)

    def _order(self) -> str:
        if len(self.plan.levels) == 1:
            return "  all at the same time"
        return f"  in this order, {plural(len(self.plan.levels), 'level')} one after the other"

    def on_mount(self) -> None:
        """Show the order."""
        self.grid.styles.height = min(len(self.plan.steps) + 1, max(4, self.app.size.height - 13))
        self.grid.set_rows(self.plan.steps)
        self.grid.focus()
        self._hint()
        self.set_interval(_REDRAW, self._redraw)

    def _redraw(self) -> None:
        if self.begun and not self.over:
            self.grid.refresh()
            self._say()

    def _say(self) -> None:
        steps = self.plan.steps
        ended = [step for step in steps if step.phase in (Phase.DONE, Phase.FAILED, Phase.LEFT_OUT)]
        failed = sum(step.phase is Phase.FAILED for step in steps)
        left = sum(step.phase is Phase.LEFT_OUT for step in steps)
        parts: list[str | tuple[str, str]] = [(f"{len(ended)} of {len(steps)}", "strong")]
        if failed:
            parts.append((f"   ✖ {failed} failed", "bad"))
        if left:
            parts.append((f"   {left} left out", "muted"))
        if self.plan.given_up.is_set() and not self.over:
            parts.append(("   given up; waiting for those under way", "warn"))
        self.query_one("#message", Static).update(toned(*parts))

    def _hint(self) -> None:
        if self.over:
            failed = any(step.failure is not None for step in self.plan.steps)
            text = "esc close" + ("   ↑↓ choose   ⏎ why it failed" if failed else "")
        elif self.begun:
            text = "esc begin with no further server"
        else:
            pause = f"   ← → pause between levels: {self.plan.delay:g} s" if len(self.plan.levels) > 1 else ""
            text = f"⏎ {self.plan.deed.value}   esc cancel{pause}"
        self.query_one("#plan-hint", Static).update(text)

    def _state(self, step: Step) -> tuple[str, str]:
        glyph, tone = _PHASES[step.phase]
        return f"{glyph} {step.result or step.phase.value}", tone

    def action_delay(self, by: int) -> None:
        """Wait longer or shorter between two levels."""
        if not self.begun and len(self.plan.levels) > 1:
            self.plan.delay = max(0.0, self.plan.delay + by)
            self._hint()

    @on(LineList.Chosen)
    def action_begin(self) -> None:
        """Carry the plan out; when it is over, say why the server under the cursor failed."""
        step = self.grid.current
        if not self.begun:
            self.begun = True
            self._hint()
            self._run()
        elif self.over and step is not None and step.failure is not None:
            text = "\n".join(error_lines(step.failure.errors))
            self.app.push_screen(Details(step.server.name, Content(text), failed=True))

    @work(exclusive=True, group="plan")
    async def _run(self) -> None:
        danger = Danger.TYPE if self.plan.deed is Deed.KILL else Danger.NONE
        errors = await errors_of(self.port, lambda session: take(session, self.servers, self.plan, danger))
        self.over = True
        self.grid.refresh()
        self._hint()
        if errors:
            self.query_one("#message", Static).update(toned((error_line(errors), "bad")))
        else:
            self._say()

    def action_leave(self) -> None:
        """Before it began, not at all; while it goes on, begin with no further server; afterwards, close."""
        if self.begun and not self.over:
            self.plan.give_up()
        else:
            self.dismiss(self.plan if self.begun else None)


def take(session: Session, servers: Servers, plan: Plan, danger: Danger) -> None:
    """Carry a plan out to its end."""
    for _ in begin(session, servers, plan, danger) or ():
        pass


def _time(step: Step) -> tuple[str, str]:
    return ("" if step.seconds is None else f"{step.seconds:.1f} s", "muted")


def _result(step: Step) -> tuple[str, str]:
    return ("" if step.failure is None else error_line(step.failure.errors), "bad")
