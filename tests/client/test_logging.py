"""Logging of a device through its proxy, with PyTango's names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.devices import find_class
from server_core.model.errors import DevFailed
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, aio, close_connections

METHODS = (
    "get_logging_level", "set_logging_level", "get_logging_target", "add_logging_target", "remove_logging_target",
)  # fmt: skip


@pytest.fixture
def name(tmp_path: Path) -> Iterator[str]:
    devices = {"TangoTest": ["sys/tg_test/1"]}
    path = str(tmp_path / "x.sock")
    with DeviceServer([find_class("TangoTest")], "TT", "a", store=None, devices=devices, unix_path=path) as server:
        port = server.endpoints.partition(",")[0].rpartition(":")[2]
        yield f"tango://127.0.0.1:{port}/sys/tg_test/1#dbase=no"
        close_connections()


def test_level_and_targets(name: str, tmp_path: Path) -> None:
    """LOG-30, LOG-33, LOG-34, LOG-40, LOG-41: for the one device."""
    device = DeviceProxy(name)
    assert (device.get_logging_level(), device.get_logging_target()) == (0, [])
    device.set_logging_level(4)
    device.add_logging_target(f"file::{tmp_path}/x.log")
    device.add_logging_target("console")
    assert device.get_logging_level() == 4
    assert device.get_logging_target() == ["console::cout", f"file::{tmp_path}/x.log"]
    device.remove_logging_target("file::*")
    assert device.get_logging_target() == ["console::cout"]
    with pytest.raises(DevFailed, match="API_CommandFailed") as refused:
        device.set_logging_level(7)
    assert [error.reason for error in refused.value.errors] == ["API_MethodArgument", "API_CommandFailed"]


async def test_the_same_in_a_loop(name: str) -> None:
    device = aio.DeviceProxy(name)
    await device.set_logging_level(2)
    assert await device.get_logging_level() == 2
    assert await device.get_logging_target() == []
    await aio.close_connections()


@pytest.mark.parametrize("method", METHODS)
def test_the_parameters_are_pytangos(method: str) -> None:
    tango = pytest.importorskip("tango")
    theirs: Callable[..., Any] = getattr(tango.DeviceProxy, method)
    parameters = list(inspect.signature(getattr(DeviceProxy, method)).parameters)[1:]
    assert theirs.__doc__ is not None
    assert all(parameter in theirs.__doc__ for parameter in parameters)
