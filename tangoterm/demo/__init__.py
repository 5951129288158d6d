"""The demo: a small accelerator on this machine, living in a private directory until its user leaves.

`Demo` is the running system as a context manager, `run_demo` the command `tangoterm demo`. Both are loaded when first
used, so that the demo's child processes load only what they serve.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tangoterm.demo.command import run_demo as run_demo
    from tangoterm.demo.orchestra import Demo as Demo
    from tangoterm.demo.orchestra import DemoFailed as DemoFailed

_HOMES = {"Demo": "orchestra", "DemoFailed": "orchestra", "run_demo": "command"}

__all__ = ["Demo", "DemoFailed", "run_demo"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
