"""The native wire protocol: length-prefixed msgpack frames that carry operations, results and events.

A connection starts with a *hello* from the client, answered by one from the server:

    "TNGO" | u16 version | u16 length | msgpack body        (integers of the hello are big-endian)

The client's body says who it is: `[language, pid, main class, [uuid high, uuid low], host name]`; the server's what it
grants: `[max_frame, max_outstanding]`. The magic tells the protocol from GIOP and from a TLS record by its first bytes.

After the hellos both sides send frames:

    u32 total | u32 header length | msgpack header | padding | blocks     (little-endian; `total` counts what follows
                                                                           these eight bytes)

The header is a list that begins with a number of `messages.Kind`:

    [REQUEST, id, operation code, [fields]]     [REPLY, id, result]     [ERROR, id, [errors], [failed] or nil]
    [EVENT, topic, [event]]     [DROPPED, topic, count]     [PING, n]     [PONG, n]     [FAULT, text]

Replies come in any order. Records travel as lists of their fields in the order of their declaration, enumerations as
numbers, the payload of an event as `[its place in EventPayload, record]`. Arrays of numbers are little-endian buffers:
small ones inline as msgpack `bin`, large ones as a block behind the header, to which an ext of type 1 holding
`u32 offset | u32 length` points; blocks and their offsets are aligned to eight bytes. After a FAULT the sender closes.

Modules: `data` (canonical values), `schema` (records, compiled from their annotations), `frames` (bytes to
frames and back), `messages` (frames to messages and back), `hello`, `connection` (both roles, without I/O).
"""
