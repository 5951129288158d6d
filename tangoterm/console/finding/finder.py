"""The engine as the faces use it: an index that follows the catalogue, what is known of devices, and what was used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from server_core.model.errors import DevFailed
from tangoterm.console.catalogue import Catalogue
from tangoterm.console.finding.index import LIMIT, Index
from tangoterm.console.finding.members import MemberBook
from tangoterm.console.finding.things import Hit, Kind, Known, Thing
from tangoterm.console.finding.usage import Usage, shared_usage
from tangoterm.console.lists import Lists
from tangoterm.console.session import Session


class Finder:
    """Finds things; `find` never waits for anybody and may be called at every key.

    `know` takes a new catalogue (build the index beside the event loop: it takes some time with many devices), `book`
    learns members.
    """

    def __init__(self, usage: Usage | None = None) -> None:
        self.usage = usage or shared_usage()
        self.book = MemberBook()
        self._index = Index(())
        self._followed: object = None

    def know(self, devices: Iterable[Known], things: Iterable[Thing] = ()) -> None:
        """Find in these devices and things from now on."""
        self._index = Index(devices, self.book, things)
        self.book.forget_failures()

    def follow(self, catalogue: Catalogue, things: Iterable[Thing] = ()) -> None:
        """Take a catalogue of the console, unless it is taken already."""
        if catalogue is not self._followed:
            self._followed = catalogue
            self.know(catalogue.records, things)

    def learn(self, session: Session) -> None:
        """Follow the session's catalogue, and ask one device of each class for its members; waits for the answers."""
        try:
            self.follow(session.catalogue)
            self.book.learn_classes(session, session.catalogue.records)
        except DevFailed:
            return  # without a database there is nothing to learn

    @property
    def devices(self) -> Sequence[Known]:
        """The devices in which is found."""
        return self._index.devices

    def find(self, text: str, *, kinds: Iterable[Kind] = Kind, limit: int = LIMIT) -> list[Hit]:
        """The best hits, best first; without words what was used most."""
        return self._index.find(text, kinds=kinds, limit=limit, boosts=self.usage.boosts())

    def used(self, name: str) -> None:
        """A thing was chosen: it is found sooner from now on."""
        self.usage.used(name)


def things_of(lists: Lists) -> list[Thing]:
    """The bookmarks and lists of the user's as things to find."""
    bookmarks = [Thing(Kind.BOOKMARK, name, "bookmark") for name in lists.bookmarks]
    return [*bookmarks, *(Thing(Kind.LIST, f"@{name}", ", ".join(found[:4])) for name, found in lists.lists.items())]
