"""What real Tango programs sent each other, byte by byte: over 770 recorded exchanges and events, with their meaning.

One file of JSON lines per family: `attributes`, `commands`, `configuration`, `history`, `device`, `admin`, `database`,
`big_endian`, `idl5_client` (a 9.5.1 client), `protocol` (edge cases of GIOP) hold exchanges; `events` ZeroMQ messages;
`references`, `typecodes` and `zmtp` records of their own kind (`records`).

In names, `tt` is TangoTest 9.3.4, `py103` and `py95` PyTango servers, `db` pytango-db, `dbcpp` the C++ database,
`nodb...` servers without database, `bereq` requests in big-endian order and `bereply` such replies. Bodies: octets are
`{"hex": ...}`, an Any `{"any_typecode", "any_type", "value"}`, enumerations labels, unions `{label: value}`, floats
that are not finite text. Bytes of padding may hold anything: compare outside of it (`zeroed`).
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
GIOP_FAMILIES = (
    "admin", "attributes", "big_endian", "commands", "configuration", "database", "device", "history", "idl5_client",
    "protocol",
)  # fmt: skip
"""The families whose records are exchanges of GIOP messages."""

Padding = tuple[tuple[int, int], ...]
"""(offset, length) of bytes that may hold anything."""


class Message(NamedTuple):
    """One GIOP message.

    `frames` are its bytes as they went over the wire, more than one when it was fragmented; `data` is the logical
    message: the first frame whole, of the others what follows the request id.
    """

    direction: str
    producer: str
    little: bool
    frames: tuple[bytes, ...]
    data: bytes
    header: dict[str, Any]
    body: Any
    padding: Padding


class Exchange(NamedTuple):
    """A request and its reply; or the only message there is."""

    name: str
    description: str
    messages: tuple[Message, ...]


class EventMessage(NamedTuple):
    """One event as ZeroMQ carried it; `padding` by frame."""

    name: str
    producer: str
    little: bool
    frames: tuple[bytes, ...]
    decoded: dict[str, Any]
    padding: dict[int, Padding]


@cache
def records(family: str) -> tuple[dict[str, Any], ...]:
    """The records of a family as they are kept."""
    with gzip.open(HERE / f"{family}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


@cache
def exchanges(*families: str) -> tuple[Exchange, ...]:
    """The exchanges of the families named; without names, of all."""
    return tuple(
        Exchange(record["name"], record["description"], tuple(map(_message, record["messages"])))
        for family in families or GIOP_FAMILIES
        for record in records(family)
    )


def exchange(name: str) -> Exchange:
    """The exchange called `name`."""
    return next(found for found in exchanges() if found.name == name)


@cache
def events() -> tuple[EventMessage, ...]:
    """All recorded events and heartbeats."""
    return tuple(_event(record["name"], record["messages"][0]) for record in records("events"))


def zeroed(data: bytes, padding: Padding) -> bytes:
    """`data` with zeros where the bytes may be anything."""
    clean = bytearray(data)
    for offset, length in padding:
        clean[offset : offset + length] = bytes(length)
    return bytes(clean)


def _message(record: dict[str, Any]) -> Message:
    frames = tuple(bytes.fromhex(frame) for frame in record.get("frames") or [record["hex"]])
    return Message(
        record["direction"],
        record["producer"],
        record["byte_order"] == "little",
        frames,
        frames[0] + b"".join(frame[16:] for frame in frames[1:]),
        record["header"],
        record["body"],
        _padding(record["padding"]),
    )


def _event(name: str, record: dict[str, Any]) -> EventMessage:
    return EventMessage(
        name,
        record["producer"],
        record["byte_order"] == "little",
        tuple(bytes.fromhex(frame) for frame in record["frames"]),
        record["decoded"],
        {int(frame.removeprefix("frame")): _padding(places) for frame, places in record.get("padding", {}).items()},
    )


def _padding(places: list[list[int]]) -> Padding:
    return tuple((offset, length) for offset, length in places)
