"""The journal of changes: one file for all programs of a user, a line of JSON for each change.

Several processes write at once: a lock on a file beside it keeps their lines whole and the change of files safe. The
journal is bounded: when it has grown to `MOST` bytes it becomes `journal.1.jsonl`, and that one is forgotten then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tangoterm.console.changes.change import Change, Danger, Entry

MOST = 2_000_000
"""Bytes of one file; two are kept."""


class Journal:
    """The journal in a file. With a `problem` there is none: nothing is kept, and `problem` says why."""

    def __init__(self, file: Path, problem: str = "") -> None:
        self.file = file
        self.problem = problem

    def record(self, entry: Entry) -> None:
        """Add an entry. A journal that cannot be written keeps no change from being made; `problem` tells."""
        if self.problem:
            return
        line = json.dumps(_to_json(entry), ensure_ascii=False) + "\n"
        try:
            with self._locked():
                if self.file.exists() and self.file.stat().st_size + len(line) > MOST:
                    self.file.replace(self._former)
                with self.file.open("a", encoding="utf-8") as stream:
                    stream.write(line)
        except OSError as error:
            self.problem = f"the journal cannot be written: {error}"

    def entries(self) -> list[Entry]:
        """All entries, oldest first; lines that are none are left out."""
        if self.problem:
            return []
        return [entry for file in (self._former, self.file) for entry in _read(file)]

    @property
    def _former(self) -> Path:
        return self.file.with_name(f"{self.file.stem}.1{self.file.suffix}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl

        with self.file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def user_journal() -> Journal:
    """The journal of this user."""
    from tangoterm.console.settings import state_path

    try:
        return Journal(state_path("journal.jsonl"))
    except OSError as error:
        return Journal(Path("journal.jsonl"), f"the journal cannot be written: {error}")


def _to_json(entry: Entry) -> dict[str, Any]:
    change = asdict(entry.change) | {"danger": entry.change.danger.value}
    return {
        "time": entry.time,
        "host": entry.host,
        "face": entry.face,
        "pid": os.getpid(),
        "seconds": round(entry.seconds, 6),
        "error": entry.error,
        **{key: value for key, value in change.items() if value},
    }


def _read(file: Path) -> Iterator[Entry]:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            found = json.loads(line)
            change = Change(
                found["subject"],
                found["line"],
                found.get("before", ""),
                found.get("after", ""),
                tuple(found.get("undo", ())),
                Danger(found.get("danger", "none")),
                found.get("warning", ""),
            )
            entry = Entry(found["time"], found["host"], change, found["seconds"], found["error"], found["face"])
        except (ValueError, KeyError, TypeError):
            continue
        yield entry


def script_of(entries: list[Entry]) -> Iterator[str]:
    """The entries as a script for `tangoterm repl`, with when and how each went as comments; those that failed are
    comments altogether."""
    from datetime import datetime

    for entry in entries:
        moment = datetime.fromtimestamp(entry.time).isoformat(" ", "seconds")
        yield f"# {moment}  {entry.host}  {_one_line(entry.outcome)}"
        for line in entry.change.line.split("\n"):
            yield f"# {line}" if entry.error else line


def _one_line(text: str) -> str:
    return " ".join(text.split())
