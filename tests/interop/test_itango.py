"""itango with a database and a device server of ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.peers.fixtures import OurDatabase, Peers, missing, need_module

SCRIPT = """\
%lsdev
%lsserv
%lsdevclass AllTypes
bench = AllTypes("test/itango/1")
bench.double_scalar = 2.5
print("read", bench.double_scalar, bench.State(), Device("test/itango/2").DevVarLongArray([1, 2]))
%mon -a test/itango/1/polled
import time
first = bench.read_attribute("polled").value
while bench.read_attribute("polled").value < first + 5: time.sleep(0.05)
%mon
%mon -d test/itango/1/polled
bench.Fail()
"""


def test_a_script_with_magic_and_events(our_database: OurDatabase, peers: Peers, tmp_path: Path) -> None:
    need_module("itango", "itango")
    program = shutil.which("itango", path=str(Path(sys.executable).parent)) or missing("itango")
    devices = [("test/itango/1", "AllTypes"), ("test/itango/2", "AllTypes")]
    peers.our_server(database=our_database, devices=devices, instance="itango")
    script = tmp_path / "script.ipy"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [program, "--simple-prompt", "--no-banner", str(script)],
        env=peers.environment(TANGO_HOST=our_database.host),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=40,
    )
    output = done.stdout
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
