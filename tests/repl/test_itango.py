"""What people know from itango, under its names, and several control systems in one conversation."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_core.devices.tango_test import TangoTest
from tests.client.systems import database_server, device_server
from tests.repl.conftest import Talk
from tests.waiting import until


def test_devices_classes_and_servers_are_listed(talk: Talk) -> None:
    assert "sys/tg_test/1" in talk.say("%lsdev sys.*")[1].splitlines()[-1].split()
    assert "sys/tg_test/1" not in talk.say("lsdev nothing.*")[1]
    assert "TangoTest" in talk.say("lsdevclass")[1].split()
    assert "TangoTest/repl" in talk.say("lsserv Tango.*")[1].split()
    done, _, err = talk.say("lsdev (")
    assert not done
    assert "no regular expression" in err


def test_events_are_remembered_until_they_are_looked_at(talk: Talk) -> None:
    assert talk.say("poll sys/tg_test/1 short_scalar --period 20")[0]
    assert talk.say("attr sys/tg_test/1/short_scalar abs_change=0.1")[0]
    assert talk.say("mon -a sys/tg_test/1/short_scalar")[0]
    assert "is monitored already" in talk.say("mon -a sys/tg_test/1/short_scalar")[2]
    until(lambda: "short_scalar" in talk.say("mon")[1])
    assert "short_scalar" in talk.say("mon -i 0")[1]
    assert "short_scalar" in talk.say("mon -l sys short.*")[1]
    assert "short_scalar" not in talk.say("mon -l sys long.*")[1]
    assert talk.say("mon -d sys/tg_test/1/short_scalar")[0]
    assert "is not monitored" in talk.say("mon -d sys/tg_test/1/short_scalar")[2]
    assert talk.say("mon -r all")[0]
    assert "short_scalar" not in talk.say("mon")[1]
    assert not talk.say("mon -a sys/tg_test/1/throw_exception")[0]


def test_where_says_where_a_device_runs(talk: Talk) -> None:
    done, out, _ = talk.say("where sys/tg_test/1")
    assert done
    assert out.splitlines()[-1].split("\t")[:4] == ["sys/tg_test/1", "TangoTest/repl", "TangoTest", "yes"]
    done, _, err = talk.say("where sys/tg_test/9")
    assert not done
    assert "not defined" in err


def test_another_control_system_is_one_address_away(talk: Talk, tmp_path: Path) -> None:
    with database_server(tmp_path / "other") as host, device_server(host, TangoTest, "far/away/1"):
        assert talk.say(f"@{host} read --value far/away/1/ampli")[0]
        assert not talk.say("read far/away/1/ampli")[0]
        assert talk.say(f"switchdb {host}")[0]
        assert "far/away/1" in talk.say("lsdev")[1]
        assert talk.interpreter.session.address == host
        done, _, err = talk.say("switchdb 127.0.0.1:1")
        assert not done
        assert "127.0.0.1:1" in err
        assert talk.interpreter.session.address == host
        assert "far/away/1" in talk.say("lsdev")[1]


@pytest.mark.parametrize("line", ["@nowhere:99999 ls", "@127.0.0.1:1 ls"])
def test_an_address_that_is_none_is_said(talk: Talk, line: str) -> None:
    assert not talk.say(line)[0]


def test_a_transcript_has_what_was_typed_and_what_came_of_it(talk: Talk, tmp_path: Path) -> None:
    file = tmp_path / "transcript.txt"
    assert talk.say(f"transcript {file}")[0]
    talk.say("write sys/tg_test/1/ampli 2.5")
    talk.say("read --value sys/tg_test/1/ampli")
    talk.say("read sys/tg_test/1/no_such")
    talk.say("transcript")
    talk.say("read --value sys/tg_test/1/long_scalar")
    text = file.read_text()
    assert text.startswith("# 20")
    assert "tango> read --value sys/tg_test/1/ampli\n2.5" in text
    assert "no_such" in text.split("tango> read sys/tg_test/1/no_such\n")[1]
    assert "long_scalar" not in text
    assert "cannot be written" in talk.say(f"transcript {tmp_path}")[2]
