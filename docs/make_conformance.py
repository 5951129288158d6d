"""Writes docs/conformance.md: every requirement of the device-server model with the tests that show it.

The requirements stand in docs/requirements/*.toml, one family a file: number, title, and a `deviation` with its reason
where ours does something else on purpose. A test shows a requirement by citing its number in its docstring. Captured
exchanges of real servers (tests/captured) are listed with the test that replays them.

python docs/make_conformance.py            write the document; exit code 1 when a requirement has neither
python docs/make_conformance.py --check    write nothing; exit code 1 too when the document is out of date
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TESTS = ROOT / "tests"
DOCUMENT = HERE / "conformance.md"
sys.path.insert(0, str(ROOT))

from tests.captured import BOOKS, deviations, sections  # noqa: E402

FAMILIES = {
    "LIFE": "Life cycle of a server",
    "ADM": "The admin device",
    "POLL": "Polling",
    "BBX": "Blackbox",
    "LOCK": "Locking",
    "LOG": "Logging",
    "EVT": "Events",
    "SER": "Serialisation",
    "CLI": "Client rules",
    "ERR": "Errors",
    "TYP": "Data types",
    "NAME": "Names",
    "CMD": "Commands",
    "ATT": "Attributes",
    "PIPE": "Pipes",
    "PROP": "Properties",
    "DYN": "Dynamic attributes and commands",
    "DB": "Database",
    "SIM": "The simulated test device",
}

_NUMBER = re.compile(rf"\b(?:{'|'.join(FAMILIES)})-\d+\b")
_SHOWN = 3


class Requirement(NamedTuple):
    """One numbered requirement: what it is about, and why ours differs, if it does."""

    number: str
    title: str
    deviation: str


class Test(NamedTuple):
    """One test function, as people find it."""

    path: str
    name: str
    line: int

    @property
    def link(self) -> str:
        """A link to it from the document."""
        return f"[{Path(self.path).stem}::{self.name}](../{self.path}#L{self.line})"


def requirements(family: str) -> list[Requirement]:
    """The requirements of a family by number."""
    table = tomllib.loads((HERE / "requirements" / f"{family}.toml").read_text(encoding="utf-8"))
    found = [Requirement(number, entry["title"], entry.get("deviation", "")) for number, entry in table.items()]
    return sorted(found, key=lambda requirement: int(requirement.number.partition("-")[2]))


def test_functions() -> Iterator[tuple[Test, str, str]]:
    """Every test function with its docstring and its source text, decorators included."""
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                test = Test(path.relative_to(ROOT).as_posix(), node.name, node.lineno)
                yield test, ast.get_docstring(node) or "", "\n".join(lines[first - 1 : node.end_lineno])


def citations() -> dict[str, list[Test]]:
    """The tests that cite each number in their docstring."""
    found: dict[str, list[Test]] = {}
    for test, docstring, _ in test_functions():
        for number in dict.fromkeys(_NUMBER.findall(docstring)):
            found.setdefault(number, []).append(test)
    return found


def replays() -> dict[str, list[Test]]:
    """The test functions that replay each captured section, wherever in their file they take it from."""
    found: dict[str, list[Test]] = {}
    pattern = re.compile(r'replayed(?:_cases)?\(\s*"\w+",\s*"(\w+)"')
    for path in sorted(TESTS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            test = Test(path.relative_to(ROOT).as_posix(), match[1], line)
            if path.parent.name != "captured":
                found.setdefault(match[1], []).append(test)
    return found


def row(*cells: object) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def shown_by(requirement: Requirement, tests: list[Test]) -> str:
    """The last cell of a requirement: its tests, its deviation, or both."""
    links = ", ".join(test.link for test in tests[:_SHOWN])
    if len(tests) > _SHOWN:
        links += f" and {len(tests) - _SHOWN} more"
    parts = [links] if links else []
    if requirement.deviation:
        parts.append(f"**deviation**: {requirement.deviation}")
    return "<br>".join(parts)


def document(cited: dict[str, list[Test]]) -> str:
    """The whole document."""
    lines = [
        "# Conformance",
        "",
        "What the device-server model promises, number by number, and the tests that show it. Generated by",
        "`python docs/make_conformance.py` from `docs/requirements/` and the docstrings of the tests; a number with",
        "neither a test nor a deviation fails the check.",
    ]
    for family, title in FAMILIES.items():
        lines += ["", f"## {family}: {title}", "", row("number", "about", "shown by"), "|---|---|---|"]
        for requirement in requirements(family):
            tests = cited.get(requirement.number, [])
            lines.append(row(requirement.number, requirement.title, shown_by(requirement, tests)))
    lines += [
        "",
        "## Captured exchanges",
        "",
        "Inputs and outputs of real servers (`tests/captured`), replayed with patterns only for times, pids, hosts and",
        "ports. Reasons of errors are compared exactly.",
        "",
        row("section", "cases", "replayed by", "deviations"),
        "|---|---|---|---|",
    ]
    replayed_by = replays()
    for book in BOOKS:
        for section, cases in sections(book).items():
            files = dict.fromkeys(f"[{Path(t.path).stem}](../{t.path})" for t in replayed_by.get(section, []))
            lines.append(row(section, len(cases), ", ".join(files), len(deviations(section))))
    lines += ["", "Cases that ours answers differently on purpose:", "", row("case", "reason"), "|---|---|"]
    for book in BOOKS:
        for section, cases in sections(book).items():
            left_out = deviations(section)
            lines += [row(f"{section} {case.id}", left_out[case.id]) for case in cases if case.id in left_out]
    return "\n".join(lines) + "\n"


def problems(cited: dict[str, list[Test]]) -> list[str]:
    """What is shown by nothing, and what is cited but does not exist."""
    known = {requirement.number: requirement for family in FAMILIES for requirement in requirements(family)}
    missing = [number for number, entry in known.items() if number not in cited and not entry.deviation]
    found = [f"{number} has neither a test nor a deviation" for number in missing]
    replayed_by = replays()
    for book in BOOKS:
        found += [f"no test replays the section {name} of {book}" for name in sections(book) if name not in replayed_by]
    return found


def main() -> int:
    """Write or check; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    checking = parser.parse_args().check
    cited = citations()
    text = document(cited)
    found = problems(cited)
    if checking:
        if not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text:
            found.append("docs/conformance.md is out of date: run python docs/make_conformance.py")
    else:
        DOCUMENT.write_text(text, encoding="utf-8")
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
