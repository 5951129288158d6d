"""The captured commands of two real Tango databases, replayed through the command table on a fresh store."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from server_core.database.commands import COMMANDS
from server_core.database.sqlite import SqliteStore
from server_core.database.store import DeviceExport
from server_core.model.errors import DevFailed

EXAMPLES = json.loads((Path(__file__).parent / "data" / "db_examples.json").read_text())

INITIAL = {
    "DataBaseds/2": ("sys/database/2", "DataBase"),
    "TangoAccessControl/1": ("sys/access_control/1", "TangoAccessControl"),
    "TangoRestServer/rest": ("sys/rest/0", "TangoRestServer"),
    "TangoTest/test": ("sys/tg_test/1", "TangoTest"),
}

INCORRECT = {"reason": "DB_IncorrectArguments"}

NOT_DEFINED_SERVERS = (
    "server names without a slash and device names without three fields are refused (NAME-13, NAME-14)"
)
UNDERSCORE_FIRST = "SQLite sorts `_` before letters (DB-7, DB-84)"
MALFORMED = "a malformed list is refused as such (DB-9)"
RENAMED = "the start information is renamed with the server (DB-24)"
MEMORISED = "memorised values are no history"

OURS: dict[str, tuple[str, Any]] = {
    "DB-A008": (NOT_DEFINED_SERVERS, {"reason": "DB_IncorrectServerName"}),
    "DB-A031": (
        NOT_DEFINED_SERVERS,
        ["DataBaseds/2", "MySrv/one", "MySrv/three", "TangoAccessControl/1", "TangoRestServer/rest", "TangoTest/test"],
    ),
    "DB-A039": (
        NOT_DEFINED_SERVERS,
        ["Camera", "DataBase", "DServer", "PowerSupply", "TangoAccessControl", "TangoRestServer", "TangoTest"],
    ),
    "DB-A051": (
        NOT_DEFINED_SERVERS,
        [
            *("access_control", "cam", "database", "DataBaseds", "MySrv", "ps", "rest"),
            *("TangoAccessControl", "TangoRestServer", "TangoTest", "tg_test"),
        ],
    ),
    "DB-A149": ("the case of an attribute does not change its place", ["I1", "V1", "Z1"]),
    "DB-A153": ("the case of an attribute does not change its place", ["I1bis", "V1", "Z1"]),
    "DB-A156": ("the case of an attribute does not change its place", ["V1", "Z1"]),
    "DB-A177": (
        "accented names are kept (TYP-9), spelled as last put (PROP-12)",
        ["Blank", "Café", "host", "Limits", "Odd"],
    ),
    "DB-A181": (MALFORMED, INCORRECT),
    "DB-A182": (MALFORMED, INCORRECT),
    "DB-A331": (NOT_DEFINED_SERVERS, [[1, 1, 1], ["18"]]),
    "DB-A342": ("one reason for wrong arguments (DB-9)", INCORRECT),
    "DB-A356": (
        NOT_DEFINED_SERVERS,
        ["DataBaseds/2", "MySrv/three", "TangoAccessControl/1", "TangoRestServer/rest", "TangoTest/test"],
    ),
    "DB-B009": ("an alias belongs to one device (DB-20)", {"reason": "DB_SQLError"}),
    "DB-B011": ("names over the limits are refused as names (NAME-2)", {"reason": "DB_IncorrectDeviceName"}),
    "DB-B045": (MEMORISED, []),
    "DB-B047": (MEMORISED, []),
    "DB-B052": (UNDERSCORE_FIRST, ["re/dev/1", "1", "ATT", "2", "__value", "1", "4.5", "unit", "1", "cm"]),
    "DB-B085": (RENAMED, ["Re/bb", "newhost", "1", "5"]),
    "DB-B086": (RENAMED, ["Re/b", " ", " ", " "]),
    "DB-B087": (UNDERSCORE_FIRST, ["dserver/Re/bb", "re/dev/2", "u_n/d_r/1", "uxn/dxr/1"]),
    "DB-B089": (RENAMED, ["Re/b", " ", " ", " "]),
    "DB-B096": (MALFORMED, INCORRECT),
}
"""Where the answer follows neither of the two: the rule, and the answer."""

DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d+(st|nd|rd|th) \w+ \d{4} at \d\d:\d\d:\d\d")


def undated(value: Any) -> Any:
    if isinstance(value, str):
        return DATE.sub("<date>", value)
    if isinstance(value, (list, tuple)):
        return [undated(element) for element in value]
    return value


def agrees(answer: Any, captured: Any) -> bool:
    if captured == "same":
        return False
    if "reason" in captured:
        return isinstance(answer, DevFailed) and answer.reason == captured["reason"]
    return not isinstance(answer, DevFailed) and undated(answer) == undated(captured["out"])


def test_every_command_answers_as_a_real_database_or_by_a_stated_rule(tmp_path: Path) -> None:
    """Spec section 8.2: the C++ server, else pytango-db, else the rule in `OURS`."""
    store = SqliteStore(tmp_path / "names.sqlite")
    for server, (device, dev_class) in INITIAL.items():
        store.add_device(server, device, dev_class)
    store.export_devices([DeviceExport(name, "x", "vm", 1, "5") for name in ("sys/database/2", "dserver/DataBaseds/2")])
    wrong = []
    for example in EXAMPLES:
        answer: Any
        try:
            answer = COMMANDS[example["command"]].run(store, example["argin"])
        except DevFailed as failure:
            answer = failure
        if example["id"] in OURS:
            _, expected = OURS[example["id"]]
            right = agrees(answer, expected if isinstance(expected, dict) else {"out": expected})
        else:
            right = agrees(answer, example["cpp"]) or agrees(answer, example["python"])
        if not right:
            wrong.append((example["id"], example["command"], example["argin"], answer, example["cpp"]))
    store.close()
    assert wrong == []
    assert len(EXAMPLES) > 400
    assert {example["command"] for example in EXAMPLES} == set(COMMANDS)
