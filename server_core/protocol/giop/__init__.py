"""Tango's own wire protocol: CORBA requests (GIOP 1.0-1.2 over IIOP), and the data of its events.

A connection starts with the client's first request; `GIOP`, the first bytes of each message, tells the protocol from
the native one. Each message says its byte order: both are read, the machine's own is written.

Modules: `idl` (Tango's interface definition as one table), `cdr` (encoders and decoders, compiled from it by
`encoding`, `decoding` and `anys`; `source` holds the text while it is written), `typecode` (the types that travel with
the values of commands), `frames` and `messages` (bytes to whole messages, their headers), `outgoing` (what is written,
without copies of large arrays), `codesets`, `ior` (addresses of objects), `failures` (DevFailed and CORBA's own
exceptions), `mapping` (operations of `protocol.operations` to those of the IDL and back), `events` (the messages that
carry events), `connection` (both roles, without I/O); `primitives` (the few CDR types of headers) and `errors` (what is
wrong with data) serve them all.
"""
