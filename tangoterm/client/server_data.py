"""Moving a device server from one control system to another: `DbServerData`, as in PyTango."""

from __future__ import annotations

from server_core.database.families import (
    CLASS,
    CLASS_ATTRIBUTE,
    DEVICE,
    DEVICE_ATTRIBUTE,
    Family,
    MemberProperties,
    PropertyFamilies,
)
from server_core.database.store import Properties, Store
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import ADMIN_CLASS, admin_name
from tangoterm.client.access import check_database
from tangoterm.client.system import ControlSystem, control_system
from tangoterm.client.threads import thread_runner

_KINDS = ((DEVICE, DEVICE_ATTRIBUTE), (CLASS, CLASS_ATTRIBUTE))


class DbServerData:
    """The devices of a server, with the properties of devices, classes and their attributes, as the database of
    TANGO_HOST (or the embedded one) has them now.

    Raises DevFailed `DB_IncorrectServerName` when it does not know the server.
    """

    def __init__(self, ds_name: str, inst_name: str) -> None:
        self._name = f"{ds_name}/{inst_name}"
        self._system = control_system()
        store = _generic(self._system.store)
        records = [record for record in store.devices(server=self._name) if record.dev_class != ADMIN_CLASS]
        if not records:
            raise DevFailed.of(
                Reason.DB_IncorrectServerName, f"Server {self._name} not defined in database !", "DbServerData"
            )
        self._devices = [(record.name, record.dev_class) for record in records]
        owners = {
            DEVICE: [admin_name(self._name), *(name for name, _ in self._devices)],
            CLASS: list(dict.fromkeys(dev_class for _, dev_class in self._devices)),
        }
        self._values: list[tuple[Family, str, Properties]] = []
        self._members: list[tuple[Family, str, MemberProperties]] = []
        for family, attributes in _KINDS:
            for owner in owners[family]:
                names = store.value_names(family, owner, "*")
                self._values.append((family, owner, store.get_values(family, owner, names)))
                members = store.member_names(attributes, owner, "*")
                self._members.append((attributes, owner, store.get_member_values(attributes, owner, members)))

    def get_name(self) -> str:
        """`server/instance`."""
        return self._name

    def already_exist(self, tg_host: str) -> bool:
        """Whether a device of the server is defined in the control system `tg_host` (`host:port`) already."""
        store = control_system(tg_host).store
        return any(store.devices(name=name) for name in self._names())

    def put_in_database(self, tg_host: str) -> None:
        """Define the server with all its properties in the control system `tg_host`, replacing what is there."""
        store = _to_change(control_system(tg_host))
        store.add_server(self._name, self._devices)
        for family, owner, values in self._values:
            store.put_values(family, owner, values)
        for family, owner, members in self._members:
            store.put_member_values(family, owner, members)

    def remove(self, tg_host: str | None = None) -> None:
        """Delete the server with its devices and their properties, in the control system it was read from or in
        `tg_host`."""
        _to_change(control_system(tg_host) if tg_host else self._system).delete_server(self._name)

    def _names(self) -> list[str]:
        return [admin_name(self._name), *(name for name, _ in self._devices)]


def _to_change(system: ControlSystem) -> PropertyFamilies:
    if system.guarded:
        thread_runner().run(check_database(system))
    return _generic(system.store)


def _generic(store: Store) -> PropertyFamilies:
    assert isinstance(store, PropertyFamilies), f"{store!r} has no properties by family"
    return store
