"""Keys that are handed on one by one."""

from __future__ import annotations

import asyncio

from textual import events
from textual.app import App

from tangoterm.tui.typeahead import Typeahead


async def test_a_key_that_ends_the_app_is_done_with_when_its_screens_are_gone() -> None:
    handed: list[events.Event] = []

    async def hand_on(event: events.Event) -> None:
        handed.append(event)

    app: App[None] = App()
    assert not app.screen_stack
    typeahead = Typeahead(app, hand_on)
    running = asyncio.create_task(typeahead.run())
    for key in "qx":
        typeahead.take(events.Key(key, key))
    await asyncio.wait_for(typeahead.finished(), 10)
    running.cancel()
    assert [event.key for event in handed if isinstance(event, events.Key)] == ["q", "x"]
