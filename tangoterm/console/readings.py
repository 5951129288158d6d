"""Readings of attributes as rows of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import DevError
from tangoterm.console.cells import ErrorCell, RecentCell, ValueCell, json_errors
from tangoterm.console.format import PLAIN, Display, quality_text
from tangoterm.console.session import AttributeName, Session

Reading = Any
"""A `tangoterm.client.DeviceAttribute`."""


def value_row(name: AttributeName, reading: Reading, display: Display = PLAIN) -> dict[str, Any]:
    """A good reading as a row; `errors` is None."""
    written = getattr(reading, "w_value", None)
    return {
        "name": str(name),
        "device": name.device,
        "attribute": name.name,
        "value": ValueCell(reading.type, reading.data_format, reading.value, display),
        "set_point": None if written is None else ValueCell(reading.type, reading.data_format, written, display),
        "unit": display.unit,
        "type": reading.type,
        "format": AttrDataFormat(reading.data_format),
        "quality": quality_text(reading.quality),
        "time": RecentCell(reading.time.totime()),
        "errors": None,
    }


def error_row(name: AttributeName, errors: Sequence[DevError]) -> dict[str, Any]:
    """A failed reading as a row: the root cause stands in the place of the value."""
    return {
        "name": str(name),
        "device": name.device,
        "attribute": name.name,
        "value": ErrorCell(errors),
        "quality": "INVALID",
        "errors": json_errors(errors),
    }


def displays(session: Session, device: str, names: Sequence[str]) -> dict[str, Display]:
    """How to show the values of attributes, by lower-case name: from what is remembered of the device, else asked for
    these names alone."""
    if not names:
        return {}
    known = session.known_members(device)
    configs: Mapping[str, AttributeConfig]
    if known is not None and all(name.lower() in known.attributes for name in names):
        configs = known.attributes
    else:
        asked = session.device(device).get_attribute_config_ex(list(names))
        configs = {config.name.lower(): config for config in asked}
    return {name.lower(): Display.of(configs[name.lower()]) for name in names}
