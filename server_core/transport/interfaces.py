"""The addresses of this machine: what a server that listens on every interface tells others.

Source: wire 4.1.
"""

from __future__ import annotations

import socket
import struct
import sys

_SIOCGIFADDR = 0x8915
"""Linux: the IPv4 address of an interface."""

_INTERFACE = struct.Struct("256s")
_ADDRESS = slice(20, 24)
_ELSEWHERE = ("192.0.2.1", 9)
"""An address of no machine; nothing is sent there."""

UNSPECIFIED = ("0.0.0.0", "::", "")
"""To listen on these means to listen on every interface."""


def reachable_addresses(bound: str) -> list[str]:
    """Where a socket bound to the address `bound` is reached, best first: there, or on the IPv4 addresses of all
    interfaces, first the one that leads to the rest of the world; loopback when there is no other."""
    if bound not in UNSPECIFIED:
        return [bound]
    found = dict.fromkeys([*_of_the_default_route(), *_of_interfaces()])
    return [address for address in found if not address.startswith("127.")] or ["127.0.0.1"]


def _of_the_default_route() -> list[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return []
        return [probe.getsockname()[0]]


def _of_interfaces() -> list[str]:
    """The first address of each interface, where the system can be asked for it."""
    if sys.platform != "linux":
        return []
    import fcntl

    addresses = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, _INTERFACE.pack(name.encode()))
            except OSError:
                continue  # it has none
            addresses.append(socket.inet_ntoa(answer[_ADDRESS]))
    return addresses
