"""Device classes that ship: the test device, the simulators of the demo, a log consumer, the database, the Starter.

`find_class` gives a class by its Tango name; a module is imported when its class is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from server_core.model.errors import DevFailed, Reason

if TYPE_CHECKING:
    from server_core import Device

MODULES = {
    "Camera": "camera",
    "Clone": "clone",
    "DataBase": "data_base",
    "GasAnalyser": "gas_analyser",
    "LogConsumer": "log_consumer",
    "PowerSupply": "power_supply",
    "Starter": "starter",
    "TangoTest": "tango_test",
}
"""The shipped device classes and the modules of this package that define them."""


def find_class(name: str) -> type[Device]:
    """The shipped device class called `name`, in any case (NAME-3).

    Raises DevFailed `API_ClassNotFound` for a name that no shipped class has.
    """
    for class_name, module in MODULES.items():
        if class_name.lower() == name.lower():
            return cast("type[Device]", getattr(import_module(f"{__name__}.{module}"), class_name))
    raise DevFailed.of(
        Reason.API_ClassNotFound,
        f"{name!r} is not a shipped device class ({', '.join(MODULES)})",
        "server_core.devices.find_class",
    )
