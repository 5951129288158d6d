"""In which characters a client writes its strings: Latin-1, unless it says otherwise in a service context.

Source: wire 2.6; CORBA 3.0, chapter 13.10.
"""

from __future__ import annotations

from server_core.protocol.giop.messages import Contexts
from server_core.protocol.giop.primitives import LATIN_1, Reader

CODE_SETS_CONTEXT = 1
"""The id of the context that names them, sent with the first request of a connection."""

_CHARSETS = {0x00010001: LATIN_1, 0x05010001: "utf-8"}
"""Python's names of the code sets that a reference of Tango offers."""


class UnknownCodeSet(Exception):
    """A client has chosen a code set that nobody offered it."""


def charset_of(contexts: Contexts) -> str | None:
    """Python's name of the character set that the contexts of a request choose; None when they choose none.
    UnknownCodeSet when it is not known here, ProtocolError when the choice is malformed."""
    for number, content in contexts:
        if number == CODE_SETS_CONTEXT:
            code_set = Reader.of_encapsulation(content).ulong()
            try:
                return _CHARSETS[code_set]
            except KeyError:
                raise UnknownCodeSet(f"the code set {code_set:#010x} is not known here") from None
    return None
