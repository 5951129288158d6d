"""What is wrong with received data, or cannot be sent, in CORBA's terms."""

from __future__ import annotations

from server_core.protocol.exchange import ProtocolError

TOO_SHORT = 0x4154000A
"""The data ends too early."""
TOO_LONG = 0x41540012
"""A count that the rest of the message cannot hold."""
UNTERMINATED = 0x41540016
"""A string without its NUL."""
NO_SUCH_VALUE = 0x4154001A
"""A number that the enumeration, or the union, does not have."""
BAD_INDIRECTION = 0x4154005A
BAD_TYPECODE = 0x4154005B
BAD_CHARACTERS = 0x41540029
"""Bytes that are no text in the character set agreed on."""
NO_SUCH_CHARACTER = 0x4F4D0001
"""A character that the character set agreed on does not have."""


DATA_CONVERSION = "DATA_CONVERSION"
"""CORBA's exception for characters that are none, or that cannot be sent."""


class MarshalError(ProtocolError):
    """Data that breaks the rules of CDR, or a value that it cannot carry.

    `exception` and `minor` are the name of CORBA's exception and the code with which omniORB reports the same (wire 3).
    """

    def __init__(self, text: str, minor: int = TOO_SHORT, exception: str = "MARSHAL") -> None:
        super().__init__(text)
        self.minor = minor
        self.exception = exception


def conversion_error(text: str, minor: int) -> MarshalError:
    """The DATA_CONVERSION for characters that are none, or that cannot be sent (wire 2.6)."""
    return MarshalError(text, minor, DATA_CONVERSION)
