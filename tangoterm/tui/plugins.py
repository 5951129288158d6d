"""Keys of the user's own that run a line of the console, or a program of the shell."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING

from server_core.model.errors import DevFailed
from tangoterm.console.changes import Change, Danger, Declined
from tangoterm.console.plugins import Plugin
from tangoterm.console.quoting import written
from tangoterm.tui.console_line import run_line
from tangoterm.tui.observed import View
from tangoterm.tui.panes.base import ListPane

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser


async def start(browser: Browser, plugin: Plugin) -> None:
    """Run a plugin with what is in sight; a dangerous one asks first. Says so when something it needs is not there."""
    values = values_now(browser)
    missing = sorted(plugin.wants - values.keys())
    if missing:
        browser.app.notify(f"{plugin.label}: no {missing[0].lower()} is chosen", severity="warning", markup=False)
        return
    quote = written if plugin.run else shlex.quote
    line = plugin.line({name: quote(value) for name, value in values.items()})
    if plugin.dangerous and not await _agreed(browser, plugin, line):
        return
    if plugin.run:
        run_line(browser, line)
    else:
        with browser.app.suspend():
            await (await asyncio.create_subprocess_shell(line)).wait()
        browser.refresh()


def values_now(browser: Browser) -> dict[str, str]:
    """The variables that have a value now."""
    values = {"TANGO_HOST": browser.store.address}
    device = browser.store.device
    if device is not None:
        values["DEVICE"] = device.name
        entry = browser.store.entry(device.name)
        if entry is not None:
            values |= {"SERVER": entry.server, "CLASS": entry.dev_class}
    pane = browser.pane
    row = pane.grid.current if isinstance(pane, ListPane) else None
    if row is not None and browser.view is View.ATTRIBUTES:
        values["ATTRIBUTE"] = row.config.name
    elif row is not None and browser.view is View.COMMANDS:
        values["COMMAND"] = row.cmd_name
    return values


async def _agreed(browser: Browser, plugin: Plugin, line: str) -> bool:
    """Whether a dangerous plugin may run: not in a read-only session, and not without the person's word."""
    change = Change(plugin.label, line, danger=Danger.ASK)
    try:
        await browser.store.port.perform(lambda session: session.changes.ask([change]))
    except Declined:
        return False
    except DevFailed as failure:
        browser.app.notify(failure.desc, severity="warning", markup=False)
        return False
    return True
