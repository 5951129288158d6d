"""Lines of the console on the screen: what may stand in them, running them, and their result in a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from server_core.model.errors import DevFailed
from tangoterm.console.changes import Declined
from tangoterm.console.commands import COMMANDS, UsageError
from tangoterm.console.engine import failure_lines, run
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, Paint, render
from tangoterm.console.result import Layout, Refused
from tangoterm.console.session import Session
from tangoterm.console.tokens import ArgumentError
from tangoterm.tui.modals.details import Details
from tangoterm.tui.text import plain

if TYPE_CHECKING:
    from tangoterm.console.completion import Suggestion
    from tangoterm.tui.browser import Browser
    from tangoterm.tui.store import SystemStore

WIDTH = 92
"""Columns of a result in its dialog."""


def is_line(text: str) -> bool:
    """Whether a text is a whole line of the console."""
    try:
        return parse_line(text) is not None
    except (UsageError, ArgumentError):
        return False


async def suggestions(store: SystemStore, text: str) -> list[Suggestion]:
    """What may stand at the end of a line; nothing when nobody can say."""
    from tangoterm.console.completion import Completer

    def suggest(session: Session) -> list[Suggestion]:
        session.finder.book = store.finding.finder.book
        return list(Completer(session).suggest(text))

    return await store.port.perform(suggest)


def run_line(browser: Browser, text: str) -> None:
    """Run a line beside the event loop, and show what comes of it."""
    browser.run_worker(_run(browser, text), group="console line", name=text, exit_on_error=False)


async def _run(browser: Browser, text: str) -> None:
    browser.app.notify(f":{text} …", timeout=1, markup=False)
    device = browser.store.device
    current = None if device is None else device.name
    lines, failed = await browser.store.port.perform(lambda session: _lines(session, text, current))
    if device is not None:
        device.refresh()
    if not failed and len(lines) == 1 and len(lines[0]) < WIDTH:
        browser.app.notify(plain(lines[0]), markup=False)
    else:
        body = Content("\n".join(plain(line) for line in lines) or "done")
        browser.app.push_screen(Details(f":{text}", body, failed=failed))


def _lines(session: Session, text: str, current: str | None) -> tuple[list[str], bool]:
    """What a line answers, and whether it failed. `.` and names without a device belong to the open one."""
    session.current = current
    try:
        call = parse_line(text, COMMANDS)
        if call is None:
            return [], False
        with session.changes.told(yes="yes" in call.flags, dry_run="dry_run" in call.flags):
            result = run(call.command, session, call.arguments)
        if result.layout is Layout.LIVE:
            if result.stop is not None:
                result.stop()
            return [f"{call.command.name} goes on until it is ended; the prompt (tangoterm repl) does that"], True
        lines = [*render(result, Output.TABLE, Paint(colour=False, width=lambda: WIDTH))]
        lines += [result.note] if result.note else []
        for failure in result.failures:
            lines += failure_lines(session, failure)
    except Refused as refusal:
        return failure_lines(session, refusal.failure), True
    except (UsageError, ArgumentError, Declined) as error:
        return [str(error)], True
    except DevFailed as error:
        return [str(error)], True
    else:
        return lines, bool(result.failures)
    finally:
        session.current = None
