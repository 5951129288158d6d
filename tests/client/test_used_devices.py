"""Devices that are opened from inside the devices of a server (ADM-25)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from server_core import Device, command
from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.protocol import operations as op
from server_core.server import process
from server_core.server.process import DeviceServer
from tangoterm.client import AttributeProxy, DeviceProxy, aio, close_connections
from tests.captured import PYTANGO_10, replayed_cases

OTHER = "adm/tt/1"


class User(Device):
    """Opens other devices in every way there is."""

    @command(dtype_in=str)
    def Open(self, name: str) -> None:
        DeviceProxy(name)

    @command
    def OpenAttribute(self) -> None:
        AttributeProxy(f"{OTHER}/State")

    @command
    def CallThroughHost(self) -> None:
        self.host.call_device(OTHER, op.GetState)


class AsyncUser(Device):
    """The same with asyncio."""

    @command(dtype_in=str)
    async def Open(self, name: str) -> None:
        await aio.DeviceProxy(name)


class Target(Device):
    """Opens one itself at its start."""

    def init_device(self) -> None:
        if self.get_name() == "adm/tt/2":
            self.other = DeviceProxy(OTHER)


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_store()
    users = [("adm/b/1", "User"), ("adm/b/2", "User"), ("adm/a/1", "AsyncUser")]
    store.add_server("Probe/b", [*users, (OTHER, "Target"), ("adm/tt/2", "Target")])
    yield store
    store.close()


@pytest.fixture
def server(store: Store) -> Iterator[DeviceServer]:
    with DeviceServer((User, AsyncUser, Target), "Probe", "b", store=store) as server:
        yield server
        close_connections()


@pytest.fixture
def admin(server: DeviceServer) -> DeviceProxy:
    return DeviceProxy("dserver/Probe/b")


AT_START = f"adm/tt/2 {OTHER}"


def test_the_captured_answer(admin: DeviceProxy) -> None:
    """ADM-25: user and used device; what a program opens besides is none of the server's."""
    captured = {case.id: case.data["output"] for case in replayed_cases("server", "admin", PYTANGO_10)}
    assert admin.command_inout("QuerySubDevice") == [*captured["admin-6"]["ok"], AT_START]
    DeviceProxy("adm/b/1").command_inout("Open", OTHER.upper())
    assert admin.command_inout("QuerySubDevice") == [*captured["admin-21"]["ok"], AT_START]


@pytest.mark.parametrize(
    ("user", "call"),
    [
        ("adm/b/1", ("Open", OTHER)),
        ("adm/b/2", ("OpenAttribute",)),
        ("adm/b/2", ("CallThroughHost",)),
        ("adm/a/1", ("Open", OTHER)),
    ],
)
def test_every_way_to_open_a_device_counts_once(admin: DeviceProxy, user: str, call: tuple[str, ...]) -> None:
    """ADM-25: asyncio too."""
    for _ in range(2):
        DeviceProxy(user).command_inout(*call)
    assert admin.command_inout("QuerySubDevice") == [f"{user} {OTHER}", AT_START]


def test_a_device_that_is_made_anew_uses_nothing_yet(admin: DeviceProxy) -> None:
    """ADM-25"""
    for user in ("adm/b/1", "adm/b/2"):
        DeviceProxy(user).command_inout("Open", OTHER)
    admin.command_inout("DevRestart", "adm/b/1")
    assert admin.command_inout("QuerySubDevice") == [f"adm/b/2 {OTHER}", AT_START]
    admin.command_inout("Init")
    assert admin.command_inout("QuerySubDevice") == [AT_START]


def test_a_device_opened_outside_of_any_device(server: DeviceServer, admin: DeviceProxy) -> None:
    """ADM-25: it stands alone, in a program that is a server."""
    server.sub_devices.is_program = True
    DeviceProxy(OTHER)
    assert OTHER in admin.command_inout("QuerySubDevice")


def test_the_used_devices_are_kept_in_the_database(
    store: Store, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    """LIFE-12 step 5: every half hour, a period that this test cuts short."""
    monkeypatch.setattr(process, "STORE_PERIOD", 0.05)
    with DeviceServer((User, AsyncUser, Target), "Probe", "b", store=store):
        until(lambda: store.get_device_property("adm/tt/2", ["__SubDevices"]) == {"__SubDevices": [OTHER]})
        close_connections()
