"""A process that only looks, whatever its rights; and which commands only look, since Tango does not say it of them."""

from __future__ import annotations

from server_core.model.names import ADMIN_DOMAIN, DATABASE_DEVICE

_refused = False


def refuse_changes(refuse: bool = True) -> None:
    """Let this process change nothing from now on: every request that changes something, or may, is refused with
    NotAllowed `API_ReadOnlyMode` before it is sent. Commands that are known to look only pass, and so do subscriptions.
    """
    global _refused
    _refused = refuse


def changes_refused() -> bool:
    """Whether this process refuses to change anything."""
    return _refused


EVERYWHERE = frozenset({"state", "status"})
"""Of every device."""

OF_ADMIN = frozenset(
    {
        "devlockstatus", "devpollstatus", "getlogginglevel", "getloggingtarget", "polleddevice", "queryclass",
        "querydevice", "queryeventchannelior", "querysubdevice", "querywizardclassproperty", "querywizarddevproperty",
    }
)  # fmt: skip
"""Of the admin device of a server."""

OF_STARTER = frozenset({"devreadlog", "devgetrunningservers", "devgetstopservers", "updateserversinfo"})
"""Of a Starter."""

OF_DATABASE = ("dbget", "dbimport", "dbinfo", "dbmysqlselect")
"""What commands of the database begin with that only ask."""

_STARTERS = "tango/admin/"


def is_harmless(device: str, command: str) -> bool:
    """Whether a command of a device is known to change nothing; any other may."""
    name, command = device.lower(), command.lower()
    if command in EVERYWHERE:
        return True
    if name.startswith(f"{ADMIN_DOMAIN}/"):
        return command in OF_ADMIN
    if name.startswith(_STARTERS):
        return command in OF_STARTER
    return name == DATABASE_DEVICE and command.startswith(OF_DATABASE)
