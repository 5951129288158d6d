"""TLS as a transformation of bytes: the same layer for the server's loop and the blocking client.

Encryption may happen in other threads than decryption; what they put out must be sent in the order in which it was
given.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable

_READ_SIZE = 65536

_ALERT = bytes.fromhex("15 0301 0002 020a")
"""The alert `unexpected_message`: OpenSSL says nothing to those who speak no TLS; so they are told why they must go."""


class TlsLayer:
    """One TLS session between a socket and the protocol above it. Raises `ssl.SSLError` when it fails."""

    def __init__(
        self, context: ssl.SSLContext, *, server_side: bool = False, server_hostname: str | None = None
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_hostname
        )
        self._lock = threading.Lock()
        self.established = False

    def decrypt(self, raw: bytes) -> bytes:
        """What the other side's bytes say; the handshake's bytes say nothing but may put something out."""
        with self._lock:
            self._incoming.write(raw)
            if not self.established and not self._shake_hands():
                return b""
            return b"".join(self._plain())

    def _shake_hands(self) -> bool:
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            if not self._outgoing.pending:
                self._outgoing.write(_ALERT)
            raise
        self.established = True
        return True

    def _plain(self) -> Iterable[bytes]:
        while True:
            try:
                data = self._session.read(_READ_SIZE)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                return
            if not data:
                return
            yield data

    def start(self) -> None:
        """Begin the handshake (client side)."""
        with self._lock:
            self._shake_hands()

    def encrypt(self, pieces: Iterable[bytes | memoryview]) -> bytes:
        """`pieces` encrypted, behind whatever else is to be sent."""
        with self._lock:
            for piece in pieces:
                rest = memoryview(piece)
                while rest:
                    rest = rest[self._session.write(rest) :]
            return self._outgoing.read()

    def take(self) -> bytes:
        """What the session itself has to send (handshake, alerts)."""
        with self._lock:
            return self._outgoing.read()
