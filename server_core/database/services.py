"""The services that a control system announces in its free property `CtrlSystem/Services` (PROP-14, DB-230).

Each value is `Service/instance:device`, such as `AccessControl/tango:sys/access_control/1`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

OBJECT, PROPERTY = "CtrlSystem", "Services"
ACCESS_CONTROL, TANGO = "AccessControl", "tango"


class Service(NamedTuple):
    """One announced service: what it is, which one of several, and the device that gives it."""

    name: str
    instance: str
    device: str

    def __str__(self) -> str:
        return f"{self.name}/{self.instance}:{self.device}"

    def matches(self, name: str, instance: str) -> bool:
        """Whether it is the service of that name and instance, `*` for any."""
        pairs = ((name, self.name), (instance, self.instance))
        return all(wanted == "*" or wanted.lower() == own.lower() for wanted, own in pairs)


def parse_services(values: Iterable[str]) -> list[Service]:
    """The services in the values of the property; what is spelled otherwise is left out."""
    found = []
    for value in values:
        head, colon, device = value.strip().partition(":")
        name, slash, instance = head.partition("/")
        if colon and slash and device:
            found.append(Service(name, instance, device))
    return found


def access_control_device(values: Iterable[str]) -> str | None:
    """The device that rules who may write, None when the control system has none (DB-230)."""
    devices = (each.device for each in parse_services(values) if each.matches(ACCESS_CONTROL, TANGO))
    return next(devices, None)
