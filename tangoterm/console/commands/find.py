"""The command that finds anything by a few letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from tangoterm.console.commands.table import Parameter, Want, command, count
from tangoterm.console.lists import ListsError, ListsFile
from tangoterm.console.names import none_of
from tangoterm.console.result import Failure, Result, columns
from tangoterm.console.session import Session

if TYPE_CHECKING:
    from tangoterm.console.finding import Hit

KINDS = ("device", "alias", "server", "class", "host", "attribute", "command", "property", "bookmark", "list")
"""What `--kind` may name."""


def _kinds(text: str) -> tuple[str, ...]:
    words = tuple(word for word in text.lower().replace(" ", ",").split(",") if word)
    for word in words:
        if word not in KINDS:
            raise ValueError(none_of(word, KINDS))
    return words


@command(
    "find",
    Parameter("words", "letters of names; each word must fit, !word must not", Want.TEXT, many=True, metavar="WORD"),
    Parameter(
        "kind", "what to find, several with commas", Want.TEXT, option=True, convert=_kinds, metavar="KIND,...",
    ),
    Parameter("limit", "the most to show", Want.NUMBER, option=True, convert=count, default=20, metavar="N"),
    Parameter("values", "look into the values of properties too", option=True, flag=True),
    examples=(
        "find tg1/dou", "find quad current", "find vacuum !rga --kind device,server", "find 10.0.3.7 --values",
    ),
)  # fmt: skip
def find(session: Session, words: Sequence[str], kind: Sequence[str] | None, limit: int, values: bool) -> Result:
    """Find devices, aliases, servers, classes, hosts, attributes, commands and properties by a few letters.

    Letters need not stand together, only in order: `tg1/dou` is sys/tg_test/1/double_scalar. A word may also occur in
    what is said of a thing: the class, server or host of a device. What one uses on the screen and at the prompt comes
    sooner. Members are those of one running device of each class; `--values` reads all properties, which takes longer.
    """
    from tangoterm.console.finding import MEMBERS, Kind, things_of

    kinds = frozenset(Kind(each) for each in kind or KINDS)
    result = Result(columns("Kind", "Name", "About"), [])
    try:
        things = things_of(ListsFile().read())
    except ListsError as error:
        things, result.note = [], str(error)
    catalogue, finder = session.catalogue, session.finder
    finder.know(catalogue.records, things)
    if kinds & MEMBERS:
        finder.book.learn_classes(session, catalogue.records)
    rows = [_row(hit) for hit in finder.find(" ".join(words), kinds=kinds, limit=limit)]
    if values:
        known = {row["name"].lower() for row in rows if row["kind"] == "property"}
        found = (row for row in _values(session, words, result.failures) if row["name"].lower() not in known)
        rows += islice(found, max(0, limit - len(rows)))
    result.rows = rows
    if not rows and not result.note:
        result.note = f"nothing in {session.address} fits {' '.join(words)}"
    return result


def _row(hit: Hit) -> dict[str, Any]:
    return {"kind": hit.kind.value, "name": hit.name, "about": hit.about or None, "device": hit.device or None}


def _values(session: Session, words: Iterable[str], failures: list[Failure]) -> Iterator[dict[str, Any]]:
    """The properties in whose name or values all the words occur, and none of those with `!`."""
    from tangoterm.console.matching import matcher, wanted
    from tangoterm.console.property_search import everywhere, search

    text = " ".join(words)
    fits, plain = matcher(text), wanted(text)
    for found in search(session, plain[0] if plain else "*", everywhere(session), failures):
        name, about = f"{found.owner}/{found.name}", ", ".join(found.values)
        if fits(f"{name} {about}"):
            yield {"kind": "property", "name": name, "about": about, "device": None}
