"""Events: who wants to know what, when something happened, and telling them.

criteria   whether two successive readings differ enough to be worth an event
checks     whether an attribute can send a kind of event at all
publisher  what carries events to those who subscribed by a command of the admin device: over ZeroMQ
topics     who subscribed to what; publishing to the subscribers
service    detection on polled values, events pushed by devices, interface changes
following  events of devices of other servers, and of this process, as it receives them itself
relay      events of roots, sent on to the subscribers of forwarded attributes
"""
