"""Python at the prompt: a line that begins with `!`, or every line after F5.

    !dev("sys/tg_test/1").double_scalar * 2
    !await aio.DeviceProxy("sys/tg_test/1").ampli

`python_names` says which names are at hand, besides `device` (the current one) and `_`, the last result.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import traceback
from codeop import CommandCompiler
from collections.abc import Coroutine
from functools import cached_property
from threading import Thread
from types import CodeType
from typing import Any, NamedTuple

from server_core.model.errors import DevFailed
from tangoterm.console.session import Session

_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Outcome(NamedTuple):
    """What a line of Python came to: the text of its value, or the error it ended with."""

    text: str = ""
    failure: DevFailed | None = None
    problem: str = ""


class PythonMode:
    """Evaluates lines of Python in one namespace; what is awaited runs in an event loop that goes on between lines."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._compiler = CommandCompiler()
        self._compiler.compiler.flags |= _AWAIT
        self._loop: asyncio.AbstractEventLoop | None = None

    @cached_property
    def namespace(self) -> dict[str, Any]:
        """The names, made when they are first needed."""
        from tangoterm.repl.python_names import names_of

        return {"__name__": "__prompt__"} | names_of(self._session)

    def complete(self, source: str) -> bool:
        """Whether nothing more has to follow: no bracket is open, and a block has ended with an empty line."""
        try:
            return self._compiler(source, "<prompt>", "single") is not None
        except (SyntaxError, ValueError, OverflowError):
            return True  # it is wrong, which running it will say

    def run(self, source: str) -> Outcome:
        """Execute lines; the value of an expression is shown and kept as `_`."""
        source = source.strip()
        if not source:
            return Outcome()
        try:
            code, expression = _compiled(source)
        except SyntaxError as error:
            column = f" (at column {error.offset})" if error.offset else ""
            return Outcome(problem=f"{error.msg}{column}")
        return self._evaluated(code, expression)

    def close(self) -> None:
        """End the event loop, with what goes on in it."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(_end_all(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None

    def _evaluated(self, code: CodeType, expression: bool) -> Outcome:
        self._bind_device()
        try:
            value = eval(code, self.namespace)
            if code.co_flags & inspect.CO_COROUTINE:
                value = self._awaited(value)
        except DevFailed as failure:
            return Outcome(failure=failure)
        except Exception as error:  # noqa: BLE001  whatever the person's own code raises is shown to that person
            lines = traceback.format_exception(error.with_traceback(_own_part(error)))
            return Outcome(problem="".join(lines).rstrip())
        if not expression or value is None:
            return Outcome()
        self.namespace["_"] = value
        return Outcome(repr(value))

    def _awaited(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            Thread(target=_run_loop, args=(self._loop,), name="python", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _bind_device(self) -> None:
        if self._session.current is None:
            self.namespace.pop("device", None)
        else:
            self.namespace["device"] = self._session.device(self._session.current)


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _end_all() -> None:
    """Cancel what still runs, and release the connections."""
    from tangoterm.client.aio import close_connections

    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await close_connections()


def _compiled(source: str) -> tuple[CodeType, bool]:
    """The code of lines, and whether they are one expression."""
    try:
        return compile(source, "<prompt>", "eval", _AWAIT), True
    except SyntaxError:
        return compile(source, "<prompt>", "exec", _AWAIT), False


def _own_part(error: Exception) -> Any:
    """The traceback from the typed line on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != "<prompt>":
        trace = trace.tb_next
    return trace
