"""The names of the hosts that clients connect from."""

from __future__ import annotations

import threading

from server_core.transport.remote_host import RemoteHosts, is_own_address, reverse_lookup
from tests.waiting import until


def test_a_host_has_its_address_until_the_name_service_answers() -> None:
    """BBX-13: nobody waits for a name"""
    gate = threading.Event()

    def lookup(address: str) -> str:
        assert gate.wait(10)
        return "far.example.org"

    host = RemoteHosts(lookup).find("192.0.2.1")
    assert str(host) == "192.0.2.1"
    gate.set()
    until(lambda: str(host) == "far.example.org")


def test_names_are_asked_for_once_in_a_while() -> None:
    """BBX-13"""
    asked: list[str] = []
    now = 0.0

    def lookup(address: str) -> str:
        asked.append(address)
        return f"host-{len(asked)}"

    hosts = RemoteHosts(lookup, lambda: now)
    first = hosts.find("192.0.2.1")
    until(lambda: str(first) == "host-1")
    assert hosts.find("192.0.2.1") == first
    assert asked == ["192.0.2.1"]
    now = 601.0
    again = hosts.find("192.0.2.1")
    until(lambda: str(again) == "host-2")
    assert hosts.find("192.0.2.2") != first


def test_the_oldest_of_many_hosts_is_forgotten() -> None:
    hosts = RemoteHosts(lambda address: address.upper())
    first = hosts.find("fe80::1")
    for number in range(2000):
        hosts.find(f"fe80::2:{number:x}")
    assert hosts.find("fe80::1") is not first
    until(lambda: not hosts._asking)


def test_an_address_without_name_stays_an_address() -> None:
    """BBX-13"""
    assert reverse_lookup("192.0.2.1") == "192.0.2.1"
    assert reverse_lookup("127.0.0.1").islower()


def test_which_connections_stay_on_this_machine() -> None:
    """BBX-15: they are shown with the server's own host name"""
    assert is_own_address("127.0.0.3", "127.0.0.1")
    assert is_own_address("192.0.2.7", "192.0.2.7")
    assert is_own_address("::1", "::1")
    assert not is_own_address("192.0.2.8", "192.0.2.7")
