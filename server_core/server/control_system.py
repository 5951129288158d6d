"""Settings of the whole control system: the properties of the object `CtrlSystem`.

Source: EVT-60, PROP-30. What they say of multicasting is not read: events are not multicast.
"""

from __future__ import annotations

import logging
from typing import Final, NamedTuple

from server_core.database.store import Store

log = logging.getLogger(__name__)

OBJECT: Final = "CtrlSystem"
DEFAULT_HWM: Final = 1000


class ControlSystem(NamedTuple):
    """What counts in all servers.

    `event_buffer_hwm`: how many events clients are told to keep waiting. `ds_event_buffer_hwm`: how many events may
    wait in a server for one client before some are dropped, None when nothing is said. `nan_allowed`: whether clients
    may write NaN and infinity to attributes.
    """

    event_buffer_hwm: int = DEFAULT_HWM
    ds_event_buffer_hwm: int | None = None
    nan_allowed: bool = False

    @classmethod
    def read(cls, store: Store) -> ControlSystem:
        """The settings in the database; what is malformed is logged and left out."""
        values = store.get_property(OBJECT, ("EventBufferHwm", "DSEventBufferHwm", "WAttrNaNAllowed"))
        texts = {name.lower(): text[0].strip() for name, text in values.items() if text}
        return cls(
            _number("EventBufferHwm", texts) or DEFAULT_HWM,
            _number("DSEventBufferHwm", texts),
            texts.get("wattrnanallowed", "").lower() == "true",
        )


def _number(name: str, texts: dict[str, str]) -> int | None:
    text = texts.get(name.lower(), "")
    if text.isascii() and text.isdecimal() and len(text) < 10 and int(text):
        return int(text)
    if text:
        log.warning("property %s of %s: %r is not a number from 1 to 999999999; it is left out", name, OBJECT, text)
    return None
