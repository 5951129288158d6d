"""The captured session with two real Tango databases, replayed with a real server of ours."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from server_core.database.commands import COMMANDS
from server_core.model.errors import DevFailed
from tests.captured import deviations, replayed_cases, sections
from tests.database.database_server import Client, Database

INITIAL = {
    "TangoAccessControl/1": ("sys/access_control/1", "TangoAccessControl"),
    "TangoRestServer/rest": ("sys/rest/0", "TangoRestServer"),
    "TangoTest/test": ("sys/tg_test/1", "TangoTest"),
}
SERVICES = ("CtrlSystem", "Services")

INCORRECT = {"reason": "DB_IncorrectArguments"}

OURS: dict[str, Any] = {
    "DB-A008": {"reason": "DB_IncorrectServerName"},
    "DB-A031": {
        "out": [
            *("DataBaseds/2", "MySrv/one", "MySrv/three"),
            *("TangoAccessControl/1", "TangoRestServer/rest", "TangoTest/test"),
        ]
    },
    "DB-A039": {
        "out": ["Camera", "DataBase", "DServer", "PowerSupply", "TangoAccessControl", "TangoRestServer", "TangoTest"]
    },
    "DB-A051": {
        "out": [
            *("access_control", "cam", "database", "DataBaseds", "MySrv", "ps", "rest"),
            *("TangoAccessControl", "TangoRestServer", "TangoTest", "tg_test"),
        ]
    },
    "DB-A177": {"out": ["Blank", "Café", "host", "Limits", "Odd"]},
    "DB-A181": INCORRECT,
    "DB-A182": INCORRECT,
    "DB-A312": {"out": [[1, 56], ["ev_under", "IOR:02", "1", "hosta"]]},
    "DB-A331": {"out": [[1, 1, 1], ["18"]]},
    "DB-A342": INCORRECT,
    "DB-A356": {
        "out": ["DataBaseds/2", "MySrv/three", "TangoAccessControl/1", "TangoRestServer/rest", "TangoTest/test"]
    },
    "DB-B009": {"reason": "DB_SQLError"},
    "DB-B011": {"reason": "DB_IncorrectDeviceName"},
    "DB-B045": {"out": []},
    "DB-B047": {"out": []},
    "DB-B052": {"out": ["re/dev/1", "1", "ATT", "2", "__value", "1", "4.5", "unit", "1", "cm"]},
    "DB-B085": {"out": ["Re/bb", "newhost", "1", "5"]},
    "DB-B086": {"out": ["Re/b", " ", " ", " "]},
    "DB-B087": {"out": ["dserver/Re/bb", "re/dev/2", "u_n/d_r/1", "uxn/dxr/1"]},
    "DB-B089": {"out": ["Re/b", " ", " ", " "]},
    "DB-B096": INCORRECT,
}
"""What ours answers in the cases of `deviations/db.toml`."""

REWORDED = {"DB-A113", "DB-A114", "DB-A332", "DB-A334", "DB-A343", "DB-B058"}
"""Cases whose error text is ours (more exact, or SQLite's), the reason being the same."""

VARIES = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d+(st|nd|rd|th) \w+ \d{4} at \d\d:\d\d:\d\d|(localhost|127\.0\.0\.1):\d+"
)
COUNTS = re.compile(r"\d+")


def shape(command: str, value: Any) -> Any:
    """`value` with a placeholder for dates and addresses, and for the counts of DbInfo."""
    if isinstance(value, str):
        value = VARIES.sub("<varies>", value)
        return COUNTS.sub("<n>", value) if command == "DbInfo" else value
    if isinstance(value, memoryview):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [shape(command, element) for element in value]
    return value


def answer_of(client: Client, command: str, argin: Any) -> dict[str, Any]:
    """What ours answers, in the form of the captured answers."""
    try:
        result = client(command, argin)
    except DevFailed as failure:
        return {"reason": failure.reason, "desc": failure.desc}
    return {"out": shape(command, result)}


def captured(command: str, answer: Any) -> dict[str, Any]:
    """What a real server answered, in the same form."""
    if "errors" in answer:
        return {key: answer["errors"][0][key] for key in ("reason", "desc")}
    return {"out": shape(command, answer["out"])}


def agrees(answer: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Whether the result is the same, or the reason of the error."""
    key = "reason" if "reason" in expected else "out"
    return key in answer and bool(answer[key] == expected[key])


def prepare(database: Database) -> None:
    """What the real databases had in them when the session began."""
    for server, (device, dev_class) in INITIAL.items():
        database.store.add_device(server, device, dev_class)
    with sqlite3.connect(database.store.address) as connection:
        connection.execute("UPDATE device SET version = 'nada' WHERE exported = 0")
        connection.execute("UPDATE device SET host = 'vm' WHERE exported <> 0")
    connection.close()
    database.store.put_property(SERVICES[0], {SERVICES[1]: ["AccessControl/tango:sys/access_control/1"]})


def test_every_command_answers_as_a_real_database(tmp_path: Path) -> None:
    """DB-2, DB-9: all commands, with the reasons of errors and their texts.

    Where the C++ server and pytango-db differ either is right, but for the cases with a reason of their own.
    """
    database = Database(tmp_path)
    prepare(database)
    client = Client(database)
    wrong, reworded = [], set()
    compared = {case.id for case in replayed_cases("model", "db")}
    for case in sections("model")["db"]:
        if case.id == "DB-B000":
            database.store.delete_property(SERVICES[0], [SERVICES[1]])
        command, argin, cpp, python = (case.data[key] for key in ("command", "argin", "cpp_9_3_4", "pytango_db_0_9_0"))
        answer = answer_of(client, command, argin)
        expected = [captured(command, each) for each in (cpp, python) if each != "same"]
        if case.id not in compared:
            expected = [OURS.get(case.id, {})]
        elif "desc" in answer and answer["desc"] not in [each.get("desc") for each in expected]:
            reworded.add(case.id)
        if not any(agrees(answer, each) for each in expected):
            wrong.append((case.id, command, argin, answer, expected))
    client.close()
    database.close()
    assert wrong == []
    assert reworded == REWORDED
    assert OURS.keys() == deviations("db").keys()


def test_the_session_uses_every_command() -> None:
    """DB-2: 97 commands, ResetTimingValues among them."""
    used = {case.data["command"] for case in sections("model")["db"]}
    assert used - {"State", "Status", "NoSuchCommand"} == {*COMMANDS, "ResetTimingValues"}
    assert len(COMMANDS) + 1 == 97
