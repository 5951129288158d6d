"""Who serves a device: DevInfo, DevInfo_3 and DevInfo_6 (wire 6.2)."""

from __future__ import annotations

from typing import Any

from server_core.model.config import DeviceInfo


def wire_info(info: DeviceInfo) -> tuple[Any, ...]:
    """A device as DevInfo."""
    return info.dev_class, info.server_id, info.server_host, info.server_version, info.doc_url


def wire_info_3(info: DeviceInfo) -> tuple[Any, ...]:
    """A device as DevInfo_3."""
    return *wire_info(info), info.dev_type


def wire_info_6(info: DeviceInfo) -> tuple[Any, ...]:
    """A device as DevInfo_6."""
    return *wire_info_3(info), list(info.version_info.items())


def info_of(wire: Any) -> DeviceInfo:
    """The device that a DevInfo or DevInfo_3 describes."""
    return DeviceInfo(*wire)


def info_of_6(wire: Any) -> DeviceInfo:
    """The device that a DevInfo_6 describes."""
    dev_class, server_id, server_host, server_version, doc_url, dev_type, versions = wire
    return DeviceInfo(dev_class, server_id, server_host, server_version, doc_url, dev_type, dict(versions))
