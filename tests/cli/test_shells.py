"""Completion in shells: real ones, driven as they drive it, and what stands behind it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tangoterm.__main__ import main
from tangoterm.cli import completing
from tangoterm.cli.programs import PROGRAMS
from tangoterm.cli.shells import SHELLS


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, an answer is awaited."""
    monkeypatch.setattr(completing, "PATIENCE", 30.0)


def answers(line: str, capfd: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["__complete", line]) == 0
    output, errors = capfd.readouterr()
    assert errors == ""
    return [text.partition("\t")[0] for text in output.splitlines()]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("tangoterm re", ["read", "repl"]),
        ("tangoterm --js", ["--json"]),
        ("tangoterm read --csv --source ", ["device", "cache", "cache_device"]),
        ("tangoterm --timeout 2 read sys/tg_test/1/AMP", ["sys/tg_test/1/ampli"]),
        ("tangoterm call sys/tg_test/1 DevD", ["DevDouble"]),
        ("tangoterm server start Ta", ["TangoTest/shells"]),
        ("tangoterm prop list class:Ta", ["class:TangoTest"]),
        ("tangoterm nonsense x", []),
        ("tangoterm call no/such/device x", []),
        ("", []),
    ],
)
def test_what_can_stand_at_the_end_of_a_line(
    device: str, patient: None, line: str, wanted: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    found = answers(line, capfd)
    assert found == wanted if wanted or line else found


def test_a_key_press_further_on_is_answered_from_the_cache(
    device: str, patient: None, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "sys/tg_test/1/double_scalar" in answers("tangoterm read sys/tg_test/1/d", capfd)

    def asked(*_: Any) -> Any:
        raise AssertionError("the cache was missed")

    monkeypatch.setattr(completing, "_asked", asked)
    assert answers("tangoterm read sys/tg_test/1/double_spectrum_", capfd) == ["sys/tg_test/1/double_spectrum_ro"]
    later = time.time() + completing.FRESH + 1
    monkeypatch.setattr(completing.time, "time", lambda: later)
    with pytest.raises(AssertionError, match="missed"):
        answers("tangoterm read sys/tg_test/1/d", capfd)


def test_a_cache_that_is_spoilt_is_made_anew(device: str, patient: None, capfd: pytest.CaptureFixture[str]) -> None:
    completing._cache().parent.mkdir(parents=True)
    completing._cache().write_text("[nonsense")
    assert answers("tangoterm rea", capfd) == ["read"]
    assert json.loads(completing._cache().read_text())


def test_who_does_not_answer_in_time_is_not_awaited(
    device: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "PATIENCE", 0.0)
    assert answers("tangoterm read s", capfd) == []
    deadline = time.monotonic() + 30
    while not completing._known(completing._key("", "read ")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert answers("tangoterm read s", capfd) == ["sys/"]


def test_answers_from_the_cache_load_next_to_nothing(device: str, patient: None, capfd: Any) -> None:
    answers("tangoterm rea", capfd)
    code = (
        "import sys; from tangoterm.__main__ import main; main(['__complete', 'tangoterm rea'])\n"
        "print(sorted(name for name in sys.modules if name.startswith(('server_core', 'tangoterm', 'argparse'))))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    known = {"tangoterm", "tangoterm.__main__", "tangoterm.cli", "tangoterm.cli.completing", "tangoterm.cli.programs"}
    assert set(eval(output.splitlines()[-1])) == known


# ---- real shells


@pytest.fixture
def shell(device: str, private_home: Path) -> Any:
    """Runs a script in a shell that finds `tangoterm`, whose answers are in the cache already."""
    folder = private_home / "bin"
    folder.mkdir()
    program = folder / "tangoterm"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tangoterm "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(Path(__file__).parents[2])}

    def run(name: str, script: str) -> list[str]:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        done = subprocess.run(
            [name, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stderr == ""
        return done.stdout.splitlines()

    return run


@pytest.fixture
def asked_before(device: str, patient: None, capfd: pytest.CaptureFixture[str]) -> None:
    for line in ("tangoterm rea", "tangoterm read sys/tg_test/1/amp", "tangoterm prop list class:Ta"):
        assert answers(line, capfd)


def test_bash(shell: Any, asked_before: None) -> None:
    lines = shell(
        "bash",
        """
        eval "$(tangoterm completion bash)"
        press() { COMP_LINE=$1 COMP_POINT=${#1}; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _tangoterm
                  echo "${COMPREPLY[*]}"; }
        press 'tangoterm rea' tangoterm rea
        press 'tangoterm read sys/tg_test/1/amp' tangoterm read sys/tg_test/1/amp
        press 'tangoterm prop list class:Ta' tangoterm prop list class : Ta
        complete -p tangoterm
        """,
    )
    assert lines == ["read", "sys/tg_test/1/ampli", "TangoTest", "complete -o default -F _tangoterm tangoterm"]


def test_zsh(shell: Any, asked_before: None) -> None:
    lines = shell(
        "zsh",
        """
        compdef() { :; }; compadd() { echo ${(P)@[-1]}; }; _files() { echo files; }
        eval "$(tangoterm completion zsh)"
        press() { local -a words=("$@"); local CURRENT=$# PREFIX=$@[-1]; _tangoterm; }
        press tangoterm rea
        press tangoterm read sys/tg_test/1/amp
        """,
    )
    assert lines == ["read", "sys/tg_test/1/ampli"]


def test_fish(shell: Any, asked_before: None) -> None:
    lines = shell(
        "fish",
        """
        tangoterm completion fish | source
        complete -C 'tangoterm rea'
        complete -C 'tangoterm read sys/tg_test/1/amp'
        """,
    )
    assert lines == ["read\tRead attributes.", "sys/tg_test/1/ampli\tDevDouble, WRITE"]


def test_each_shell_has_its_script(capsys: pytest.CaptureFixture[str]) -> None:
    for name, script in SHELLS.items():
        assert main(["completion", name]) == 0
        assert capsys.readouterr().out == script
    with pytest.raises(SystemExit) as ended:
        main(["completion", "csh"])
    assert ended.value.code == 2


def test_what_is_completed_as_a_command_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    for name in PROGRAMS:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
