"""`MultiAttrProp`: the properties of an attribute side by side, as PyTango's device code gets and sets them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from server_core.model.config import NOT_SPECIFIED, AttributeConfig, property_of, set_property


@dataclass(slots=True)
class MultiAttrProp:
    """Each property by its name in the database (ATT-3): texts, or numbers for those that are numbers."""

    label: Any = ""
    description: Any = ""
    unit: Any = ""
    standard_unit: Any = ""
    display_unit: Any = ""
    format: Any = ""
    min_value: Any = NOT_SPECIFIED
    max_value: Any = NOT_SPECIFIED
    min_alarm: Any = NOT_SPECIFIED
    max_alarm: Any = NOT_SPECIFIED
    min_warning: Any = NOT_SPECIFIED
    max_warning: Any = NOT_SPECIFIED
    delta_val: Any = NOT_SPECIFIED
    delta_t: Any = NOT_SPECIFIED
    rel_change: Any = NOT_SPECIFIED
    abs_change: Any = NOT_SPECIFIED
    archive_rel_change: Any = NOT_SPECIFIED
    archive_abs_change: Any = NOT_SPECIFIED
    event_period: Any = NOT_SPECIFIED
    archive_period: Any = NOT_SPECIFIED

    def fill(self, config: AttributeConfig) -> None:
        """Take the properties of a configuration."""
        for each in fields(self):
            setattr(self, each.name, property_of(config, each.name))

    def applied_to(self, config: AttributeConfig) -> AttributeConfig:
        """`config` with these properties."""
        for each in fields(self):
            set_property(config, each.name, _text(getattr(self, each.name)))
        return config


def _text(value: Any) -> str:
    """A value as the database spells it; several numbers with commas between them."""
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
