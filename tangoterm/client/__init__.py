"""Talk to devices: proxies of devices and attributes, the database, events, with PyTango's names and meanings.

    from tangoterm.client import DeviceProxy
    dev = DeviceProxy("sys/tg_test/1")
    dev.read_attribute("ampli").value

Calls wait; `tangoterm.client.aio` has the same for asyncio. Names are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server_core.model.config import ArchiveEventInfo as ArchiveEventInfo
    from server_core.model.config import AttributeAlarmInfo as AttributeAlarmInfo
    from server_core.model.config import AttributeConfig as AttributeConfig
    from server_core.model.config import AttributeEventInfo as AttributeEventInfo
    from server_core.model.config import ChangeEventInfo as ChangeEventInfo
    from server_core.model.config import CommandInfo as CommandInfo
    from server_core.model.config import DeviceInfo as DeviceInfo
    from server_core.model.config import PeriodicEventInfo as PeriodicEventInfo
    from server_core.model.config import PipeConfig as PipeConfig
    from server_core.model.encoded import EncodedAttribute as EncodedAttribute
    from server_core.model.encoded import ExtractAs as ExtractAs
    from server_core.model.enums import AttrDataFormat as AttrDataFormat
    from server_core.model.enums import AttrMemorizedType as AttrMemorizedType
    from server_core.model.enums import AttrQuality as AttrQuality
    from server_core.model.enums import AttrWriteType as AttrWriteType
    from server_core.model.enums import DevSource as DevSource
    from server_core.model.enums import DevState as DevState
    from server_core.model.enums import DispLevel as DispLevel
    from server_core.model.enums import ErrSeverity as ErrSeverity
    from server_core.model.enums import EventType as EventType
    from server_core.model.enums import PipeWriteType as PipeWriteType
    from server_core.model.errors import AsynCall as AsynCall
    from server_core.model.errors import AsynReplyNotArrived as AsynReplyNotArrived
    from server_core.model.errors import CommunicationFailed as CommunicationFailed
    from server_core.model.errors import ConnectionFailed as ConnectionFailed
    from server_core.model.errors import DevError as DevError
    from server_core.model.errors import DevFailed as DevFailed
    from server_core.model.errors import DeviceUnlocked as DeviceUnlocked
    from server_core.model.errors import EventSystemFailed as EventSystemFailed
    from server_core.model.errors import Except as Except
    from server_core.model.errors import MultiDevFailed as MultiDevFailed
    from server_core.model.errors import NamedDevFailed as NamedDevFailed
    from server_core.model.errors import NonDbDevice as NonDbDevice
    from server_core.model.errors import NonSupportedFeature as NonSupportedFeature
    from server_core.model.errors import NotAllowed as NotAllowed
    from server_core.model.errors import WrongData as WrongData
    from server_core.model.errors import WrongNameSyntax as WrongNameSyntax
    from server_core.model.time_val import TimeVal as TimeVal
    from server_core.model.types import CmdArgType as CmdArgType
    from tangoterm.client.access import AccessControlType as AccessControlType
    from tangoterm.client.aliases import AttributeInfo as AttributeInfo
    from tangoterm.client.aliases import AttributeInfoEx as AttributeInfoEx
    from tangoterm.client.aliases import NamedDevFailedList as NamedDevFailedList
    from tangoterm.client.aliases import PipeInfo as PipeInfo
    from tangoterm.client.api_util import ApiUtil as ApiUtil
    from tangoterm.client.asynchronous import AttrReadEvent as AttrReadEvent
    from tangoterm.client.asynchronous import AttrWrittenEvent as AttrWrittenEvent
    from tangoterm.client.asynchronous import CmdDoneEvent as CmdDoneEvent
    from tangoterm.client.asynchronous import asyn_req_type as asyn_req_type
    from tangoterm.client.attribute_proxy import AttributeProxy as AttributeProxy
    from tangoterm.client.callbacks import cb_sub_model as cb_sub_model
    from tangoterm.client.closing import close_connections as close_connections
    from tangoterm.client.database import Database as Database
    from tangoterm.client.database_records import DbDatum as DbDatum
    from tangoterm.client.database_records import DbDevExportInfo as DbDevExportInfo
    from tangoterm.client.database_records import DbDevFullInfo as DbDevFullInfo
    from tangoterm.client.database_records import DbDevImportInfo as DbDevImportInfo
    from tangoterm.client.database_records import DbDevInfo as DbDevInfo
    from tangoterm.client.database_records import DbHistory as DbHistory
    from tangoterm.client.database_records import DbServerInfo as DbServerInfo
    from tangoterm.client.device_data import DeviceData as DeviceData
    from tangoterm.client.device_data import DeviceDataList as DeviceDataList
    from tangoterm.client.events import AttrConfEventData as AttrConfEventData
    from tangoterm.client.events import DataReadyEventData as DataReadyEventData
    from tangoterm.client.events import DevIntrChangeEventData as DevIntrChangeEventData
    from tangoterm.client.events import EventData as EventData
    from tangoterm.client.events import EventInfo as EventInfo
    from tangoterm.client.events import PipeEventData as PipeEventData
    from tangoterm.client.group import Group as Group
    from tangoterm.client.group_replies import GroupAttrReply as GroupAttrReply
    from tangoterm.client.group_replies import GroupAttrReplyList as GroupAttrReplyList
    from tangoterm.client.group_replies import GroupCmdReply as GroupCmdReply
    from tangoterm.client.group_replies import GroupCmdReplyList as GroupCmdReplyList
    from tangoterm.client.group_replies import GroupReply as GroupReply
    from tangoterm.client.group_replies import GroupReplyList as GroupReplyList
    from tangoterm.client.links import set_tls as set_tls
    from tangoterm.client.locker import LockerInfo as LockerInfo
    from tangoterm.client.locker import LockerLanguage as LockerLanguage
    from tangoterm.client.proxy import DeviceProxy as DeviceProxy
    from tangoterm.client.readings import AttributeDimension as AttributeDimension
    from tangoterm.client.readings import DeviceAttribute as DeviceAttribute
    from tangoterm.client.readings import DeviceAttributeHistory as DeviceAttributeHistory
    from tangoterm.client.readings import DeviceDataHistory as DeviceDataHistory
    from tangoterm.client.server_data import DbServerData as DbServerData

_HOMES = {
    "server_core.model.config": (
        "ArchiveEventInfo", "AttributeAlarmInfo", "AttributeConfig", "AttributeEventInfo", "ChangeEventInfo",
        "CommandInfo", "DeviceInfo", "PeriodicEventInfo", "PipeConfig",
    ),
    "server_core.model.enums": (
        "AttrDataFormat", "AttrMemorizedType", "AttrQuality", "AttrWriteType", "DevSource", "DevState", "DispLevel",
        "ErrSeverity", "EventType", "PipeWriteType",
    ),
    "server_core.model.errors": (
        "AsynCall", "AsynReplyNotArrived", "CommunicationFailed", "ConnectionFailed", "DevError", "DevFailed",
        "DeviceUnlocked", "EventSystemFailed", "Except", "MultiDevFailed", "NamedDevFailed", "NonDbDevice",
        "NonSupportedFeature", "NotAllowed", "WrongData", "WrongNameSyntax",
    ),
    "server_core.model.encoded": ("EncodedAttribute", "ExtractAs"),
    "server_core.model.time_val": ("TimeVal",),
    "server_core.model.types": ("CmdArgType",),
    "tangoterm.client.access": ("AccessControlType",),
    "tangoterm.client.aliases": ("AttributeInfo", "AttributeInfoEx", "NamedDevFailedList", "PipeInfo"),
    "tangoterm.client.api_util": ("ApiUtil",),
    "tangoterm.client.asynchronous": ("AttrReadEvent", "AttrWrittenEvent", "CmdDoneEvent", "asyn_req_type"),
    "tangoterm.client.attribute_proxy": ("AttributeProxy",),
    "tangoterm.client.callbacks": ("cb_sub_model",),
    "tangoterm.client.closing": ("close_connections",),
    "tangoterm.client.database": ("Database",),
    "tangoterm.client.database_records": (
        "DbDatum", "DbDevExportInfo", "DbDevFullInfo", "DbDevImportInfo", "DbDevInfo", "DbHistory", "DbServerInfo",
    ),
    "tangoterm.client.device_data": ("DeviceData", "DeviceDataList"),
    "tangoterm.client.events": (
        "AttrConfEventData", "DataReadyEventData", "DevIntrChangeEventData", "EventData", "EventInfo",
        "PipeEventData",
    ),
    "tangoterm.client.group": ("Group",),
    "tangoterm.client.group_replies": (
        "GroupAttrReply", "GroupAttrReplyList", "GroupCmdReply", "GroupCmdReplyList", "GroupReply",
        "GroupReplyList",
    ),
    "tangoterm.client.links": ("set_tls",),
    "tangoterm.client.locker": ("LockerInfo", "LockerLanguage"),
    "tangoterm.client.proxy": ("DeviceProxy",),
    "tangoterm.client.readings": (
        "AttributeDimension", "DeviceAttribute", "DeviceAttributeHistory", "DeviceDataHistory",
    ),
    "tangoterm.client.server_data": ("DbServerData",),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


_ENUMERATIONS = ("CmdArgType", "AttrDataFormat", "AttrWriteType")
"""Their members are names of the module too: `DevDouble`, `SCALAR`, `READ_WRITE`."""


def __getattr__(name: str) -> Any:
    """A public name, loaded from its module on first use."""
    if name in _HOME_OF:
        value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
        return value
    if not name.startswith("_"):
        for enumeration in map(__getattr__, _ENUMERATIONS):
            if name in enumeration.__members__:
                return enumeration[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
