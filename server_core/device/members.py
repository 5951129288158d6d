"""What a device consists of: the declarations found in its class, and mappings by name in any case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, ValuesView
from typing import Protocol, TypeVar

from server_core.device.command import Declaration
from server_core.device.declaration import attribute
from server_core.device.pipe import pipe
from server_core.device.properties import class_property, device_property


class Named(Protocol):
    """Anything with a name."""

    name: str


M = TypeVar("M", bound=Named)
D = TypeVar("D", attribute, pipe, device_property, class_property)


class Members(Mapping[str, M]):
    """Members of a device in their order; keys are names in any case (NAME-3)."""

    def __init__(self, members: Iterable[M] = (), *, last: Iterable[M] = ()) -> None:
        self._last = tuple(last)
        self._members = {member.name.lower(): member for member in (*members, *self._last)}

    def __getitem__(self, name: str) -> M:
        return self._members[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (member.name for member in self._members.values())

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._members

    def values(self) -> ValuesView[M]:
        """The members in their order."""
        return self._members.values()

    def find(self, name: str) -> M | None:
        """The member called `name`, None when there is none."""
        return self._members.get(name) or self._members.get(name.lower())

    def add(self, member: M) -> None:
        """Append a member; those that are always last stay last."""
        self._members[member.name.lower()] = member
        for late in self._last:
            self._members[late.name.lower()] = self._members.pop(late.name.lower())

    def sort(self, place: Callable[[M], int]) -> None:
        """Order the members by their places; of one place, those that came first stay first."""
        self._members = {member.name.lower(): member for member in sorted(self._members.values(), key=place)}

    def remove(self, name: str) -> None:
        """Remove a member; KeyError when there is none."""
        del self._members[name.lower()]


def declared(device_class: type, kind: type[D]) -> list[D]:
    """Declarations of one kind in a device class: those of its bases first, overridden ones replaced in place."""
    found: dict[str, D] = {}
    for owner in reversed(device_class.__mro__):
        for key, value in vars(owner).items():
            if isinstance(value, kind):
                found[key] = value
            else:
                found.pop(key, None)
    return list(found.values())


def declared_commands(device_class: type) -> list[Declaration]:
    """Commands of a device class. A method that overrides a command without decorator stays that command."""
    found: dict[str, Declaration] = {}
    for owner in reversed(device_class.__mro__):
        for key, value in vars(owner).items():
            declaration = getattr(value, "__tango_command__", None)
            if isinstance(declaration, Declaration):
                found[key] = declaration
            elif value is None:
                found.pop(key, None)
    return list(found.values())
