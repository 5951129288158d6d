"""A device from its author's side: Device, attribute, command, pipe, properties, dynamic members, states, alarms.

Knows no transport and no process: what it needs of the process it lives in is the `Host` of `host`.
"""
