"""How long the data of messages takes to encode and decode, without headers, sockets and devices.

    python benchmarks/giop_codec.py

Prints microseconds, the best of several rounds: of arguments and results as they stand on the wire (`cdr`), and of
the requests and results of the model that they mean (`mapping`).
"""

from __future__ import annotations

import timeit
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from server_core.model.enums import AttrDataFormat, AttrQuality, DevSource
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, AttributeWrite, TypedValue
from server_core.protocol import operations as op
from server_core.protocol.giop.cdr import decoder, encoder
from server_core.protocol.giop.idl import OPERATIONS
from server_core.protocol.giop.mapping import client_operation, server_operation

DEVICE = "test/bench/1"
IDENT = ClientIdent(pid=4711)
LEVEL = 6
LITTLE, CHARSET = True, "latin-1"
BEFORE = 88
"""A header, so that the data begins where it does in messages."""


class Exchange(NamedTuple):
    """A request and its result."""

    name: str
    request: Any
    result: Any
    count: int = 10_000


def _reading(name: str, value: Any, **fields: Any) -> AttributeValue:
    shape = AttrDataFormat.SCALAR if isinstance(value, float) else AttrDataFormat.SPECTRUM
    return AttributeValue(name, CmdArgType.DevDouble, shape, AttrQuality.ATTR_VALID, 1.7e9 + 0.25, value, **fields)


def exchanges() -> Iterator[Exchange]:
    """What is measured."""
    double = TypedValue(CmdArgType.DevDouble, 2.5)
    scalar = _reading("value", 3.25, dim_x=1, w_value=1.0, w_dim_x=1)
    names = tuple(f"many_{number:03}" for number in range(100))
    million = memoryview(array("d", bytes(8_000_000)))
    yield Exchange("read a scalar", op.ReadAttributes(DEVICE, ("value",), DevSource.DEV), [scalar])
    write = AttributeWrite("value", CmdArgType.DevDouble, 2.5)
    yield Exchange("write a scalar", op.WriteAttributes(DEVICE, (write,)), None)
    yield Exchange("command", op.CommandInout(DEVICE, "Echo", double, DevSource.DEV), double)
    many = [_reading(name, 3.25, dim_x=1, w_value=1.0, w_dim_x=1) for name in names]
    yield Exchange("read 100 scalars", op.ReadAttributes(DEVICE, names, DevSource.DEV), many, 200)
    large = [_reading("large", million, dim_x=len(million))]
    yield Exchange("read 1M doubles", op.ReadAttributes(DEVICE, ("large",), DevSource.DEV), large, 20)


def best(call: Callable[[], Any], count: int) -> float:
    """Microseconds of one call, in the best of the rounds."""
    return min(timeit.repeat(call, number=count, repeat=5)) / count * 1e6


def data_of(encode: Callable[[bytearray], None]) -> memoryview:
    out = bytearray(BEFORE)
    encode(out)
    return memoryview(out)


def encoded(encode: Callable[[bytearray, Any], None], value: Any) -> None:
    encode(bytearray(BEFORE), value)


def figures(exchange: Exchange) -> list[float]:
    """Arguments encoded and decoded, result encoded and decoded: first by the codec alone, then with the mapping."""
    client = client_operation(type(exchange.request), LEVEL)
    server = server_operation(client.name)
    assert server is not None
    arguments = data_of(lambda out: client.encode(out, exchange.request, IDENT, CHARSET))
    result = data_of(lambda out: server.encode(out, exchange.request, exchange.result, CHARSET))
    calls: list[Callable[[], Any]] = []
    wire = OPERATIONS[client.name]
    for type_name, data in ((wire.signature, arguments), (wire.result, result)):
        encode, decode = encoder(type_name), decoder(type_name)
        value, _ = decode(data, BEFORE)
        calls += [
            partial(encoded, encode, value),
            partial(decode, data, BEFORE),
        ]
    calls += [
        lambda: client.encode(bytearray(BEFORE), exchange.request, IDENT, CHARSET),
        lambda: server.decode(DEVICE, arguments, BEFORE, LITTLE, CHARSET),
        lambda: server.encode(bytearray(BEFORE), exchange.request, exchange.result, CHARSET),
        lambda: client.decode(exchange.request, result, BEFORE, LITTLE, CHARSET),
    ]
    return [best(call, exchange.count) for call in calls]


def main() -> None:
    """Measure all, and print a line for each."""
    print(f"{'':18}{'cdr':>36}{'mapping':>36}")
    print(f"{'':18}" + 2 * "".join(f"{part:>9}" for part in ("args out", "args in", "res. out", "res. in")))
    for exchange in exchanges():
        print(f"{exchange.name:18}" + "".join(f"{figure:9.2f}" for figure in figures(exchange)))


if __name__ == "__main__":
    main()
