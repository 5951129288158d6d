"""What can be found."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Protocol


class Kind(Enum):
    """What a thing is; the order is that of equals among the hits."""

    PAGE = "page"
    BOOKMARK = "bookmark"
    ALIAS = "alias"
    DEVICE = "device"
    LIST = "list"
    SERVER = "server"
    CLASS = "class"
    HOST = "host"
    ATTRIBUTE = "attribute"
    COMMAND = "command"
    PROPERTY = "property"


MEMBERS = frozenset({Kind.ATTRIBUTE, Kind.COMMAND, Kind.PROPERTY})
"""What belongs to a device."""


class Known(Protocol):
    """What the catalogue says of a device."""

    @property
    def name(self) -> str:
        """DOMAIN/FAMILY/MEMBER."""
        ...

    @property
    def server(self) -> str:
        """Its server, CLASS/INSTANCE."""
        ...

    @property
    def dev_class(self) -> str:
        """Its class."""
        ...

    @property
    def alias(self) -> str:
        """Its alias, empty without one."""
        ...

    @property
    def exported(self) -> bool:
        """Whether it is served."""
        ...

    @property
    def host(self) -> str:
        """Where it is, or was, served."""
        ...


class Thing(NamedTuple):
    """Something to find that is no device and no part of one: `name` is what is typed, `about` what else is said."""

    kind: Kind
    name: str
    about: str = ""


class Hit(NamedTuple):
    """A thing found.

    `name` is its whole name (DEVICE/ATTRIBUTE for a member), `device` the device that it is or belongs to, empty for
    what belongs to none; `about` says what else is known. The best hit has the highest score.
    """

    kind: Kind
    name: str
    about: str
    device: str
    score: float

    @property
    def member(self) -> str:
        """The name of an attribute, command or property without its device."""
        return self.name[len(self.device) + 1 :] if self.kind in MEMBERS else ""
