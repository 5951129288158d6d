"""The command for the configuration of attributes: show it, and set properties."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from server_core.model.config import NOT_SPECIFIED, PROPERTY_PATHS, AttributeConfig, property_of, set_property
from server_core.model.enums import AttrMemorizedType
from tangoterm.console.cells import WordsCell
from tangoterm.console.changes import Change
from tangoterm.console.commands.system import attribute_type
from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.names import none_of
from tangoterm.console.quoting import joined
from tangoterm.console.result import Layout, Result, columns, note
from tangoterm.console.scope import readable_in
from tangoterm.console.session import AttributeName, Session

LABELS = "enum_labels"
RESETS = {
    NOT_SPECIFIED: "the default of the library",
    "": "the default of the device's code, else of the library",
    "NaN": "the default of the class, else of the code, else of the library",
}
"""The words that reset a property, and what they bring (ATT-9)."""


@command(
    "attr",
    Parameter("target", "device/attribute, or a device for all of its attributes", Want.TARGET),
    Parameter(
        "properties",
        "PROPERTY=VALUE to set; 'Not specified', nothing and NaN as value reset a property",
        Want.PROPERTY,
        required=False,
        many=True,
        metavar="PROPERTY=VALUE",
    ),
    examples=(
        "attr sys/tg_test/1/ampli",
        "attr sys/tg_test/1/ampli min_value=0 unit=mA",
        "attr sys/tg_test/1/ampli unit=",
        "attr sys/tg_test/1",
    ),
    repeats=("",),
    changes=("properties",),
)
def attr(session: Session, target: str, properties: Sequence[str]) -> Result:
    """Show how attributes are configured; set properties of one.

    Raises UsageError for what is no property, and DevFailed as the device refuses the change; nothing is changed then.
    """
    names = readable_in(session, target)
    if properties:
        if not _is_one(names, target):
            raise UsageError(f"properties are set of one attribute; {target} is a device")
        return set_properties(session, names[0], dict(map(assignment, properties)))
    configs = session.device(names[0].device).get_attribute_config_ex([name.name for name in names]) if names else []
    rows = [_row(name, config) for name, config in zip(names, configs, strict=True)]
    if _is_one(names, target):
        return Result(columns("Name", "Type", "Access", "Memorized", "Root", *PROPERTY_PATHS), rows, Layout.FIELDS)
    shown = columns("Attribute", "Type", "Access", "Label", "Unit", "Value", "Alarm", "Warning", "Root")
    return Result(shown if any(row["root"] for row in rows) else shown[:-1], rows)


def _is_one(names: Sequence[AttributeName], target: str) -> bool:
    """Whether `target` named one attribute, not a device."""
    return len(names) == 1 and target.lower().endswith(names[0].name.lower())


def assignment(word: str) -> tuple[str, str]:
    """Property and value of `property=value`; raises UsageError."""
    name, sign, value = word.partition("=")
    if not sign:
        raise UsageError(f"{word!r} is not PROPERTY=VALUE")
    if name.lower() not in PROPERTY_PATHS:
        raise UsageError(f"attribute property {none_of(name, tuple(PROPERTY_PATHS))}")
    return name.lower(), value


def set_properties(session: Session, name: AttributeName, wanted: dict[str, str]) -> Result:
    """Set properties of an attribute, and tell what they are now."""
    proxy = session.device(name.device)
    present = proxy.get_attribute_config_ex([name.name])[0]
    config = copy.deepcopy(present)
    for key, value in wanted.items():
        set_property(config, key, value.split(",") if key == LABELS else value)
    change = _setting(name, present, config, list(wanted))
    if change.before != change.after:
        session.changes.make(change, lambda: proxy.set_attribute_config(config))
    after = proxy.get_attribute_config_ex([name.name])[0]
    session.forget_members(name.device)
    values = {key: _value(after, key) for key in wanted}
    told = ", ".join(f"{key} = {value if value != '' else '(empty)'}" for key, value in values.items())
    return note(f"{name}: {told}", name=str(name), device=name.device, attribute=after.name, **values)


def _setting(name: AttributeName, before: AttributeConfig, after: AttributeConfig, keys: Sequence[str]) -> Change:
    def line(config: AttributeConfig) -> str:
        return joined("attr", str(name), *(f"{key}={_typed(config, key)}" for key in keys))

    def text(config: AttributeConfig) -> str:
        return "\n".join(f"{key} = {_typed(config, key)}" for key in keys)

    return Change(str(name), line(after), text(before), text(after), (line(before),))


def _typed(config: AttributeConfig, key: str) -> str:
    value = property_of(config, key)
    return ",".join(value) if key == LABELS else str(value)


def _row(name: AttributeName, config: AttributeConfig) -> dict[str, Any]:
    root = None if config.root_attr_name == NOT_SPECIFIED else config.root_attr_name
    memorized = config.memorization is not AttrMemorizedType.NONE
    return {
        "name": str(name._replace(name=config.name)),
        "attribute": config.name,
        "type": attribute_type(config),
        "access": config.writable.name,
        "memorized": config.memorization.name if memorized else None,
        "root": root,
        **{key: _value(config, key) for key in PROPERTY_PATHS},
        "value": _range(config, "value"),
        "alarm": _range(config, "alarm"),
        "warning": _range(config, "warning"),
    }


def _value(config: AttributeConfig, key: str) -> Any:
    value = property_of(config, key)
    return WordsCell(value) if key == LABELS else value


def _range(config: AttributeConfig, kind: str) -> str | None:
    low, high = (property_of(config, f"{end}_{kind}") for end in ("min", "max"))
    if low == high == NOT_SPECIFIED:
        return None
    return f"{'' if low == NOT_SPECIFIED else low} .. {'' if high == NOT_SPECIFIED else high}".strip()
