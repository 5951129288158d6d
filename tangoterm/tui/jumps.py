"""Going to what was found, bookmarked or visited, wherever on the screen it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tangoterm.console.finding import Hit, Kind
from tangoterm.console.lists import ListsError, is_attribute
from tangoterm.tui.observed import View
from tangoterm.tui.pages import PAGES
from tangoterm.tui.tree_model import GROUPINGS

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser
    from tangoterm.tui.panes.attributes import AttributesPane

_VIEWS = {Kind.ATTRIBUTE: "attributes", Kind.COMMAND: "commands", Kind.PROPERTY: "properties"}
"""The tabs in which members are at home."""
WATCH, SERVERS = "watch", "servers"
"""The pages that show the values of a list, and servers with what can be done with them."""


def go_to_hit(browser: Browser, hit: Hit) -> None:
    """Go to what was found, and remember that it was wanted."""
    browser.store.finding.finder.used(hit.name)
    if hit.member:
        show_member(browser, hit.device, hit.kind, hit.member)
    elif hit.device:
        browser.open_device(hit.device, enter=True)
    elif hit.kind in (Kind.SERVER, Kind.HOST) and SERVERS in PAGES:
        browser.open_page(SERVERS, hit.name if hit.kind is Kind.SERVER else f"host:{hit.name}")
    elif hit.kind in (Kind.SERVER, Kind.CLASS, Kind.HOST):
        show_group(browser, hit.kind, hit.name)
    else:
        follow(browser, hit.name)


def follow(browser: Browser, target: str) -> None:
    """Go to what a bookmark names: `:page subject`, `@list`, an attribute, or a device."""
    if target.startswith(":"):
        name, _, subject = target[1:].partition(" ")
        if name in PAGES:
            browser.open_page(name, subject.strip())
        else:
            browser.app.notify(f"there is no page {name}", severity="warning", markup=False)
    elif target.startswith("@"):
        show_list(browser, target)
    elif is_attribute(target):
        device, _, attribute = target.rpartition("/")
        entry = browser.store.entry(device)
        show_member(browser, entry.name if entry is not None else device, Kind.ATTRIBUTE, attribute)
    else:
        entry = browser.store.entry(target)
        browser.open_device(entry.name if entry is not None else target, enter=True)


def show_member(browser: Browser, device: str, kind: Kind, member: str) -> None:
    """Open the tab of a device in which a member is, with the cursor on it."""
    name = _VIEWS[kind]
    view = View(name) if name in {each.value for each in View} else View.OVERVIEW
    browser.seek(device, view, member.lower())


def shown_attribute(browser: Browser) -> str | None:
    """The attribute under the cursor, with its device; None where no attribute is."""
    device, pane = browser.store.device, browser.pane
    if device is None or browser.view is not View.ATTRIBUTES or browser.page is not None or pane is None:
        return None
    row = cast("AttributesPane", pane).grid.current
    return None if row is None else f"{device.name}/{row.config.name}"


def bookmark(browser: Browser, target: str) -> None:
    """Make a bookmark of something, or take it away when it is one."""
    file = browser.store.finding.file
    try:
        made = file.add_bookmark(target)
        if not made:
            file.remove_bookmark(target)
    except ListsError as error:
        browser.app.notify(str(error), severity="error", markup=False)
        return
    browser.store.lists_changed()
    said = "is a bookmark now" if made else "is no bookmark any more"
    browser.app.notify(f"{target} {said}", timeout=2, markup=False)


def show_group(browser: Browser, kind: Kind, name: str) -> None:
    """Show the devices of a server, class or host in the tree."""
    grouping = next(each for each in GROUPINGS if each.title == f"by {kind.value}")
    browser.show_tree()
    browser.devices.show_group(grouping, tuple(name.split("/", 1)) if kind is Kind.SERVER else (name,))


def show_list(browser: Browser, name: str) -> None:
    """Show what a list of the user's names: its values on their page, else its devices in the tree."""
    if WATCH in PAGES:
        browser.open_page(WATCH, name)
        return
    entries = browser.store.finding.lists.lists.get(name.removeprefix("@"), ())
    found = {entry.name: entry for each in entries if (entry := browser.store.entry_of(each)) is not None}
    browser.show_tree()
    browser.devices.show_only(name, list(found.values()))
    browser.devices.focus()
