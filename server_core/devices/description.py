"""What a device looks like from outside, as plain data: its interface, and what it showed when it was looked at.

A description is made of the records of `server_core.model.config` and samples of the readings; as JSON it can be kept
in a file or a property. `server_core.devices.clone` serves a device of it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from server_core.model.config import AttributeConfig, CommandInfo, PipeConfig
from server_core.model.conversion import elements
from server_core.model.enums import DevState
from server_core.model.types import TYPES
from server_core.model.values import AttributeValue

R = TypeVar("R")

KEPT = 4096
"""Most elements of an array, and bytes of an encoded value, that a sample keeps."""


@dataclass(slots=True)
class Sample:
    """A reading: its first elements, its dimensions, and the range of its numbers. `data` is None when there was none;
    a scalar stands alone, arrays are flat."""

    data: Any = None
    dim_x: int = 0
    dim_y: int = 0
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, data: Any, dim_x: int, dim_y: int, *, numeric: bool) -> Sample:
        """The sample of canonical data."""
        if data is None:
            return cls()
        if not isinstance(data, (memoryview, list)):
            return cls(_cut(data), dim_x, dim_y)
        numbers = [number for number in elements(data) if number == number] if numeric else []
        first = list(data[:KEPT])
        return cls(first, dim_x, dim_y, min(numbers, default=None), max(numbers, default=None))


def _cut(data: Any) -> Any:
    return (data[0], data[1][:KEPT]) if isinstance(data, tuple) else data


@dataclass(slots=True)
class DescribedAttribute:
    """An attribute, a reading and a set point of it, and the period in ms at which it is polled (0: it is not)."""

    config: AttributeConfig
    reading: Sample = field(default_factory=Sample)
    set_point: Sample = field(default_factory=Sample)
    polling_period: int = 0

    @classmethod
    def of(cls, config: AttributeConfig, value: AttributeValue, polling_period: int = 0) -> DescribedAttribute:
        """The description of an attribute with what it read."""
        numeric = TYPES[config.data_type].numeric
        return cls(
            config,
            Sample.of(value.value, value.dim_x, value.dim_y, numeric=numeric),
            Sample.of(value.w_value, value.w_dim_x, value.w_dim_y, numeric=numeric),
            polling_period,
        )


@dataclass(slots=True)
class DescribedCommand:
    """A command, and the period in ms at which it is polled."""

    info: CommandInfo
    polling_period: int = 0


@dataclass(slots=True)
class DescribedPipe:
    """A pipe with a blob of it as its users write it, None when it could not be read."""

    config: PipeConfig
    blob: Any = None


@dataclass(slots=True)
class Description:
    """A device: its name and class, what it says of itself, and its members."""

    device: str
    dev_class: str
    description: str = ""
    state: DevState = DevState.UNKNOWN
    status: str = ""
    attributes: list[DescribedAttribute] = field(default_factory=list)
    commands: list[DescribedCommand] = field(default_factory=list)
    pipes: list[DescribedPipe] = field(default_factory=list)

    def to_json(self) -> str:
        """The description as JSON text."""
        return json.dumps(_plain(self))

    @classmethod
    def from_json(cls, text: str) -> Description:
        """The description that `to_json` gave. Raises ValueError saying what is wrong for any other text."""
        return _record(cls, json.loads(text), "description")


def _plain(value: Any) -> Any:
    """Records as dictionaries, states and the like by name, bytes as `{"base64": text}`, arrays as lists."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, (bytes, bytearray)):
        return {"base64": b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _record(kind: type[R], plain: Any, place: str) -> R:
    """The record of dataclass `kind` that `plain` describes; `place` is what to call it in an error."""
    if not isinstance(plain, dict):
        raise ValueError(f"{place}: {plain!r} is not a {kind.__name__}")
    hints = get_type_hints(kind)
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    unknown = plain.keys() - known.keys()
    if unknown:
        raise ValueError(f"{place}: {kind.__name__} has no {', '.join(sorted(unknown))}")
    for name, each in known.items():
        if name not in plain and each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"{place}: {name} is missing")
    return kind(**{name: _value(hints[name], value, f"{place}.{name}") for name, value in plain.items()})


def _value(hint: Any, plain: Any, place: str) -> Any:
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint, plain, place)
    if isinstance(hint, type) and issubclass(hint, Enum):
        if plain not in hint.__members__:
            raise ValueError(f"{place}: {plain!r} is none of {', '.join(hint.__members__)}")
        return hint[plain]
    if get_origin(hint) is list:
        if not isinstance(plain, list):
            raise ValueError(f"{place}: {plain!r} is not a list")
        return [_value(get_args(hint)[0], each, f"{place}[{index}]") for index, each in enumerate(plain)]
    if hint is not Any and isinstance(hint, type) and not isinstance(plain, hint):
        raise ValueError(f"{place}: {plain!r} is not a {hint.__name__}")
    return _data(plain)


def _data(plain: Any) -> Any:
    """Sampled data: the bytes in it are bytes again."""
    if isinstance(plain, dict):
        return b64decode(plain["base64"]) if plain.keys() == {"base64"} else {k: _data(v) for k, v in plain.items()}
    return [_data(each) for each in plain] if isinstance(plain, list) else plain
