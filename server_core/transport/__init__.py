"""Bytes in and out: the selector loop of a server, the blocking and the asyncio client, sockets, TLS, time-outs.

What Tango's own protocol needs beside that stands in `giop` (its clients) and `zmq` (its events); `reach` finds out
which protocol a server speaks.

Which rooms meet here: `contract` says what a server process offers the loop and what it gets of its clients.
"""
