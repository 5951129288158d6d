"""Where an object reference leads: the endpoints to try, the object key, and the interface level where it is said."""

from __future__ import annotations

import os
from typing import NamedTuple

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.ior import TAG_LOCAL_SOCKET, Ior, Profile, level_of, parse_corbaloc, parse_ior
from server_core.protocol.giop.primitives import LATIN_1, Reader
from server_core.transport.endpoint import TCP, UNIX, Endpoint, is_own_host
from server_core.transport.errors import CannotConnect


class Reference(NamedTuple):
    """An object, or with `key` None every device of a server without database, whose lower-case name is its key.

    `level` is None where the type of the object has to be asked.
    """

    ends: tuple[Endpoint, ...]
    key: bytes | None = None
    level: int | None = None

    def key_of(self, device: str) -> bytes:
        """The key of the object that a request to `device` is for."""
        return device.lower().encode(LATIN_1, "replace") if self.key is None else self.key


def reference_of(text: str) -> Reference:
    """What `IOR:...` or `corbaloc:...` refers to. Raises CannotConnect when that is nothing that can be reached."""
    try:
        ior = parse_ior(text) if text[:4].upper() == "IOR:" else parse_corbaloc(text)
        return resolved(ior)
    except ProtocolError as error:
        raise CannotConnect(str(error)) from None


def resolved(ior: Ior) -> Reference:
    """What a reference refers to: its addresses in their order, Unix sockets of this host first.

    Raises ProtocolError when it refers to nothing, or an address cannot be read.
    """
    if not ior.profiles:
        raise ProtocolError("an object reference to nothing")
    key = ior.profiles[0].key
    profiles = [profile for profile in ior.profiles if profile.key == key]
    local = [endpoint for profile in profiles for endpoint in _local_sockets(profile)]
    remote = [Endpoint(TCP, host, port) for profile in profiles for host, port in profile.addresses]
    return Reference(tuple(dict.fromkeys(local + remote)), key, level_of(ior.type_id))


def _local_sockets(profile: Profile) -> list[Endpoint]:
    sockets = []
    for tag, content in profile.components:
        if tag == TAG_LOCAL_SOCKET:
            reader = Reader.of_encapsulation(content)
            host, path = reader.string(), reader.string()
            if is_own_host(host) and os.path.exists(path):
                sockets.append(Endpoint(UNIX, path=path))
    return sockets
