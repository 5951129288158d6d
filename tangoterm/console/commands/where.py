"""The command that says where devices run."""

from __future__ import annotations

from collections.abc import Sequence

from server_core.database.store import DeviceRecord
from server_core.model.errors import DevFailed, Reason
from tangoterm.console.cells import TimeCell
from tangoterm.console.commands.table import Parameter, Want, command
from tangoterm.console.format import address_text
from tangoterm.console.result import Failure, Result, Row, columns
from tangoterm.console.scope import devices_in
from tangoterm.console.session import Session


@command(
    "where",
    Parameter("devices", "devices or aliases; also lab/*, server:NAME, class:NAME, host:NAME", Want.DEVICE, many=True,
              metavar="DEVICE"),
    examples=("where sys/tg_test/1", "where 'class:TangoTest'"),
)  # fmt: skip
def where(session: Session, devices: Sequence[str]) -> Result:
    """Say where devices run: server, host, process and address, since when, or since when not."""
    rows: list[Row] = []
    failures: list[Failure] = []
    catalogue = session.catalogue
    for name in devices_in(session, devices):
        record = catalogue.find(name)
        if record is None:
            failure = DevFailed.of(Reason.DB_DeviceNotDefined, f"device {name} not defined in the database", "where")
            failures.append(Failure(name, failure))
        else:
            rows.append(_row(record))
    shown = columns("Device", "Server", "Class", "Running", "Host", ">PID", "Address", "Since")
    return Result(shown, rows, failures=failures, single=len(devices) == 1)


def _row(record: DeviceRecord) -> Row:
    running = record.exported
    since = record.started if running else record.stopped
    return {
        "device": record.name,
        "server": record.server,
        "class": record.dev_class,
        "running": "yes" if running else "no",
        "host": record.host if running else None,
        "pid": record.pid if running else None,
        "address": address_text(record.ior) if running else None,
        "since": None if since is None else TimeCell(since),
    }
