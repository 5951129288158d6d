"""What the demo consists of: servers, devices, properties, and what is set in motion at the start.

Everything here is data; `populate` writes it into a store before the servers start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from server_core.model.names import DATABASE_DEVICE, DATABASE_SERVER

if TYPE_CHECKING:
    from server_core.database.store import Store

DOCUMENTED = "sys/tg_test/1"
"""The device that Tango's documentation uses."""


class DemoDevice(NamedTuple):
    """A device of the demo.

    `start` is what brings it to life, in order: a value for an attribute, or None for a command without argument.
    """

    name: str
    dev_class: str
    alias: str = ""
    properties: dict[str, list[str]] = {}  # noqa: RUF012 (a NamedTuple's default is never written to)
    start: Sequence[tuple[str, Any]] = ()


def _magnet(name: str, alias: str, amperes: float, ohms: float, *more: tuple[str, Any]) -> DemoDevice:
    start = (("current", amperes), ("ramp_rate", 8.0), *more, ("On", None))
    return DemoDevice(name, "PowerSupply", alias, {"Resistance": [str(ohms)]}, start)


SERVERS: dict[str, tuple[DemoDevice, ...]] = {
    "Magnets/demo": (
        _magnet("sr/magnet/dipole", "dipole", 150.0, 0.12),
        _magnet("sr/magnet/quad-1", "", 92.5, 0.09),
        _magnet("sr/magnet/quad-2", "", 88.0, 0.09, ("mode", 2)),
        _magnet("sr/magnet/steerer-h", "steerer", 12.0, 0.4, ("mode", 1)),
    ),
    "Diagnostics/demo": (
        DemoDevice("sr/diag/screen-1", "Camera", "screen"),
        DemoDevice("sr/diag/screen-2", "Camera", "", {"FrameRate": ["4"]}, (("gain", 6.0), ("exposure", 3.0))),
        DemoDevice("sr/vacuum/rga-1", "GasAnalyser", "rga"),
        DemoDevice("sr/vacuum/rga-2", "GasAnalyser", "", {"Masses": ["2", "18", "28"], "ScanTime": ["2"]}),
        DemoDevice(DOCUMENTED, "TangoTest", "", {}, (("ampli", 2.5),)),
        DemoDevice("sys/tg_test/2", "TangoTest", "", {"Sleep_period": ["500"]}),
    ),
}
"""The devices of each server."""

STATE_PERIOD = 1000
"""Every device's state is polled at this period in ms, so that its changes come as events."""

POLLED = {DOCUMENTED: {"double_scalar": 1000, "wave": 2000}}
"""Attributes polled beside those for which the class says so, with their periods in ms."""


def devices() -> list[DemoDevice]:
    """All devices of the demo."""
    return [device for served in SERVERS.values() for device in served]


def classes(server: str) -> list[str]:
    """The device classes of a server."""
    return list(dict.fromkeys(device.dev_class for device in SERVERS[server]))


def populate(store: Store) -> None:
    """Define servers, devices, aliases, properties and polling in an empty store."""
    store.add_server(DATABASE_SERVER, [(DATABASE_DEVICE, "DataBase")])
    for server, served in SERVERS.items():
        store.add_server(server, [(device.name, device.dev_class) for device in served])
        for device in served:
            if device.alias:
                store.put_device_alias(device.name, device.alias)
            polled = {"state": STATE_PERIOD} | POLLED.get(device.name, {})
            texts = [text for name, period in polled.items() for text in (name, str(period))]
            store.put_device_property(device.name, device.properties | {"polled_attr": texts})
