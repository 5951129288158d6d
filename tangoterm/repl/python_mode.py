"""Python at the prompt: a line that begins with `!`.

    !dev("sys/tg_test/1").double_scalar * 2
    !device.ampli = 3

The names at hand are `device` (the current one), `dev(name)`, `read(name)`, `write(name, value)`, `session`, and `_`,
the last result.
"""

from __future__ import annotations

import traceback
from types import CodeType
from typing import Any, NamedTuple

from server_core.model.errors import DevFailed
from tangoterm.console.session import Session


class Outcome(NamedTuple):
    """What a line of Python came to: the text of its value, or the error it ended with."""

    text: str = ""
    failure: DevFailed | None = None
    problem: str = ""


class PythonMode:
    """Evaluates lines of Python in one namespace."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.namespace: dict[str, Any] = {
            "__name__": "__prompt__",
            "session": session,
            "dev": session.device,
            "read": self._read,
            "write": self._write,
            "_": None,
        }

    def run(self, source: str) -> Outcome:
        """Execute one line; the value of an expression is shown and kept as `_`."""
        source = source.strip()
        if not source:
            return Outcome()
        try:
            code, expression = _compiled(source)
        except SyntaxError as error:
            column = f" (at column {error.offset})" if error.offset else ""
            return Outcome(problem=f"{error.msg}{column}")
        return self._evaluated(code, expression)

    def _evaluated(self, code: CodeType, expression: bool) -> Outcome:
        self._bind_device()
        try:
            value = eval(code, self.namespace)
        except DevFailed as failure:
            return Outcome(failure=failure)
        except Exception as error:  # noqa: BLE001  whatever the person's own code raises is shown to that person
            lines = traceback.format_exception(error.with_traceback(_own_part(error)))
            return Outcome(problem="".join(lines).rstrip())
        if not expression or value is None:
            return Outcome()
        self.namespace["_"] = value
        return Outcome(repr(value))

    def _bind_device(self) -> None:
        if self._session.current is None:
            self.namespace.pop("device", None)
        else:
            self.namespace["device"] = self._session.device(self._session.current)

    def _read(self, name: str) -> Any:
        """The value of `device/attribute`, or of an attribute of the current device."""
        attribute = self._session.attribute(name)
        return self._session.device(attribute.device).read_attribute(attribute.name).value

    def _write(self, name: str, value: Any) -> None:
        """Write `device/attribute`, or an attribute of the current device."""
        attribute = self._session.attribute(name)
        self._session.device(attribute.device).write_attribute(attribute.name, value)


def _compiled(source: str) -> tuple[CodeType, bool]:
    """The code of a line, and whether it is an expression."""
    try:
        return compile(source, "<prompt>", "eval"), True
    except SyntaxError:
        return compile(source, "<prompt>", "exec"), False


def _own_part(error: Exception) -> Any:
    """The traceback from the typed line on."""
    trace = error.__traceback__
    return trace.tb_next if trace is not None else None
