"""`MultiAttribute`: the attributes of a device as its author meets them, with PyTango's names."""

from __future__ import annotations

from server_core.device.attributes import Attribute
from server_core.device.members import Members
from server_core.model.errors import DevFailed, Reason


class MultiAttribute(Members[Attribute]):
    """What `Device.get_device_attr` gives; also a mapping from names in any case."""

    def get_attr_by_name(self, attr_name: str) -> Attribute:
        """The attribute called `attr_name`; DevFailed `API_AttrNotFound`."""
        found = self.find(attr_name)
        if found is None:
            raise DevFailed.of(
                Reason.API_AttrNotFound, f"{attr_name} attribute not found", "MultiAttribute.get_attr_by_name"
            )
        return found

    def get_w_attr_by_name(self, attr_name: str) -> Attribute:
        """The writable attribute called `attr_name`; DevFailed `API_AttrNotFound` when it is none."""
        found = self.find(attr_name)
        if found is None or not found.writable.writable:
            text = f"{attr_name} writable attribute not found"
            raise DevFailed.of(Reason.API_AttrNotFound, text, "MultiAttribute.get_w_attr_by_name")
        return found

    def get_attr_by_ind(self, ind: int) -> Attribute:
        """The attribute at place `ind`, as the hooks for hardware get them; IndexError beyond the last."""
        return self.get_attribute_list()[ind]

    def get_attr_nb(self) -> int:
        """How many attributes there are, State and Status included."""
        return len(self)

    def get_attribute_list(self) -> list[Attribute]:
        """All attributes in their order."""
        return list(self.values())

    def get_attr_ind_by_name(self, attr_name: str) -> int:
        """The place of an attribute, as the hooks for hardware get it; DevFailed `API_AttrNotFound`."""
        return self.get_attribute_list().index(self.get_attr_by_name(attr_name))

    def get_w_attr_by_ind(self, ind: int) -> Attribute:
        """The writable attribute at place `ind`; DevFailed `API_AttrNotFound` when it is none."""
        return self.get_w_attr_by_name(self.get_attr_by_ind(ind).name)

    def get_alarm_list(self) -> list[int]:
        """The places of the attributes that have limits (ATT-54)."""
        return [place for place, attribute in enumerate(self.values()) if attribute.watched]

    def check_alarm(self, attr: str | int | None = None) -> bool:
        """Whether the last reading of an attribute, or of any that has limits, was in alarm.

        Raises DevFailed `API_AttrNoAlarm` for an attribute without limits.
        """
        if attr is None:
            return any(attribute.flags for attribute in self.values() if attribute.watched)
        found = self.get_attr_by_ind(attr) if isinstance(attr, int) else self.get_attr_by_name(attr)
        return found.check_alarm()
