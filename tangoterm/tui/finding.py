"""Finding on the screen: the engine, kept up to the catalogue, and the bookmarks and lists of the user's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from server_core.model.errors import DevFailed
from tangoterm.client.aside import aside
from tangoterm.console.finding import Finder, Hit, Kind, MemberNames, Thing, things_of
from tangoterm.console.lists import Lists, ListsError, ListsFile
from tangoterm.console.session import Members
from tangoterm.tui.pages import PAGES
from tangoterm.tui.port import DeviceEntry, Interface, SystemPort


class Finding:
    """What the finder, the palette and the `:` bar ask. Building the index and learning members goes on beside the
    event loop; `find` takes a few milliseconds."""

    def __init__(self, port: SystemPort) -> None:
        self.port = port
        self.finder = Finder()
        self.file = ListsFile()
        self.lists = Lists()
        self.problem = ""
        self._ended = False

    def find(self, text: str, kinds: Iterable[Kind] = Kind, limit: int = 50) -> list[Hit]:
        """The best hits, best first."""
        return self.finder.find(text, kinds=kinds, limit=limit)

    def read_lists(self) -> bool:
        """Read bookmarks and lists again; whether anything is new. What is wrong with the file is in `problem`."""
        before = self.lists, self.problem
        try:
            self.lists, self.problem = self.file.read(), ""
        except ListsError as error:
            self.problem = str(error)
        return (self.lists, self.problem) != before

    async def follow(self, entries: Sequence[DeviceEntry]) -> None:
        """Find in these devices from now on, and in pages, bookmarks and lists."""
        pages = [Thing(Kind.PAGE, f":{spec.name}", spec.title) for spec in PAGES.values()]
        things = [*pages, *things_of(self.lists)]
        await aside(lambda: self.finder.know(entries, things))

    async def learn_classes(self, entries: Sequence[DeviceEntry]) -> None:
        """Ask one device of each class for its members."""
        if not self.finder.book.unknown(entries):
            return
        try:
            await self.port.perform(
                lambda session: self.finder.book.learn_classes(session, entries, stopped=lambda: self._ended)
            )
        except DevFailed:
            return  # what is not known is not found
        except asyncio.CancelledError:
            self._ended = True
            raise

    def learn(self, entry: DeviceEntry, interface: Interface) -> None:
        """Take note of the members of a device that is seen anyway."""
        members = Members(
            {config.name.lower(): config for config in interface.attributes},
            {info.cmd_name.lower(): info for info in interface.commands},
        )
        known = self.finder.book.of_class.get(entry.dev_class.lower(), MemberNames())
        properties = tuple(name for name, _ in known.properties)
        self.finder.book.learn(entry.name, entry.dev_class, MemberNames.of(members, properties))
