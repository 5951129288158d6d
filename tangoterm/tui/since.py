"""What of a device's values has changed since a moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from server_core.model.enums import AttrQuality
from tangoterm.tui.attribute import Observed
from tangoterm.tui.wording import value_cell


class _Stand(NamedTuple):
    value: Any
    quality: AttrQuality
    reasons: tuple[str, ...]
    text: str


def _stand(observed: Observed) -> _Stand | None:
    reading = observed.reading
    if reading is None:
        return None
    value = reading.value if observed.scalar or reading.value is None else tuple(reading.value)
    return _Stand(value, reading.quality, tuple(error.reason for error in reading.errors), value_cell(observed)[0])


class Since:
    """The values as they stood when this was made."""

    def __init__(self, attributes: Iterable[Observed]) -> None:
        self._stands = {observed.key: stand for observed in attributes if (stand := _stand(observed)) is not None}

    def cell(self, observed: Observed) -> tuple[str, str]:
        """What was, where something has changed; of arrays how many elements have."""
        before, now = self._stands.get(observed.key), _stand(observed)
        if before is None or now is None or before[:3] == now[:3]:
            return "", ""
        if before.reasons != now.reasons or before.value == now.value:
            word = "failed" if before.reasons else before.quality.label
            return f"Δ was {word if before.value == now.value else before.text}", "accent"
        if isinstance(before.value, tuple) and isinstance(now.value, tuple):
            if len(before.value) != len(now.value):
                return f"Δ had {len(before.value)}", "accent"
            count = sum(a != b for a, b in zip(before.value, now.value, strict=True))
            return f"Δ {count} of {len(now.value)}", "accent"
        return f"Δ was {before.text}", "accent"
