"""The same device served by `server_core` and by PyTango, and a PyTango client of both: it must see no difference."""

from __future__ import annotations

import json
from typing import Any

from tests.peers.client import Failed, PyTangoClient

NAME = "test/alltypes/1"

NOISE = "PyDs_UnexpectedFailure"
"""What PyTango's servers put on top of any failure of a command's code."""

HELPERS = """
def without_time(lines):
    return [line.split(" : ", 1)[1].replace(" : ", " ") for line in lines]

def shown(value):
    '''All that a reading says, but its time.'''
    if value.has_failed:
        return value.name, [error.reason for error in value.get_err_stack()][:1]
    sizes = value.dim_x, value.dim_y, value.w_dim_x, value.w_dim_y, value.nb_read, value.nb_written
    read, written = getattr(value, "value", None), getattr(value, "w_value", None)
    return value.name, read, written, value.quality, value.type, value.data_format, sizes
"""


class Twins:
    """Evaluates snippets in a PyTango client, with `d` and `a` bound to proxies of our device and its admin device, or
    to those of PyTango's twin, and `full` to the device's full name."""

    def __init__(self, client: PyTangoClient, ours: str, theirs: str) -> None:
        self.client = client
        client(HELPERS)
        for label, full in (("ours", ours), ("theirs", theirs)):
            client(f"{label}_full = {full!r}; {label} = tango.DeviceProxy({label}_full)")
            client(f"{label}_admin = tango.DeviceProxy({label}.adm_name())")

    def ours(self, snippet: str) -> Any:
        """The value of a snippet for our device."""
        return self._value("ours", snippet)

    def theirs(self, snippet: str) -> Any:
        """The value of a snippet for PyTango's device."""
        return self._value("theirs", snippet)

    def _value(self, label: str, snippet: str) -> Any:
        self.client(f"d, a, full = {label}, {label}_admin, {label}_full")
        return self.client(snippet)

    def same(self, snippet: str) -> Any:
        """The value of a snippet, which must be the same for both, but for `ours` and `theirs` in names.

        For a failure its kind, and the reasons and severities of its errors, those of the client's layers included.
        """
        ours, theirs = (self._outcome(label, snippet) for label in ("ours", "theirs"))
        theirs = json.loads(json.dumps(theirs).replace("theirs", "ours"))
        assert ours == theirs, f"{snippet}\nours:   {ours}\ntheirs: {theirs}"
        return ours

    def _outcome(self, label: str, snippet: str) -> Any:
        try:
            return self._value(label, snippet)
        except Failed as failure:
            return [
                failure.kind,
                [[reason, severity] for reason, _, _, severity in failure.errors if reason != NOISE],
            ]
