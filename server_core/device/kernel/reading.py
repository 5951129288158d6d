"""Reading attributes (ATT-21..ATT-35)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from server_core.device.attributes import Attribute
from server_core.device.kernel.state import StatePart
from server_core.model.errors import DevFailed
from server_core.model.values import AttributeValue


class ReadingPart(StatePart):
    """Reads attributes of the device."""

    def read_attributes(self, names: Sequence[str]) -> list[AttributeValue]:
        """A reading of each named attribute; what fails carries its own errors.

        State and Status are evaluated last, from the readings of the same call (ATT-23). Raises DevFailed only when one
        of the author's hooks does.
        """
        found = [self.attributes.find(name) for name in names]
        members = [attribute for attribute in found if attribute is not None]
        if members:
            self.always_executed()
            if self._read_hardware is not None:
                own = [
                    member
                    for member in members
                    if not member.forwarded and not member.startup_errors and member not in self.reserved
                ]
                self.hardware(self._read_hardware, own)
        if len(names) == 1:
            return [self._reading(names[0], found[0])]
        return self._readings(names, found)

    def _readings(self, names: Sequence[str], found: Sequence[Attribute | None]) -> list[AttributeValue]:
        reserved = self.reserved
        late = [index for index, attribute in enumerate(found) if attribute in reserved]
        answers = {
            index: self._reading(name, attribute)
            for index, (name, attribute) in enumerate(zip(names, found, strict=True))
            if attribute not in reserved
        }
        self.fresh = frozenset(attribute for attribute in found if attribute is not None and attribute not in reserved)
        try:
            for index in sorted(late, key=lambda index: reserved.index(found[index])):
                answers[index] = self._reading(names[index], found[index])
        finally:
            self.fresh = frozenset()
        return [answers[index] for index in range(len(names))]

    def _reading(self, name: str, attribute: Attribute | None) -> AttributeValue:
        try:
            if attribute is not None:
                return attribute.read()
            self.attribute(name)
        except DevFailed as failure:
            name = name if attribute is None else attribute.name
            return AttributeValue(name, time=time.time(), errors=failure.errors)
        raise AssertionError(name)
