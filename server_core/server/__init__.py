"""A running process: life cycle, dispatcher, serialisation, locks, blackbox, polling, events, logs, admin device.

`DeviceServer` (module `process`) is the process; `run` (module `run`) the program around it. Devices know none of this:
they see the `Host` of the room `device`.
"""
