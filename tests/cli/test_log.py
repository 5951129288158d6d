"""`tangoterm log` as people use it: against a registered server, ended by Ctrl-C or otherwise."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

from tangoterm.client import DeviceProxy

NAME = "sys/tg_test/1"


def test_the_log_of_a_registered_device_until_a_signal(
    serve: Callable[..., Any], tangoterm: Callable[..., Any]
) -> None:
    """What was changed for the time of watching is put back, whichever signal ends it."""
    serve("TangoTest", "log", "--device", NAME)
    device = DeviceProxy(NAME)
    ends = (signal.SIGINT, signal.SIGHUP)
    programs = {number: tangoterm("log", NAME, "--level", "debug", "--json") for number in ends}
    while len(device.get_logging_target()) < len(programs) or device.get_logging_level() != 5:
        assert not any(program.process.poll() for program in programs.values())
    device.DevString("x")
    for program in programs.values():
        message = json.loads(program.process.stdout.readline())
        assert (message["level"], message["device"], message["message"]) == (
            "DEBUG", NAME, f"TangoTest::DevString()  - {NAME}",
        )  # fmt: skip
    for number, program in programs.items():
        program.process.send_signal(number)
        code, _, errors = program.finish()
        assert (code, errors) == (130, "")
    assert (device.get_logging_level(), device.get_logging_target()) == (0, [])
