"""`python -m server_core.devices CLASS INSTANCE [options]`: the device server of a class that ships."""

from __future__ import annotations

import sys

from server_core.devices import find_class
from server_core.model.errors import DevFailed
from server_core.server.run import run


def main() -> None:
    """Serve the class that the command line names."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        device_class = find_class(name)
    except DevFailed as failure:
        sys.exit(f"usage: python -m server_core.devices CLASS INSTANCE [options]\n{failure.desc}")
    run(device_class, [device_class.__name__, *sys.argv[2:]])


if __name__ == "__main__":
    main()
