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
    from server_core.device.attr import Attr as Attr
    from server_core.device.attr import AttrData as AttrData
    from server_core.device.attr import ImageAttr as ImageAttr
    from server_core.device.attr import SpectrumAttr as SpectrumAttr
    from server_core.device.attr import UserDefaultAttrProp as UserDefaultAttrProp
    from server_core.device.attributes import Attribute as Attribute
    from server_core.device.attributes import WAttribute as WAttribute
    from server_core.device.command import command as command
    from server_core.device.compat import AutoTangoMonitor as AutoTangoMonitor
    from server_core.device.compat import DeviceMeta as DeviceMeta
    from server_core.device.compat import EnsureOmniThread as EnsureOmniThread
    from server_core.device.declaration import attribute as attribute
    from server_core.device.device import Device as Device
    from server_core.device.device import LatestDeviceImpl as LatestDeviceImpl
    from server_core.device.device_class import DeviceClass as DeviceClass
    from server_core.device.green import GreenMode as GreenMode
    from server_core.device.logger import Logger as Logger
    from server_core.device.logs import DebugIt as DebugIt
    from server_core.device.logs import ErrorIt as ErrorIt
    from server_core.device.logs import FatalIt as FatalIt
    from server_core.device.logs import InfoIt as InfoIt
    from server_core.device.logs import LogIt as LogIt
    from server_core.device.logs import WarnIt as WarnIt
    from server_core.device.multi_attr_prop import MultiAttrProp as MultiAttrProp
    from server_core.device.multi_attribute import MultiAttribute as MultiAttribute
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
    from server_core.model.enums import DevSource as DevSource
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
    from server_core.server.run import server_run as server_run
    from server_core.server.util import Util as Util

_HOMES = {
    "device.attr": ("Attr", "AttrData", "ImageAttr", "SpectrumAttr", "UserDefaultAttrProp"),
    "device.attributes": ("Attribute", "WAttribute"),
    "device.command": ("command",),
    "device.compat": ("AutoTangoMonitor", "DeviceMeta", "EnsureOmniThread"),
    "device.declaration": ("attribute",),
    "device.device": ("Device", "LatestDeviceImpl"),
    "device.device_class": ("DeviceClass",),
    "device.green": ("GreenMode",),
    "device.logger": ("Logger",),
    "device.logs": ("DebugIt", "ErrorIt", "FatalIt", "InfoIt", "LogIt", "WarnIt"),
    "device.multi_attribute": ("MultiAttribute",),
    "device.pipe": ("pipe",),
    "device.polling": ("TimedAttrData", "TimedCmdData"),
    "device.properties": ("class_property", "device_property"),
    "device.multi_attr_prop": ("MultiAttrProp",),
    "model.encoded": ("EncodedAttribute",),
    "model.enums": (
        "AttReqType", "AttrDataFormat", "AttrQuality", "AttrSerialModel", "AttrWriteType", "DevSource", "DevState",
        "DispLevel",
        "ErrSeverity", "EventType", "LogLevel", "PipeWriteType", "SerialModel",
    ),
    "model.errors": ("DevError", "DevFailed", "Except"),
    "model.time_val": ("TimeVal",),
    "model.types": ("CmdArgType",),
    "server.run": ("run", "server_run"),
    "server.util": ("Util",),
}  # fmt: skip
_HOME_OF = {name: f"server_core.{module}" for module, names in _HOMES.items() for name in names}

_SPREAD = ("AttrDataFormat", "AttrQuality", "AttrWriteType", "CmdArgType")
"""Enumerations whose members are names of the package too, as in PyTango: `READ_WRITE`, `DevDouble`, `SPECTRUM`."""

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    """A public name, loaded from its module on first use."""
    if name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
    else:
        value = _member(name)
    globals()[name] = value
    return value


def _member(name: str) -> Any:
    for enumeration in () if name.startswith("_") else map(__getattr__, _SPREAD):
        if name in enumeration.__members__:
            return enumeration[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
