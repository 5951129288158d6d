"""The prompt and command lines in a real terminal."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.terminal.screen import Terminal

DEVICE, SLOW = "test/ours/1", "test/ours/2"


READY = re.compile(r">\s+Tab complete")
"""An empty line that waits for input, above the bar."""


def _says(prompt: Terminal, line: str) -> Terminal:
    """Type a line when the prompt is ready for it, as a person does."""
    return prompt.waits(READY.search, "the prompt").enter(line)


def test_a_conversation(opens: Any, ours: Any) -> None:
    """Completion, Python that awaits, events above the prompt while one types, Ctrl-C in a slow read, Ctrl-D."""
    requests = opens(ours, "blackbox", SLOW, "--follow", "--interval", "0.1", "--plain", size=(200, 50))
    prompt = opens(ours, "repl", size=(120, 40)).sees("tango>", "Ctrl-D")
    prompt.type("use test/ours/").press("tab").sees("test/ours/1", "test/ours/2").press("ctrl+u").sees_no_more("use")
    _says(prompt, f"use {DEVICE}").sees(f"{DEVICE}>", f"{DEVICE} ON")
    prompt.type("!dev('test/our").waits(lambda text: "test/ours/" in map(str.strip, text.splitlines()), "the menu")
    prompt.press("tab").sees("!dev('test/ours/").press("ctrl+u")

    prompt.waits(READY.search, "the prompt").press("f5").sees("python>>>")
    _says(prompt, "import asyncio")
    _says(prompt, "await asyncio.sleep(0, 'aw' + 'aited')").sees("'awaited'")
    prompt.waits(READY.search, "the prompt").press("f5").waits(re.compile(f"{DEVICE}>\\s+Tab").search, "the lines")
    _says(prompt, f"mon -a {DEVICE}/ushort_scalar").sees("1 attribute monitored")
    _says(prompt, "monitor ushort_scalar").sees("[1] monitor", f"{DEVICE}/ushort_scalar  65000")
    _says(prompt, "call . Push [change, ushort_scalar, 7]").sees(f"{DEVICE}/ushort_scalar  7  VALID")
    _says(prompt, "mon").sees("ID", "ATTR_VALID")

    _says(prompt, f"call {SLOW} SetDelay 2.5").sees("SetDelay done")
    _says(prompt, f"read {SLOW}/slow")
    requests.sees("slow")
    prompt.press("ctrl+c").sees("interrupted")
    _says(prompt, "read --value uchar_scalar").sees("200")
    prompt.waits(READY.search, "the prompt").press("ctrl+d").ends()
    requests.press("ctrl+c").ends(130)


@pytest.mark.parametrize(
    ("condition", "code"),
    [("State == ON", 0), ("State == FAULT", 4), ("nothing == 1", 1), ("State == NONSENSE", 2)],
)
def test_a_line_that_waits_tells_by_its_exit_code(opens: Any, ours: Any, condition: str, code: int) -> None:
    opens(ours, "wait", f"{DEVICE}/{condition}", "--timeout", "0.5").ends(code)


def test_a_line_that_goes_on_ends_with_ctrl_c(opens: Any, theirs: Any) -> None:
    line = opens(theirs, "monitor", "test/pytango/1/polled").sees("test/pytango/1/polled")
    line.press("ctrl+c")
    line.ends(130)
