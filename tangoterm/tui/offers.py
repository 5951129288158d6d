"""What can be chosen by typing: by the palette and by the `:` bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tangoterm.console.commands import COMMANDS
from tangoterm.console.finding import Hit
from tangoterm.tui.actions import ACTIONS, SCOPES, key_text
from tangoterm.tui.jumps import go_to_hit
from tangoterm.tui.pages import PAGES
from tangoterm.tui.text import plain

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser


def typed(title: str, about: str, line: str) -> Offer:
    """Something to go on with in the line."""
    return Offer(title, about, lambda: None, line, final=False)


class Offer(NamedTuple):
    """Something to choose: its title, what else is said of it, what it does, and what is typed for it at the `:` bar.

    Without `final` it only goes on with the line.
    """

    title: str
    about: str
    run: Callable[[], object]
    line: str = ""
    final: bool = True


def actions(browser: Browser) -> Iterator[Offer]:
    """The actions that are of use where one is."""
    for action in ACTIONS:
        namespace = browser.namespace(action.scope)
        if namespace is not None and action.name not in ("choose", "open", "command_palette", "command_bar"):
            where = f"{SCOPES[action.scope]}  {key_text(action)}"
            yield Offer(action.help, where, browser.runner(namespace, action.name))
    yield Offer("Change theme", "Colours of the screen", browser.app.action_change_theme)


def pages(browser: Browser) -> Iterator[Offer]:
    """The pages that there are."""
    for page in PAGES.values():
        takes = f"  {page.takes}" if page.takes else ""
        yield Offer(page.title, f"{page.help}{takes}", partial(browser.open_page, page.name), page.name)


def members(browser: Browser) -> Iterator[Offer]:
    """What can be done with the members of the open device."""
    device = browser.store.device
    if device is None:
        return
    for info in device.commands.values():
        yield Offer(f"Execute {plain(info.cmd_name)}", f"{info.in_type} → {info.out_type}", browser.executor(info))
    for observed in device.attributes.values():
        name = observed.config.name
        if observed.config.writable.writable:
            yield Offer(f"Write {plain(name)}", str(observed.config.data_type), browser.writer(observed.key))
        yield Offer(f"Show {plain(name)}", str(observed.config.data_type), browser.shower(observed.key))


def visited(browser: Browser) -> Iterator[Offer]:
    """The places one has been at, the last first."""
    for place in browser.trail.visited():
        if place in (browser.trail.here, None):
            continue
        title = f"{plain(place.subject)}  {place.page}" if place.subject else PAGES[place.page].title
        line = place.subject if place.tab else f"{place.page} {place.subject}".strip()
        yield Offer(f"Back to {title}", "visited", partial(browser.go, place), line)


def found(browser: Browser, text: str, limit: int = 50) -> Iterator[Offer]:
    """What the finder finds."""
    for hit in browser.store.finding.find(text, limit=limit):
        yield offer_of(browser, hit)


def offer_of(browser: Browser, hit: Hit) -> Offer:
    """The way to a thing found."""
    return Offer(
        plain(hit.name), f"{hit.kind.value}  {plain(hit.about)}".rstrip(), partial(go_to_hit, browser, hit), hit.name
    )


def console_commands(text: str) -> Iterator[Offer]:
    """The commands of the console that begin with a text; they are completed, not run."""
    for command in COMMANDS.values():
        if command.name.startswith(text):
            yield typed(command.usage, command.help, f"{command.name} ")
