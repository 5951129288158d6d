"""Device classes written for PyTango's high-level API answer the same under PyTango and under ours.

The files beside this one differ from what PyTango runs by their import line. One server of each library serves them,
and a client of each library asks the same; pipes, which PyTango has no more, are asked of ours alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from . import scripts

pytestmark = pytest.mark.timeout(240)  # the first test starts all servers of both libraries

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


class Ported(NamedTuple):
    """A device of one of the files, and what it is asked."""

    file: str
    dev_class: str
    device: str
    script: scripts.Script


DEVICES = (
    Ported("scalars", "Multimeter", "ported/scalars/1", scripts.SCALARS),
    Ported("arrays", "Spectrometer", "ported/arrays/1", scripts.ARRAYS),
    Ported("configured", "Driver", "ported/configured/1", scripts.CONFIGURED),
    Ported("memorised", "Thermostat", "ported/memorised/1", scripts.MEMORISED),
    Ported("dynamic", "Analyser", "ported/dynamic/1", scripts.DYNAMIC),
    Ported("asynchronous", "Chopper", "ported/asynchronous/1", scripts.ASYNCHRONOUS),
    Ported("notifier", "Monitor", "ported/notifier/1", scripts.NOTIFIER),
    Ported("machine", "Valve", "ported/machine/1", scripts.MACHINE),
    Ported("logged", "Shutter", "ported/logged/1", scripts.LOGGED),
    Ported("family", "Axis", "ported/axis/1", scripts.FAMILY_AXIS),
    Ported("family", "Table", "ported/table/1", scripts.FAMILY_TABLE),
    Ported("pipes", "Recorder", "ported/pipes/1", scripts.PIPES),
)
OURS_ALONE = ("pipes",)
OWN_SERVER = {"asynchronous": "Chopper", "family": "family"}
"""Files that are run as programs, and the names of their servers."""

PROPERTIES = {
    "configured": """\
ported/configured/1->host: "controller"
ported/configured/1->axes: 4,\\
                           5,\\
                           6
ported/configured/1->gain: "2.5"
ported/configured/1->names: "x",\\
                            "y"
CLASS/Driver->vendor: "Tango works"
""",
    "family": 'ported/table/1->speed: "7"',
}
PATIENCE = 100.0
"""Seconds for all questions to one library."""


def property_file(path: Path, server: str, devices: Sequence[Ported]) -> Path:
    """A property file that defines the devices of a server."""
    classes: dict[str, list[str]] = {}
    for each in devices:
        classes.setdefault(each.dev_class, []).append(each.device)
    lines = [f"{server}/DEVICE/{name}: {','.join(map(json.dumps, names))}" for name, names in classes.items()]
    lines += [PROPERTIES[file] for file in sorted({each.file for each in devices}) if file in PROPERTIES]
    path.write_text("\n".join([*lines, ""]))
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def command_line(library: str, server: str, devices: Sequence[Ported]) -> list[str]:
    files = sorted({each.file for each in devices})
    return [str(HERE / "serve.py"), library, server, ",".join(files), "test"]


@contextlib.contextmanager
def served(library: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The addresses of all devices while servers of a library serve them."""
    groups: dict[str, list[Ported]] = {}
    for each in DEVICES:
        if library != "tango" or each.file not in OURS_ALONE:
            groups.setdefault(OWN_SERVER.get(each.file, "ported"), []).append(each)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TANGO_HOST": ""}
    addresses: dict[str, str] = {}
    processes = []
    try:
        for server, devices in groups.items():
            port = free_port()
            file = property_file(tmp_path / f"{library}-{server}.db", f"{server}/test", devices)
            addresses |= {each.device: f"tango://127.0.0.1:{port}/{each.device}#dbase=no" for each in devices}
            line = [*command_line(library, server, devices), f"-file={file}"]
            line += ["-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"]
            processes.append(
                subprocess.Popen(
                    [sys.executable, *line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                    env=environment,
                )
            )  # fmt: skip
        for process in processes:
            _wait_ready(process)
        yield addresses
    finally:
        for process in processes:
            process.send_signal(signal.SIGKILL if library == "tango" else signal.SIGTERM)
            process.communicate(timeout=30)


def _wait_ready(process: subprocess.Popen[str]) -> None:
    printed = []
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Ready to accept request"):
            return
        printed.append(line)
    raise AssertionError(f"the server ended:\n{''.join(printed)}")


def asked(library: str, tmp_path: Path) -> dict[str, list[Any]]:
    """The answers of all devices under a library."""
    with served(library, tmp_path) as addresses:
        tasks = {
            each.device: {"address": addresses[each.device], "script": each.script}
            for each in DEVICES
            if each.device in addresses
        }
        done = subprocess.run(
            [sys.executable, str(HERE / "ask.py"), library], input=json.dumps(tasks), capture_output=True, text=True,
            timeout=PATIENCE, env={**os.environ, "PYTHONPATH": str(ROOT), "TANGO_HOST": ""}, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: dict[str, list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


Answers = Mapping[str, list[Any]]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return asked("server_core", tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    if find_spec("tango") is None:
        pytest.skip("PyTango is not installed")
    return asked("tango", tmp_path_factory.mktemp("theirs"))


def test_pipes_of_a_ported_class(ours: Answers) -> None:
    """PIPE-1, PIPE-3, PIPE-5, PIPE-6: as PyTango answered until it lost its pipes."""
    double, words, number, flag = 5, 16, 23, 1
    settings = [
        {"name": "rate", "dtype": double, "value": 10.0},
        {"name": "channels", "dtype": words, "value": ["a", "b"]},
    ]
    inner = {"name": "inner", "dtype": 30, "value": ["deep", [{"name": "flag", "dtype": flag, "value": True}]]}
    count, mean = {"name": "count", "dtype": number, "value": 3}, {"name": "mean", "dtype": double, "value": 1.5}
    assert ours["ported/pipes/1"] == [
        [["settings", "All settings", "No description"], ["summary", "summary", "A few numbers"]],
        ["settings", settings],
        None,
        [2.5, None, "DevDouble", "ATTR_VALID", 1, 0, 0, 0],
        ["summary", [count, mean, inner]],
        None,
        {"failed": ["API_PipeNotAllowed", "API_PipeFailed"]},
    ]


BOTH = [pytest.param(each, id=each.device) for each in DEVICES if each.file not in OURS_ALONE]


@pytest.mark.parametrize("each", BOTH)
def test_a_ported_class_answers_as_under_pytango(each: Ported, ours: Answers, theirs: Answers) -> None:
    """CMD-1, DYN-1, PROP-4: the same file, the same questions."""
    for line, our, their in zip(each.script, ours[each.device], theirs[each.device], strict=True):
        assert (line, our) == (line, their)
