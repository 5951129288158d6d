"""A client process that a test directs: `python puppet.py DEVICE ADMIN`, then one Python expression a line.

`d` and `a` are proxies of the two devices, `tango` is the client library. Each answer is a line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import tangoterm.client as tango


def answer(expression: str, names: dict[str, Any]) -> dict[str, Any]:
    """What an expression gives, or how it fails."""
    try:
        return {"ok": eval(expression, names)}
    except tango.DevFailed as failure:
        errors = [{"reason": error.reason, "desc": error.desc} for error in failure.errors]
        return {"err": errors, "type": type(failure).__name__}


def main() -> None:
    """Do what standard input says, until it ends."""
    device, admin = map(tango.DeviceProxy, sys.argv[1:])
    names = {"d": device, "a": admin, "tango": tango}
    for line in sys.stdin:
        print(json.dumps(answer(line, names), default=lambda array: array.tolist()), flush=True)


if __name__ == "__main__":
    main()
