"""All properties that matter to an owner: its own, those of its class, and the defaults of its class's code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from server_core.database.families import CLASS, DEVICE
from server_core.model.errors import DevFailed
from tangoterm.console.properties import Owner
from tangoterm.console.session import Session


class Row(NamedTuple):
    """One property: who has it, and where that stands to the owner that was asked for.

    `source` is `device`, `class`, `object` or `attribute` for what the database has, and `default` for what it has not
    and the code of the class says.
    """

    owner: Owner
    name: str
    values: tuple[str, ...]
    source: str
    description: str = ""

    @property
    def label(self) -> str:
        """The name, behind its attribute's."""
        return f"{self.owner.attribute}/{self.name}" if self.owner.attribute else self.name

    @property
    def key(self) -> str:
        """What identifies it."""
        return f"{self.owner}/{self.name}".lower()


class _Declared(NamedTuple):
    name: str
    description: str
    default: tuple[str, ...]


def rows_of(session: Session, owner: Owner) -> list[Row]:
    """The properties of an owner and of its attributes; of a device those of its class that it does not override too.

    Defaults and descriptions are those that a running server tells (ADM-26, ADM-27).
    """
    rows = list(_own(session, owner))
    if owner.attribute:
        return rows
    known = {row.name.lower() for row in rows if not row.owner.attribute}
    if owner.family is DEVICE:
        dev_class = Owner(CLASS, session.store.device(owner.name).dev_class)
        inherited = [
            row for row in _own(session, dev_class) if row.label.lower() not in {r.label.lower() for r in rows}
        ]
        rows += inherited
        known |= {row.name.lower() for row in inherited if not row.owner.attribute}
        declared = _declared(session, owner.name, dev_class.name, "QueryWizardDevProperty")
    elif owner.family is CLASS:
        served = next((each for each in session.store.devices(dev_class=owner.name) if each.exported), None)
        declared = _declared(session, served.name, owner.name, "QueryWizardClassProperty") if served else []
    else:
        declared = []
    described = {each.name.lower(): each.description for each in declared}
    rows = [
        row if row.owner.attribute else row._replace(description=described.get(row.name.lower(), "")) for row in rows
    ]
    rows += [
        Row(owner, each.name, each.default, "default", each.description)
        for each in declared
        if each.name.lower() not in known
    ]
    return sorted(rows, key=lambda row: (bool(row.owner.attribute), row.label.lower()))


def _own(session: Session, owner: Owner) -> Iterator[Row]:
    word = {DEVICE: "device", CLASS: "class"}.get(owner.family, "object")
    for each in (owner, *owner.members(session.store)):
        for name, values in each.all(session.store).items():
            source = "attribute" if each.attribute and owner.family is DEVICE else word
            yield Row(each, name, tuple(values), source)


def _declared(session: Session, device: str, dev_class: str, command: str) -> list[_Declared]:
    """What the code of a class declares; nothing while no server tells."""
    try:
        admin = session.device(session.device(device).adm_name())
        texts: Sequence[str] = admin.command_inout(command, dev_class)
    except DevFailed:
        return []
    triples = zip(texts[0::3], texts[1::3], texts[2::3], strict=False)
    return [_Declared(name, text, tuple(default.splitlines())) for name, text, default in triples]
