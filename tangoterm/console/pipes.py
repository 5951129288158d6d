"""The pipes of a device: what there are, their blobs as trees and as JSON, and blobs as people write them.

    {"level": 3, "name": "a b", "wave": [1.5, 2], "inner": {"x": 1}}      element: value; an object is a nested blob
    {"level:DevShort": 3}                                                 with a type
    {"name": "root", "elements": [{"name": ..., "type": ..., "value": ...}]}   as `--json` shows it

An element without a type has that of the element that the pipe has now, else what its value suggests (PIPE-3). Python
literals are read as well.
"""

from __future__ import annotations

import ast
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from server_core.model.config import PipeConfig
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed, NonSupportedFeature
from server_core.model.types import TYPES, CmdArgType, Kind
from tangoterm.console.cells import Cell, json_typed
from tangoterm.console.changes import Change
from tangoterm.console.format import command_text, printable
from tangoterm.console.quoting import joined, written
from tangoterm.console.session import Session
from tangoterm.console.tokens import ArgumentError

Blob = tuple[str, Sequence[Mapping[str, Any]]]
"""A blob as `DeviceProxy.read_pipe` gives it: its name, and elements with name, dtype and value."""

_NESTED = CmdArgType.DevPipeBlob


class Line(NamedTuple):
    """One element in a tree: how deep, its name, type and value; a nested blob has its own name as value."""

    depth: int
    name: str
    type: str
    value: str


def pipes_of(session: Session, device: str) -> list[PipeConfig]:
    """The pipes of a device; none of one whose interface is too old for them."""
    try:
        configs: list[PipeConfig] = session.device(device).get_pipe_config()
    except NonSupportedFeature:
        return []
    return configs


def tree(blob: Blob, depth: int = 0) -> Iterator[Line]:
    """The elements of a blob, nested ones below theirs."""
    for element in blob[1]:
        code, value = element["dtype"], element["value"]
        if code is _NESTED:
            yield Line(depth, element["name"], "blob", value[0])
            yield from tree(value, depth + 1)
        else:
            yield Line(depth, element["name"], str(code), command_text(code, value))


def json_blob(blob: Blob) -> dict[str, Any]:
    """A blob for JSON, as `parse_blob` reads it back."""
    return {
        "name": blob[0],
        "elements": [
            {
                "name": element["name"],
                "type": element["dtype"].name,
                "value": json_blob(element["value"])
                if element["dtype"] is _NESTED
                else json_typed(element["dtype"], element["value"]),
            }
            for element in blob[1]
        ],
    }


def blob_text(blob: Blob) -> str:
    """A blob on one line, as it is typed."""
    return json.dumps(json_blob(blob), ensure_ascii=False)


def elements_text(blob: Blob) -> str:
    """The elements as one writes them to a pipe that has them, without types."""
    return json.dumps(_plain(json_blob(blob)), ensure_ascii=False)


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        element["name"]: _plain(element["value"]) if element["type"] == _NESTED.name else element["value"]
        for element in content["elements"]
    }


class BlobCell(Cell):
    """A blob: a tree for people, JSON for programs."""

    def __init__(self, blob: Blob) -> None:
        self.blob = blob

    def text(self) -> str:
        """On one line."""
        return ", ".join(f"{line.name}={line.value}" for line in tree(self.blob))

    def lines(self) -> list[str]:
        """A line an element, nested ones indented."""
        found = list(tree(self.blob))
        names = max((2 * line.depth + len(printable(line.name)) for line in found), default=0)
        types = max((len(line.type) for line in found), default=0)
        head = [printable(self.blob[0])] if self.blob[0] else []
        rows = (("  " * line.depth + printable(line.name), line.type, printable(line.value)) for line in found)
        return head + [f"{name:<{names}}  {code:<{types}}  {value}".rstrip() for name, code, value in rows]

    def exact(self) -> str:
        """On one line, as it is written."""
        return blob_text(self.blob)

    def data(self) -> Any:
        """The tree."""
        return json_blob(self.blob)


# ---- writing


def parse_blob(text: str, present: Blob | None = None) -> Blob:
    """The blob that a text stands for; ArgumentError with the place. `present` lends names and types."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        try:
            value = ast.literal_eval(text.strip())
        except (SyntaxError, ValueError):
            rule = f'no blob, {error.msg}; it is written {{"element": value, ...}}'
            raise ArgumentError(rule, error.pos, len(text), incomplete=error.pos >= len(text.rstrip())) from None
    try:
        return _blob(value, present)
    except (TypeError, ValueError, KeyError) as error:
        raise ArgumentError(f"no blob: {error}", 0, len(text)) from None


def _blob(value: Any, present: Blob | None) -> Blob:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no object of elements")
    known = {element["name"].lower(): element for element in present[1]} if present is not None else {}
    if isinstance(value.get("elements"), list):
        elements = [(item["name"], item.get("type", ""), item["value"]) for item in value["elements"]]
        name = str(value.get("name", ""))
    else:
        elements = [(*key.partition(":")[::2], item) for key, item in value.items()]
        name = present[0] if present is not None else ""
    return name, [_element(element, code, item, known.get(element.lower())) for element, code, item in elements]


def _element(name: str, code: str, value: Any, known: Mapping[str, Any] | None) -> dict[str, Any]:
    if isinstance(value, Mapping) and (code in ("", _NESTED.name)) and "data" not in value:
        inner = known["value"] if known is not None and known["dtype"] is _NESTED else None
        return {"name": name, "dtype": _NESTED, "value": _blob(value, inner)}
    if code:
        dtype = CmdArgType[code if code.startswith("Dev") else f"Dev{code}"]
    elif known is not None:
        dtype = known["dtype"]
    else:
        return {"name": name, "value": value}
    return {"name": name, "dtype": dtype, "value": _typed(dtype, value)}


def _typed(code: CmdArgType, value: Any) -> Any:
    """A value as JSON has it in the form that its type needs."""
    row = TYPES[code]
    if row.kind is Kind.ENCODED and isinstance(value, Mapping):
        return value["format"], b64decode(value["data"])
    if TYPES[row.element].kind is Kind.STATE:
        return [_state(each) for each in value] if isinstance(value, list) else _state(value)
    if TYPES[row.element].kind is Kind.FLOAT:
        return [float(each) for each in value] if isinstance(value, list) else float(value)
    return value


def _state(value: Any) -> DevState:
    return DevState[value.upper()] if isinstance(value, str) else DevState(value)


def write(session: Session, device: str, pipe: str, text: str) -> Blob | None:
    """Write a pipe with what is typed, and read it back; None in a dry run. Raises ArgumentError and DevFailed."""
    proxy = session.device(device)
    try:
        present: Blob | None = proxy.read_pipe(pipe)
    except DevFailed:
        present = None  # it may have to be written first
    blob = parse_blob(text, present)
    name = f"{device}/{pipe}"
    undo = () if present is None else (f"{joined('pipe', name)} {blob_text(present)}",)
    before = "" if present is None else BlobCell(present).text()
    change = Change(name, f"{joined('pipe', name)} {' '.join(text.split())}", before, text, undo)

    def do() -> Blob:
        proxy.write_pipe(pipe, blob)
        answer: Blob = proxy.read_pipe(pipe)
        return answer

    return session.changes.make(change, do)


def configure(session: Session, device: str, pipe: str, label: str | None, description: str | None) -> PipeConfig:
    """Change label and description of a pipe, each where it is given (PIPE-8)."""
    proxy = session.device(device)
    before: PipeConfig = proxy.get_pipe_config(pipe)
    after = replace(
        before,
        label=before.label if label is None else label,
        description=before.description if description is None else description,
    )
    name = f"{device}/{pipe}"

    def line(config: PipeConfig) -> str:
        label, description = written(config.label), written(config.description)
        return f"pipe --label {label} --description {description} {written(name)}"

    change = Change(
        name,
        line(after),
        f"label {before.label}, description {before.description}",
        f"label {after.label}, description {after.description}",
        (line(before),),
    )
    session.changes.make(change, lambda: proxy.set_pipe_config(after))
    return after
