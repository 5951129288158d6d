"""The one exception of the native codec."""

from __future__ import annotations


class ProtocolError(Exception):
    """Bytes that break the protocol's rules, or a value that it cannot carry; the text names both."""
