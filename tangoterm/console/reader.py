"""Whether anybody reads what is written: a result that goes on ends when the reader of its pipe has gone.

Writing would tell only with the next line, which may be long in coming while a lock or a subscription is held.
"""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TextIO


@contextmanager
def stopped_without_reader(stream: TextIO, stop: Callable[[], None] | None) -> Iterator[None]:
    """While it lasts, call `stop` once `stream` is a pipe that nobody reads any more."""
    if stop is None or not _is_pipe(stream):
        yield
        return
    ended, end = os.pipe()
    watcher = Thread(target=_watch, args=(stream.fileno(), ended, stop), name="reader", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        os.close(end)
        watcher.join()
        os.close(ended)


def _is_pipe(stream: TextIO) -> bool:
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _watch(pipe: int, ended: int, stop: Callable[[], None]) -> None:
    poll = select.poll()
    poll.register(pipe, 0)
    poll.register(ended, 0)
    if any(number == pipe for number, _ in poll.poll()):
        stop()
