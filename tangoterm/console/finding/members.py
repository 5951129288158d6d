"""Which attributes, commands and properties devices have, as far as it is known.

Devices of a class mostly have the same members, so those of one are taken for those of all until a device is known
itself: a system of ten thousand devices is known when one device of each class has been asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from server_core.model.errors import DevFailed
from tangoterm.console.finding.things import Kind, Known
from tangoterm.console.session import Members, Session
from tangoterm.console.together import each

Named = tuple[str, str]
"""A name, and what is said of it."""


class MemberNames(NamedTuple):
    """The members of a device, each with what is said of it."""

    attributes: tuple[Named, ...] = ()
    commands: tuple[Named, ...] = ()
    properties: tuple[Named, ...] = ()

    @classmethod
    def of(cls, members: Members, properties: Iterable[str] = ()) -> MemberNames:
        """The names of what a device answered, and of its properties in the database."""
        from tangoterm.console.commands.system import attribute_type, command_type

        return cls(
            tuple((config.name, attribute_type(config)) for config in members.attributes.values()),
            tuple((info.cmd_name, command_type(info)) for info in members.commands.values()),
            tuple((name, "") for name in properties),
        )

    def by_kind(self) -> Iterator[tuple[Kind, Sequence[Named]]]:
        """The members of each kind."""
        yield Kind.ATTRIBUTE, self.attributes
        yield Kind.COMMAND, self.commands
        yield Kind.PROPERTY, self.properties


class MemberBook:
    """The members of classes and devices. `version` grows with everything that is learned; safe from any thread."""

    def __init__(self) -> None:
        self.version = 0
        self.of_class: dict[str, MemberNames] = {}
        self.of_device: dict[str, MemberNames] = {}
        self._asked: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, device: str, dev_class: str, names: MemberNames) -> None:
        """Take note of the members of a device; of the first of its class they are taken for those of all."""
        with self._lock:
            key, class_key = device.lower(), dev_class.lower()
            known = self.of_class.setdefault(class_key, names)
            if self.of_device.get(key, known) == names and known is not names:
                return
            if known == names:
                self.of_device.pop(key, None)
            else:
                self.of_device[key] = names
            self.version += 1

    def unknown(self, devices: Iterable[Known]) -> list[Known]:
        """One running device of each class whose members nobody has asked for yet."""
        chosen: dict[str, Known] = {}
        for device in devices:
            key = device.dev_class.lower()
            if device.exported and key not in self.of_class and key not in self._asked:
                chosen.setdefault(key, device)
        return list(chosen.values())

    def learn_classes(
        self, session: Session, devices: Iterable[Known], *, stopped: Callable[[], bool] = lambda: False
    ) -> int:
        """Ask one running device of each class that is not known; how many answered.

        A device that does not answer is given up, its class is asked again when the catalogue has another one.
        """
        chosen = self.unknown(devices)
        self._asked.update(device.dev_class.lower() for device in chosen)

        def ask(device: Known) -> MemberNames:
            members = session.members(device.name)
            return MemberNames.of(members, _properties(session, device.name))

        answered = 0
        for outcome in each(chosen, ask, at_once=8):
            if outcome.value is not None:
                self.learn(outcome.item.name, outcome.item.dev_class, outcome.value)
                answered += 1
            if stopped():
                break
        return answered

    def forget_failures(self) -> None:
        """Ask again for what nobody answered."""
        self._asked &= self.of_class.keys()


def _properties(session: Session, device: str) -> Sequence[str]:
    try:
        return session.store.device_properties(device)
    except DevFailed:
        return ()
