"""What a client is told by events, in a form that can be compared: PyTango's client and ours see the same."""

from __future__ import annotations

from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import tangoterm.client
from tests.peers.client import PyTangoClient

WATCH = """
def told(event):
    if event.err:
        return [error.reason for error in event.errors]
    if hasattr(event, "attr_value"):
        value = event.attr_value
        return [value.name, value.value, str(value.type), str(value.quality), value.w_value, value.dim_x, value.dim_y]
    if hasattr(event, "attr_conf"):
        config = event.attr_conf
        return [config.name, config.label, config.unit, config.max_value, config.events.ch_event.abs_change]
    if hasattr(event, "cmd_list"):
        return [event.dev_started, sorted(c.cmd_name for c in event.cmd_list if not c.cmd_name.startswith("Dev")),
                sorted(a.name for a in event.att_list)]
    return [event.ctr, int(event.attr_data_type)]

def name_of(event):
    for field in ("attr_name", "pipe_name"):
        if hasattr(event, field):
            return getattr(event, field).rpartition("/")[2].partition("#")[0].lower()
    return ""

def watching(device, seen, *subscriptions):
    ids = []
    for kind, *name in subscriptions:
        kind = getattr(tango.EventType, kind)
        note = lambda event: seen.append([event.event, name_of(event), told(event)])
        ids.append(device.subscribe_event(*name, kind, note))
    return ids
"""


def watched(client: PyTangoClient, device: str, subscriptions: list[tuple[str, ...]], actions: str, number: int) -> Any:
    """What a client is told while it performs actions on `d`, which is as new: by kind and object, in order."""
    client.proxy(device)
    client(f"d.Init(); seen = []; ids = watching(d, seen, *{subscriptions!r}); listened_to(d)")
    client(dedent(actions))
    client(f"wait_for(lambda: len(seen) >= {number}); time.sleep(0.1)")
    client("for number in ids: d.unsubscribe_event(number)\nd.Init()")
    return in_order(client("seen"))


def in_order(seen: Any) -> Any:
    """What was told, by kind and object."""
    return sorted(seen, key=lambda item: item[:2])


def ours() -> Any:
    """The functions of `WATCH`, for events of our clients."""
    functions: dict[str, Any] = {"tango": tangoterm.client}
    exec(WATCH, functions)
    return SimpleNamespace(**functions)


EVERY_KIND: list[tuple[str, ...]] = [
    ("CHANGE_EVENT", "double_scalar"),
    ("ARCHIVE_EVENT", "double_scalar"),
    ("ALARM_EVENT", "double_scalar"),
    ("USER_EVENT", "double_scalar"),
    ("CHANGE_EVENT", "string_spectrum"),
    ("CHANGE_EVENT", "long_image"),
    ("CHANGE_EVENT", "enum_scalar"),
    ("CHANGE_EVENT", "state_scalar"),
    ("CHANGE_EVENT", "boolean_spectrum"),
    ("ATTR_CONF_EVENT", "limited"),
    ("DATA_READY_EVENT", "double_scalar"),
    ("INTERFACE_CHANGE_EVENT",),
]
PUSHES = """
        for kind in ("change", "archive", "alarm", "user"):
            d.Push([kind, "double_scalar", "7.5"])
            d.PushFailure([kind, "double_scalar"])
        d.PushWith(["change", "double_scalar", "8.5", "1700000000.25", "ATTR_WARNING"])
        d.PushWith(["change", "double_scalar", "9.5", "1700000000.25", "ATTR_INVALID"])
        d.Push(["change", "string_spectrum", '["a", "\\\\u00e9", ""]'])
        d.Push(["change", "long_image", "[[1, 2], [3, 4], [5, 6]]"])
        d.Push(["change", "enum_scalar", "2"])
        d.Push(["change", "state_scalar", "3"])
        d.Push(["change", "boolean_spectrum", "[true, false]"])
        config, before = d.get_attribute_config("limited"), d.get_attribute_config("limited")
        config.label, config.unit, config.events.ch_event.abs_change = "Another", "kg", "3"
        d.set_attribute_config(config)
        d.set_attribute_config(before)
        d.PushDataReady([[-5, 77], ["double_scalar", "double_scalar"]])
"""
