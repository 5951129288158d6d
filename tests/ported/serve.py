"""Runs device classes written for PyTango: `serve.py LIBRARY SERVER FILE,FILE,... INSTANCE OPTIONS...`.

The files import from `server_core`. With the library `tango` that name stands for PyTango: `tango` and `tango.server`.
"""

from __future__ import annotations

import sys
import types
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from runpy import run_path
from typing import Any

HERE = Path(__file__).parent


def pytango() -> types.ModuleType:
    """PyTango's names in one module."""
    import tango
    import tango.server

    module = types.ModuleType("server_core")
    vars(module).update(vars(tango))
    vars(module).update({name: getattr(tango.server, name) for name in tango.server.__all__})
    return module


def load(name: str) -> Any:
    """The module of a file beside this one."""
    spec = spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def main(library: str, server: str, files: str, *arguments: str) -> None:
    """Serve all classes of the files in one process called `server`; one file alone is run as the program it is."""
    if library == "tango":
        sys.modules["server_core"] = pytango()
    if "," not in files:
        sys.argv = [server, *arguments]
        run_path(str(HERE / f"{files}.py"), run_name="__main__")
        return
    from server_core import run

    modules = [load(name) for name in files.split(",")]
    run([cls for module in modules for cls in module.DEVICES], [server, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
