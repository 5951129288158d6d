"""What Tango's things are: data types, values, states, configurations, names, errors.

Plain typed data. This room imports nothing of the project and does no I/O; every other room speaks in its terms.
Import from the subject's module (`server_core.model.errors`, ...), so that a program loads only what it uses.
"""
