"""CDR, the form of data in GIOP messages and events: encoders and decoders of the types of `idl`.

    encoder("DevError")(out, value)              appends to the message so far
    decoder("DevError", little)(message, offset)  gives the value and the offset behind it

They are compiled when they are first asked for, and kept. Alignment counts from the start of what they are given.
Values are:

    numbers, booleans    int, float, bool
    enumerations         the members of `model.enums` where it has them (which are ints), else int
    strings              str; charset `latin-1`, `utf-8`, or `EITHER`: UTF-8, when reading also Latin-1 (TYP-7, TYP-8)
    structs, exceptions  tuple of the members, in the order of the IDL
    unions               (case, value): the case is the place of its label
    arrays of numbers    memoryview with the type table's format, a view of the message where possible; tuples and lists
                         can be sent too. Booleans and octets have the format "B"
    other sequences      list
    any                  TypedValue in canonical form; a type that is none of Tango's is passed over and is Unknown
    tuple<...>           tuple; `WireOperation.signature` is that of an operation's arguments
    void                 None
"""

from __future__ import annotations

from server_core.protocol.giop.anys import Decode, Encode
from server_core.protocol.giop.decoding import EITHER, Builders, decoder
from server_core.protocol.giop.encoding import encoder
from server_core.protocol.giop.errors import MarshalError

__all__ = ["EITHER", "Builders", "Decode", "Encode", "MarshalError", "decoder", "encoder"]
