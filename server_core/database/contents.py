"""What a new database holds: who may do what where access is controlled, which is everything for everybody (DB-14)."""

from __future__ import annotations

import sqlite3

ALLOWED_COMMANDS = {
    "Database": (
        *("DbGetServerInfo", "DbGetServerNameList", "DbGetInstanceNameList", "DbGetDeviceServerClassList"),
        *("DbGetDeviceList", "DbGetDeviceDomainList", "DbGetDeviceFamilyList", "DbGetDeviceMemberList"),
        *("DbGetClassList", "DbGetDeviceAliasList", "DbGetObjectList", "DbGetPropertyList", "DbGetProperty"),
        *("DbGetClassPropertyList", "DbGetClassProperty", "DbGetDevicePropertyList", "DbGetDeviceProperty"),
        *("DbGetClassAttributeList", "DbGetDeviceAttributeProperty", "DbGetDeviceAttributeProperty2"),
        *("DbGetLoggingLevel", "DbGetAliasDevice", "DbGetClassForDevice", "DbGetClassInheritanceForDevice"),
        *("DbGetDataForServerCache", "DbInfo", "DbGetClassAttributeProperty", "DbGetClassAttributeProperty2"),
        *("DbMysqlSelect", "DbGetDeviceInfo", "DbGetDeviceWideList", "DbImportEvent", "DbGetDeviceAlias"),
        "DbGetCSDbServerList",
    ),
    "DServer": (
        *("QueryClass", "QueryDevice", "EventSubscriptionChange", "DevPollStatus", "GetLoggingLevel"),
        *("GetLoggingTarget", "QueryWizardDevProperty", "QueryWizardClassProperty", "QuerySubDevice"),
        *("ZMQEventSubscriptionChange", "EventConfirmSubscription"),
    ),
    "Starter": ("DevReadLog", "DevStart", "DevGetRunningServers", "DevGetStopServers", "UpdateServersInfo"),
    "TangoAccessControl": (
        *("GetUsers", "GetAddressByUser", "GetDeviceByUser", "GetAccess", "GetAllowedCommands"),
        "GetAllowedCommandClassList",
    ),
}
"""The commands that everybody may execute, by class: the class property `AllowedAccessCmd` (DB-234)."""

PROPERTY = "AllowedAccessCmd"


def fill(connection: sqlite3.Connection) -> None:
    """Give a database what it lacks of the first contents."""
    if connection.execute("SELECT 1 FROM access_address").fetchone() is None:
        connection.execute("INSERT INTO access_address (user, address, netmask) VALUES ('*', '*.*.*.*', 'FF.FF.FF.FF')")
    if connection.execute("SELECT 1 FROM access_device").fetchone() is None:
        connection.execute("INSERT INTO access_device (user, device, rights) VALUES ('*', '*/*/*', 'write')")
    for dev_class, commands in ALLOWED_COMMANDS.items():
        key = (dev_class, PROPERTY)
        if connection.execute("SELECT 1 FROM property_class WHERE class = ? AND name = ?", key).fetchone() is None:
            connection.executemany(
                "INSERT INTO property_class (class, name, count, value) VALUES (?, ?, ?, ?)",
                ((*key, count, name) for count, name in enumerate(commands, start=1)),
            )
