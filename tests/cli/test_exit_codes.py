"""The exit codes of whole command lines, on a device that answers."""

from __future__ import annotations

from typing import Any

import pytest

from tangoterm.__main__ import main
from tangoterm.console.exit_codes import Exit


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("ping sys/tg_test/1", Exit.DONE),
        ("read sys/tg_test/1/ampli sys/tg_test/1/State --ndjson", Exit.DONE),
        ("read sys/tg_test/1/ampli --watch 0.01 --count 2", Exit.DONE),
        ("monitor sys/tg_test/1/ampli --duration 0.01", Exit.DONE),
        ("wait sys/tg_test/1/ampli == 0", Exit.DONE),
        ("read sys/tg_test/1/nothing", Exit.FAILED),
        ("read sys/tg_test/1/ampli sys/tg_test/1/nothing", Exit.FAILED),
        ("wait sys/tg_test/1/nothing == 0 --timeout 5", Exit.FAILED),
        ("read sys/tg_test/1/ampli --format {nme}", Exit.USAGE),
        ("wait sys/tg_test/1/ampli == much --timeout 5", Exit.USAGE),
        ("write sys/tg_test/1/ampli much", Exit.USAGE),
        ("ping nothing*", Exit.USAGE),
        ("--dry-run write sys/tg_test/1/ampli 3", Exit.WOULD_CHANGE),
        ("wait sys/tg_test/1/ampli == 7 --timeout 0.05 --interval 0.01", Exit.TIMED_OUT),
    ],
)
def test_a_command_line_ends_with_its_code(device: str, line: str, code: Exit, capsys: Any) -> None:
    assert main(line.split()) == code
