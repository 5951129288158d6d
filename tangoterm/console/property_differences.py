"""What two owners of properties differ in."""

from __future__ import annotations

from typing import NamedTuple

from tangoterm.console.properties import Owner
from tangoterm.console.session import Session


class Difference(NamedTuple):
    """A property that two owners do not have alike: its values at the one and at the other, nothing where there is
    none."""

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def differences(session: Session, one: Owner, other: Owner) -> list[Difference]:
    """The properties in which two owners differ, those of their attributes, as `attribute/name`, included."""
    left, right = _whole(session, one), _whole(session, other)
    found = []
    for key in sorted({*left, *right}, key=lambda label: ("/" in label, label)):
        name = (left.get(key) or right[key])[0]
        first, second = (side[key][1] if key in side else () for side in (left, right))
        if first != second:
            found.append(Difference(name, first, second))
    return found


def _whole(session: Session, owner: Owner) -> dict[str, tuple[str, tuple[str, ...]]]:
    """All properties of an owner and its attributes, as they are spelled, by lower-case name."""
    return {
        label.lower(): (label, tuple(values))
        for each in (owner, *owner.members(session.store))
        for name, values in each.all(session.store).items()
        for label in [f"{each.attribute}/{name}" if each.attribute else name]
    }
