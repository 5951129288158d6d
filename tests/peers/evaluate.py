"""The other side of `tests.peers.client`: evaluates Python with a library under the name `tango`.

The library, PyTango or ours, is the argument.
Each line of standard input is a snippet in JSON; each answer is a line of JSON on standard output: `{"ok": value}`,
`{"failed": [[reason, desc, origin, severity], ...], "type": name}` or `{"broken": traceback}`.
"""

from __future__ import annotations

import ast
import enum
import json
import sys
import threading
import time
import traceback
from importlib import import_module
from typing import Any

tango: Any = None
"""The library, once `main` has loaded it."""


def wait_for(condition: Any, seconds: float = 15.0) -> Any:
    """The first true result of a function that may fail meanwhile; its last result or failure when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        late = time.monotonic() > deadline
        try:
            result = condition()
            if result or late:
                return result
        except (tango.DevFailed, AttributeError):
            # PyTango has no attributes and commands of a device that is away.
            if late:
                raise
        time.sleep(0.005)


def listened_to(device: Any, kinds: Any = None) -> None:
    """Wait until the server of an `AllTypes` has taken in all subscriptions of this client, which come to it in order.

    What it pushes before is not sent, and no side can know. `kinds` is the EventType of the device's library.
    """
    come: list[Any] = []
    number = device.subscribe_event("encoded_scalar", (kinds or tango.EventType).DATA_READY_EVENT, come.append)
    wait_for(lambda: come or device.PushDataReady([[0], ["encoded_scalar"]]))
    device.unsubscribe_event(number)


def plain(value: Any) -> Any:
    """A value as JSON has it: arrays are lists, bytes latin-1 texts, members of enumerations their names."""
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if type(value).__name__ == "DevError":
        return [value.reason, value.desc, value.origin, value.severity.name]
    if hasattr(value, "__iter__"):
        return [plain(item) for item in value]
    return str(value)


def evaluate(snippet: str, names: dict[str, Any]) -> Any:
    """Execute statements; the value of the last one, if it is an expression."""
    tree = ast.parse(snippet)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<snippet>", "exec"), names)
    if last is None:
        return None
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "<snippet>", "eval"), names)


def answer(snippet: str, names: dict[str, Any]) -> dict[str, Any]:
    """What a snippet gives, or how it fails."""
    try:
        return {"ok": plain(evaluate(snippet, names))}
    except tango.DevFailed as failure:
        return {"failed": plain(failure.args), "type": type(failure).__name__}
    except Exception:  # noqa: BLE001 - whatever happened, the test is told
        return {"broken": traceback.format_exc()}


def main(library: str) -> None:
    """Answer until standard input ends. What snippets print goes to standard error."""
    global tango
    tango = import_module(library)
    answers, sys.stdout = sys.stdout, sys.stderr
    names = {
        "tango": tango,
        "wait_for": wait_for,
        "listened_to": listened_to,
        "time": time,
        "threading": threading,
    }
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), names)), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
