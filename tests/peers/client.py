"""Clients that are PyTango, or ours in its place, each in a process of its own."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.peers.process import TIMEOUT, spawn

SCRIPT = Path(__file__).with_name("evaluate.py")


class Failed(Exception):
    """The DevFailed of a snippet; `errors` are tuples `(reason, desc, origin, severity)`, the first cause first."""

    def __init__(self, kind: str, errors: list[list[str]]) -> None:
        self.kind = kind
        self.errors = [tuple(error) for error in errors]
        super().__init__(f"{kind}: {self.errors}")

    @property
    def reasons(self) -> list[str]:
        """The reasons, the first cause first."""
        return [error[0] for error in self.errors]


class PyTangoClient:
    """Evaluates snippets of Python in another process, where `tango`, `time`, `threading` and `wait_for` are known.

    `client("tango.DeviceProxy('a/b/c').state()")` gives the value of the last expression as JSON has it: arrays as
    lists, members of enumerations as their names, bytes as latin-1 texts, objects that JSON has no word for as texts. A
    DevFailed comes as `Failed`, everything else that fails as an AssertionError. Names that a snippet binds stay.
    `client.proxy("a/b/c")` binds `d` to a proxy. `wait_for(function, seconds=15)` gives the first true result.
    `listened_to(d)` waits until subscriptions to an `AllTypes` are in force.
    """

    library = "tango"

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._process = spawn(
            [sys.executable, str(SCRIPT), self.library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(variables),
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def __call__(self, snippet: str, timeout: float = TIMEOUT) -> Any:
        """The value of the last expression of a snippet."""
        self.send(snippet)
        return self.receive(timeout)

    def proxy(self, name: str, as_name: str = "d") -> None:
        """Bind a name to a new proxy of a device there."""
        self(f"{as_name} = tango.DeviceProxy({name!r})")

    def send(self, snippet: str) -> None:
        """Start a snippet, whose result `receive` gives."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(dedent(snippet)) + "\n")
        self._process.stdin.flush()

    def receive(self, timeout: float = TIMEOUT) -> Any:
        """The result of the snippet that was sent."""
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], timeout)
        assert readable, f"no answer within {timeout} s"
        line = self._process.stdout.readline()
        assert line, f"the client ended with {self._process.wait(TIMEOUT)}"
        answer = json.loads(line)
        if "failed" in answer:
            raise Failed(answer["type"], answer["failed"])
        assert "ok" in answer, answer["broken"]
        return answer["ok"]

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.communicate()

    def close(self) -> None:
        """Let it end, by force if it does not."""
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()


class OurClient(PyTangoClient):
    """The same, but that `tango` is `tangoterm.client`."""

    library = "tangoterm.client"
