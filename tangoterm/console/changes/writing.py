"""The writing of an attribute as a change, and values as they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat
from server_core.model.types import TYPES, CmdArgType, Kind
from tangoterm.console.changes.change import Change
from tangoterm.console.format import Display, command_text, quoted, scalar_text, value_text
from tangoterm.console.format import plain as plain_values
from tangoterm.console.quoting import joined


def write_of(name: str, config: AttributeConfig, value: Any, before: Any = None) -> Change:
    """The writing of an attribute, `before` being its set point, None when that is not known."""
    code, shape, display = config.data_type, config.data_format, Display.of(config)

    def typed(data: Any) -> str | None:
        return typed_text(code, data, config.enum_labels, image=shape is AttrDataFormat.IMAGE)

    undo = None if before is None else typed(before)
    return Change(
        name,
        _line("write", name, typed=typed(value)),
        "" if before is None else value_text(code, shape, before, display),
        value_text(code, shape, value, display),
        () if undo is None else (_line("write", name, typed=undo),),
    )


LONGEST = 100_000
"""Characters of a value in the journal; a longer one is not kept, so its change cannot be repeated or taken back."""


def typed_text(code: CmdArgType, value: Any, labels: Sequence[str] = (), *, image: bool = False) -> str | None:
    """A value as it is typed at the prompt, so that it is read back as the same; None when that is not possible or too
    long."""
    row = TYPES[code]
    if row.kind is Kind.PAIR:
        text = command_text(code, value, width=None)
    elif row.kind is Kind.ARRAY or isinstance(value, (list, tuple, memoryview)) or hasattr(value, "tolist"):
        elements = plain_values(value)
        if row.kind is Kind.ENCODED:
            return _encoded(value)
        if image and not all(isinstance(each, list) for each in elements):
            return None
        text = _array(row.element, elements, labels)
    else:
        text = _element(code, value, labels)
    return text if len(text) <= LONGEST else None


def _array(code: CmdArgType, elements: Sequence[Any], labels: Sequence[str]) -> str:
    texts = (
        _array(code, each, labels) if isinstance(each, list) else _element(code, each, labels) for each in elements
    )
    return f"[{', '.join(texts)}]"


def _element(code: CmdArgType, value: Any, labels: Sequence[str]) -> str:
    kind = TYPES[code].kind
    if kind is Kind.FLOAT:
        return repr(float(value))
    if kind is Kind.ENUM:
        return quoted(labels[int(value)]) if 0 <= int(value) < len(labels) else str(int(value))
    return quoted(str(value)) if kind is Kind.STRING else scalar_text(code, value)


def _encoded(value: tuple[str, bytes]) -> str | None:
    try:
        return f"{quoted(value[0])} {quoted(bytes(value[1]).decode())}"
    except UnicodeDecodeError:
        return None


def _line(*words: str, typed: str | None) -> str:
    """A line that ends with a typed value; a comment when the value cannot be written in it."""
    line = joined(*words)
    return f"# {line} (a value that cannot be written in a line)" if typed is None else f"{line} {typed}"
