"""`tangoterm clone`: a twin of a running device, which lives on without it."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tangoterm.cli.cloning import instance_of

Start = Callable[..., Any]


def output(program: Any) -> str:
    code, text, errors = program.finish()
    assert code == 0, errors
    return str(text)


def test_a_twin_outlives_its_original(serve: Start, tangoterm: Start, tmp_path: Path) -> None:
    """DYN-1: the third use case of RFC 15. Ctrl-C ends the twin in good order, and its file serves it again."""
    file = tmp_path / "twin.json"
    original = serve("TangoTest", "demo")
    output(tangoterm("write", "sys/tg_test/1/ampli", "3"))
    twin = tangoterm("clone", "sys/tg_test/1", "--as", "my/simu/1", "--save", str(file)).wait_ready()
    assert json.loads(output(tangoterm("--json", "read", "my/simu/1/ampli")))["value"] == 3
    assert original.stop() == 0
    output(tangoterm("write", "my/simu/1/double_scalar", "5"))
    reading = json.loads(output(tangoterm("--json", "read", "my/simu/1/double_scalar")))
    assert reading["value"] == pytest.approx(5, rel=0.01)
    twin.process.send_signal(signal.SIGINT)
    code, _, errors = twin.finish()
    assert (code, errors) == (0, "")
    serve(str(file), "again", "--device", "my/simu/2")
    assert "DevVarLongStringArray" in output(tangoterm("--plain", "ls", "my/simu/2"))
    assert "TangoTest" in output(tangoterm("--plain", "info", "my/simu/2"))


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("clone", "no/such/device", "--as", "a/b/c"), 1, "no/such/device"),
        (("clone", "no/such/device", "--as", "abc"), 1, "abc"),
        (("clone", "no/such/device"), 2, "--as"),
        (("clone", "no/such/device", "--as", "a/b/c", "--save", "x.txt"), 2, "must end in .json"),
        (("serve", "nowhere.json", "x"), 2, "nowhere.json cannot be read"),
    ],
)
def test_refusals_name_the_trouble(tangoterm: Start, words: tuple[str, ...], code: int, text: str) -> None:
    ended, _, errors = tangoterm(*words).finish()
    assert ended == code
    assert text in errors
    assert "Traceback" not in errors


def test_a_file_that_describes_nothing_is_refused(tangoterm: Start, tmp_path: Path) -> None:
    file = tmp_path / "empty.json"
    file.write_text("{}")
    code, _, errors = tangoterm("serve", str(file), "x").finish()
    assert (code, "description: device is missing" in errors) == (2, True)


def test_the_instance_is_named_after_the_twin() -> None:
    """NAME-13."""
    assert instance_of("my/simu/1") == "my-simu-1"
    assert instance_of("lab/pump.2/a b") == "lab-pump-2-a-b"
