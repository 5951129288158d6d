"""What encrypts connections: the files of a server and of a client. The `ssl` module is loaded when they are used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

StrPath = str | PathLike[str]

CA_VARIABLE, CERT_VARIABLE, KEY_VARIABLE = "TANGOTERM_TLS_CA", "TANGOTERM_TLS_CERT", "TANGOTERM_TLS_KEY"
"""Environment variables that name a client's PEM files."""


@dataclass(frozen=True, slots=True)
class ServerTls:
    """A server's certificate and key (PEM files); `ca` signs the clients that are let in, all of which must show a
    certificate with `require_client_cert`."""

    cert: StrPath
    key: StrPath
    ca: StrPath | None = None
    require_client_cert: bool = False

    def context(self) -> ssl.SSLContext:
        """A context of the `ssl` module with these files; ValueError when client certificates are required but no
        authority is named."""
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.cert, self.key)
        if self.ca is not None:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED if self.require_client_cert else ssl.CERT_OPTIONAL
        elif self.require_client_cert:
            raise ValueError("require_client_cert needs a ca whose certificates are accepted")
        return context


@dataclass(frozen=True, slots=True)
class ClientTls:
    """The authority (PEM file) that signs the servers a client trusts, and the client's own certificate and key."""

    ca: StrPath
    cert: StrPath | None = None
    key: StrPath | None = None

    def context(self) -> ssl.SSLContext:
        """A context of the `ssl` module with these files; names of servers are checked."""
        import ssl

        context = ssl.create_default_context(cafile=self.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert is not None:
            context.load_cert_chain(self.cert, self.key)
        return context


def client_tls_of(environ: Mapping[str, str] = os.environ) -> ClientTls | None:
    """What the environment says of a client's certificates: None when `TANGOTERM_TLS_CA` is not set.

    With it, database servers are reached over TLS; devices say themselves whether they are.
    """
    ca = environ.get(CA_VARIABLE)
    if not ca:
        return None
    return ClientTls(ca, environ.get(CERT_VARIABLE) or None, environ.get(KEY_VARIABLE) or None)
