"""Properties found by a word in their names or values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from server_core.database.families import CLASS, DEVICE, FREE
from server_core.model.names import wildcard
from tangoterm.console.properties import Owner
from tangoterm.console.result import Failure
from tangoterm.console.session import Session
from tangoterm.console.together import each


class Found(NamedTuple):
    """A property in which the word occurs; `in_value` tells where."""

    owner: Owner
    name: str
    values: tuple[str, ...]
    in_value: bool


def everywhere(session: Session) -> list[Owner]:
    """All that may own properties: devices, classes and objects."""
    devices = [Owner(DEVICE, record.name) for record in session.catalogue.records]
    classes = [Owner(CLASS, name) for name in session.store.distinct("class", dev_class="*")]
    return [*devices, *classes, *(Owner(FREE, name) for name in session.store.property_objects("*"))]


def search(
    session: Session, word: str, owners: Sequence[Owner], failures: list[Failure] | None = None
) -> Iterator[Found]:
    """The properties of the owners, and of their attributes, in whose name or values `word` occurs, in any case; it may
    have `*` for any characters.

    They come as they are found; closing ends the search. Owners that the database refuses go to `failures`.
    """
    matches = wildcard(f"*{word.strip('*')}*" if word != "*" else "*").match

    def look(owner: Owner) -> list[Found]:
        found = []
        for one in (owner, *owner.members(session.store)):
            for name, values in one.all(session.store).items():
                in_value = any(matches(value) for value in values)
                if in_value or matches(name):
                    found.append(Found(one, name, tuple(values), in_value))
        return found

    for outcome in each(owners, look):
        if outcome.failure is not None and failures is not None:
            failures.append(Failure(str(outcome.item), outcome.failure))
        yield from outcome.value or ()
