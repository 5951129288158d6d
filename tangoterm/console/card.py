"""The card of a device in blocks: who it is, how it is, and what about it is out of the ordinary.

Each block is asked for on its own and shows its own error, so that one refused call blanks no other block. The command
`info` and the overview of the screen show the same blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from server_core.database.store import DeviceRecord
from server_core.model.config import (
    NO_DESCRIPTION,
    NO_DISPLAY_UNIT,
    NO_STANDARD_UNIT,
    NOT_SPECIFIED,
    UNINITIALISED,
)
from server_core.model.enums import AttrQuality, LogLevel
from server_core.model.errors import DevError, DevFailed
from server_core.model.names import parse_device
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.ior import parse_ior
from tangoterm.console.cells import Cell, PlainCell, TimeCell, WordsCell, json_errors
from tangoterm.console.format import address_text, duration_text, error_line, plural
from tangoterm.console.locker import locker_text
from tangoterm.console.session import Session
from tangoterm.console.together import each

LAST_REQUESTS = 3

_UNSET = frozenset({NOT_SPECIFIED, NO_DESCRIPTION, NO_STANDARD_UNIT, NO_DISPLAY_UNIT, UNINITIALISED})
"""The words that stand for a property without a value."""


def set_text(text: str) -> str:
    """A property's text, empty when it has none."""
    return "" if text in _UNSET else text


Facts = dict[str, Any]
"""Field to value; a field without a value is None."""


class Subject(NamedTuple):
    """The device that a card is about; `record` is None for one without database."""

    session: Session
    name: str
    record: DeviceRecord | None

    @property
    def served(self) -> bool:
        """Whether it is to be asked: the database believes it to run, or knows nothing of it."""
        return self.record is None or self.record.exported


class Spec(NamedTuple):
    """One kind of block: its title, its fields in order with their titles, and who asks for it.

    `live` blocks are asked of the device, once it has answered; the others of the database.
    """

    title: str
    fields: Sequence[str]
    ask: Callable[[Subject], Facts]
    live: bool = True


class Block(NamedTuple):
    """One block of a card: its facts, or the errors that stand in their place."""

    key: str
    facts: Facts
    errors: tuple[DevError, ...] = ()

    @property
    def spec(self) -> Spec:
        """What kind of block it is."""
        return BLOCKS[self.key]


class Unknown(Cell):
    """What stands in a field that could not be asked for: why."""

    def __init__(self, errors: Sequence[DevError]) -> None:
        self.errors = tuple(errors)

    def text(self) -> str:
        """The root cause."""
        return f"✖ {error_line(self.errors)}"

    def exact(self) -> str:
        """The same."""
        return self.text()

    def data(self) -> Any:
        """The error stack."""
        return {"errors": json_errors(self.errors)}


def subject_of(session: Session, device: str) -> Subject:
    """The device that is asked about, with what the database knows of it; DevFailed when it does not know it."""
    address = parse_device(device)
    if address.host is not None:
        return Subject(session, device, None)
    record = session.store.device(address.name)
    return Subject(session, record.name, record)


def blocks_of(subject: Subject) -> Iterator[Block]:
    """The blocks of a card as they come: first what the database knows; then whether the device answers; when it does,
    all that it has to tell, asked for at the same time."""
    if subject.record is not None:
        yield from _asked(subject, [key for key, spec in BLOCKS.items() if not spec.live])
    if not subject.served:
        return
    (answer,) = _asked(subject, ["answer"])
    yield answer
    if not answer.errors:
        yield from _asked(subject, [key for key, spec in BLOCKS.items() if spec.live and key != "answer"])


def _asked(subject: Subject, keys: Sequence[str]) -> Iterator[Block]:
    for outcome in each(keys, lambda key: BLOCKS[key].ask(subject)):
        errors = () if outcome.failure is None else outcome.failure.errors
        yield Block(outcome.item, outcome.value or {}, errors)


# ---- of the database


def _identity(subject: Subject) -> Facts:
    record = subject.record
    assert record is not None
    return {
        "device": record.name,
        "alias": record.alias or None,
        "class": record.dev_class,
        "server": record.server,
        "running": record.exported,
        "host": record.host if record.exported else None,
        "pid": record.pid if record.exported else None,
        "address": address_text(record.ior) if record.exported else None,
        "started": TimeCell(record.started) if record.started else None,
        "stopped": TimeCell(record.stopped) if record.stopped and not record.exported else None,
    }


BY_PROGRAM = "by naming its program"
"""How a server is started that nobody here knows how to start."""


def _start(subject: Subject) -> Facts:
    """Who can start the server of a device that is not there."""
    record = subject.record
    if record is None or record.exported:
        return {"can_be_started": None}
    from tangoterm.console.servers.control import Servers

    servers = Servers(subject.session)
    server = servers.record(record.server)
    if server.host and servers.starter(server.host):
        return {"can_be_started": f"by the Starter of {server.host}: server start {record.server}"}
    try:
        servers.check_program(server, None)
    except DevFailed:
        return {"can_be_started": f"{BY_PROGRAM}: server start {record.server} --program FILE"}
    return {"can_be_started": f"on this machine: server start {record.server}"}


def _properties(subject: Subject) -> Facts:
    names = subject.session.store.device_properties(subject.name)
    return {"properties": len(names) or None}


# ---- of the device


def _answer(subject: Subject) -> Facts:
    proxy = subject.session.device(subject.name)
    proxy.ping()  # finds the device and connects; the next one tells how long an answer takes
    return {"round_trip": duration_text(proxy.ping() / 1e6)}


def _condition(subject: Subject) -> Facts:
    proxy = subject.session.device(subject.name)
    return {"state": proxy.state(), "status": proxy.status()}


def _lock(subject: Subject) -> Facts:
    return {"locked_by": locker_text(subject.session.device(subject.name))}


def _program(subject: Subject) -> Facts:
    answer = subject.session.device(subject.name).info()
    versions = getattr(answer, "version_info", {})
    return {
        "class": answer.dev_class,
        "server": answer.server_id,
        "host": answer.server_host,
        "running": True,
        "interface": answer.server_version,
        "type": set_text(answer.dev_type) or None,
        "documentation": answer.doc_url.removeprefix("Doc URL = "),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()) or None,
    }


def _polling(subject: Subject) -> Facts:
    from tangoterm.console.polling.status import parse_poll_status

    statuses = parse_poll_status(subject.session.device(subject.name).polling_status())
    failing = [status.name for status in statuses if status.error is not None]
    text = f"{plural(len(statuses), 'object')} polled" if statuses else None
    return {"polling": f"{text}, failing: {', '.join(failing)}" if failing else text}


def _attention(subject: Subject) -> Facts:
    """The attributes that are not simply valid."""
    proxy = subject.session.device(subject.name)
    names = [config.name for config in subject.session.members(subject.name).attributes.values()]
    found = []
    for name, reading in zip(names, proxy.read_attributes(names) if names else (), strict=True):
        if reading.has_failed:
            found.append(f"{name} {error_line(tuple(reading.get_err_stack()))}")
        elif reading.quality is not AttrQuality.ATTR_VALID:
            found.append(f"{name} {reading.quality.label}")
    return {"attention": WordsCell(found) if found else None}


def _logging(subject: Subject) -> Facts:
    proxy = subject.session.device(subject.name)
    return {
        "log_level": LogLevel(proxy.get_logging_level()).name.removeprefix("LOG_"),
        "log_targets": WordsCell(proxy.get_logging_target()),
    }


def _requests(subject: Subject) -> Facts:
    return {"last_requests": LinesCell(subject.session.device(subject.name).black_box(LAST_REQUESTS))}


def _sub_devices(subject: Subject) -> Facts:
    """The devices that this one uses, as its server has noted them."""
    proxy = subject.session.device(subject.name)
    admin = subject.session.device(proxy.adm_name())
    pairs = [text.lower().partition(" ")[::2] for text in admin.command_inout("QuerySubDevice")]
    own = [used for device, used in pairs if device == subject.name.lower() and used]
    return {"sub_devices": WordsCell(own) if own else None}


class LinesCell(WordsCell):
    """Several lines of text."""

    def exact(self) -> str:
        """One below the other."""
        return "\n".join(self.words)


BLOCKS: dict[str, Spec] = {
    "identity": Spec(
        "Identity",
        ("device", "alias", "class", "server", "running", "host", "pid", "address", "started", "stopped"),
        _identity,
        live=False,
    ),
    "start": Spec("Not running", ("can_be_started",), _start, live=False),
    "condition": Spec("Condition", ("state", "status"), _condition),
    "answer": Spec("Answer", ("round_trip",), _answer),
    "lock": Spec("Lock", ("locked_by",), _lock),
    "program": Spec("Program", ("interface", "type", "documentation", "versions"), _program),
    "polling": Spec("Polling", ("polling",), _polling),
    "attention": Spec("Attention", ("attention",), _attention),
    "logging": Spec("Logging", ("log_level", "log_targets"), _logging),
    "sub_devices": Spec("Devices it uses", ("sub_devices",), _sub_devices),
    "properties": Spec("Properties", ("properties",), _properties, live=False),
    "requests": Spec("Last requests", ("last_requests",), _requests),
}
"""All blocks in the order in which a card shows them."""


FIELDS = tuple(dict.fromkeys(field for spec in BLOCKS.values() for field in spec.fields))
"""The fields of all blocks, in their order."""


def title_of(field: str) -> str:
    """`locked_by` for people: `Locked by`."""
    return field.capitalize().replace("_", " ")


def shown(block: Block) -> Iterator[tuple[str, Cell]]:
    """The fields of a block that have something to say; of a failed one the first field says why."""
    if block.errors:
        yield title_of(block.spec.fields[0]), Unknown(block.errors)
        return
    for field in block.spec.fields:
        value = block.facts.get(field)
        cell = value if isinstance(value, Cell) else PlainCell(value)
        if cell.exact():
            yield title_of(field), cell


def reference_facts(ior: str) -> list[tuple[str, str]]:
    """What an object reference says: the interface, the version of the protocol, and all addresses."""
    try:
        reference = parse_ior(ior)
    except ProtocolError as error:
        return [("reference", f"cannot be read: {error}")]
    facts = [("type_id", reference.type_id)]
    for profile in reference.profiles:
        facts.append(("iiop_version", f"1.{profile.minor}"))
        facts += [("address", f"{host}:{port}") for host, port in profile.addresses]
    native = address_text(ior)
    return [*facts, ("native", native)] if "tcp://" in native else facts
