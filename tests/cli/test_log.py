"""`tangoterm log` as people use it: against a registered server, ended by Ctrl-C."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

from tangoterm.client import DeviceProxy

NAME = "sys/tg_test/1"


def test_the_log_of_a_registered_device_until_ctrl_c(serve: Callable[..., Any], tangoterm: Callable[..., Any]) -> None:
    serve("TangoTest", "log", "--device", NAME)
    device = DeviceProxy(NAME)
    program = tangoterm("log", NAME, "--level", "debug", "--json")
    while device.get_logging_level() != 5:
        assert program.process.poll() is None
    device.DevString("x")
    message = json.loads(program.process.stdout.readline())
    assert (message["level"], message["device"], message["message"]) == (
        "DEBUG", NAME, f"TangoTest::DevString()  - {NAME}",
    )  # fmt: skip
    program.process.send_signal(signal.SIGINT)
    code, _, errors = program.finish()
    assert (code, errors) == (130, "")
    assert (device.get_logging_level(), device.get_logging_target()) == (0, [])
