"""What can be asked of the database of a control system: itself, event channels, services, who may write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.database.command import VOID
from server_core.database.commands import declared
from server_core.database.layout import unpack_export
from server_core.database.services import OBJECT, PROPERTY, Service, parse_services
from server_core.database.store import Store
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.names import DATABASE_DEVICE, parse_device
from server_core.model.names import wildcard as compiled
from tangoterm.client.access import AccessControlType, check_database, right_to
from tangoterm.client.database_records import DbDatum
from tangoterm.client.plans.database import asking, changing
from tangoterm.client.steps import Perform, Plan
from tangoterm.client.system import ControlSystem

# ---- the database itself


@asking
def get_info(store: Store) -> str:
    """Lines about the database: its name, since when it runs, how much it holds (DB-112)."""
    return "\n".join(store.info())


def command_inout(system: ControlSystem, cmd_name: str, cmd_param: Any = None) -> Plan[Any]:
    """The result of one of the database's own commands (DB-2), also of a database that no device serves.

    A pair of integers and strings comes as two lists. DevFailed `API_CommandNotFound` for a command that there is not.
    """
    if system.guarded and declared(cmd_name).out_type is VOID:
        try:
            yield from check_database(system, cmd_name)
        except DevFailed as failure:
            doing = f"Failed to execute command_inout on device {DATABASE_DEVICE}, command {cmd_name}"
            raise failure.stacked(Reason.API_CommandFailed, doing, "Database.command_inout") from failure
    return (yield Perform(lambda: system.store.command(cmd_name, cmd_param)))


# ---- event channels


@changing
def export_event(store: Store, event_data: Sequence[str]) -> None:
    """Say where an event channel is: channel, ior, host, pid, version (DB-47)."""
    store.export_event(unpack_export(event_data))


@changing
def unexport_event(store: Store, event: str) -> None:
    """Mark an event channel as gone (DB-49)."""
    store.unexport_event(event)


# ---- services


@asking
def get_services(store: Store, serv_name: str, inst_name: str) -> DbDatum:
    """The devices that give a service; `*` stands for any name or instance (PROP-14)."""
    return DbDatum("services", [each.device for each in _services(store) if each.matches(serv_name, inst_name)])


@asking
def get_service_list(store: Store, filter: str = "*") -> dict[str, str]:
    """The services `name/instance` that match, with their devices."""
    matches = compiled(filter).match
    names = ((f"{each.name}/{each.instance}", each.device) for each in _services(store))
    return {name: device for name, device in names if matches(name)}


@asking
def get_device_service_list(store: Store, dev_name: str) -> DbDatum:
    """The services of a device, each as its name and instance."""
    return DbDatum(
        "services",
        [
            text
            for each in _services(store)
            if each.device.lower() == dev_name.lower()
            for text in (each.name, each.instance)
        ],
    )


@changing
def register_service(store: Store, serv_name: str, inst_name: str, dev_name: str) -> None:
    """Announce a service, in place of a former one of its name and instance."""
    kept = [each for each in _services(store) if not _is(each, serv_name, inst_name)]
    _announce(store, [*kept, Service(serv_name, inst_name, dev_name)])


@changing
def unregister_service(store: Store, serv_name: str, inst_name: str) -> None:
    """Announce a service no longer."""
    _announce(store, [each for each in _services(store) if not _is(each, serv_name, inst_name)])


def _services(store: Store) -> list[Service]:
    return parse_services(store.get_property(OBJECT, [PROPERTY]).get(PROPERTY, ()))


def _is(service: Service, name: str, instance: str) -> bool:
    return (service.name.lower(), service.instance.lower()) == (name.lower(), instance.lower())


def _announce(store: Store, services: Sequence[Service]) -> None:
    store.put_property(OBJECT, {PROPERTY: [str(each) for each in services]})


# ---- who may write


def check_access_control(system: ControlSystem, dev_name: str) -> Plan[AccessControlType]:
    """What this client may do with a device (DB-233)."""
    address = parse_device(dev_name)
    return right_to(system, address if address.host else address._replace(host=system.host))


def get_access_control(system: ControlSystem) -> Plan[AccessControlType]:
    """What this client may do with the database itself."""
    return check_access_control(system, DATABASE_DEVICE)


def get_access_except_errors(system: ControlSystem) -> Plan[tuple[DevError, ...]]:
    """Why the access control could not be asked; empty when it could."""
    yield from get_access_control(system)
    return system.access_errors
