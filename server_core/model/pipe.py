"""Pipe blobs: named, ordered, typed data elements, nested to any depth (PIPE-2..PIPE-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from server_core.model.conversion import from_command_data, to_command_data
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import TYPES, CmdArgType, command_type, resolve_scalar


class PipeElement(NamedTuple):
    """One data element: a scalar or array in canonical form, or a nested blob (type DevPipeBlob)."""

    name: str
    type: CmdArgType
    value: Any


@dataclass(slots=True)
class PipeBlob:
    """An ordered set of elements under a root name, which may be empty."""

    name: str = ""
    elements: list[PipeElement] = field(default_factory=list)

    @classmethod
    def from_user(cls, blob: Any) -> PipeBlob:
        """The blob an author or client gave as PyTango's users write it: `(name, [{name, value[, dtype]}, ...])` or
        `(name, {name: value, ...})`, with `dtype` as in declarations.

        The types of untyped values follow PIPE-3. Raises DevFailed `API_PipeDuplicateDEName` for a repeated element
        name (PIPE-4) and TypeError for anything that is no blob.
        """
        if isinstance(blob, PipeBlob):
            return blob
        if not isinstance(blob, Sequence) or isinstance(blob, str) or len(blob) != 2 or not isinstance(blob[0], str):
            raise TypeError(f"{blob!r} is not a pipe blob: a pair (name, elements)")
        name, content = blob
        items = content.items() if isinstance(content, dict) else _named(content)
        elements, seen = [], set()
        for element_name, value in items:
            if element_name.lower() in seen:
                raise DevFailed.of(
                    Reason.API_PipeDuplicateDEName,
                    f"Several times the same data element name in provided vector: {element_name}",
                    "PipeBlob.from_user",
                )
            seen.add(element_name.lower())
            elements.append(_element(element_name, value))
        return cls(name, elements)

    def to_user(self) -> tuple[str, list[dict[str, Any]]]:
        """The blob as PyTango's users read it: `(name, [{"name":, "value":, "dtype":}, ...])`."""
        return self.name, [
            {
                "name": element.name,
                "dtype": element.type,
                "value": element.value.to_user()
                if isinstance(element.value, PipeBlob)
                else from_command_data(element.type, element.value),
            }
            for element in self.elements
        ]


class _Typed(NamedTuple):
    value: Any
    dtype: object


def _named(content: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for item in content:
        if isinstance(item, PipeElement):
            yield item.name, _Typed(item.value, item.type)
        elif isinstance(item, dict):
            yield item["name"], _Typed(item["value"], item.get("dtype"))
        else:
            name, value = item
            yield name, value


def _element(name: str, value: Any) -> PipeElement:
    dtype: object = None
    if isinstance(value, _Typed):
        value, dtype = value
    dtype = _guess_type(value) if dtype is None else _named_type(dtype)
    if dtype is CmdArgType.DevPipeBlob:
        return PipeElement(name, dtype, PipeBlob.from_user(value))
    return PipeElement(name, dtype, to_command_data(dtype, value))


def _named_type(dtype: object) -> CmdArgType:
    """The type meant by a `dtype` word: of one element (`float`, `"DevPipeBlob"`), or of an array (`(float,)`)."""
    return command_type(dtype) if isinstance(dtype, (tuple, list)) else resolve_scalar(dtype)


_SCALARS: tuple[tuple[type, CmdArgType], ...] = (
    (bool, CmdArgType.DevBoolean),
    (DevState, CmdArgType.DevState),
    (int, CmdArgType.DevLong64),
    (float, CmdArgType.DevDouble),
    (str, CmdArgType.DevString),
)


def _guess_type(value: Any) -> CmdArgType:
    """The element type of an untyped value (PIPE-3)."""
    if isinstance(value, PipeBlob):
        return CmdArgType.DevPipeBlob
    for python_type, code in _SCALARS:
        if isinstance(value, python_type):
            return code
    if isinstance(value, (bytes, bytearray)):
        return CmdArgType.DevVarCharArray
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and not isinstance(value[1], str):
        return CmdArgType.DevPipeBlob
    if isinstance(value, Sequence) or hasattr(value, "tolist"):
        values = value.tolist() if hasattr(value, "tolist") else value
        if not values:
            return CmdArgType.DevVarStringArray
        code = _guess_type(values[0])
        if code is CmdArgType.DevLong64 and any(isinstance(element, float) for element in values):
            code = CmdArgType.DevDouble
        array = TYPES[code].array
        if array is not None:
            return array
    raise TypeError(f"{value!r} has no Tango type; give the element a dtype")
