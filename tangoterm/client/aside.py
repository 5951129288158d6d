"""Blocking work beside the event loop, in a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(do: Callable[[], T]) -> T:
    """What `do` gives, computed in a daemon thread; raises what it raises.

    Other than with `asyncio.to_thread`, the program can end while a host that does not answer is still waited for.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[], None]) -> None:
        if not answer.done():
            set_it()

    def work() -> None:
        try:
            value = do()
        except BaseException as error:  # noqa: BLE001  raised again where it is awaited
            failure = error
            _tell(loop, settle, lambda: answer.set_exception(failure))
        else:
            _tell(loop, settle, lambda: answer.set_result(value))

    threading.Thread(target=work, name="aside", daemon=True).start()
    return await answer


def _tell(
    loop: asyncio.AbstractEventLoop, settle: Callable[[Callable[[], None]], None], set_it: Callable[[], None]
) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle, set_it)
