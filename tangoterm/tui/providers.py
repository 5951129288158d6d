"""What the command palette offers: actions, devices, and the members of the open device.

Searches stop after a number of hits, so that the size of the control system does not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from tangoterm.console.matching import matches
from tangoterm.tui.actions import ACTIONS, SCOPES, key_text
from tangoterm.tui.pages import PAGES
from tangoterm.tui.text import plain
from tangoterm.tui.tree_model import searched

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser

MOST = 50
_SLICE = 2000


class Offer(NamedTuple):
    """One line of the palette."""

    title: str
    help: str
    run: Callable[[], object]


class SystemCommands(Provider):
    """Actions first, then commands and attributes of the open device, then devices."""

    async def discover(self) -> Hits:
        """What shows before anything is typed."""
        for offer in self._actions():
            yield DiscoveryHit(Content(offer.title), offer.run, text=offer.title, help=escape(offer.help))
        for offer in self._pages():
            yield DiscoveryHit(Content(offer.title), offer.run, text=offer.title, help=escape(offer.help))

    async def search(self, query: str) -> Hits:
        """Offers in which every word of the query occurs."""
        words = query.lower().split()
        found = 0
        async for offer in self._offers(query.lower()):
            text = f"{offer.title} {offer.help}".lower()
            if all(word in text for word in words):
                yield Hit(1 - found / 1000, Content(offer.title), offer.run, text=offer.title, help=escape(offer.help))
                found += 1
                if found >= MOST:
                    return

    async def _offers(self, query: str) -> AsyncIterator[Offer]:
        for offer in self._actions():
            yield offer
        for offer in self._pages():
            yield offer
        for offer in self._members():
            yield offer
        wanted = " ".join(word for word in query.split() if word not in "open")
        for number, entry in enumerate(list(self._browser.store.devices.values())):
            if matches(searched(entry), wanted):
                title = f"Open {plain(entry.name)}"
                yield Offer(title, plain(f"{entry.dev_class} {entry.alias}"), _open(self._browser, entry.name))
            if number % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)

    @property
    def _browser(self) -> Browser:
        from tangoterm.tui.browser import Browser

        screen = self.screen
        assert isinstance(screen, Browser)
        return screen

    def _actions(self) -> Iterator[Offer]:
        browser = self._browser
        for action in ACTIONS:
            namespace = browser.namespace(action.scope)
            if namespace is not None and action.name not in ("choose", "open", "command_palette"):
                where = f"{SCOPES[action.scope]}  {key_text(action)}"
                yield Offer(action.help, where, browser.runner(namespace, action.name))
        yield Offer("Change theme", "Colours of the screen", browser.app.action_change_theme)

    def _pages(self) -> Iterator[Offer]:
        browser = self._browser
        for page in PAGES.values():
            yield Offer(page.title, page.help, partial(browser.open_page, page.name))

    def _members(self) -> Iterator[Offer]:
        browser = self._browser
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


def _open(browser: Browser, name: str) -> Callable[[], object]:
    return lambda: browser.open_device(name, enter=True)
