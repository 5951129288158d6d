"""Attribute configurations: AttributeConfig, _2, _3 and _5 (wire 5.3).

What each struct holds follows from the IDL: its members have the names of the model's fields, but for a few. The older
structs lack parts of a configuration; a client that sets one leaves these parts as they are, which a `PartialConfig`
tells the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from server_core.model.config import PROPERTY_PATHS, AttributeConfig, PartialConfig, set_field
from server_core.protocol.giop.idl import STRUCTS
from server_core.protocol.giop.mapping.common import type_of

_PREFIXES = {
    "AttributeAlarm": "alarms.",
    "ChangeEventProp": "events.ch_event.",
    "PeriodicEventProp": "events.per_event.",
    "ArchiveEventProp": "events.arch_event.archive_",
}
_RENAMED = {"level": "disp_level", "min_alarm": "alarms.min_alarm", "max_alarm": "alarms.max_alarm"}

Layout = tuple[Any, ...]
"""The members of a struct: the path of a field in the configuration, None for extensions, or the layout of a struct."""


def _layout(struct: str) -> Layout:
    prefix = _PREFIXES.get(struct, "")
    return tuple(_member(field.name, field.type, prefix) for field in STRUCTS[struct].fields)


def _member(name: str, type: str, prefix: str) -> Any:
    if name.endswith("extensions"):
        return None
    if type in STRUCTS:
        return _layout(type)
    return prefix + name if prefix else _RENAMED.get(name, name)


def _paths(layout: Layout) -> Iterator[str]:
    for member in layout:
        if isinstance(member, tuple):
            yield from _paths(member)
        elif member is not None:
            yield member


def _expression(member: Any) -> str:
    """The member of the struct, of the configuration `config`."""
    if member is None:
        return "()"
    return f"({', '.join(map(_expression, member))},)" if isinstance(member, tuple) else f"config.{member}"


def _writer(layout: Layout) -> Callable[[AttributeConfig], Any]:
    """Generated, because some clients ask for the configuration before each time they write."""
    made: Callable[[AttributeConfig], Any] = eval(f"lambda config: {_expression(layout)}")
    return made


def _found(layout: Layout, wire: Any) -> Iterator[tuple[str, Any]]:
    for member, value in zip(layout, wire, strict=True):
        if isinstance(member, tuple):
            yield from _found(member, value)
        elif member is not None:
            yield member, type_of(value) if member == "data_type" else value


def _reader(layout: Layout) -> Callable[[Any], AttributeConfig]:
    def read(wire: Any) -> AttributeConfig:
        return _filled(AttributeConfig("", type_of(0)), layout, wire)

    return read


def _part_reader(layout: Layout) -> Callable[[Any], AttributeConfig]:
    present = set(_paths(layout))
    missing = tuple(path for path in (*PROPERTY_PATHS.values(), *_OTHERS) if path not in present)
    if not missing:
        return _reader(layout)

    def read(wire: Any) -> AttributeConfig:
        return _filled(PartialConfig("", type_of(0), missing=missing), layout, wire)

    return read


def _filled(config: AttributeConfig, layout: Layout, wire: Any) -> AttributeConfig:
    for path, value in _found(layout, wire):
        set_field(config, path, value)
    return config


_LAYOUTS = {level: _layout(f"AttributeConfig{level}") for level in ("", "_2", "_3", "_5")}
_OTHERS = [path for path in _paths(_LAYOUTS["_5"]) if path not in PROPERTY_PATHS.values()]

WIRE_CONFIG = {f"AttributeConfigList{level}": _writer(layout) for level, layout in _LAYOUTS.items()}
"""Makes the struct of a configuration, by the IDL's type of a list of them."""

CONFIG_OF = {f"AttributeConfigList{level}": _reader(layout) for level, layout in _LAYOUTS.items()}
"""The configuration that a struct describes; what it does not tell has its default."""

CHANGE_OF = {f"AttributeConfigList{level}": _part_reader(layout) for level, layout in _LAYOUTS.items()}
"""The configuration to set that a struct holds."""
