"""Lines without a person: `-c`, script files, standard input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    result = subprocess.run(
        [sys.executable, "-m", "tangoterm", "repl", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return result.returncode, result.stdout, result.stderr


def test_lines_run_in_order_in_one_conversation(device: str) -> None:
    code, out, err = run("-c", f"use {device}", "-c", "write ampli 1.5", "-c", "read --value ampli")
    assert (code, out) == (0, "1.5\n")
    assert "Traceback" not in err


def test_the_first_failure_ends_the_run(device: str) -> None:
    code, out, err = run("-c", f"read {device}/nope", "-c", f"read --value {device}/ampli")
    assert (code, out) == (1, "")
    assert err.index("API_AttrNotFound") < err.index("API_AttributeFailed")


def test_a_script_file(device: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"# a comment\nuse {device}\n\ncall . DevDouble 3.5\nexit\nfrobnicate\n")
    code, out, _ = run("--json", str(script))
    assert code == 0
    assert json.loads(out)["value"] == 3.5
    script.write_text(f"use {device}\nfrobnicate\n")
    code, _, err = run(str(script))
    assert code == 2
    assert f"{script}, line 2" in err
    assert run(str(tmp_path / "missing"))[0] == 2


def test_standard_input_without_a_terminal(device: str) -> None:
    code, out, _ = run(stdin=f"read --value {device}/ampli\n")
    assert (code, out) == (0, "0.0\n")
    assert run("-", stdin=f"read --value {device}/ampli\n")[1] == "0.0\n"


def test_a_live_result_holds_a_script_until_it_ends(device: str) -> None:
    code, out, _ = run("-c", f"monitor {device}/ampli --count 1", "-c", f"read --value {device}/ampli")
    assert code == 0
    assert out.splitlines()[0].split("\t")[1] == f"{device}/ampli"
    assert out.splitlines()[-1] == "0.0"


def test_a_lock_is_kept_for_the_lines_that_follow(device: str) -> None:
    """LOCK-1, LOCK-9: the conversation is one client, and gives the lock back at its end"""
    code, out, err = run("-c", f"lock {device}", "-c", f"write {device}/ampli 1", "-c", f"info {device}")
    assert code == 0
    assert f"{device} is locked until" in err
    assert "locked_by\tprocess " in out
    code, out, _ = run("-c", f"info {device}", "-c", f"unlock {device}")
    assert code == 0
    assert "locked_by\tprocess" not in out
