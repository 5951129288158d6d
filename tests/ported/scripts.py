"""What the devices of each file are asked, line by line: the same of PyTango's servers and of ours."""

from __future__ import annotations

from typing import Any

Script = list[list[Any]]

SCALARS: Script = [
    ["attributes"], ["state"], ["status"],
    *[["config", name] for name in ("voltage", "range", "coupling", "front", "name", "trigger", "serial", "byte")],
    *[["config", name] for name in ("single", "temperature", "gain")],
    *[["read", name] for name in ("voltage", "range", "coupling", "front", "name", "trigger", "serial", "byte")],
    *[["read", name] for name in ("single", "temperature", "invalid", "broken", "relay", "gain", "nope")],
    ["time_of", "temperature"],
    ["write", "range", 500], ["read", "range"], ["write", "range", 2000], ["write", "range", 13], ["read", "range"],
    ["write", "coupling", 2], ["read", "coupling"], ["write", "coupling", 7],
    ["write", "name", "new name"], ["read", "name"], ["write", "trigger", True], ["call", "Triggered"],
    ["read", "trigger"], ["write", "byte", 255], ["read", "byte"], ["write", "single", 2.5], ["read", "single"],
    ["write", "voltage", 1.0], ["write", "gain", 5],
    ["call", "Apply", 60.0], ["read", "voltage"], ["state"], ["status"], ["call", "Apply", -200.0], ["read", "voltage"],
    ["state"], ["status"], ["call", "Apply", 1.0], ["state"],
    ["call", "Off"], ["read", "gain"], ["write", "gain", 6], ["read", "State"], ["read", "Status"],
]  # fmt: skip

ARRAYS: Script = [
    ["attributes"], ["commands"],
    *[["config", name] for name in ("counts", "scale", "picture", "mask", "raw", "bytes", "states")],
    *[["read", name] for name in ("counts", "scale", "names", "flags", "picture", "mask", "words", "raw", "empty")],
    *[["read", name] for name in ("toolong", "states", "bytes")],
    ["write", "scale", [3.0, 1.0]], ["read", "scale"], ["write", "scale", [1.0, 11.0]],
    ["write", "scale", [1.0, 1.0, 1.0, 1.0, 1.0]], ["write", "names", ["x", "yé"]], ["read", "names"],
    ["write", "flags", [True, True, False]], ["read", "flags"], ["write", "mask", [[True, True], [False, False]]],
    ["read", "mask"], ["write_encoded", "raw", "text", "abc"], ["read", "raw"],
    ["call", "Mean", [1.0, 2.0, 6.0]], ["call", "Reverse", ["a", "b"]], ["call", "Pair", [[1, 2], ["a"]]],
    ["call", "Swap", [[1.5, 2.5], ["x", "y"]]], ["call", "Packed"], ["call", "Cumulate", [1, 2, 3]], ["state"],
]  # fmt: skip

CONFIGURED: Script = [
    ["state"], ["read", "address"], ["read", "axis_numbers"], ["read", "gain_used"], ["call", "Describe"],
    ["call", "Want", 5], ["call", "Describe"], ["call", "Reload"], ["call", "Init"], ["call", "Describe"],
]  # fmt: skip

MEMORISED: Script = [
    ["read", "target"], ["read", "night"], ["read", "reached"], ["call", "Writes"],
    ["write", "target", 25.0], ["write", "night", 12], ["write", "label", "cosy"], ["write", "target", 31.0],
    ["call", "Writes"], ["read", "reached"], ["call", "Init"], ["call", "Writes"], ["read", "target"],
    ["read", "night"], ["read", "label"],
]  # fmt: skip

DYNAMIC: Script = [
    ["attributes"], ["read", "mass_18"], ["write", "mass_18", 2.5], ["call", "AddMass", 28], ["attributes"],
    ["config", "mass_28"], ["write", "mass_28", 101.0], ["write", "mass_28", 4.0], ["read", "MASS_28"],
    ["call", "Total"], ["call", "AddMass", 28], ["call", "Retype", "mass_28"],
    ["call", "AddTraces"], ["read", "trace"], ["config", "trace"], ["read", "dated"], ["time_of", "dated"],
    ["config", "dated"], ["attributes"],
    ["call", "Pause"], ["read", "mass_28"], ["write", "mass_28", 1.0], ["read", "trace"], ["call", "Init"],
    ["read", "mass_28"], ["call", "RemoveMass", 28], ["read", "mass_28"], ["call", "RemoveMass", 99], ["attributes"],
    ["call", "Forget"], ["call", "Total"],
]  # fmt: skip

ASYNCHRONOUS: Script = [
    ["state"], ["read", "speed"], ["write", "speed", 2.5], ["read", "speed"], ["read", "failing"],
    ["call", "Double", 4.0], ["call", "Longest", [0.01, 0.02]], ["subscribe", "turns", "CHANGE_EVENT"],
    ["call", "Turn", 3], ["events", "turns", "CHANGE_EVENT", 4], ["until", "turns", 3], ["until", "State", "ON"],
    ["config", "speed"], ["call", "Init"], ["read", "turns"],
]  # fmt: skip

NOTIFIER: Script = [
    ["config", "polled"], ["period", "attribute", "polled"], ["period", "command", "Tick"], ["grows", "polled"],
    ["subscribe", "position", "CHANGE_EVENT"], ["subscribe", "position", "ARCHIVE_EVENT"],
    ["subscribe", "checked", "CHANGE_EVENT"], ["subscribe", "State", "CHANGE_EVENT"],
    ["subscribe", "position", "DATA_READY_EVENT"],
    ["call", "Move", 1.0], ["call", "Move", 3.0], ["call", "Move", 3.5], ["call", "Suspect", 9.0], ["call", "Lose"],
    ["call", "Ready", 7], ["call", "Fault"],
    ["events", "position", "CHANGE_EVENT", 6], ["events", "position", "ARCHIVE_EVENT", 4],
    ["events", "checked", "CHANGE_EVENT", 2], ["events", "State", "CHANGE_EVENT", 2],
    ["events", "position", "DATA_READY_EVENT", 1],
    ["call", "Periods"],
]  # fmt: skip

MACHINE: Script = [
    ["state"], ["status"], ["call", "Hooks"], ["write", "opening", 50], ["call", "Close"], ["call", "Never"],
    ["call", "Hooks"], ["call", "Open"], ["call", "Open"], ["status"], ["write", "opening", 50], ["read", "opening"],
    ["call", "Hooks"], ["write", "opening", 101], ["call", "Close"], ["read", "opening"], ["call", "Missing"],
    ["call", "Pressurise", 4.2], ["read", "pressure"], ["state"], ["status"], ["call", "Pressurise", 6.0], ["state"],
    ["status"], ["call", "Limits"], ["config", "pressure"], ["config", "opening"], ["call", "Pressurise", 4.2],
    ["read", "pressure"], ["call", "Break"], ["state"], ["call", "Init"], ["status"],
]  # fmt: skip

LOGGED: Script = [
    ["commands"], ["described", "Expose"], ["read", "cycles"], ["config", "cycles"], ["call", "Expose", 2.0],
    ["call", "Open"], ["state"], ["call", "Twice", 21], ["call", "Invert", True], ["call", "Same", 6], ["call", "Fail"],
    ["call", "Annotated", " x "], ["call", "Hinted", [1, 2]],
]  # fmt: skip

FAMILY_AXIS: Script = [
    ["attributes"], ["commands"], ["call", "Kind"], ["read", "backlash"], ["call", "Home"], ["read", "place"],
    ["write", "place", 3.0], ["read", "place"],
]  # fmt: skip

FAMILY_TABLE: Script = [
    ["call", "Kind"], ["read", "axes"], ["write", "place", 8.0], ["read", "place"], ["call", "Server"],
    ["call", "Home"], ["read", "place"],
]  # fmt: skip

PIPES: Script = [
    ["pipes"], ["pipe", "settings"], ["write_pipe", "settings", ["new", [{"name": "rate", "value": 2.5}]]],
    ["read", "rate"], ["pipe", "summary"], ["call", "Off"], ["pipe", "settings"],
]  # fmt: skip
