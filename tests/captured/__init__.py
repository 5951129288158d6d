"""What real Tango servers answered: over 1,800 captured cases, replayed by the tests of the rooms they are about.

`server.json` and `model.json` hold the cases by section; `about` in them says from which servers and in what form.
`deviations/<section>.toml` lists the cases where ours answers something else on purpose, each with its reason; those
are not replayed, and `docs/conformance.md` shows them.

    @pytest.mark.parametrize("case", replayed("server", "locking"))
    def test_locking(case: Case) -> None: ...
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
BOOKS = ("server", "model")

CPP_9 = "TangoTest/cppTango 9.3.4"
PYTANGO_10 = "PyTango 10.3.1/cppTango 10.3.3"


class Case(NamedTuple):
    """One captured exchange: `id` is unique (`locking-7`, `SAC-12`), `data` is what the book says of it."""

    id: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """What it is about, for people."""
        return str(self.data.get("name") or self.data.get("what") or self.data.get("command"))

    @property
    def reference(self) -> str:
        """Which server answered; empty where the book's section says so."""
        return str(self.data.get("reference", ""))


@cache
def sections(book: str) -> dict[str, list[Case]]:
    """All cases of a book by section, in the order in which they were captured."""
    text = json.loads((HERE / f"{book}.json").read_text(encoding="utf-8"))
    return {
        section: [Case(data.get("id") or f"{section}-{place}", data) for place, data in enumerate(cases, 1)]
        for section, cases in text.items()
        if section != "about"
    }


@cache
def deviations(section: str) -> dict[str, str]:
    """Why the named cases of a section are not answered as captured, by case id."""
    path = HERE / "deviations" / f"{section}.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    unknown = found.keys() - {case.id for book in BOOKS for case in sections(book).get(section, ())}
    assert not unknown, f"{path.name} names cases that are not in the section: {sorted(unknown)}"
    return found


def replayed_cases(book: str, section: str, reference: str | None = None) -> list[Case]:
    """The cases of a section that ours answers as captured; of one reference server when it is named."""
    left_out = deviations(section)
    return [case for case in sections(book)[section] if case.id not in left_out and reference in (None, case.reference)]


def replayed(book: str, section: str, reference: str | None = None) -> list[Any]:
    """The same as parameters of a test."""
    return [pytest.param(case, id=case.id) for case in replayed_cases(book, section, reference)]


def reasons(errors: list[dict[str, Any]]) -> list[str]:
    """The reasons of captured errors, deepest first: what must be the same (their wording may be ours)."""
    return [error["reason"] for error in errors]


_VARIES = (
    (re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"PID \d+"), "PID <pid>"),
    (re.compile(r"requested from (?!polling|user thread|a collocated)[\w.-]+"), "requested from <host>"),
    (re.compile(r"(?:giop:)?unix:\S+|giop:tcp:[\w.:\[\]-]+"), "<address>"),
    (re.compile(r"tcp://[\w.-]+:\d+"), "tcp://<host>:<port>"),
)


def shape(text: str) -> str:
    """`text` with a placeholder for what varies from run to run: times, pids, hosts and ports; for comparing lines."""
    for pattern, placeholder in _VARIES:
        text = pattern.sub(placeholder, text)
    return text
