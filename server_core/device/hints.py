"""Data types from annotations: `-> float`, `-> list[int]`, `-> tuple[float, float, AttrQuality]`."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from server_core.model.enums import AttrQuality
from server_core.model.types import CmdArgType

_SEQUENCES = (list, tuple, Sequence)
_PAIRS = {int: CmdArgType.DevVarLongStringArray, float: CmdArgType.DevVarDoubleStringArray}


class HintedType(NamedTuple):
    """A `dtype` word as `resolve_dtype` takes it, with the sizes that a fixed-length tuple tells (0 for none)."""

    dtype: Any
    max_dim_x: int = 0
    max_dim_y: int = 0


def annotation(function: Callable[..., Any], name: str) -> Any:
    """The annotation of one parameter (or `return`) of a function, None when there is none.

    Raises TypeError, naming the function, when the annotation is text that cannot be evaluated.
    """
    function = getattr(function, "__func__", function)
    return _evaluated(inspect.get_annotations(function).get(name), function)


def class_annotation(owner: type, name: str) -> Any:
    """The annotation of `name` in the body of a class, None when there is none; TypeError as `annotation`."""
    return _evaluated(inspect.get_annotations(owner).get(name), owner)


def _evaluated(hint: Any, owner: Any) -> Any:
    """A hint that may be text, in the names of the module where it stands."""
    if not isinstance(hint, str):
        return hint
    place = SimpleNamespace(__annotations__={"hint": hint})
    try:
        return typing.get_type_hints(place, vars(sys.modules[owner.__module__]))["hint"]
    except NameError as error:
        raise TypeError(f"{owner.__qualname__}: the annotation {hint!r} cannot be evaluated: {error}") from error


def hinted_type(hint: Any) -> HintedType:
    """The data type that an annotation means.

    A tuple that ends in AttrQuality is a reading `(value, time, quality)`; `tuple[str, bytes]` is DevEncoded; a pair of
    a number list and a string list is the Tango pair type.
    """
    arguments = typing.get_args(hint)
    if _is_sequence(hint) and arguments and arguments[-1] is AttrQuality:
        hint = arguments[0] if len(arguments) < 4 else tuple[str, bytes]
        arguments = typing.get_args(hint)
    if len(arguments) == 2 and arguments[0] is str and arguments[1] in (bytes, bytearray):
        return HintedType(CmdArgType.DevEncoded)
    if len(arguments) == 2 and all(map(_is_sequence, arguments)):
        numbers = typing.get_args(arguments[0])[0]
        if typing.get_args(arguments[1])[0] is str and numbers in _PAIRS:
            return HintedType(_PAIRS[numbers])
    if not _is_sequence(hint):
        return HintedType(hint)
    inner = hinted_type(_element(hint, arguments))
    length = 0 if typing.get_origin(hint) is not tuple or Ellipsis in arguments else len(arguments)
    if _is_sequence(_element(hint, arguments)):
        return HintedType((inner.dtype,), inner.max_dim_x, length)
    return HintedType((inner.dtype,), length)


def _is_sequence(hint: Any) -> bool:
    return typing.get_origin(hint) in _SEQUENCES


def _element(hint: Any, arguments: tuple[Any, ...]) -> Any:
    kinds = {argument for argument in arguments if argument is not Ellipsis}
    if len(kinds) != 1:
        raise TypeError(f"{hint} is not a Tango data type: a sequence has elements of one type")
    return kinds.pop()
