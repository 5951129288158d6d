"""Descriptions of commands: DevCmdInfo of level 1, DevCmdInfo_2 of the later ones (wire 6.2)."""

from __future__ import annotations

from typing import Any

from server_core.model.config import CommandInfo
from server_core.model.enums import DispLevel
from server_core.protocol.giop.mapping.common import type_of

_LEVELS = {int(level): level for level in DispLevel}


def wire_command_2(info: CommandInfo) -> tuple[Any, ...]:
    """A command as DevCmdInfo_2."""
    return (
        info.cmd_name,
        info.disp_level,
        info.cmd_tag,
        info.in_type,
        info.out_type,
        info.in_type_desc,
        info.out_type_desc,
    )


def wire_command(info: CommandInfo) -> tuple[Any, ...]:
    """A command as DevCmdInfo: level 1 knows no display level, which servers tell in place of the tag."""
    return info.cmd_name, info.disp_level, info.in_type, info.out_type, info.in_type_desc, info.out_type_desc


def command_of_2(wire: Any) -> CommandInfo:
    """The command that a DevCmdInfo_2 describes."""
    name, level, tag, in_type, out_type, in_desc, out_desc = wire
    return CommandInfo(name, type_of(in_type), type_of(out_type), in_desc, out_desc, level, tag)


def command_of(wire: Any) -> CommandInfo:
    """The command that a DevCmdInfo describes."""
    name, tag, in_type, out_type, in_desc, out_desc = wire
    level = _LEVELS.get(tag, DispLevel.OPERATOR)
    return CommandInfo(name, type_of(in_type), type_of(out_type), in_desc, out_desc, level)
