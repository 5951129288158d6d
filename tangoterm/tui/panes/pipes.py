"""The pipes of a device, their blobs as trees; written as at the prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType

from server_core.model.config import PipeConfig
from server_core.model.enums import PipeWriteType
from server_core.model.errors import DevError, DevFailed
from tangoterm.console.format import error_line
from tangoterm.console.pipes import Blob, blob_text, configure, elements_text, tree, write
from tangoterm.console.session import Session
from tangoterm.tui.actions import bindings
from tangoterm.tui.modals.form import text_form
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.panes.base import ListPane
from tangoterm.tui.telling import errors_of
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList


@dataclass(slots=True)
class PipeRow:
    """A pipe, or one element in its blob; `depth` counts from the pipe, which has 0."""

    config: PipeConfig
    path: str
    depth: int
    name: str
    type: str
    value: tuple[str, str]
    blob: Blob | None = None
    errors: tuple[DevError, ...] = ()


COLUMNS: tuple[Column[PipeRow], ...] = (
    Column("Pipe, element", 20, lambda row: ("  " * row.depth + row.name, "" if row.depth else "strong"), grow=2),
    Column("Type", 14, lambda row: (row.type, "muted"), grow=1, most=22, rank=1),
    Column("Value", 20, lambda row: row.value, grow=4),
)


def read_pipes(session: Session, device: str, configs: Sequence[PipeConfig]) -> list[PipeRow]:
    """All pipes with their blobs; one that cannot be read shows why."""
    rows: list[PipeRow] = []
    for config in configs:
        access = "read, write" if config.writable is PipeWriteType.PIPE_READ_WRITE else "read"
        try:
            blob: Blob = session.device(device).read_pipe(config.name)
        except DevFailed as failure:
            value = (f"✖ {error_line(failure.errors)}", "bad")
            rows.append(PipeRow(config, config.name, 0, config.name, access, value, errors=failure.errors))
            continue
        label = "" if config.label == config.name else config.label
        rows.append(PipeRow(config, config.name, 0, config.name, access, (blob[0] or label, "muted"), blob))
        path = [config.name]
        for line in tree(blob):
            path = [*path[: line.depth + 1], line.name]
            value = (line.value, "muted" if line.type == "blob" else "")
            rows.append(PipeRow(config, "/".join(path), line.depth + 1, line.name, line.type, value, blob))
    return rows


class PipesPane(ListPane):
    """Pipes with their elements below them."""

    BINDING_GROUP_TITLE = "Pipes"
    BINDINGS: ClassVar[list[BindingType]] = bindings("pipes")
    watches = frozenset({Change.FACTS})

    def compose(self) -> ComposeResult:
        """The grid."""
        self.grid = Grid(
            COLUMNS,
            lambda row: row.path.lower(),
            names=lambda row: (row.name, row.type, row.value[0]),
            empty="no pipe has been read yet",
            id="pipe-grid",
        )
        yield self.filter_line
        yield self.grid

    def show(self, device: DeviceWatch) -> None:
        """Another device: read its pipes."""
        super().show(device)
        self.read()

    def update_from(self, device: DeviceWatch) -> None:
        """Read again when the device is asked for everything again."""
        if self.grid.total == 0 and device.pipes:
            self.read()

    @work(group="pipes", exclusive=True)
    async def read(self) -> None:
        """Read all pipes."""
        device = self.device
        if device is None:
            return
        rows = await device.port.perform(lambda session: read_pipes(session, device.name, device.pipes))
        if self.device is device:
            self.fill(rows)
            self.refresh_bindings()

    @on(LineList.Chosen)
    async def _chosen(self) -> None:
        await self.run_action("write")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a pipe that can be written is written."""
        if not self.is_mounted:
            return True
        row = self.grid.current
        if action in ("write", "configure", "details", "copy") and row is None:
            return None
        if action == "write" and row is not None and row.config.writable is not PipeWriteType.PIPE_READ_WRITE:
            return None
        return super().check_action(action, parameters)

    def action_read(self) -> None:
        """Read all pipes again."""
        self.read()

    def action_write(self) -> None:
        """The form with the whole blob as it is written."""
        row, device = self.grid.current, self.device
        if row is None or device is None or row.config.writable is not PipeWriteType.PIPE_READ_WRITE:
            return
        facts = (("wanted", '{"element": value, ...}; an object is a nested blob'),)
        initial = "" if row.blob is None else elements_text(row.blob)
        self._form(f"Write {row.config.name}", "Write", initial, facts, lambda session, text: write(
            session, device.name, row.config.name, text
        ))  # fmt: skip

    def action_configure(self) -> None:
        """The forms for label and description."""
        row, device = self.grid.current, self.device
        if row is None or device is None:
            return
        config = row.config

        def set_both(session: Session, text: str) -> None:
            label, _, description = text.partition(" | ")
            changed = configure(session, device.name, config.name, label.strip(), description.strip())
            config.label, config.description = changed.label, changed.description

        facts = (("wanted", "LABEL | DESCRIPTION"),)
        self._form(f"Describe {config.name}", "Set", f"{config.label} | {config.description}", facts, set_both)

    def _form(
        self,
        title: str,
        verb: str,
        initial: str,
        facts: Sequence[tuple[str, str]],
        do: Callable[[Session, str], object],
    ) -> None:
        device = self.device
        assert device is not None

        async def perform(text: str) -> Sequence[DevError]:
            errors = await errors_of(device.port, lambda session: do(session, text))
            if not errors:
                self.read()
            return errors

        self.app.push_screen(text_form(title, verb, perform, facts=facts, initial=initial))

    def action_details(self) -> None:
        """The element at full length, or why it could not be read."""
        row = self.grid.current
        if row is None:
            return
        if row.errors:
            self.tell_errors(f"{row.config.name} cannot be read", row.errors)
        else:
            described = f"{row.config.label}\n{row.config.description}" if row.depth == 0 else row.value[0]
            self.tell(row.path, described)

    def action_copy(self) -> None:
        """Copy the blob as JSON."""
        row = self.grid.current
        if row is not None and row.blob is not None:
            self.copy(blob_text(row.blob))
