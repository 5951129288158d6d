"""What a Db command is: a declaration that the `DataBase` device is generated from, and that its clients call by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from server_core.database.sqlite import SqlStore
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType

VOID = CmdArgType.DevVoid
STRING = CmdArgType.DevString
STRINGS = CmdArgType.DevVarStringArray
RECORD = CmdArgType.DevVarLongStringArray


class DbCommand(NamedTuple):
    """A command of the database device: argument and result types, their descriptions, and what it does.

    `run` gets the store and the argument (a string, or a list of strings) and gives the result (nothing, a string, a
    list of strings, or a pair of lists: integers and strings). It raises DevFailed with the reasons of DB-9.
    """

    name: str
    in_type: CmdArgType
    out_type: CmdArgType
    in_desc: str
    out_desc: str
    run: Callable[[SqlStore, Any], Any]


def need(argin: Sequence[str], number: int, refusal: str) -> None:
    """DevFailed `DB_IncorrectArguments` with the text `refusal` when there are fewer than `number` arguments."""
    if len(argin) < number:
        raise DevFailed.of(Reason.DB_IncorrectArguments, refusal, "DataBase")
