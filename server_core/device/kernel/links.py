"""What links a forwarded attribute to its root, or why nothing does (ATT-80, ATT-82)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from server_core.device.declaration import attribute
from server_core.device.forwarded import ForwardedAttribute
from server_core.model.config import AttributeConfig
from server_core.model.values import Event

ROOT_PROPERTY = "__root_att"
NOT_DEFINED = "Not defined"


class Problem(Enum):
    """Why a forwarded attribute is not there, in the words of the device's status."""

    MISSING = "Missing or wrong root attribute definition"
    SYNTAX = "Wrong syntax in root attribute definition"
    NO_ATTRIBUTE = "Attribute not found in root device"
    NO_DEVICE = "Wrong root device"
    LOCAL = "Root device is local device"
    USED = "Root attribute already used in this device server process for attribute {user}"
    LOOP = "Loop found in root attributes configuration"
    OLD_ROOT = "Root device too old (< IDL 5)"
    NOT_STARTED = "Root device not started yet. Polling (if any) for this attribute not available"


class Unlinked(Exception):
    """A forwarded attribute has no usable root."""

    def __init__(self, problem: Problem, user: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.user = user


class Forwarding:
    """A forwarded attribute as declared: `attribute` is the running one once its root is found, `problem` says why
    there is none. `root_name` is what the database says of the root, `claimed` the key of the one that this attribute
    keeps from others of the process; `stop` ends the subscription to the root's
    configuration, None while there is none."""

    def __init__(self, declaration: attribute) -> None:
        self.declaration = declaration
        self.name = declaration.name
        self.root_name = NOT_DEFINED
        self.claimed = ""
        self.attribute: ForwardedAttribute | None = None
        self.problem: Problem | None = None
        self.user = ""
        self.stop: Callable[[], None] | None = None
        self._early: AttributeConfig | None = None

    @property
    def settled(self) -> bool:
        """Whether it is linked and followed."""
        return self.problem is None and self.stop is not None

    def linked(self, attribute: ForwardedAttribute) -> None:
        """The root is there, and this is the attribute that shows it."""
        self.attribute, self.problem = attribute, None
        early, self._early = self._early, None
        if early is not None:
            attribute.root_told(early)

    def told(self, event: Event) -> bool:
        """The root sent its configuration; whether it still is an attribute of the same definition."""
        config = event.payload
        if not isinstance(config, AttributeConfig):
            return False
        if self.attribute is None:
            self._early = config
        elif not self.attribute.fits(config):
            return False
        else:
            self.attribute.root_told(config)
        return True

    @property
    def status_lines(self) -> str:
        """What the device's status says of it; nothing when all is well."""
        problem = self.problem
        if problem is None:
            return ""
        if problem is Problem.NOT_STARTED:
            head, hint = "is not reachable! ", ""
        else:
            head, hint = "is not correctly configured! ", "\nYou can update it using the Jive tool"
        return (
            f"\nForwarded attribute {self.name} {head}\nRoot attribute name = {self.root_name}{hint}"
            f"\nError: {problem.value.format(user=self.user)}"
        )
