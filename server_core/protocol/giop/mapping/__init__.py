"""Operations of Tango's wire protocol as requests of `protocol.operations`, for servers and for clients (wire 6).

`server_operation(name)` decodes arguments to a request and encodes its result; `client_operation(request, level)` is
the operation that a client calls on a device of an interface level, the other way round. Data that cannot be read or
sent raises `MarshalError`, a ProtocolError.

Modules: `operations` (which operation is which request, as a table of rows), `forms` (how the blackbox words them),
`attributes`, `writes`, `histories`, `commands`, `configs`, `devices`, `pipes` (the structs of each subject), `common`
(what they share).
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from server_core.model.errors import NonSupportedFeature, Reason
from server_core.model.identity import ClientIdent
from server_core.model.names import DATABASE_DEVICE
from server_core.protocol import operations as op
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.cdr import EITHER, MarshalError, decoder, encoder
from server_core.protocol.giop.errors import DATA_CONVERSION
from server_core.protocol.giop.idl import OPERATIONS, WireOperation
from server_core.protocol.giop.mapping.attributes import completed, sayable, unsayable
from server_core.protocol.giop.mapping.common import read_ident, wire_ident
from server_core.protocol.giop.mapping.forms import is_identified, wording
from server_core.protocol.giop.mapping.operations import ROWS, Row
from server_core.protocol.giop.outgoing import Message
from server_core.protocol.giop.primitives import LATIN_1, LITTLE

__all__ = ["ClientOperation", "Incoming", "ServerOperation", "client_operation", "completed", "server_operation"]

_ABOUT_DEVICES = {
    op.GetName, op.GetAdmName, op.GetDescription, op.GetStatus, op.GetInfo, op.BlackBox, op.CommandQuery,
    op.CommandListQuery, op.GetAttributeConfig, op.SetAttributeConfig, op.GetPipeConfig, op.SetPipeConfig,
}  # fmt: skip
"""Requests whose texts are about devices, not data: real servers and clients send them as UTF-8 where Latin-1 is agreed
on (TYP-8). So are names and properties, which are what the commands of the database carry."""

_LASTING = {
    op.Ping, op.GetState, op.GetStatus, op.GetInfo, op.GetName, op.GetAdmName, op.GetDescription, op.CommandQuery,
    op.CommandListQuery, op.GetAttributeConfig, op.ReadAttributes,
}  # fmt: skip
"""Requests that are made of names and numbers."""

_READING = {op.ReadAttributes, op.WriteReadAttributes, op.ReadAttributeHistory}


class Incoming(NamedTuple):
    """A request as a client put it; `ident` says who asks, where that comes with the operation."""

    request: Any
    form: op.Form | None = op.LATEST
    ident: ClientIdent | None = None


class _Operation:
    """One operation of the wire, either role."""

    def __init__(self, wire: WireOperation, request: type[Any]) -> None:
        self.name = wire.name
        self._request = request
        self._has_arguments = bool(wire.arguments)
        self._has_result = wire.result != "void"
        self._identified = is_identified(wire)
        self._signature = wire.signature
        self._result = wire.result
        self._about_devices = request in _ABOUT_DEVICES
        self._command = request is op.CommandInout

    def _charset(self, agreed: str, device: str) -> str:
        """The charset of the texts of a request to a device, and of its result."""
        about_devices = self._about_devices or (self._command and device.lower() == DATABASE_DEVICE)
        return EITHER if about_devices and agreed == LATIN_1 else agreed


class ServerOperation(_Operation):
    """An operation as a server executes it. `named_failures`: whether it may raise MultiDevFailed as such."""

    def __init__(self, wire: WireOperation, row: Row) -> None:
        super().__init__(wire, row.request)
        self.named_failures = "MultiDevFailed" in wire.raises
        self._request_of = row.request_of or self._same_fields
        self._reply_of = row.reply_of
        self._form = wording(wire, row.request)
        own = wire._replace(arguments=wire.arguments[:-1]) if self._identified else wire
        self._own_signature = own.signature

    def _same_fields(self, device: str, arguments: tuple[Any, ...]) -> Any:
        return self._request(device, *arguments)

    def decode(self, device: str, body: memoryview, offset: int, little: bool, charset: str) -> Incoming:
        """The request to a device whose arguments start at `offset`; MarshalError for bytes that are none."""
        arguments: tuple[Any, ...] = ()
        ident = None
        if self._has_arguments:
            charset = self._charset(charset, device)
            arguments, offset = decoder(self._own_signature, little, charset)(body, offset)
            if self._identified:
                ident = read_ident(body, offset, little, charset)
        request = self._request_of(device, arguments)
        return Incoming(request, self._form(request), ident)

    def is_lasting(self, request: Any) -> bool:
        """Whether a request holds no data of users, who may change it."""
        return self._request in _LASTING or (self._command and request.argin.value is None)

    def encode(self, out: Message, request: Any, result: Any, charset: str) -> None:
        """Write the result of a request.

        Raises DevFailed for a result that the operation's level has no place for, or with characters that the charset
        has not (of several readings only those that have them fail), and ProtocolError for one that cannot be sent.
        """
        if not self._has_result:
            return
        start = len(out)
        encode = encoder(self._result, LITTLE, self._charset(charset, request.device))
        try:
            encode(out, self._reply_of(request, result))
        except MarshalError as error:
            if error.exception != DATA_CONVERSION:
                raise
            if self._request not in _READING:
                raise unsayable(error) from error
            out.cut(start)
            encode(out, self._reply_of(request, [sayable(reading, charset) for reading in result]))
        except _UNFIT as error:
            raise _unfit(self._result, error) from error


class ClientOperation(_Operation):
    """An operation as a client calls it on devices of one interface level."""

    def __init__(self, wire: WireOperation, row: Row, level: int) -> None:
        super().__init__(wire, row.request)
        self._level = level
        self._arguments_of = row.arguments_of
        self._result_of = row.result_of
        self._builders = row.builders
        self._answers_names = any(name in _NAMES for name, _ in wire.arguments)

    def encode(self, out: bytearray, request: Any, ident: ClientIdent, charset: str) -> None:
        """Write the arguments of a request; ProtocolError for what cannot be sent."""
        if self._has_arguments:
            try:
                arguments = self._arguments_of(request)
                if self._identified:
                    arguments = (*arguments, wire_ident(ident, self._level))
                encoder(self._signature, LITTLE, self._charset(charset, request.device))(out, arguments)
            except _UNFIT as error:
                raise _unfit(self._signature, error) from error

    def decode(self, request: Any, body: memoryview, offset: int, little: bool, charset: str) -> Any:
        """The result of a request, in the body of the reply; MarshalError for bytes that are none."""
        if not self._has_result:
            return None
        charset = self._charset(charset, request.device)
        reply, _ = decoder(self._result, little, charset, self._builders)(body, offset)
        if self._answers_names and request.names is not op.ALL and len(reply) != len(request.names):
            raise MarshalError(f"{len(reply)} elements answer {len(request.names)} names")
        return self._result_of(request, reply)


_NAMES = ("names", "r_names")
"""The arguments whose elements are answered one by one, in their order."""

_UNFIT = (TypeError, ValueError, OverflowError, AttributeError, KeyError)
"""What becomes of a value that is not what its type says."""


def _unfit(type: str, error: Exception) -> ProtocolError:
    return ProtocolError(f"a value that cannot be sent as {type}: {error}")


_BY_NAME = {row.name: row for row in ROWS}


@cache
def server_operation(name: str) -> ServerOperation | None:
    """The operation of that name; None for one that devices do not have."""
    row = _BY_NAME.get(name)
    return None if row is None else ServerOperation(OPERATIONS[name], row)


@cache
def client_operation(request: type[Any], level: int) -> ClientOperation:
    """The newest operation for a request that devices of an interface level have (wire 6.1).

    Raises NonSupportedFeature `API_UnsupportedFeature` when they have none.
    """
    for row in ROWS:
        wire = OPERATIONS[row.name]
        if row.request is request and wire.level <= level:
            return ClientOperation(wire, row, level)
    name = op.BY_REQUEST[request].name
    raise NonSupportedFeature.of(
        Reason.API_UnsupportedFeature,
        f"Devices of interface level {level} do not support {name}",
        "server_core.protocol.giop.mapping",
    )
