"""Asks devices what the script says, with PyTango's client or ours, and prints the answers as JSON.

`ask.py LIBRARY` reads `{device: {"address": text, "script": [[operation, argument, ...], ...]}, ...}` from standard
input.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

EXTRA = "PyDs_UnexpectedFailure"
"""What PyTango's servers add to errors, and ours do not (CMD-7)."""

PATIENCE = 20.0


class Asker:
    """One device as a client sees it; every method gives something that JSON can hold."""

    def __init__(self, tango: Any, address: str) -> None:
        self.tango = tango
        self.proxy = tango.DeviceProxy(address)
        self.heard: dict[str, list[Any]] = {}

    def perform(self, operation: str, *arguments: Any) -> Any:
        """The answer to one line of a script, or the reasons why there is none."""
        try:
            return plain(getattr(self, operation)(*arguments))
        except self.tango.DevFailed as failure:
            return {"failed": reasons(failure)}

    def read(self, name: str) -> Any:
        reading = self.proxy.read_attribute(name)
        kind = reading.type.name
        return [
            self._named(reading.value, kind), reading.w_value if reading.w_dim_x else None, kind,
            str(reading.quality).rpartition(".")[2],
            reading.dim_x, reading.dim_y, reading.w_dim_x, reading.w_dim_y,
        ]  # fmt: skip

    def _named(self, value: Any, kind: str) -> Any:
        """States of arrays, which are numbers in some libraries, as states."""
        if kind != "DevState" or not hasattr(value, "__len__"):
            return value
        return [self.tango.DevState(int(each)) for each in value]

    def time_of(self, name: str) -> float:
        return round(self.proxy.read_attribute(name).time.totime(), 3)

    def write(self, name: str, value: Any) -> Any:
        return self.proxy.write_attribute(name, value)

    def write_encoded(self, name: str, form: str, text: str) -> Any:
        return self.proxy.write_attribute(name, (form, text.encode()))

    def call(self, name: str, *argin: Any) -> Any:
        return self.proxy.command_inout(name, *argin)

    def config(self, name: str) -> Any:
        found = self.proxy.get_attribute_config(name)
        alarms, change = found.alarms, found.events.ch_event
        return [
            found.name, int(found.data_type), int(found.data_format), int(found.writable), found.max_dim_x,
            found.max_dim_y, int(found.disp_level), found.label, found.description, found.unit, found.standard_unit,
            found.display_unit, found.format, found.min_value, found.max_value, list(found.enum_labels),
            alarms.min_alarm, alarms.max_alarm, alarms.min_warning, alarms.max_warning, change.abs_change,
            found.writable_attr_name,
        ]  # fmt: skip

    def attributes(self) -> Any:
        return [str(name) for name in self.proxy.get_attribute_list()]

    def commands(self) -> Any:
        """Signatures; texts where the author gave some."""
        return [
            [info.cmd_name, int(info.in_type), int(info.out_type), int(info.disp_level)]
            for info in self.proxy.command_list_query()
        ]

    def described(self, name: str) -> Any:
        info = self.proxy.command_query(name)
        return [info.in_type_desc, info.out_type_desc]

    def state(self) -> Any:
        return self.proxy.state()

    def status(self) -> Any:
        return self.proxy.status()

    def subscribe(self, name: str, kind: str) -> Any:
        heard = self.heard.setdefault(f"{name} {kind}", [])
        self.proxy.subscribe_event(name, getattr(self.tango.EventType, kind), heard.append)
        return None

    def events(self, name: str, kind: str, number: int) -> Any:
        """The first events of a subscription: value and quality, the number of a data-ready event, or the reasons."""
        heard = self.heard[f"{name} {kind}"]
        self.wait(lambda: len(heard) >= number)
        return [self._event(event) for event in heard[:number]]

    def _event(self, event: Any) -> Any:
        if event.err:
            return {"failed": [error.reason for error in event.errors][:1]}
        if hasattr(event, "ctr"):
            return event.ctr
        return [event.attr_value.value, str(event.attr_value.quality).rpartition(".")[2]]

    def until(self, name: str, value: Any) -> Any:
        """Wait until an attribute reads a value (State by its name)."""
        self.wait(lambda: plain(self.proxy.read_attribute(name).value) == value)
        return value

    def grows(self, name: str) -> Any:
        """Whether a polled attribute changes without anybody reading it from the device."""
        first = self.proxy.read_attribute(name).value
        self.wait(lambda: self.proxy.read_attribute(name).value > first)
        return True

    def period(self, kind: str, name: str) -> Any:
        return getattr(self.proxy, f"get_{kind}_poll_period")(name)

    def pipe(self, name: str) -> Any:
        return self.proxy.read_pipe(name)

    def write_pipe(self, name: str, blob: Any) -> Any:
        return self.proxy.write_pipe(name, blob)

    def pipes(self) -> Any:
        return [[pipe.name, pipe.label, pipe.description] for pipe in self.proxy.get_pipe_config()]

    @staticmethod
    def wait(condition: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("it did not happen in time")
            time.sleep(0.02)


def reasons(failure: Any) -> list[str]:
    """The reasons of a failure, without what PyTango adds."""
    return [error.reason for error in failure.args if error.reason != EXTRA]


def plain(value: Any) -> Any:
    """A value as JSON holds it, whatever the library makes of it."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)) or type(value).__name__.startswith("StdStringVector"):
        return [plain(each) for each in value]
    if type(value).__name__ == "DevState" or hasattr(value, "label"):
        return str(value)
    if isinstance(value, float):
        return round(value, 9)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def main(library: str) -> None:
    """Ask everything, and print the answers."""
    tango = importlib.import_module("tango" if library == "tango" else "tangoterm.client")
    answers = {}
    for name, task in json.load(sys.stdin).items():
        asker = Asker(tango, task["address"])
        answers[name] = [asker.perform(*line) for line in task["script"]]
    print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
    sys.stdout.flush()
    if sys.argv[1] == "tango":
        import os

        os._exit(0)  # its event threads may outlive the interpreter
