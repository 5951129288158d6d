"""How the blackbox words requests that came by the wire (BBX-10, BBX-11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server_core.protocol import operations as op
from server_core.protocol.giop.idl import WireOperation

IDENT = "ClntIdent"
"""The type of the argument that tells who calls."""

_DETAILED = {
    op.CommandInout: "command_inout_4",
    op.ReadAttributes: "read_attributes_5",
    op.WriteAttributes: "write_attributes_4",
    op.WriteReadAttributes: "write_read_attributes_5",
    op.ReadPipe: "read_pipe_5",
    op.WritePipe: "write_pipe_5",
    op.WriteReadPipe: "write_read_pipe_5",
}
"""Requests of which an entry says more than the operation, and the operation that their own words name."""


def is_identified(wire: WireOperation) -> bool:
    """Whether the client's identification comes with the operation."""
    return any(argument.type == IDENT for argument in wire.arguments)


def wording(wire: WireOperation, request: type[Any]) -> Callable[[Any], op.Form | None]:
    """What gives the form of each request that comes by an operation: LATEST where the request's own words fit."""
    identified = is_identified(wire)
    latest = _DETAILED.get(request)
    if wire.name in (latest, "black_box") or wire.name.startswith("_get_"):
        return lambda request: op.LATEST
    if latest is None:
        form = op.Form(f"Operation {wire.name} ", identified)
        return lambda request: form
    if wire.name == "write_read_attributes_4":
        return lambda request: op.Form(_write_read_4(request), identified)
    words = op.BY_REQUEST[request].blackbox
    return lambda request: op.Form(words(request).replace(latest, wire.name, 1), identified)


def _write_read_4(request: op.WriteReadAttributes) -> str:
    names = [value.name for value in request.values]
    return f"Operation write_read_attributes_4 ({', '.join([*names, '/', *request.names])}) "
