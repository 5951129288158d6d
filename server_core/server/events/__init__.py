"""Events: who wants to know what, when something happened, and telling them.

criteria   whether two successive readings differ enough to be worth an event
checks     whether an attribute can send a kind of event at all
publisher  the interface for what carries events to those who subscribed by a command of the admin device
topics     who subscribed to what; publishing to the subscribers
service    detection on polled values, events pushed by devices, interface changes
"""
