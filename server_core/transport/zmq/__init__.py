"""Events of Tango's own protocol on ZeroMQ sockets: PUB in servers, SUB in clients.

publisher  the two sockets of a server, for heartbeats and for events
consumer   the subscriptions of a client, drained by one thread
offer      what a server answers to a subscription: where its events are, and under which names

ZeroMQ is loaded by `publisher` and `consumer`, so these are imported when the first event over it is wanted. Source:
wire 11.
"""
