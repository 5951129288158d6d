"""`Database`: names and properties of a control system, with calls that wait. `tangoterm.client.aio` has its twin."""

from __future__ import annotations

from tangoterm.client.plans import database, database_properties
from tangoterm.client.system import ControlSystem, control_system
from tangoterm.client.threads import blocking


class Database:
    """The database at `host:port`, given as one text or as two arguments, or the one that TANGO_HOST names, or else the
    embedded one."""

    def __init__(self, host: str | None = None, port: int | None = None) -> None:
        self._handle: ControlSystem = control_system(host if port is None else f"{host}:{port}")

    @property
    def address(self) -> str:
        """Where the database is, for people: `host:port` or a file."""
        return self._handle.store.address

    add_device = blocking(database.add_device)
    delete_device = blocking(database.delete_device)
    import_device = blocking(database.import_device)
    get_device_info = blocking(database.get_device_info)
    export_device = blocking(database.export_device)
    unexport_device = blocking(database.unexport_device)
    get_device_name = blocking(database.get_device_name)
    get_device_exported = blocking(database.get_device_exported)
    get_device_exported_for_class = blocking(database.get_device_exported_for_class)
    get_class_for_device = blocking(database.get_class_for_device)
    get_device_domain = blocking(database.get_device_domain)
    get_device_family = blocking(database.get_device_family)
    get_device_member = blocking(database.get_device_member)
    add_server = blocking(database.add_server)
    delete_server = blocking(database.delete_server)
    unexport_server = blocking(database.unexport_server)
    get_server_list = blocking(database.get_server_list)
    get_server_name_list = blocking(database.get_server_name_list)
    get_instance_name_list = blocking(database.get_instance_name_list)
    get_host_list = blocking(database.get_host_list)
    get_host_server_list = blocking(database.get_host_server_list)
    get_server_class_list = blocking(database.get_server_class_list)
    get_device_class_list = blocking(database.get_device_class_list)
    get_class_list = blocking(database.get_class_list)
    get_server_info = blocking(database.get_server_info)
    put_server_info = blocking(database.put_server_info)
    delete_server_info = blocking(database.delete_server_info)
    put_device_alias = blocking(database.put_device_alias)
    delete_device_alias = blocking(database.delete_device_alias)
    get_alias_from_device = blocking(database.get_alias_from_device)
    get_device_from_alias = blocking(database.get_device_from_alias)
    get_device_alias_list = blocking(database.get_device_alias_list)
    put_attribute_alias = blocking(database.put_attribute_alias)
    delete_attribute_alias = blocking(database.delete_attribute_alias)
    get_attribute_from_alias = blocking(database.get_attribute_from_alias)
    get_alias_from_attribute = blocking(database.get_alias_from_attribute)
    get_attribute_alias_list = blocking(database.get_attribute_alias_list)

    get_device_property = blocking(database_properties.get_device_property)
    put_device_property = blocking(database_properties.put_device_property)
    delete_device_property = blocking(database_properties.delete_device_property)
    get_device_property_list = blocking(database_properties.get_device_property_list)
    get_device_property_history = blocking(database_properties.get_device_property_history)
    get_class_property = blocking(database_properties.get_class_property)
    put_class_property = blocking(database_properties.put_class_property)
    delete_class_property = blocking(database_properties.delete_class_property)
    get_class_property_list = blocking(database_properties.get_class_property_list)
    get_class_property_history = blocking(database_properties.get_class_property_history)
    get_property = blocking(database_properties.get_property)
    put_property = blocking(database_properties.put_property)
    delete_property = blocking(database_properties.delete_property)
    get_object_list = blocking(database_properties.get_object_list)
    get_object_property_list = blocking(database_properties.get_object_property_list)
    get_property_history = blocking(database_properties.get_property_history)
    get_device_attribute_property = blocking(database_properties.get_device_attribute_property)
    put_device_attribute_property = blocking(database_properties.put_device_attribute_property)
    delete_device_attribute_property = blocking(database_properties.delete_device_attribute_property)
    get_device_attribute_list = blocking(database_properties.get_device_attribute_list)
    get_device_attribute_property_history = blocking(database_properties.get_device_attribute_property_history)
    get_class_attribute_property = blocking(database_properties.get_class_attribute_property)
    put_class_attribute_property = blocking(database_properties.put_class_attribute_property)
    delete_class_attribute_property = blocking(database_properties.delete_class_attribute_property)
    get_class_attribute_list = blocking(database_properties.get_class_attribute_list)
