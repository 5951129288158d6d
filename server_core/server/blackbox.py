"""The blackbox: what the last requests of a device were, when they came and from whom.

Source: BBX-1..BBX-17.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from server_core.model.errors import DevFailed, Reason
from server_core.model.identity import ClientIdent
from server_core.protocol.operations import LATEST, Form, Operation, Request
from server_core.transport.contract import Peer

DEFAULT_DEPTH: Final = 50

FROM_POLLING: Final = "requested from polling"
FROM_START_UP: Final = "requested during device server process init sequence"
FROM_COLLOCATED: Final = "requested from a collocated client"


_Entry = tuple[float, str, object, ClientIdent | None]
"""When, what, from which host, and by whom; without a host the text tells from where."""


class BlackBox:
    """The last `depth` requests of one device. Entries are made on arrival, before any check (BBX-2)."""

    def __init__(self, depth: int = DEFAULT_DEPTH) -> None:
        self._entries: deque[_Entry] = deque(maxlen=depth)

    @classmethod
    def with_property(cls, values: list[str] | None) -> BlackBox:
        """A blackbox as deep as the property `blackbox_depth` says; absent, 0 or not a number mean 50 (BBX-1)."""
        text = values[0].strip() if values else ""
        return cls(int(text) if text.isdecimal() and int(text) else DEFAULT_DEPTH)

    def add(self, operation: Operation, request: Request, peer: Peer, form: Form | None = LATEST) -> None:
        """Record a client's request, in the words of the interface that it used (BBX-11); identified ones show who the
        client is, if it says so (BBX-13)."""
        text, identified = (operation.blackbox(request), operation.identified) if form is None else form
        self._entries.append((time.time(), text, peer.host, peer.ident if identified else None))

    def note(self, text: str) -> None:
        """Record a request that came from inside the process, worded by the caller."""
        self._entries.append((time.time(), text, None, None))

    def read(self, count: int) -> list[str]:
        """The last `count` entries, newest first (BBX-3).

        Raises DevFailed `API_BlackBoxArgument` for a count below 1, `API_BlackBoxEmpty` when there is no entry.
        """
        if count <= 0:
            raise DevFailed.of(
                Reason.API_BlackBoxArgument,
                "Argument to read black box out of range",
                "BlackBox.read",
            )
        # Copied in one step, because other threads append meanwhile.
        entries = list(self._entries.copy())[: -count - 1 : -1]
        if not entries:
            raise DevFailed.of(Reason.API_BlackBoxEmpty, "Nothing stored yet in black-box", "BlackBox.read")
        return [_line(*entry) for entry in entries]


def _line(moment: float, text: str, host: object, ident: ClientIdent | None) -> str:
    origin = "" if host is None else f"requested from {host}"
    client = f" ({ident})" if ident is not None and ident.is_known else ""
    return f"{_stamp(moment)} : {text}{origin}{client}"


def _stamp(moment: float) -> str:
    """Local time with hundredths, truncated: `DD/MM/YYYY HH:MM:SS:CC`."""
    return f"{time.strftime('%d/%m/%Y %H:%M:%S', time.localtime(moment))}:{int(moment * 100) % 100:02d}"
