"""Conditions on attributes, as people write them, and whether they hold.

sys/tg_test/1/State == ON                     == != < <= > >=, the value as `write` takes it
sys/tg_test/1/State in (ON, RUNNING)          one of several
sys/tg_test/1/Status ~ 'temperature .* ok'    a regular expression somewhere in the text
lab/psu/1/current > 10 and lab/valve/1/State == OPEN or ...    `and` goes before `or`
sys/tg_test/1                                 the device answers; server:TangoTest/test, a server does
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from server_core.model.config import AttributeConfig
from server_core.model.types import TYPES, Kind
from tangoterm.console.arguments import Argument
from tangoterm.console.cells import ValueCell
from tangoterm.console.result import UsageError
from tangoterm.console.tokens import ArgumentError

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TERM = re.compile(r"([^\s=<>!~]+)(?:\s*(==|!=|<=|>=|<|>|~)\s*|\s+(in)\s*(?=\())(.+)", re.DOTALL)
_AND, _OR = (re.compile(rf"\s+{word}\s+", re.IGNORECASE) for word in ("and", "or"))
_ORDERED = frozenset({Kind.INTEGER, Kind.FLOAT, Kind.ENUM})

Judge = Callable[[ValueCell], bool]
"""Whether a value is as it should be."""


class Term(NamedTuple):
    """One comparison: an attribute by name, the operator, and the value as text; a device alone has no operator."""

    name: str
    operator: str = ""
    value: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in self if part)

    def judge(self, config: AttributeConfig) -> Judge:
        """What judges values of the attribute. Raises UsageError for a value that is none of its type, and for an
        operator that its type does not have."""
        if self.operator == "~":
            return self._matching()
        argument = Argument.of_attribute(config)
        if self.operator == "in":
            wanted = [self._parsed(argument, text) for text in self._choices()]
            return lambda cell: _plain(cell.value) in wanted
        kind = TYPES[config.data_type].kind
        if self.operator not in ("==", "!=") and (argument.many or kind not in _ORDERED):
            raise UsageError(f"{self}: {self.operator} compares numbers, and {self.name} has none")
        compare, value = _COMPARE[self.operator], self._parsed(argument, self.value)
        return lambda cell: compare(_plain(cell.value), value)

    def _parsed(self, argument: Argument, text: str) -> Any:
        try:
            return _plain(argument.parse(text, check_limits=False))
        except ArgumentError as error:
            raise UsageError(f"{self}: {error}") from None

    def _choices(self) -> list[str]:
        inside = self.value.strip()
        if not (inside.startswith("(") and inside.endswith(")")):
            raise UsageError(f"{self}: behind `in` stands a list, such as (ON, RUNNING)")
        return [text.strip() for text in inside[1:-1].split(",") if text.strip()]

    def _matching(self) -> Judge:
        text = self.value.strip()
        if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
            text = text[1:-1]
        try:
            wanted = re.compile(text)
        except re.error as error:
            raise UsageError(f"{self}: {text!r} is not a regular expression: {error}") from None
        return lambda cell: wanted.search(cell.exact()) is not None


class Condition(NamedTuple):
    """Terms of which all have to hold, in several groups of which one is enough."""

    groups: tuple[tuple[Term, ...], ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """All of them."""
        return tuple(term for group in self.groups for term in group)

    def holds(self, held: Callable[[Term], bool]) -> bool:
        """Whether it holds, given which of its terms do."""
        return any(all(map(held, group)) for group in self.groups)

    def __str__(self) -> str:
        return " or ".join(" and ".join(map(str, group)) for group in self.groups)


def parse_condition(text: str) -> Condition:
    """The condition that a text words; UsageError for one that says nothing."""
    return Condition(tuple(tuple(map(_term, _AND.split(group))) for group in _OR.split(text.strip())))


def _term(text: str) -> Term:
    text = text.strip()
    found = _TERM.fullmatch(text)
    if found is not None:
        term = Term(found[1], found[2] or found[3], found[4].strip())
        if term.operator == "~":
            term._matching()
        return term
    if not text or len(text.split()) != 1 or any(sign in text for sign in "=<>~"):
        raise UsageError(f"{text!r} is no condition, such as 'DEVICE/ATTRIBUTE == VALUE'; operators: {OPERATORS}")
    return Term(text)


OPERATORS = ", ".join((*_COMPARE, "in (A, B)", "~ REGEX"))
"""The operators for people."""


def _plain(value: Any) -> Any:
    """A value that compares with one of another kind of array."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
