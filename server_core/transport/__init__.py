"""Bytes in and out: the selector loop of a server, the blocking and the asyncio client, sockets, TLS, time-outs.

Which rooms meet here: `contract` says what a server process offers the loop and what it gets of its clients.
"""
