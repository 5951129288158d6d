"""Locks of the root devices of forwarded attributes (LOCK-15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core import Device, attribute
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tests.client.puppets import Clock, Puppet, reasons

NAME = "lab/bench/1"


class Forwarder(Device):
    """Shows an attribute of the bench."""

    level = attribute(name="level", forwarded=True)


@pytest.fixture(params=["one server", "two servers"])
def forwarder(request: pytest.FixtureRequest, store: Any, server: DeviceServer) -> Iterator[DeviceServer]:
    """A server of `lab/forward/1`, whose root is served elsewhere or beside it."""
    store.put_device_attribute_property("lab/forward/1", {"level": {"__root_att": [f"{NAME}/level"]}})
    bench = server.classes[0]
    if request.param == "one server":
        server.stop()
        store.add_server("both/test", [(NAME, "Bench"), ("lab/forward/1", "Forwarder")])
        classes: tuple[type[Device], ...] = (bench, Forwarder)
    else:
        store.add_server("both/test", [("lab/forward/1", "Forwarder")])
        classes = (Forwarder,)
    with DeviceServer(classes, "both", "test", store=store) as both:
        yield both
        close_connections()


def test_root_devices_are_locked_too(forwarder: DeviceServer, puppet: Callable[..., Puppet]) -> None:
    """LOCK-15: the process of the forwarded attribute holds their locks, as often as its own is held"""
    owner, root = puppet("lab/forward/1", forwarder.admin_name), DeviceProxy(NAME)
    owner("d.lock(5)")
    owner("d.lock(5)")
    assert root.is_locked_by_me()
    refused = owner.answer(f"tango.DeviceProxy('{NAME}').write_attribute('level', 7)")
    assert refused["err"][0]["reason"] == "API_DeviceLocked"
    owner("d.write_attribute('level', 8)")
    assert root.read_attribute("level").value == 8
    owner("d.unlock()")
    assert root.is_locked()
    owner("d.unlock()")
    assert not root.is_locked()


def test_locks_of_root_devices_live_and_end_with_their_own(
    forwarder: DeviceServer, server: DeviceServer, puppet: Callable[..., Puppet]
) -> None:
    """LOCK-15: renewed with it, and given back when it is forced open"""
    owner, root = puppet("lab/forward/1", forwarder.admin_name), DeviceProxy(NAME)
    clock = Clock(forwarder, server)
    owner("a.LockDevice([[2], ['lab/forward/1']])")
    owner("a.LockDevice([[2], ['lab/forward/1']])")
    for _ in range(3):
        clock.now += 1
        owner("a.ReLockDevices(['lab/forward/1'])")
    assert root.is_locked()
    DeviceProxy("lab/forward/1").unlock(True)
    assert not root.is_locked()


def test_a_root_device_that_cannot_be_locked_keeps_the_lock_away(
    forwarder: DeviceServer, puppet: Callable[..., Puppet]
) -> None:
    """LOCK-15"""
    owner, device = puppet("lab/forward/1", forwarder.admin_name), DeviceProxy("lab/forward/1")
    owner(f"tango.DeviceProxy('{NAME}').lock()")
    assert reasons(device.lock) == ["API_DeviceLocked", "API_CommandFailed"]
    assert not device.is_locked()


class TwoRoots(Device):
    """Shows attributes of two benches."""

    one = attribute(name="one", forwarded=True)
    two = attribute(name="two", forwarded=True)


def test_of_several_root_devices_all_are_locked_or_none(
    store: Any, server: DeviceServer, puppet: Callable[..., Puppet]
) -> None:
    """LOCK-15"""
    roots = ["lab/pair/1", "lab/pair/2"]
    store.add_server("bench/pair", [*((root, "Bench") for root in roots), ("lab/both/1", "TwoRoots")])
    texts = {word: {"__root_att": [f"{root}/level"]} for word, root in zip(("one", "two"), roots, strict=True)}
    store.put_device_attribute_property("lab/both/1", texts)
    with DeviceServer((*server.classes, TwoRoots), "bench", "pair", store=store) as pair:
        other, device = puppet(roots[1], pair.admin_name), DeviceProxy("lab/both/1")
        other("d.lock()")
        assert reasons(device.lock) == ["API_DeviceLocked", "API_CommandFailed"]
        assert [DeviceProxy(name).is_locked() for name in ("lab/both/1", *roots)] == [False, False, True]
        other("d.unlock()")
        device.lock()
        assert all(DeviceProxy(root).is_locked_by_me() for root in roots)
        close_connections()
