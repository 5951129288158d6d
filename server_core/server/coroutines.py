"""The asyncio loop that runs the `async def` methods of devices."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from server_core.model.errors import DevFailed, Reason

if TYPE_CHECKING:
    import asyncio


class CoroutineLoop:
    """One loop in one thread for the whole process. It starts with the first coroutine, and asyncio is loaded only
    then: most servers have none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The result of `coroutine`; blocks this thread.

        Raises what the coroutine raises, and DevFailed `API_InternalError` on the loop's own thread, which would wait
        for itself: an `async def` method awaits others instead of calling them.
        """
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise DevFailed.of(
                Reason.API_InternalError,
                "an async method called another through the server and would wait for itself; await it instead",
                "CoroutineLoop.run",
            )
        import asyncio

        return asyncio.run_coroutine_threadsafe(coroutine, self._running()).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        import asyncio

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._serve, args=(self._loop,), name="coroutines", daemon=True)
                self._thread.start()
            return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_forever()
        loop.run_until_complete(_cancel_all())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def stop(self, patience: float) -> None:
        """Cancel what still runs and end the loop; wait `patience` seconds for that at most."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(patience)


async def _cancel_all() -> None:
    """Cancel what still runs on this loop and wait for its end."""
    import asyncio

    pending = asyncio.all_tasks() - {asyncio.current_task()}
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
