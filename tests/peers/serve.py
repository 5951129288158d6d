"""Runs a device server of this directory: `serve.py LIBRARY SERVER INSTANCE OPTIONS...`.

The classes are in `servers/SERVER.py`, which imports from `server_core`. With the library `tango` that name stands for
PyTango, so that the same devices can be served by either.
"""

from __future__ import annotations

import sys
from pathlib import Path
from runpy import run_path

from tests.ported.serve import pytango

SERVERS = Path(__file__).parent / "servers"


def main(library: str, server: str, *arguments: str) -> None:
    """Run the file as the program it is."""
    if library == "tango":
        sys.modules["server_core"] = pytango()
    sys.argv = [server, *arguments]
    run_path(str(SERVERS / f"{server}.py"), run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
