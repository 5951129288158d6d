"""What a server asks to be told before it can serve: the properties that its classes declare."""

from __future__ import annotations

from typing import NamedTuple

from server_core.model.errors import DevFailed
from tangoterm.console.servers.control import ServerRecord
from tangoterm.console.session import Proxy, Session


class Asked(NamedTuple):
    """One property that a class declares: whose it is (as the command `prop` names owners), what it is for, its default
    (empty where the server does not say), and its values now."""

    owner: str
    name: str
    description: str
    default: str
    values: tuple[str, ...]


def asked_by(session: Session, one: ServerRecord) -> list[Asked]:
    """The class properties of a server, then the device properties of each of its devices, as it declares them.

    A server that does not run is asked for by another instance of it that does. Raises DevFailed when none runs.
    """
    admin = _running(session, one)
    asked: list[Asked] = []
    for dev_class in dict.fromkeys(device.dev_class for device in one.devices):
        for name, description, default in _triples(admin.command_inout("QueryWizardClassProperty", dev_class)):
            values = session.store.get_class_property(dev_class, [name]).get(name, [])
            asked.append(Asked(f"class:{dev_class}", name, description, default, tuple(values)))
        declared = _triples(admin.command_inout("QueryWizardDevProperty", dev_class))
        for device in one.devices:
            if device.dev_class == dev_class:
                known = session.store.get_device_property(device.name, [name for name, _, _ in declared])
                asked += [
                    Asked(device.name, name, description, default, tuple(known.get(name, ())))
                    for name, description, default in declared
                ]
    return asked


def _running(session: Session, one: ServerRecord) -> Proxy:
    program = one.name.partition("/")[0]
    names = [f"dserver/{one.name}"]
    names += [record.name for record in session.store.devices(name=f"dserver/{program}/*") if record.exported]
    failure: DevFailed | None = None
    for name in names:
        admin = session.device(name)
        try:
            admin.ping()
        except DevFailed as refused:
            failure = failure or refused
        else:
            return admin
    raise failure or DevFailed.of("API_DeviceNotExported", f"no {program} runs", "wizard")


def _triples(words: list[str]) -> list[tuple[str, str, str]]:
    """Name, description and default of each; a server says `Not specified` for no default."""
    return [
        (name, description, "" if default == "Not specified" else default)
        for name, description, default in zip(words[::3], words[1::3], words[2::3], strict=True)
    ]
