"""The configuration of one attribute: where each property comes from, how clients change it, what is wrong with it.

A value is the first found of: device property in the database, class property in the database, default of the author
("user default"), library default (ATT-4). Changing follows ATT-7..ATT-20, start-up errors ATT-75 and ATT-76. This
module computes; the kernel writes to the database and tells clients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from server_core.device.defaults import RESET_WORDS, Defaults, incoherent
from server_core.device.rules import (
    DELTAS,
    LABELS,
    NO_LABEL,
    PAIRS,
    RULES,
    SEPARATOR,
    Group,
    Parsed,
    Rule,
    parse,
    stored,
)
from server_core.model.config import (
    NOT_SPECIFIED,
    ArchiveEventInfo,
    AttributeAlarmInfo,
    AttributeConfig,
    AttributeEventInfo,
    ChangeEventInfo,
    PeriodicEventInfo,
)
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.types import TYPES, Kind

_RDS = "rds_alarm"
_CLEARED = "(also 'NaN', 'Not specified' and '' - empty string)"


class Change(NamedTuple):
    """An accepted change, ready to be stored and then applied."""

    parsed: dict[str, Parsed]
    put: dict[str, list[str]]
    delete: list[str]


class Configuration:
    """The properties of one attribute of one device."""

    def __init__(self, definition: AttributeConfig, user: Mapping[str, str], device: str) -> None:
        self._definition = definition
        self._row = TYPES[definition.data_type]
        self._device = device
        self._prefix = f"Device {device}-> Attribute : {definition.name}\n"
        self._defaults = Defaults(definition, user)
        self._parsed: dict[str, Parsed] = {}
        self.problems: dict[str, str] = {}

    # ---- start-up

    def load(self, class_level: Mapping[str, Sequence[str]], device_level: Mapping[str, Sequence[str]]) -> None:
        """Take the properties from the database; what breaks the rules is kept as a problem (ATT-75)."""
        self._defaults.class_level = of_class = _joined(class_level)
        own = _joined(device_level)
        self.problems = {}
        for rule in RULES.values():
            self._parsed[rule.name] = self._at_start(rule, own.get(rule.name, of_class.get(rule.name)))
        self._check_start()

    def _at_start(self, rule: Rule, text: str | None) -> Parsed:
        default = self._defaults.of(rule)
        if text is None or self._row.kind in rule.ignored:
            return default
        if self._row.kind in rule.refused:
            if text.lower() != NOT_SPECIFIED.lower():
                self.problems[rule.name] = _not_settable(rule)
            return Parsed(text)
        try:
            parsed = parse(rule, text, self._definition.data_type, strict=True)
        except ValueError:
            self.problems[rule.name] = _bad_format(rule)
            return self._defaults.library(rule) if rule.is_event else Parsed(text)
        if rule.group is Group.PERIOD and parsed.value is not None and parsed.value <= 0:
            return self._defaults.library(rule)
        return parsed

    def _check_start(self) -> None:
        for low, high in PAIRS:
            if incoherent(self._parsed, low, high):
                self.problems[low] = _greater(low, high)
        if self._delta_count(self._parsed) == 1:
            self.problems[_RDS] = (
                "RDS alarm properties (delta_t and delta_val) are not correctly defined for attribute "
                f"{self._definition.name} in device {self._device}"
            )
        if self._row.kind is Kind.ENUM:
            problem = self._labels_problem(self.labels)
            if problem is not None:
                self.problems[LABELS] = problem

    def _labels_problem(self, labels: Sequence[str]) -> str | None:
        name = self._definition.name
        if not labels:
            return f"The attribute {name} has the DEV_ENUM data type but there is no enumeration label(s) defined"
        for index, label in enumerate(labels):
            if label in labels[:index]:
                return f"Enumeration for attribute {name} has two similar labels ({label}, {label})"
        return None

    @property
    def startup_error(self) -> DevError | None:
        """What reading or writing the attribute fails with while its configuration is wrong (ATT-75)."""
        if not self.problems:
            return None
        names = sorted(self.problems)
        lines = [f"\nDevice {self._device}-> Attribute : {self._definition.name}"]
        lines += [self.problems[name] for name in names]
        events = [name for name in names if name in RULES and RULES[name].is_event]
        others = [name for name in names if name not in events]
        if events:
            pronoun = "its" if len(events) == 1 else "their"
            if others:
                lines.append(
                    f"Setting valid value {_CLEARED} for {_enumerated(others)} will automatically bring "
                    f"{_enumerated(events)} to {pronoun} library defaults"
                )
            else:
                noun = "property" if len(events) == 1 else "properties"
                lines.append(
                    f"Setting a valid value {_CLEARED} for any property for this attribute will automatically bring "
                    f"the above-mentioned {noun} to {pronoun} library defaults"
                )
            lines.append("Hint : Check also class level attribute properties")
        return DevError(Reason.API_AttrConfig, "\n".join(lines), "Configuration.startup_error")

    # ---- what it is

    def __getitem__(self, name: str) -> Any:
        """What property `name` means: a number, a band, a text; None when it is not set."""
        return self._parsed[name].value

    @property
    def labels(self) -> list[str]:
        """The labels of a DevEnum; empty for other types."""
        shown = self._parsed[LABELS].shown
        return shown.split(SEPARATOR) if shown and self._row.kind is Kind.ENUM else []

    def record(self) -> AttributeConfig:
        """The whole configuration as clients see it."""
        shown = {name: parsed.shown for name, parsed in self._parsed.items()}
        base = self._definition
        return AttributeConfig(
            name=base.name,
            data_type=base.data_type,
            data_format=base.data_format,
            writable=base.writable,
            max_dim_x=base.max_dim_x,
            max_dim_y=base.max_dim_y,
            disp_level=base.disp_level,
            writable_attr_name=base.writable_attr_name,
            memorized=base.memorized,
            mem_init=base.mem_init,
            root_attr_name=base.root_attr_name,
            label=shown["label"],
            description=shown["description"],
            unit=shown["unit"],
            standard_unit=shown["standard_unit"],
            display_unit=shown["display_unit"],
            format=shown["format"],
            min_value=shown["min_value"],
            max_value=shown["max_value"],
            enum_labels=self.labels,
            alarms=AttributeAlarmInfo(
                min_alarm=shown["min_alarm"],
                max_alarm=shown["max_alarm"],
                min_warning=shown["min_warning"],
                max_warning=shown["max_warning"],
                delta_t=shown["delta_t"],
                delta_val=shown["delta_val"],
            ),
            events=AttributeEventInfo(
                ChangeEventInfo(rel_change=shown["rel_change"], abs_change=shown["abs_change"]),
                PeriodicEventInfo(period=shown["event_period"]),
                ArchiveEventInfo(
                    archive_rel_change=shown["archive_rel_change"],
                    archive_abs_change=shown["archive_abs_change"],
                    archive_period=shown["archive_period"],
                ),
            ),
        )

    # ---- changes

    def change(
        self, wanted: AttributeConfig, memorised: Callable[[], Any] | None = None, *, by_code: bool = False
    ) -> Change:
        """The change that brings the configuration to `wanted`; nothing is altered yet.

        `memorised` gives the memorised value of the attribute, which new limits must contain (ATT-15). `by_code`
        lets the number of enumeration labels change (ATT-61). Raises DevFailed
        `API_AttrOptProp`, `API_IncoherentValues` or `API_NotSupportedFeature`.
        """
        self._check_immutable(wanted)
        texts = {rule.name: rule.get(wanted) for rule in RULES.values() if rule.group is not Group.LABELS}
        names = self._touched(texts)
        change = Change(dict(self._parsed), {}, [])
        for name in names:
            self._resolve(RULES[name], texts[name], change)
        if self._row.kind is Kind.ENUM and wanted.enum_labels != self.labels:
            self._resolve_labels(wanted.enum_labels, change, by_code=by_code)
        self._check_coherence(change, names, memorised)
        if self._delta_count(change.parsed) == 1:
            for name in DELTAS:
                change.put.pop(name, None)
            change.delete[:] = [name for name in change.delete if name not in DELTAS]
        return change

    def apply(self, change: Change) -> None:
        """Make an accepted change effective; problems of start-up end here, but for missing labels (ATT-76)."""
        self._parsed = change.parsed
        self.problems = {}
        if self._row.kind is Kind.ENUM:
            problem = self._labels_problem(self.labels)
            if problem is not None:
                self.problems[LABELS] = problem

    def _check_immutable(self, wanted: AttributeConfig) -> None:
        base = self._definition
        for field, word in _IMMUTABLE.items():
            new, old = getattr(wanted, field), getattr(base, field)
            if field == "writable_attr_name":
                new, old = new.lower(), old.lower()
            if new != old:
                raise DevFailed.of(
                    Reason.API_AttrNotAllowed,
                    f"Attribute property {word} is not changeable at run time",
                    "Configuration.change",
                )

    def _touched(self, texts: Mapping[str, str]) -> list[str]:
        """Properties to look at: those that differ from what is shown, and limits that were wrong at start-up (wrong
        event properties stay in the database until changed, ATT-76). The two deltas count as one (ATT-16)."""
        wrong = {name for name in self.problems if name in RULES and not RULES[name].is_event}
        names = {name for name, text in texts.items() if text != self._parsed[name].shown or name in wrong}
        if names.intersection(DELTAS):
            names.update(DELTAS)
        return [name for name in texts if name in names]

    def _resolve(self, rule: Rule, text: str, change: Change) -> None:
        """Decide the new value of one property and what the database gets (ATT-9)."""
        kind, word = self._row.kind, text.lower()
        if kind in rule.ignored:
            return
        if kind in rule.refused and word not in RESET_WORDS:
            self._refuse(_not_settable(rule))
        default, write = self._defaults.reset(rule, word) if word in RESET_WORDS else (None, False)
        if default is None:
            try:
                default, write = self._given(rule, text)
            except ValueError:
                self._refuse(_bad_format(rule))
        if default == self._parsed[rule.name] and rule.name not in DELTAS and rule.name not in self.problems:
            return
        change.parsed[rule.name] = default
        if write:
            change.put[rule.name] = stored(rule, default)
        else:
            change.delete.append(rule.name)

    def _given(self, rule: Rule, text: str) -> tuple[Parsed, bool]:
        """The value of an ordinary text; written unless it says what holds without it anyway."""
        parsed = parse(rule, text, self._definition.data_type)
        default = self._defaults.of(rule)
        if _same(rule, parsed, default):
            return default, False
        if not self._defaults.given(rule) and self._is_library(rule, text):
            return parsed, False
        return parsed, True

    def _is_library(self, rule: Rule, text: str) -> bool:
        words = {self._defaults.library(rule).shown.lower()} | ({NO_LABEL.lower()} if rule.name == "label" else set())
        return text.lower() in words

    def _resolve_labels(self, labels: Sequence[str], change: Change, *, by_code: bool) -> None:
        name, old = self._definition.name, self.labels
        if not labels:
            raise DevFailed.of(
                Reason.API_AttrOptProp,
                f"Device {self._device}- Attribute : {name}- No value defined for the property {LABELS}",
                "Configuration.change",
            )
        rule, write = RULES[LABELS], True
        parsed = Parsed(SEPARATOR.join(labels))
        if len(labels) == 1 and labels[0].lower() in RESET_WORDS:
            parsed, write = self._defaults.reset(rule, labels[0].lower())
            if not parsed.shown:
                self._refuse(
                    "No enumeration label(s) default library value for attribute of the Tango::DEV_ENUM data type"
                )
        elif any(SEPARATOR in label for label in labels):
            self._refuse(f"A label must not contain a comma: {', '.join(map(repr, labels))}")
        new = parsed.shown.split(SEPARATOR)
        problem = self._labels_problem(new)
        if problem is not None:
            raise DevFailed.of(Reason.API_AttrOptProp, problem, "Configuration.change")
        if old and len(new) != len(old) and not by_code:
            raise DevFailed.of(
                Reason.API_NotSupportedFeature,
                f"{self._prefix}It's not supported to change enumeration labels number from outside the Tango device "
                "class code",
                "Configuration.change",
            )
        change.parsed[LABELS] = parsed
        if write and not _same(rule, parsed, self._defaults.of(rule)):
            change.put[LABELS] = stored(rule, parsed)
        else:
            change.delete.append(LABELS)

    def _check_coherence(self, change: Change, names: Sequence[str], memorised: Callable[[], Any] | None) -> None:
        for low, high in PAIRS:
            if incoherent(change.parsed, low, high):
                self._refuse(_greater(low, high), Reason.API_IncoherentValues)
        value = memorised() if memorised is not None and {"min_value", "max_value"}.intersection(names) else None
        if value is None:
            return
        low_limit, high_limit = change.parsed["min_value"].value, change.parsed["max_value"].value
        for limit, broken, side in (
            (low_limit, low_limit is not None and value < low_limit, "below"),
            (high_limit, high_limit is not None and value > high_limit, "above"),
        ):
            if limit is not None and broken:
                self._refuse(
                    f"This attribute is memorized and the memorized value ({value:.15g}) is {side} the new limit!!"
                )

    def _refuse(self, sentence: str, reason: str = Reason.API_AttrOptProp) -> NoReturn:
        raise DevFailed.of(reason, self._prefix + sentence, "Configuration.change")

    @staticmethod
    def _delta_count(parsed: Mapping[str, Parsed]) -> int:
        return sum(parsed[name].value is not None for name in DELTAS)


_IMMUTABLE = {
    "data_type": "data_type",
    "data_format": "data_format",
    "writable": "writable",
    "max_dim_x": "max_dim_x",
    "max_dim_y": "max_dim_y",
    "writable_attr_name": "writable_attr_name",
    "disp_level": "level",
    "memorized": "memorized",
    "mem_init": "memorized",
}
"""Fields that no change may touch, and how the error names them (ATT-8)."""


def _same(rule: Rule, parsed: Parsed, default: Parsed) -> bool:
    """Whether two values say the same: numbers as numbers, everything else as text."""
    if rule.group is Group.LIMIT and parsed.value is not None:
        return bool(parsed.value == default.value)
    return parsed.shown == default.shown


def _joined(properties: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name.lower(): SEPARATOR.join(values) for name, values in properties.items() if values}


def _enumerated(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _bad_format(rule: Rule) -> str:
    return f"The property {rule.name} is defined in an unsupported format"


def _not_settable(rule: Rule) -> str:
    return f"The property {rule.name} is not settable for the attribute data type"


def _greater(low: str, high: str) -> str:
    return f"Value of {low} is greater than or equal to {high}"
