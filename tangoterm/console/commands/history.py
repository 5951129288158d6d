"""The command for what polling buffers remember."""

from __future__ import annotations

from tangoterm.console.commands.table import Parameter, UsageError, Want, command, count
from tangoterm.console.history import attribute_result, command_result
from tangoterm.console.result import Result
from tangoterm.console.session import AttributeName, Session


@command(
    "history",
    Parameter("target", "device/attribute, or device/command", Want.ATTRIBUTE),
    Parameter("count", "how many records at most", Want.NUMBER, required=False, default=10, convert=count),
    examples=("history sys/tg_test/1/double_scalar", "history sys/tg_test/1/double_scalar 100 --csv"),
)
def history(session: Session, target: str, count: int) -> Result:
    """Show what the polling buffer remembers of an attribute or command, oldest first.

    Raises UsageError for a name that is neither, and DevFailed `API_AttrNotPolled` or `API_CmdNotPolled`.
    """
    name: AttributeName = session.attribute(target)
    members = session.members(name.device)
    if name.name.lower() in members.attributes:
        return attribute_result(session, name, count)
    if name.name.lower() in members.commands:
        return command_result(session, name.device, name.name, count)
    raise UsageError(f"{name.device} has no attribute and no command {name.name}")
