"""What was used, how often and how lately: what one uses is found first.

Every use counts one, and half of it after a week. The record is a small file in the user's state directory that all
faces and programs share; without a place to write it, it lives as long as the program.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HALF_LIFE = 7 * 86400.0
"""Seconds after which a use counts half."""
KEPT = 500
"""Things that are remembered; those that count least are forgotten."""
MOST = 25.0
"""The most that use adds to the score of a hit."""
_STEP = 8.0


class Usage:
    """The record in the file `path`, None for none; `now` gives the time in seconds since 1970."""

    def __init__(self, path: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._record: dict[str, tuple[float, float]] | None = None
        self._lock = threading.Lock()

    def used(self, name: str) -> None:
        """Something was used."""
        with self._lock:
            record = self._read()
            record[name.lower()] = (self._worth(record.get(name.lower())) + 1.0, self._now())
            if len(record) > KEPT:
                least = sorted(record, key=lambda key: self._worth(record[key]))
                for key in least[: len(record) - KEPT]:
                    del record[key]
            self._record = record
            self._write(record)

    def boosts(self) -> dict[str, float]:
        """What use adds to the score of each thing, by its name in lower case."""
        with self._lock:
            if self._record is None:
                self._record = self._read()
            return {name: self._boost(entry) for name, entry in self._record.items()}

    def _boost(self, entry: tuple[float, float]) -> float:
        return min(MOST, _STEP * math.log2(1.0 + self._worth(entry)))

    def _worth(self, entry: tuple[float, float] | None) -> float:
        if entry is None:
            return 0.0
        count, when = entry
        return float(count * 0.5 ** (max(0.0, self._now() - when) / HALF_LIFE))

    def _read(self) -> dict[str, tuple[float, float]]:
        """What the file holds now, other programs' uses too; what is not right in it is as if it were not there."""
        if self._path is None:
            return dict(self._record or {})
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return dict(self._record or {})
        except (OSError, ValueError):
            return {}
        items = content.items() if isinstance(content, dict) else ()
        return {name: (float(entry[0]), float(entry[1])) for name, entry in items if _is_entry(entry)}

    def _write(self, record: dict[str, tuple[float, float]]) -> None:
        if self._path is None:
            return
        try:
            new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            new.write_text(json.dumps(record), "utf-8")
            os.replace(new, self._path)
        except OSError:
            self._path = None  # it is remembered as long as the program runs


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and all(isinstance(each, int | float) and math.isfinite(each) for each in entry)
    )


def shared_usage() -> Usage:
    """The record that all faces share."""
    from tangoterm.console.settings import state_path

    try:
        return Usage(state_path("usage.json"))
    except OSError:
        return Usage()
