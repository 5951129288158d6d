"""Who has a device locked, in words."""

from __future__ import annotations

from tangoterm.console.session import Proxy

OWN = "this program"
"""Who holds a lock of this process."""


def locker_text(proxy: Proxy) -> str | None:
    """Who has a device locked: `process 4711 on vm`, `Java class atk.Main on vm`; None when nobody has."""
    from tangoterm.client import LockerInfo, LockerLanguage

    info = LockerInfo()
    if not proxy.get_locker(info):
        return None
    java = info.ll in (LockerLanguage.JAVA, LockerLanguage.JAVA_6)
    who = f"Java class {info.locker_class}" if java else f"process {info.li}"
    return f"{who} on {info.locker_host}"


def lock_text(proxy: Proxy) -> str | None:
    """The same, and `this program` for a lock of this process."""
    holder = locker_text(proxy)
    return OWN if holder is not None and proxy.is_locked_by_me() else holder
