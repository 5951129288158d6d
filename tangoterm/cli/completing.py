"""`tangoterm __complete LINE`: what can stand at the end of a shell's line, a suggestion a line, and behind a tab what
it is.

The answers are those of the prompt. They are kept for a while in the user's cache, so that a key press mostly costs the
start of Python; nothing heavy is imported before they are missed. Then a child finds them: after `PATIENCE` the shell
is told nothing, and the child goes on to have them for the next key press. Nothing is ever printed but suggestions.
"""

from __future__ import annotations

import json
import os
import re
import select
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from tangoterm.cli.programs import PROGRAMS

PATIENCE = 0.5
"""Seconds that a shell waits."""

LONGEST = 10
"""Seconds after which nobody wants an answer any more."""

FRESH, FRESH_WORDS = 30.0, 3600.0
"""Seconds for which names of the control system, and the words of this program, are taken from the cache."""

_VALUED = ("--host", "--timeout", "--format")
_WORD = re.compile(r"\S+")
_BEYOND_HEAD = re.compile(r"[^/=:]*$")

Found = list[list[str]]
"""Suggestions with their meanings."""


def complete(words: Sequence[str]) -> int:
    """Answer a shell: `words` is its line up to the cursor, the program's name in it; always 0."""
    host, line = _without_program(words[0] if words else "")
    word = line[len(line) - len(line.rsplit(None, 1)[-1]) :] if line and not line[-1].isspace() else ""
    before = line[: len(line) - len(word)]
    head = word if word.startswith("-") else _BEYOND_HEAD.sub("", word)
    found = _known(_key(host, before + head))
    if found is None:
        found = _asked(host, before, head, word)
    _print(each for each in found if each[0].lower().startswith(word.lower()))
    return 0


def _without_program(line: str) -> tuple[str, str]:
    """The control system that a line names, and the line from the command on."""
    host = ""
    words = list(_WORD.finditer(line))[1:]
    while words and words[0][0].startswith("-") and words[0].end() < len(line):
        option = words.pop(0)[0]
        if option in _VALUED and words and words[0].end() < len(line):
            value = words.pop(0)[0]
            host = value if option == "--host" else host
    return host, line[words[0].start() :] if words else ""


def _print(found: Iterable[Sequence[str]]) -> None:
    with suppress(OSError):
        os.write(1, "".join(f"{text}\t{meaning}\n" for text, meaning in found).encode())


# ---- the cache


def _key(host: str, line: str) -> str:
    system = host or os.environ.get("TANGO_HOST") or os.environ.get("TANGOTERM_DATABASE", "")
    return f"{system} {line}"


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("tangoterm", appauthor=False) / "completion.json"


def _entries() -> dict[str, tuple[float, Found]]:
    """What is in the cache and fresh: until when, and the suggestions."""
    try:
        content = json.loads(_cache().read_text("utf-8"))
        now = time.time()
        return {key: (end, found) for key, (end, found) in content.items() if now < end < now + FRESH_WORDS + 1}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _known(key: str) -> Found | None:
    entry = _entries().get(key)
    return None if entry is None else entry[1]


def _keep(key: str, found: Found, seconds: float) -> None:
    path = _cache()
    entries = _entries() | {key: (time.time() + seconds, found)}
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_text(json.dumps(entries), "utf-8")
        part.replace(path)


# ---- asking


def _asked(host: str, before: str, head: str, word: str) -> Found:
    """What a child finds, if it does in time."""
    answer, end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(answer)
        _work(end, host, before, head, word)
    os.close(end)
    text = b""
    deadline = time.monotonic() + PATIENCE
    while select.select([answer], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(answer, 65536)
        if not part:
            break
        text += part
    os.close(answer)
    try:
        found: Found = json.loads(text)
    except ValueError:
        return []
    os.waitpid(child, 0)
    return found


def _work(end: int, host: str, before: str, head: str, word: str) -> None:
    """Find suggestions, keep them, hand them over; the process ends here, silently and in time, whatever happens."""
    import signal

    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        signal.alarm(LONGEST)
        found, whole = _found(host, before, head)
        if not whole:
            found, _ = _found(host, before, word)
        own = not before.strip() or head.startswith("-")
        _keep(_key(host, before + (head if whole else word)), found, FRESH_WORDS if own else FRESH)
        os.write(end, json.dumps(found).encode())
    finally:
        os._exit(0)


def _found(host: str, before: str, word: str) -> tuple[Found, bool]:
    """The suggestions for a word, each as the whole word would be; and whether they are all there are."""
    from tangoterm.console.commands import COMMANDS
    from tangoterm.console.completion import Completer
    from tangoterm.console.names import LIMIT
    from tangoterm.console.session import Session
    from tangoterm.console.settings import load_settings

    common = _common_options() if word.startswith("-") else []
    if not before.strip():
        own = [[name, command.help] for name, command in COMMANDS.items()]
        return common or own + [list(each) for each in PROGRAMS.items()], True
    settings = load_settings({"host": host or None})
    suggestions = Completer(Session(settings.host, settings.timeout)).suggest(before + word)
    found = [[word[: each.start - len(before)] + each.text, each.meta] for each in suggestions]
    return found + common, len(found) < LIMIT


def _common_options() -> Found:
    from tangoterm.cli.parser import common_options

    actions = common_options()._actions
    return [[name, (action.help or "").replace("%%", "%")] for action in actions for name in action.option_strings]
