"""What a server process is made of, as clients of interface 6 are told.

Source: wire 6.2 (`info_6`).
"""

from __future__ import annotations

import platform
from functools import cache
from typing import Final

INTERFACE: Final = "6.0"
"""The release of Tango's interface definition that is served."""


@cache
def versions() -> dict[str, str]:
    """The releases of what the process is made of, by name; of packages only those that are installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"Python": platform.python_version(), "idl": INTERFACE}
    for package in ("tangoterm", "numpy", "pyzmq"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return dict(sorted(found.items()))
