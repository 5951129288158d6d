"""Which host this is."""

from __future__ import annotations

import socket
from functools import cache

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def same_host(one: str, other: str) -> bool:
    """Whether two names may be of one host: the same, or one of them without its domain."""
    one, other = one.lower(), other.lower()
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return bool(short) and "." not in short and long.startswith(short + ".")


@cache
def is_this_host(host: str) -> bool:
    """Whether `host`, a name or an address as servers tell it, is the machine that this process runs on.

    Never asks a name service, which may take seconds.
    """
    if host.lower() in _LOOPBACK or same_host(host, socket.gethostname()):
        return True
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host)
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))  # only an address of this machine can be bound
    except OSError:
        return False
    return True
