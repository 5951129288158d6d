"""Configurations of attributes: from the database at start-up, and as clients read and change them (ATT-4..ATT-20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from server_core.device.attributes import Attribute
from server_core.device.configuration import Change
from server_core.device.forwarded import ForwardedAttribute
from server_core.device.host import Properties
from server_core.device.kernel import memorised
from server_core.device.kernel.base import with_progress
from server_core.device.kernel.state import StatePart
from server_core.model.config import AttributeConfig, PartialConfig
from server_core.model.enums import AttrWriteType, EventType
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import TYPES


class ConfigurationPart(StatePart):
    """Reads and changes the configurations of attributes."""

    def load_configurations(self, attributes: Sequence[Attribute]) -> None:
        """Configure attributes from the database, and restore their memorised set points (ATT-4, ATT-67)."""
        names = [attribute.name for attribute in attributes]
        own = _by_lower(self.host.properties.get_device_attribute_property(self.name, names))
        of_class = _by_lower(self.host.properties.get_class_attribute_property(self.class_name, names))
        for attribute in attributes:
            key = attribute.name.lower()
            attribute.configuration.load(of_class.get(key, {}), own.get(key, {}))
            attribute.configured()
            self._restore(attribute, own.get(key, {}))

    def _restore(self, attribute: Attribute, properties: Properties) -> None:
        text = memorised.stored_text(attribute, properties)
        if text is None:
            return
        try:
            memorised.restore(attribute, text)
        except (ValueError, OverflowError) as error:
            self.logger.error("Memorised value %r of attribute %s ignored: %s", text, attribute.name, error)

    def associate(self, attribute: Attribute) -> None:
        """Find the attribute whose set point a reading carries (ATT-28, ATT-31).

        Raises DevFailed `API_AttrOptProp` when that of a READ_WITH_WRITE attribute is not fit for it (ATT-2).
        """
        if attribute.writable is AttrWriteType.READ:
            return
        if attribute.writable.writable:
            attribute.associate = attribute
            return
        name = attribute.declaration.writable_attr_name
        other = self.attributes.find(name)
        why = None
        if other is None:
            why = f"is set to {name}, but this attribute does not exist"
        elif not other.writable.writable:
            why = f"is set to {name}, but this attribute is not writable"
        elif other.data_type is not attribute.data_type:
            why = f"is set to {name}, but these two attributes do not support the same data type"
        if why is not None:
            raise DevFailed.of(
                Reason.API_AttrOptProp,
                f"Device {self.name}-> Attribute : {attribute.name}\nProperty writable_attr_name {why}",
                "DeviceKernel.associate",
            )
        attribute.associate = other

    def attribute_configs(self, names: Iterable[str] | None = None) -> list[AttributeConfig]:
        """Configurations of the named attributes, or of all; `API_AttrNotFound` for an unknown name (ATT-5)."""
        return [self.attribute(name).config for name in (self.attributes if names is None else names)]

    def set_attribute_configs(self, configs: Sequence[AttributeConfig]) -> None:
        """Change attribute properties; records are applied in order until one fails (ATT-7, ATT-19).

        Raises DevFailed as `Configuration.change` does, saying what was done when there are several records.
        """
        for index, config in enumerate(configs):
            try:
                self._set_config(config)
            except DevFailed as failure:
                raise with_progress(failure, "attribute", index, len(configs)) from failure

    def change_config(self, wanted: AttributeConfig) -> None:
        """A change by the device's own code, which may change the number of enumeration labels too (ATT-61)."""
        self._set_config(wanted, by_code=True)

    def _set_config(self, wanted: AttributeConfig, *, by_code: bool = False) -> None:
        attribute = self.attribute(wanted.name)
        if attribute in self.reserved:
            return
        if isinstance(wanted, PartialConfig):
            wanted = wanted.over(attribute.config)
        if isinstance(attribute, ForwardedAttribute):
            attribute.set_config(wanted)
            return
        change = attribute.configuration.change(wanted, lambda: self._memorised_number(attribute), by_code=by_code)
        self.store_change(attribute, change)
        attribute.configuration.apply(change)
        attribute.configured()
        self.survey()
        self.host.push_event(self.device, attribute.name, EventType.ATTR_CONF_EVENT, attribute.config)

    def store_change(self, attribute: Attribute, change: Change) -> None:
        """Write an accepted change to the database."""
        store = self.host.properties
        if change.put:
            store.put_device_attribute_property(self.name, {attribute.name: change.put})
        if change.delete:
            store.delete_device_attribute_property(self.name, attribute.name, change.delete)

    @staticmethod
    def _memorised_number(attribute: Attribute) -> float | None:
        if attribute.memorised is None or not TYPES[attribute.data_type].numeric:
            return None
        number: float = attribute.memorised.data
        return number


def _by_lower(found: Mapping[str, Properties]) -> dict[str, Properties]:
    return {name.lower(): properties for name, properties in found.items()}
