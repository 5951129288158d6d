"""The command for the configuration of attributes: show it, and set properties."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from server_core.model.config import NOT_SPECIFIED, PROPERTY_PATHS, AttributeConfig, property_of, set_property
from server_core.model.enums import AttrMemorizedType
from server_core.model.errors import DevFailed
from tangoterm.console.cells import WordsCell, json_errors
from tangoterm.console.changes import Change, Danger
from tangoterm.console.commands.system import attribute_type
from tangoterm.console.commands.table import Parameter, UsageError, Want, command
from tangoterm.console.format import plural
from tangoterm.console.names import none_of
from tangoterm.console.quoting import joined
from tangoterm.console.result import Failure, Layout, Result, columns, note
from tangoterm.console.scope import attributes_in, is_scope, readable_in
from tangoterm.console.session import AttributeName, Session
from tangoterm.console.together import Outcome, each

LABELS = "enum_labels"
RESETS = {
    NOT_SPECIFIED: "the default of the library",
    "": "the default of the device's code, else of the library",
    "NaN": "the default of the class, else of the code, else of the library",
}
"""The words that reset a property, and what they bring (ATT-9)."""


@command(
    "attr",
    Parameter(
        "target",
        "device/attribute, or a device for all of its attributes; with *, class:NAME or @LIST several",
        Want.TARGET,
    ),
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
        "attr 'sys/*/*/ampli' unit=mA",
    ),
    repeats=("",),
    changes=("properties",),
)
def attr(session: Session, target: str, properties: Sequence[str]) -> Result:
    """Show how attributes are configured; set properties of one, or of all that a pattern names.

    Of several, one question is asked for all, and each has its row: the refusal of one keeps none of the others from
    it. Raises UsageError for what is no property, and DevFailed as the device of a single one refuses the change;
    nothing is changed then.
    """
    if properties:
        wanted = dict(map(assignment, properties))
        if is_scope(target):
            return _set_many(session, attributes_in(session, [target]), wanted)
        names = readable_in(session, target)
        if not _is_one(names, target):
            raise UsageError(f"properties are set of attributes; {target} is a device")
        return set_properties(session, names[0], wanted)
    names = readable_in(session, target)
    single = _is_one(names, target)
    found = _configurations(session, names)
    failures = [Failure(str(outcome.item), outcome.failure) for outcome in found if outcome.failure is not None]
    if single and failures:
        raise failures[0].error
    rows = [
        _failed(outcome.item, outcome.failure) if outcome.value is None else _row(outcome.item, outcome.value)
        for outcome in found
    ]
    if single:
        return Result(columns("Name", "Type", "Access", "Memorized", "Root", *PROPERTY_PATHS), rows, Layout.FIELDS)
    shown = columns("Attribute", "Type", "Access", "Label", "Unit", "Value", "Alarm", "Warning", "Root")
    if len({name.device for name in names}) > 1:
        shown = (*columns("Device"), *shown)
    return Result(shown if any(row.get("root") for row in rows) else shown[:-1], rows, failures=failures)


def _configurations(session: Session, names: Sequence[AttributeName]) -> list[Outcome[AttributeName, AttributeConfig]]:
    """The configuration of each attribute, those of a device in one request, of several devices at the same time."""
    by_device: dict[str, list[AttributeName]] = {}
    for name in names:
        by_device.setdefault(name.device, []).append(name)

    def ask(device: str) -> Sequence[AttributeConfig]:
        found: Sequence[AttributeConfig] = session.device(device).get_attribute_config_ex(
            [name.name for name in by_device[device]]
        )
        return found

    answers: dict[AttributeName, Outcome[AttributeName, AttributeConfig]] = {}
    for device, configs, failure in each(list(by_device), ask):
        for index, name in enumerate(by_device[device]):
            answers[name] = Outcome(name, None if configs is None else configs[index], failure)
    return [answers[name] for name in names]


def _failed(name: AttributeName, failure: DevFailed | None) -> dict[str, Any]:
    errors = () if failure is None else failure.errors
    return {"name": str(name), "device": name.device, "attribute": name.name, "errors": json_errors(errors)}


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


def set_properties(session: Session, name: AttributeName, wanted: Mapping[str, str]) -> Result:
    """Set properties of an attribute, and tell what they are now."""
    proxy = session.device(name.device)
    change, config = _setting(name, proxy.get_attribute_config_ex([name.name])[0], wanted)
    values = _set(session, name, change, config, wanted)
    return note(f"{name}: {_told(values)}", name=str(name), device=name.device, attribute=config.name, **values)


def _set_many(session: Session, names: Sequence[AttributeName], wanted: Mapping[str, str]) -> Result:
    """Set the same properties of several attributes: one question, one entry in the journal, a row for each."""
    found = _configurations(session, names)
    settings = {one.item: _setting(one.item, one.value, wanted) for one in found if one.value is not None}
    settings = {name: (replace(change, danger=Danger.ASK), config) for name, (change, config) in settings.items()}
    session.changes.ask([change for change, _ in settings.values() if change.before != change.after])
    result = Result(columns("Attribute", "Result"), [])
    rows = []
    with session.changes.as_one(plural(len(settings), "attribute")):
        for name, _, failure in found:
            row: dict[str, Any] = {"device": name.device, "attribute": str(name)}
            try:
                if failure is not None:
                    raise failure
                values = _set(session, name, *settings[name], wanted)
                row |= {"result": _told(values), **values}
            except DevFailed as refusal:
                result.failures.append(Failure(str(name), refusal))
                row |= {"result": "failed", "errors": json_errors(refusal.errors)}
            rows.append(row)
    result.rows = rows
    return result


def _set(
    session: Session, name: AttributeName, change: Change, config: AttributeConfig, keys: Iterable[str]
) -> dict[str, Any]:
    """Make one change, and give what the properties are then."""
    proxy = session.device(name.device)
    if change.before != change.after:
        session.changes.make(change, lambda: proxy.set_attribute_config(config))
        session.forget_members(name.device)
    after = proxy.get_attribute_config_ex([name.name])[0]
    return {key: _value(after, key) for key in keys}


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {value if value != '' else '(empty)'}" for key, value in values.items())


def _setting(name: AttributeName, before: AttributeConfig, wanted: Mapping[str, str]) -> tuple[Change, AttributeConfig]:
    """The change that setting properties is, and the configuration to send for it."""
    after = copy.deepcopy(before)
    for key, value in wanted.items():
        set_property(after, key, value.split(",") if key == LABELS else value)

    def line(config: AttributeConfig) -> str:
        return joined("attr", str(name), *(f"{key}={_typed(config, key)}" for key in wanted))

    def text(config: AttributeConfig) -> str:
        return "\n".join(f"{key} = {_typed(config, key)}" for key in wanted)

    return Change(str(name), line(after), text(before), text(after), (line(before),)), after


def _typed(config: AttributeConfig, key: str) -> str:
    value = property_of(config, key)
    return ",".join(value) if key == LABELS else str(value)


def _row(name: AttributeName, config: AttributeConfig) -> dict[str, Any]:
    root = None if config.root_attr_name == NOT_SPECIFIED else config.root_attr_name
    memorized = config.memorization is not AttrMemorizedType.NONE
    return {
        "name": str(name._replace(name=config.name)),
        "device": name.device,
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
