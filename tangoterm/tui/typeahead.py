"""Keys one by one: each finds the focus where the one before has put it, however fast they come.

Textual hands a key to the widget that has the focus when the key arrives. Keys that arrive while a tab or a form is
still being opened would thus act on what was there before, where a letter can be a command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App

_PATIENCE = 1.0
"""Seconds that a key waits at most for what the ones before it have set off."""
_ROUNDS = 4
"""What a key sets off is passed on a few times: from a list to its pane, from there to a form, to its field."""
_ROUNDS_UNFOCUSED = 12
"""A screen that has just come has no focus yet."""

Typed = events.Key | events.Paste


class Typeahead:
    """What was typed and not yet handed on; `hand_on` gives a key to the app as Textual does."""

    def __init__(self, app: App[None], hand_on: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._typed: asyncio.Queue[Typed] = asyncio.Queue()

    def take(self, event: Typed) -> None:
        """A key was pressed, or a text pasted."""
        self._typed.put_nowait(event)

    async def run(self) -> None:
        """Hand on until cancelled; a key that ends the app leaves no screen to wait for."""
        while True:
            event = await self._typed.get()
            await self._hand_on(event)
            for number in range(_ROUNDS_UNFOCUSED):
                if not self._app.screen_stack:
                    break
                if number < _ROUNDS or self._app.focused is None:
                    await self._settle()
            self._typed.task_done()

    async def finished(self) -> None:
        """Wait until all that was typed has been handed on and has had its effect on the screen."""
        await self._typed.join()

    async def _settle(self) -> None:
        """Wait until what has the focus, and all around it up to the app, have done what they were told so far."""
        done = asyncio.Event()
        waiting = 1

        def count_down() -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting:
                done.set()

        for pump in (self._app.focused or self._app.screen).ancestors_with_self:
            waiting += pump.call_later(count_down)
        count_down()
        try:
            await asyncio.wait_for(done.wait(), _PATIENCE)
        except TimeoutError:
            return  # something is slow; the keys must not wait for ever
