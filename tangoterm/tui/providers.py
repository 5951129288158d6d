"""What the command palette offers: actions, pages, places, members of the open device, and whatever is found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from tangoterm.tui import offers
from tangoterm.tui.offers import Offer

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser

MOST = 50
_BACK = 5


class SystemCommands(Provider):
    """Actions first, then commands and attributes of the open device, then all that is found."""

    async def discover(self) -> Hits:
        """What shows before anything is typed."""
        browser = self._browser
        back = islice(offers.visited(browser), _BACK)
        for offer in chain(offers.actions(browser), offers.pages(browser), back):
            yield DiscoveryHit(Content(offer.title), offer.run, text=offer.title, help=escape(offer.about))

    async def search(self, query: str) -> Hits:
        """Offers in which every word of the query occurs, and what is found by it; `open` before it is only a verb."""
        query = query.lower().strip()
        for number, offer in enumerate(islice(self._offers(query), MOST)):
            yield Hit(1 - number / 1000, Content(offer.title), offer.run, text=offer.title, help=escape(offer.about))

    def _offers(self, query: str) -> Iterator[Offer]:
        browser, words = self._browser, query.split()
        known = (offers.actions, offers.pages, offers.members, offers.visited)
        for offer in chain.from_iterable(offers_of(browser) for offers_of in known):
            text = f"{offer.title} {offer.about}".lower()
            if all(word in text for word in words):
                yield offer
        yield from offers.found(browser, query.removeprefix("open "), MOST)

    @property
    def _browser(self) -> Browser:
        from tangoterm.tui.browser import Browser

        screen = self.screen
        assert isinstance(screen, Browser)
        return screen
