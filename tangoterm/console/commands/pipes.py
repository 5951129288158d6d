"""The command for pipes: what there are, reading, writing, label and description."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from tangoterm.console.commands.table import Parameter, Want, command
from tangoterm.console.pipes import BlobCell, configure, pipes_of, write
from tangoterm.console.result import Layout, Result, columns, note
from tangoterm.console.session import Session


@command(
    "pipe",
    Parameter("target", "a device for the list of its pipes, or device/pipe", Want.PIPE),
    Parameter(
        "value", 'what to write: {"element": value, ...}', Want.PIPE_VALUE, required=False, many=True
    ),
    Parameter("label", "change the label", option=True, metavar="TEXT"),
    Parameter("description", "change the description", option=True, metavar="TEXT"),
    examples=(
        "pipe sys/tg_test/1",
        "pipe sys/tg_test/1/string_long_short_ro",
        """pipe lab/plc/1/recipe '{"steps": 3, "speed": 1.5}'""",
        "pipe --label Recipe lab/plc/1/recipe",
    ),
    changes=("",),
)  # fmt: skip
def pipe(session: Session, target: str, value: Sequence[str], label: str | None, description: str | None) -> Result:
    """List the pipes of a device, read one as a tree, write one, or change its label and description.

    A blob is an object of JSON or Python, an object in it a nested blob. Elements have the types that the pipe has now;
    another is written behind the name: {"level:DevShort": 3}.
    """
    text = value if isinstance(value, str) else " ".join(value)
    if session.is_device(target) or target in ("", "."):
        return _list(session, session.device_name(target))
    name = session.attribute(target)
    if label is not None or description is not None:
        config = configure(session, name.device, name.name, label, description)
        shown = f"{name}: label = {config.label}, description = {config.description}"
        return note(shown, name=str(name), label=config.label, description=config.description)
    if text.strip():
        written = write(session, name.device, name.name, text)
        if written is None:
            return note("")
        return note(f"{name} = {BlobCell(written).text()}", name=str(name), value=BlobCell(written))
    began = perf_counter()
    blob = session.device(name.device).read_pipe(name.name)
    row = {"name": str(name), "device": name.device, "pipe": name.name, "value": BlobCell(blob)}
    return Result(columns("Value"), [row | {"seconds": perf_counter() - began}], Layout.VALUE)


def _list(session: Session, device: str) -> Result:
    rows = [
        {
            "pipe": config.name,
            "access": config.writable.name.removeprefix("PIPE_"),
            "level": config.disp_level.name,
            "label": config.label,
            "description": config.description,
        }
        for config in pipes_of(session, device)
    ]
    result = Result(columns("Pipe", "Access", "Level", "Label", "Description"), rows)
    if not rows:
        result.note = f"{device} has no pipe"
    return result
