"""What a property of an attribute is when nothing says otherwise, and what the reset words bring (ATT-4, ATT-9).

Three levels: class property in the database, default of the author ("user default"), library default.
"""

from __future__ import annotations

from collections.abc import Mapping

from server_core.device.rules import DELTAS, PAIRS, RULES, Group, Parsed, Rule, parse
from server_core.model.config import NOT_SPECIFIED, AttributeConfig, default_format
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import TYPES

RESET_WORDS = (NOT_SPECIFIED.lower(), "", "nan")


class Defaults:
    """The defaults of one attribute. `class_level` holds the class properties of the database.

    Raises DevFailed `API_IncompatibleAttrDataType` or `API_IncoherentValues` for user defaults that break the rules
    (ATT-77); those without meaning for the data type count for nothing.
    """

    def __init__(self, definition: AttributeConfig, user: Mapping[str, str]) -> None:
        self._definition = definition
        self._row = row = TYPES[definition.data_type]
        self.class_level: Mapping[str, str] = {}
        self._user = {
            name: text
            for name, text in user.items()
            if row.kind not in RULES[name].refused and row.kind not in RULES[name].ignored
        }
        self._check_user_defaults()

    def given(self, rule: Rule) -> bool:
        """Whether class or author say anything of the property."""
        return rule.name in self.class_level or rule.name in self._user

    def of(self, rule: Rule) -> Parsed:
        """What holds when the database has nothing for the device."""
        return self._class(rule) if rule.name in self.class_level else self.user(rule)

    def reset(self, rule: Rule, word: str) -> tuple[Parsed, bool]:
        """What a reset word brings, and whether it must be written to override a default (ATT-9)."""
        if word == "nan":
            return self.of(rule), False
        if word == "":
            return self.user(rule), rule.name in self.class_level
        return self.library(rule), self.given(rule)

    def user(self, rule: Rule) -> Parsed:
        """The author's default, else the library's."""
        text = self._user.get(rule.name)
        return self.library(rule) if text is None else parse(rule, text, self._definition.data_type)

    def library(self, rule: Rule) -> Parsed:
        """The library's default; that of the label is the attribute's name, that of the format goes by type."""
        if rule.name == "label":
            return Parsed(self._definition.name, self._definition.name)
        if rule.name == "format":
            text = default_format(self._definition.data_type)
            return Parsed(text, text)
        if rule.group is Group.TEXT:
            return Parsed(rule.library, rule.library)
        return parse(rule, rule.library, self._definition.data_type) if rule.library else Parsed("")

    def _class(self, rule: Rule) -> Parsed:
        try:
            return parse(rule, self.class_level[rule.name], self._definition.data_type)
        except ValueError:
            return self.user(rule)

    def _check_user_defaults(self) -> None:
        """Refuse a definition whose defaults break the rules (ATT-77)."""
        name, parsed = self._definition.name, {}
        for prop, text in self._user.items():
            rule = RULES[prop]
            try:
                parsed[prop] = parse(rule, text, self._definition.data_type, strict=True)
            except ValueError:
                raise DevFailed.of(
                    Reason.API_IncompatibleAttrDataType,
                    f"User default property {prop} for attribute : {name} is defined in unsupported format. Expected "
                    f"{'DevLong' if rule.group is Group.DELTA_T else self._row.name}",
                    "attribute",
                ) from None
        for low, high in PAIRS:
            if low in parsed and high in parsed and incoherent(parsed, low, high):
                raise DevFailed.of(
                    Reason.API_IncoherentValues,
                    f"User default property {low} for attribute : {name} is greater then or equal {high}",
                    "attribute",
                )
        if sum(name in parsed for name in DELTAS) == 1:
            raise DevFailed.of(
                Reason.API_IncoherentValues,
                "Just one of the user default properties : delta_val or delta_t is set. Both or none of the values "
                "have to be set",
                "attribute",
            )


def incoherent(parsed: Mapping[str, Parsed], low: str, high: str) -> bool:
    """Whether the lower limit of a pair is not below the upper one (ATT-14)."""
    smallest, largest = parsed[low].value, parsed[high].value
    return smallest is not None and largest is not None and bool(smallest >= largest)
