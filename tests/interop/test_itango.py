"""itango with a database and a device server of ours does what it does with those of others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.fixtures import Database, Peers, missing, need_module

SCRIPT = """\
%lsdev
%lsserv
%lsdevclass AllTypes
bench = AllTypes("test/itango/1")
bench.double_scalar = 2.5
print("read", bench.double_scalar, bench.State(), Device("test/itango/2").DevVarLongArray([1, 2]))
%mon -a test/itango/1/polled
import time
time.sleep(0.5)
%mon
%mon -d test/itango/1/polled
bench.Fail()
"""


@pytest.fixture(scope="module", params=["theirs", "ours"])
def database(request: pytest.FixtureRequest, peers: Peers) -> Database:
    """A database with a server of two devices, both of one make."""
    database = peers.our_database() if request.param == "ours" else peers.database()
    start: Any = peers.our_server if request.param == "ours" else peers.pytango_server
    start(database=database, devices=[("test/itango/1", "AllTypes"), ("test/itango/2", "AllTypes")])
    return database


def itango(peers: Peers, host: str, *words: str) -> str:
    """What itango prints when it is run with these words."""
    need_module("itango", "itango")
    program = shutil.which("itango", path=str(Path(sys.executable).parent)) or missing("itango")
    done = subprocess.run(
        [program, "--simple-prompt", "--no-banner", *words],
        env=peers.environment(TANGO_HOST=host),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=40,
    )
    return done.stdout


def test_an_expression(database: Database, peers: Peers) -> None:
    assert itango(peers, database.host, "-c", "print(Device('test/itango/1').State())") == "ON\n"


def test_a_script_with_magic_and_events(database: Database, peers: Peers, tmp_path: Path) -> None:
    script = tmp_path / "script.ipy"
    script.write_text(SCRIPT)
    output = itango(peers, database.host, str(script))
    lines = [line.split() for line in output.splitlines()]
    listed = {line[0]: line[-2:] for line in lines if line[:1] in (["test/itango/1"], ["sys/database/2"])}
    assert listed["sys/database/2"] == ["DataBaseds/2", "DataBase"]
    assert listed["test/itango/1"][1] == "AllTypes"
    assert ["AllTypes"] in lines
    assert "read 2.5 ON [1 2]" in output
    values = [int(line[3]) for line in lines if line[1:3] == ["test/itango/1", "polled"]]
    assert len(values) > 2
    assert values == sorted(values)
    assert "Stopped monitoring 'test/itango/1/polled'" in output
    assert "AllTypes_Command: the command fails" in output
