"""Moments of the past as people name them."""

from __future__ import annotations

import re
import time
from datetime import datetime

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def moment(text: str) -> float:
    """`10m`, `2h`, `1d` ago, `today`, or a local date and time such as `2026-11-24 10:00`, `10:00`: seconds since 1970.

    Raises ValueError for anything else.
    """
    word = text.strip().lower()
    found = _AGO.fullmatch(word)
    if found is not None:
        return time.time() - float(found[1]) * _SECONDS[found[2] or "s"]
    if word == "today":
        word = datetime.now().date().isoformat()
    if re.fullmatch(r"\d?\d:\d\d(:\d\d)?", word):
        word = f"{datetime.now().date().isoformat()} {word.zfill(5 if word.count(':') == 1 else 8)}"
    try:
        return datetime.fromisoformat(word).timestamp()
    except ValueError:
        raise ValueError(f"{text!r} is no moment (10m, 2h, 1d, today, 10:00, 2026-11-24 10:00)") from None
