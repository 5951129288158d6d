"""Which polling thread serves which device, and how the assignment is stored.

Plain data: lines of device names, as in the admin property `polling_threads_pool_conf`. Source: POLL-40..POLL-45.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

MAX_LINE: Final = 255


def join_lines(stored: Iterable[str]) -> list[list[str]]:
    """The device names of each stored line; a piece that ends with a backslash goes on in the next (POLL-41)."""
    lines: list[str] = []
    text = ""
    for piece in stored:
        text += piece
        if text.endswith("\\"):
            text = text[:-1]
        else:
            lines.append(text)
            text = ""
    if text:
        lines.append(text)
    return [[name.strip().lower() for name in line.split(",") if name.strip()] for line in lines]


def split_lines(lines: Iterable[Iterable[str]]) -> list[str]:
    """Lines of names as they are stored: joined by commas, in pieces of at most 255 characters."""
    stored = []
    for names in lines:
        text = ",".join(names)
        while len(text) > MAX_LINE:
            stored.append(text[: MAX_LINE - 1] + "\\")
            text = text[MAX_LINE - 1 :]
        stored.append(text)
    return stored


def repair(lines: list[list[str]], is_polled: Callable[[str], bool], size: int) -> list[list[str]]:
    """Lines without unknown, unpolled and repeated devices, at most `size` of them; the devices of each surplus line
    are dealt out over the others, from the first on (POLL-44)."""
    seen: set[str] = set()
    clean: list[list[str]] = []
    for line in lines:
        kept = [name for name in dict.fromkeys(line) if name not in seen and is_polled(name)]
        seen.update(kept)
        if kept:
            clean.append(kept)
    pool, surplus = clean[:size], clean[size:]
    for line in surplus:
        for place, name in enumerate(line):
            pool[place % size].append(name)
    return pool


def choose(threads: list[list[str]], size: int, device: str, stored: list[list[str]]) -> int:
    """The place of the thread for `device`; `len(threads)` for a new one.

    Devices that share a stored line share a thread; else a new thread while there are fewer than `size`; else the one
    with the fewest devices, the last on a tie (POLL-42, POLL-43).
    """
    companions = next((set(line) for line in stored if device in line), set())
    for place, names in enumerate(threads):
        if companions.intersection(names):
            return place
    if len(threads) < size:
        return len(threads)
    return min(range(len(threads)), key=lambda place: (len(threads[place]), -place))
