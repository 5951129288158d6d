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
