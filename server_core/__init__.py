"""The Tango device-server model in pure Python.

    from server_core import Device, attribute, command, run

    class Thermometer(Device):
        @attribute(unit="degC")
        def temperature(self) -> float:
            return 21.5

    run((Thermometer,))

Names are PyTango's. They are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server_core.device.command import command as command
    from server_core.device.declaration import attribute as attribute
    from server_core.device.device import Device as Device
    from server_core.device.device import LatestDeviceImpl as LatestDeviceImpl
    from server_core.device.green import GreenMode as GreenMode
    from server_core.device.logger import Logger as Logger
    from server_core.device.logs import DebugIt as DebugIt
    from server_core.device.logs import ErrorIt as ErrorIt
    from server_core.device.logs import FatalIt as FatalIt
    from server_core.device.logs import InfoIt as InfoIt
    from server_core.device.logs import LogIt as LogIt
    from server_core.device.logs import WarnIt as WarnIt
    from server_core.device.multi_attr_prop import MultiAttrProp as MultiAttrProp
    from server_core.device.pipe import pipe as pipe
    from server_core.device.polling import TimedAttrData as TimedAttrData
    from server_core.device.polling import TimedCmdData as TimedCmdData
    from server_core.device.properties import class_property as class_property
    from server_core.device.properties import device_property as device_property
    from server_core.model.encoded import EncodedAttribute as EncodedAttribute
    from server_core.model.enums import AttrDataFormat as AttrDataFormat
    from server_core.model.enums import AttReqType as AttReqType
    from server_core.model.enums import AttrQuality as AttrQuality
    from server_core.model.enums import AttrSerialModel as AttrSerialModel
    from server_core.model.enums import AttrWriteType as AttrWriteType
    from server_core.model.enums import DevState as DevState
    from server_core.model.enums import DispLevel as DispLevel
    from server_core.model.enums import ErrSeverity as ErrSeverity
    from server_core.model.enums import EventType as EventType
    from server_core.model.enums import LogLevel as LogLevel
    from server_core.model.enums import PipeWriteType as PipeWriteType
    from server_core.model.enums import SerialModel as SerialModel
    from server_core.model.errors import DevError as DevError
    from server_core.model.errors import DevFailed as DevFailed
    from server_core.model.errors import Except as Except
    from server_core.model.time_val import TimeVal as TimeVal
    from server_core.model.types import CmdArgType as CmdArgType
    from server_core.server.run import run as run
    from server_core.server.util import Util as Util

_HOMES = {
    "device.command": ("command",),
    "device.declaration": ("attribute",),
    "device.device": ("Device", "LatestDeviceImpl"),
    "device.green": ("GreenMode",),
    "device.logger": ("Logger",),
    "device.logs": ("DebugIt", "ErrorIt", "FatalIt", "InfoIt", "LogIt", "WarnIt"),
    "device.pipe": ("pipe",),
    "device.polling": ("TimedAttrData", "TimedCmdData"),
    "device.properties": ("class_property", "device_property"),
    "device.multi_attr_prop": ("MultiAttrProp",),
    "model.encoded": ("EncodedAttribute",),
    "model.enums": (
        "AttReqType", "AttrDataFormat", "AttrQuality", "AttrSerialModel", "AttrWriteType", "DevState", "DispLevel",
        "ErrSeverity", "EventType", "LogLevel", "PipeWriteType", "SerialModel",
    ),
    "model.errors": ("DevError", "DevFailed", "Except"),
    "model.time_val": ("TimeVal",),
    "model.types": ("CmdArgType",),
    "server.run": ("run",),
    "server.util": ("Util",),
}  # fmt: skip
_HOME_OF = {name: f"server_core.{module}" for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """A public name, loaded from its module on first use."""
    try:
        value = getattr(import_module(_HOME_OF[name]), name)
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
