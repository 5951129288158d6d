"""Writes the tables of the documentation from the code, each between its two markers.

<!-- table: NAME -->  ...  <!-- end of table -->

python docs/make_tables.py            write what has changed
python docs/make_tables.py --check    write nothing; exit code 1 when a document is out of date
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from server_core.model.enums import DevSource  # noqa: E402
from server_core.model.errors import DevError, NamedDevFailed  # noqa: E402
from server_core.model.identity import ClientIdent  # noqa: E402
from server_core.model.types import TYPES, CmdArgType, Kind, TangoType  # noqa: E402
from server_core.model.values import Event, EventPayload, TypedValue  # noqa: E402
from server_core.protocol.exchange import Call  # noqa: E402
from server_core.protocol.native.connection import ClientConnection, ServerConnection  # noqa: E402
from server_core.protocol.native.frames import unpack  # noqa: E402
from server_core.protocol.native.messages import CODERS  # noqa: E402
from server_core.protocol.native.schema import DATA_FIELDS  # noqa: E402
from server_core.protocol.operations import (  # noqa: E402
    OPERATIONS,
    CommandInout,
    Subscribe,
    Subscription,
    Unsubscribe,
)
from server_core.transport.contract import Limits  # noqa: E402
from tangoterm.console.commands import COMMANDS, Command  # noqa: E402
from tangoterm.console.exit_codes import MEANINGS, Exit  # noqa: E402
from tangoterm.console.settings import SETTINGS, Settings  # noqa: E402
from tangoterm.console.watch import EVENTS  # noqa: E402
from tangoterm.repl.words import prompt_words  # noqa: E402
from tangoterm.tui.actions import ACTIONS, SCOPES, key_text  # noqa: E402
from tangoterm.tui.pages import PAGES  # noqa: E402

Lines = Iterable[str]

_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def table(*rows: Iterable[object]) -> Iterator[str]:
    """A Markdown table; the first row is its head."""
    head, *body = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in body:
        yield f"| {' | '.join(row)} |"


def code(text: object) -> str:
    """`text` in the type of code."""
    return f"`{text}`" if str(text) else ""


# ---- the native protocol: what annotations mean on the wire

_WORDS: dict[Any, str] = {str: "string", int: "integer", float: "float", bool: "boolean", None: "nil"}


def records_of(record: type[Any]) -> dict[str, Any] | None:
    """The fields of a record with their annotations; None for what is no record."""
    if is_dataclass(record):
        hints = typing.get_type_hints(record)
        return {field.name: hints[field.name] for field in fields(record)}
    if isinstance(record, type) and issubclass(record, tuple) and hasattr(record, "_fields"):
        hints = typing.get_type_hints(record)
        return {name: hints[name] for name in record._fields}
    return None


def wire_type(annotation: Any) -> str:
    """How values of `annotation` travel, in a few words."""
    if annotation in _WORDS:
        return _WORDS[annotation]
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is list or arguments[1:] == (Ellipsis,):
        return f"[{wire_type(arguments[0])}, ...]"
    if origin is tuple:
        return f"[{', '.join(map(wire_type, arguments))}]"
    if origin is dict:
        return f"map of {wire_type(arguments[0])} to {wire_type(arguments[1])}"
    if origin in (typing.Union, types.UnionType):
        members = [member for member in arguments if member is not type(None)]
        if len(members) == 1:
            return f"nil or {wire_type(members[0])}"
        return f"nil or [place, record] of {', '.join(member.__name__ for member in members)}"
    return str(annotation.__name__)


def field_text(record: type[Any], name: str, annotation: Any) -> str:
    """One field of a record: `name: type`."""
    data = DATA_FIELDS.get((record, name))
    return f"{name}: {wire_type(annotation) if data is None else f'data of {data.type_field}'}"


def layout(record: type[Any]) -> str:
    """The fields of a record as the list they travel in."""
    named = (records_of(record) or {}).items()
    return f"[{', '.join(field_text(record, name, annotation) for name, annotation in named)}]"


def parts_of(annotation: Any) -> Iterator[Any]:
    """Everything that `annotation` is made of, itself included."""
    yield annotation
    inside = records_of(annotation)
    for part in typing.get_args(annotation) if inside is None else inside.values():
        if part is not Ellipsis:
            yield from parts_of(part)


def travelling() -> list[Any]:
    """Every record and enumeration of the protocol, once, in the order in which the operations need them."""
    declared = [annotation for op in OPERATIONS.values() for annotation in (op.request, op.result)]
    roots = [ClientIdent, DevError, NamedDevFailed, *declared, Subscribe, Subscription, Event]
    found = dict.fromkeys(part for root in roots for part in parts_of(root))
    requests = {operation.request for operation in OPERATIONS.values()} | {Subscribe, Unsubscribe}
    return [part for part in found if isinstance(part, type) and part not in requests]


def operations() -> Lines:
    """Operations and subscriptions by code."""
    rows = [(op.code, op.name, op.request, op.result) for op in OPERATIONS.values()]
    for name, request, result in (("subscribe", Subscribe, Subscription), ("unsubscribe", Unsubscribe, None)):
        rows.append((CODERS[request].code, name, request, result))
    return table(
        ("code", "operation", "fields", "result"),
        *((number, name, code(layout(request)), code(wire_type(result))) for number, name, request, result in rows),
    )


def records() -> Lines:
    """Records that occur in fields and results."""
    found = [part for part in travelling() if records_of(part) is not None]
    return table(("record", "fields"), *((part.__name__, code(layout(part))) for part in found))


def enumerations() -> Lines:
    """Numbers of the enumerations, without the data types, which have a table of their own."""
    found = [part for part in travelling() if issubclass(part, IntEnum) and part is not CmdArgType]
    rows = ((part.__name__, ", ".join(f"{member.value} {member.name}" for member in part)) for part in found)
    return table(("enumeration", "numbers"), *rows)


def payloads() -> Lines:
    """Places in the union of event payloads."""
    members = typing.get_args(EventPayload)
    return table(("place", "record"), *((place, member.__name__) for place, member in enumerate(members)))


_SCALAR_FORMS = {
    Kind.VOID: "nil",
    Kind.BOOLEAN: "boolean",
    Kind.FLOAT: "float or integer",
    Kind.STRING: "string",
    Kind.STATE: "integer, a DevState",
    Kind.ENCODED: "[format string, buffer]",
    Kind.BLOB: "PipeBlob; in pipes only",
}
_ELEMENTS = {
    "B": "uint8", "h": "int16", "H": "uint16", "i": "int32", "I": "uint32", "q": "int64", "Q": "uint64",
    "f": "float32", "d": "float64",
}  # fmt: skip


def wire_form(row: TangoType) -> str:
    """A value of a type as msgpack sees it."""
    if row.kind in (Kind.INTEGER, Kind.ENUM):
        return f"integer, {row.low} to {row.high}"
    if row.kind is Kind.PAIR:
        return f"[buffer of {_ELEMENTS[row.typecode or '']}, [string, ...]]"
    if row.kind is Kind.ARRAY:
        return array_form(row)
    return _SCALAR_FORMS[row.kind]


def array_form(row: TangoType) -> str:
    """Many values of a type as msgpack sees them."""
    element = TYPES[row.element]
    return f"[{wire_form(element)}, ...]" if element.typecode is None else f"buffer of {_ELEMENTS[element.typecode]}"


def data_types() -> Lines:
    """Data types: code, value, array of values."""
    known = [row for row in TYPES.values() if row.kind is not Kind.UNKNOWN]
    return table(
        ("code", "type", "one value", "SPECTRUM or IMAGE of it"),
        *((int(row.code), row.name, wire_form(row), array_form(row) if row.attribute else "") for row in known),
    )


_LIMITS = {
    "max_frame": "longest `total` of a frame, in bytes",
    "max_outstanding": "requests of a connection that may be unanswered",
    "max_event_backlog": "bytes that may wait for a client that does not read",
    "max_waiting_events": "events that may wait for it, by the property `DSEventBufferHwm`; None for any number",
    "handshake_timeout": "seconds that a client has for its hello",
    "idle_timeout": "seconds without a request after which connections of Tango's own protocol are closed",
}


def limits() -> Lines:
    """Limits of a server with their defaults."""
    return table(("limit", "default", "meaning"), *((code(n), v, _LIMITS[n]) for n, v in _default_limits()))


def _default_limits() -> Iterator[tuple[str, Any]]:
    return ((field.name, getattr(Limits(), field.name)) for field in fields(Limits))


# ---- the worked example

IDENT = ClientIdent("CPP/Python", 4711)
REQUEST = CommandInout("sys/tg_test/1", "DevDouble", TypedValue(CmdArgType.DevDouble, 3.5), DevSource.CACHE_DEV)
RESULT = TypedValue(CmdArgType.DevDouble, 3.5)


def example_messages() -> dict[str, bytes]:
    """One conversation: both hellos, a request and its reply, made by the codec itself."""
    limits = Limits()
    client = ClientConnection(limits.max_frame)
    server = ServerConnection(limits.max_frame, limits.max_outstanding)
    hello = client.hello(IDENT, "console")
    answer, _ = server.receive(hello)
    greeting = b"".join(answer.frame)  # type: ignore[union-attr]
    client.receive(greeting)
    request = b"".join(client.request(REQUEST)[1])
    (call,) = server.receive(request)
    assert isinstance(call, Call)
    reply = b"".join(server.reply(call.id, RESULT) or ())
    return {"client hello": hello, "server hello": greeting, "request": request, "reply": reply}


def example() -> Lines:
    """The worked example: each message as hexadecimal bytes, and what they say."""
    yield "```"
    for name, message in example_messages().items():
        if name.endswith("hello"):
            parts = [(message[:4], "magic"), (message[4:6], "version"), (message[6:8], "length of the body")]
        else:
            parts = [(message[:4], "total"), (message[4:8], "length of the header")]
        yield f"{name}:"
        yield from (f"  {part.hex(' '):<50}{meaning}" for part, meaning in parts)
        body = message[8:]
        yield from (f"  {body[start : start + 16].hex(' ')}" for start in range(0, len(body), 16))
        yield f"  = {json.dumps(unpack(body))}"
    yield "```"


# ---- the console


def commands() -> Lines:
    """Commands of console and prompt."""
    return table(("command", "what it does"), *((code(each.usage), each.help) for each in COMMANDS.values()))


def parameters() -> Lines:
    """What the commands take, one list per command, with their examples."""
    for each in COMMANDS.values():
        yield from _explained(each)


def _explained(each: Command) -> Lines:
    yield f"### {each.name}"
    yield ""
    for parameter in each.parameters:
        yield f"- `{parameter.usage}` {parameter.explanation}"
    if each.examples:
        yield ""
        yield from (f"      tangoterm {example}" for example in each.examples)
    yield ""


def words() -> Lines:
    """The prompt's own commands; their descriptions need no running prompt."""
    own = prompt_words(typing.cast(Any, None))
    return table(("command", "what it does"), *((code(each.usage), each.help) for each in own.values()))


def settings() -> Lines:
    """Settings with their environment variables."""
    rows = (
        (code(name), code(setting.variable), _shown(getattr(Settings(), name)), setting.help)
        for name, setting in SETTINGS.items()
    )
    return table(("setting", "variable", "default", "what it is"), *rows)


def _shown(value: Any) -> str:
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def exit_codes() -> Lines:
    """What the exit codes say."""
    return table(("exit code", "what it says"), *((code.value, MEANINGS[code]) for code in Exit))


def events() -> Lines:
    """Words for kinds of event."""
    return table(("--event", "kind of event"), *((code(word), kind.name) for word, kind in EVENTS.items()))


def keys() -> Lines:
    """Keys of the screens, by place."""
    rows = ((SCOPES[action.scope], code(key_text(action)), action.help) for action in ACTIONS)
    return table(("where", "keys", "what they do"), *rows)


def pages() -> Lines:
    """Pages of the screen, with what may stand behind their names."""
    rows = ((code(f":{page.name} {page.takes}".rstrip()), page.help) for page in PAGES.values())
    return table(("page", "what it shows"), *rows)


TABLES: dict[str, Callable[[], Lines]] = {
    function.__name__: function
    for function in (
        operations, records, enumerations, payloads, data_types, limits, example,
        commands, parameters, words, settings, exit_codes, events, pages, keys,
    )
}  # fmt: skip


def updated(text: str) -> str:
    """A document with its tables as they should be now. KeyError for a table that does not exist."""

    def replaced(found: re.Match[str]) -> str:
        content = "\n".join(TABLES[found[2]]()).strip("\n")
        return f"{found[1]}\n{content}\n\n{found[3]}"

    return _MARKED.sub(replaced, text)


def main() -> int:
    """Update or check all documents; the exit code."""
    parser = argparse.ArgumentParser(description="Write the tables of the documentation from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a table is out of date")
    check = parser.parse_args().check
    stale = [path for path in sorted(HERE.glob("*.md")) if updated(path.read_text()) != path.read_text()]
    for path in stale:
        if not check:
            path.write_text(updated(path.read_text()))
        sys.stdout.write(f"{path.name} {'is out of date' if check else 'updated'}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
