"""The device classes that a word of the command line names: those that ship, those of a Python file, or the twin that
a saved description tells of."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from tangoterm.console.commands.table import UsageError

if TYPE_CHECKING:
    from server_core.device.device import Device


CLONE_SERVER = "Clone"
"""The server of simulated twins."""


def load_classes(text: str) -> tuple[str, list[type[Device]]]:
    """The server's name and its device classes: `TangoTest`, `magnet.py`, `magnet.py:Magnet`, or `pump.json`.

    The name is the class's, the file's without `.py`, or that of the server of twins. Raises UsageError for a file that
    is not there or defines no device class, and with the traceback for one that raises. DevFailed `API_ClassNotFound`
    for an unknown class.
    """
    if text.endswith(".json"):
        return CLONE_SERVER, [_twin(Path(text).expanduser())]
    file, colon, name = text.partition(":")
    if not colon and not file.endswith(".py"):
        from server_core.devices import find_class

        cls = find_class(text)
        return cls.__name__, [cls]
    path = Path(file).expanduser()
    classes = _device_classes(_load(path))
    if name:
        classes = [cls for cls in classes if cls.__name__.lower() == name.lower()]
    if not classes:
        raise UsageError(f"{path} defines no device class{' ' + name if name else ''}")
    return path.stem, classes


def _twin(path: Path) -> type[Device]:
    from server_core.devices.clone import clone_class
    from server_core.devices.description import Description

    try:
        return clone_class(Description.from_json(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path} describes no device: {error}") from None


def _load(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"{path} is not a file")
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except SystemExit as ended:
        raise UsageError(
            f"{path} ends the program while it is loaded (code {ended.code}); what runs a server belongs under "
            "if __name__ == '__main__':"
        ) from None
    except Exception as error:
        raise UsageError(f"{path} cannot be loaded\n{_own_trace(error, spec.origin)}") from error
    return module


def _own_trace(error: Exception, file: str | None) -> str:
    """The traceback of what a device class file raised, from the file on."""
    import traceback

    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    return "".join(traceback.format_exception(error.with_traceback(trace))).rstrip()


def _device_classes(module: ModuleType) -> list[type[Device]]:
    """The device classes that the module itself defines, in the order of their definition, without the bases of
    others."""
    from server_core import Device

    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Device) and value.__module__ == module.__name__
    ]
    return [cls for cls in found if not any(other is not cls and issubclass(other, cls) for other in found)]
