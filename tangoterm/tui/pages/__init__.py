"""Pages: what fills the screen beside the tabs of a device, each about the whole system or a part of it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tangoterm.tui.pages.base import Page


class PageSpec(NamedTuple):
    """One page: its name (that of its module, and what is typed behind `:`), its title, what it shows.

    `takes` says what may follow its name.
    """

    name: str
    title: str
    help: str
    takes: str = ""


_SPECS: tuple[PageSpec, ...] = (
    PageSpec(
        "servers",
        "Servers",
        "Hosts and their servers: start, stop, define, levels, output",
        "[host:NAME | class:NAME | SERVER]",
    ),
    PageSpec(
        "properties",
        "Properties",
        "Properties of a device, class, attribute or object, or those with a word in them",
        "[OWNER | search WORD]",
    ),
    PageSpec("journal", "Journal", "What was changed here, and taking it back"),
    PageSpec("events", "Events", "Events of attributes: value, rate, missed", "[ATTRIBUTE... | @list | SCOPE/ATTR]"),
    PageSpec("logs", "Logs", "What devices log, as it happens", "[DEVICE... | @list | SCOPE]"),
    PageSpec(
        "watch", "Watch", "Attributes of several devices in one live table, and lists of them", "[LIST | ATTRIBUTE ...]"
    ),
    PageSpec("polling", "Polling", "The polling of several devices, with what is wrong", "[SCOPE]"),
    PageSpec("blackbox", "Blackbox", "The requests of several devices, as they come", "[DEVICE... | SCOPE]"),
)

PAGES: dict[str, PageSpec] = {spec.name: spec for spec in _SPECS}
"""All pages, in the order in which the menu offers them."""


def page_class(name: str) -> type[Page]:
    """The class of a page, loaded when the page is first seen."""
    page: type[Page] = getattr(import_module(f"tangoterm.tui.pages.{name}"), f"{name.capitalize()}Page")
    return page
