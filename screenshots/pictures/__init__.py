"""The pictures, by subject: each module has its `PICTURES`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from driver import Picture


def all_pictures() -> list[Picture]:
    """Every picture, subject by subject."""
    return [
        picture for module in iter_modules(__path__) for picture in import_module(f"pictures.{module.name}").PICTURES
    ]
