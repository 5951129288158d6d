"""Clients in processes of their own, and time that a test moves: for tests of locks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server_core.model.errors import DevFailed
from server_core.server.process import DeviceServer

SCRIPT = Path(__file__).parent / "data" / "puppet.py"


class Puppet:
    """A client in a process of its own."""

    def __init__(self, device: str, admin: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), device, admin],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def __call__(self, expression: str) -> Any:
        """What an expression gives in the other process."""
        answer = self.answer(expression)
        assert "ok" in answer, answer
        return answer["ok"]

    def answer(self, expression: str) -> dict[str, Any]:
        """The same, or the errors."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def finish(self) -> None:
        """Let the process end in good order."""
        self.process.communicate(timeout=20)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.communicate(timeout=20)


class Clock:
    """Time that a test moves, for the locks of servers."""

    def __init__(self, *servers: DeviceServer) -> None:
        self.now = 1000.0
        for server in servers:
            for served in server.registry.devices():
                served.lock.clock = lambda: self.now


def reasons(call: Callable[[], Any]) -> list[str]:
    try:
        call()
    except DevFailed as failure:
        return [error.reason for error in failure.errors]
    return []
