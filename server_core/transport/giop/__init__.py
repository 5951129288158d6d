"""The client's side of Tango's own protocol: GIOP connections, shared by all devices of a server, blocking and asyncio.

One request is outstanding per connection; calls at the same time open further ones, which go back to a pool. What looks
like one connection to its users (`Connection`, `AsyncConnection`) stands for one object reference, or for all devices
of a server without database. Source: wire 2.8, 2.9, 4.3, 9.
"""
