"""The commands against device servers in processes of their own and the embedded database."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.locate import open_store
from tangoterm.__main__ import main
from tangoterm.client import close_connections

Start = Callable[..., Any]
Words = Callable[..., tuple[int, str, str]]

NAME = "sys/tg_test/1"


@pytest.fixture
def server(serve: Start) -> Any:
    return serve("TangoTest", "cli", "--device", NAME)


@pytest.fixture
def run(server: Any, capsys: pytest.CaptureFixture[str]) -> Iterator[Words]:
    """Runs the command line in this process: exit code, stdout, stderr."""

    def words(*argv: str) -> tuple[int, str, str]:
        code = main(argv)
        output, errors = capsys.readouterr()
        return code, output, errors

    yield words
    close_connections()


def test_write_then_read_back(run: Words) -> None:
    assert run("write", f"{NAME}/double_scalar_w", "-2.5e-3") == (0, "", f"{NAME}/double_scalar_w = -0.0025\n")
    code, output, _ = run("read", f"{NAME}/double_scalar_w", "--value")
    assert (code, output) == (0, "-0.0025\n")


def test_spectrum_image_string_and_boolean_travel_both_ways(run: Words, tmp_path: Path) -> None:
    (tmp_path / "numbers").write_text("1.5 2.5\n3.5\n")
    for name, words, value in (
        ("double_spectrum", [f"@{tmp_path}/numbers"], [1.5, 2.5, 3.5]),
        ("long_spectrum", ["1", "-2", "3"], [1, -2, 3]),
        ("string_spectrum", ["one", "two words"], ["one", "two words"]),
        ("short_image", ["[[1, 2], [3, 4]]"], [[1, 2], [3, 4]]),
        ("string_scalar", ['say "ä"'], 'say "ä"'),
        ("boolean_scalar", ["yes"], True),
    ):
        assert run("write", f"{NAME}/{name}", *words)[0] == 0, name
        record = json.loads(run("read", f"{NAME}/{name}", "--json")[1])
        assert record.get("w_value", record["set_point"]) == value, name


def test_commands_of_every_shape(run: Words) -> None:
    assert run("call", NAME, "DevDouble", "3.5") == (0, "3.5\n", "")
    assert run("call", NAME, "DevVarLongArray", "1", "2", "3", "--json")[0] == 0
    assert run("call", NAME, "DevVarLongStringArray", "[1, 2]", "a", "b c") == (0, '[1, 2] ["a", "b c"]\n', "")
    assert run("call", NAME, "State") == (0, "RUNNING\n", "")
    code, output, errors = run("call", NAME, "DevVoid")
    assert (code, output) == (0, "")
    assert errors.startswith("DevVoid done in")


def test_errors_show_the_stack_root_cause_first_and_guess_slips(run: Words) -> None:
    code, output, errors = run("read", f"{NAME}/amplii")
    assert (code, output) == (1, "")
    assert errors.startswith(f"tangoterm: {NAME}/amplii: API_AttrNotFound")
    assert errors.index("API_AttrNotFound") < errors.index("API_AttributeFailed")
    assert errors.endswith("  did you mean ampli?\n")
    assert run("write", f"{NAME}/ampli", "12x")[0] == 2
    code, _, errors = run("call", NAME, "DevVod")
    assert (code, "API_CommandNotFound" in errors, "did you mean DevVoid" in errors) == (1, True, True)


def test_what_a_device_is_and_does(run: Words) -> None:
    record = json.loads(run("info", NAME, "--json")[1])
    assert (record["class"], record["server"], record["state"], record["running"]) == (
        "TangoTest", "TangoTest/cli", "RUNNING", True,
    )  # fmt: skip
    assert json.loads(run("info", f"{NAME}/ampli", "--json")[1])["type"] == "DevDouble"
    assert run("ping", NAME)[0] == 0
    assert f"{NAME}\tTangoTest\tTangoTest/cli\t\ttrue\n" in run("ls")[1]
    assert "ampli\tattribute\tDevDouble\t" in run("ls", NAME)[1]


def test_polling_from_nothing_to_data_and_back(run: Words) -> None:
    """POLL-80, POLL-60"""
    assert run("poll", NAME)[:2] == (0, "")
    assert run("poll", NAME, "double_scalar", "--period", "100")[0] == 0
    code, output, _ = run("poll", NAME, "--json")
    [record] = json.loads(output)
    assert (code, record["name"], record["period_ms"]) == (0, "double_scalar", 100)
    assert run("monitor", f"{NAME}/double_scalar", "--event", "periodic", "--count", "2")[0] == 0
    assert run("poll", NAME, "double_scalar", "--stop")[0] == 0
    assert run("poll", NAME)[1] == ""
    code, _, errors = run("poll", NAME, "double_scalar", "--stop")
    assert (code, "API_DeviceNotPolled" in errors) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_lock_is_held_until_its_program_is_interrupted(run: Words, tangoterm: Start, number: signal.Signals) -> None:
    """LOCK-9, LOCK-11"""
    holder = tangoterm("lock", NAME)
    assert holder.process.stdout.readline().split("\t")[1:] == [NAME, "locked\n"]
    assert json.loads(run("info", NAME, "--json")[1])["locked_by"].startswith(f"process {holder.process.pid} on ")
    code, _, errors = run("write", f"{NAME}/double_scalar", "1")
    assert (code, "API_DeviceLocked" in errors) == (1, True)
    assert run("unlock", NAME)[0] == 1
    holder.process.send_signal(number)
    assert holder.finish() == (128 + number, "", "interrupt (Ctrl-C) to unlock\n")
    assert json.loads(run("info", NAME, "--json")[1])["locked_by"] is None
    assert run("unlock", NAME) == (0, "", f"{NAME} is not locked\n")


def test_the_owner_of_a_broken_lock_is_told(run: Words, tangoterm: Start) -> None:
    """LOCK-13"""
    holder = tangoterm("lock", NAME, "--validity", "2")
    assert holder.process.stdout.readline()
    assert run("unlock", NAME, "--force")[0] == 0
    code, _, errors = holder.finish()
    assert (code, "API_DeviceUnlocked" in errors) == (1, True)


def test_the_blackbox_knows_this_client(run: Words) -> None:
    """BBX-10"""
    run("read", f"{NAME}/ampli")
    records = json.loads(run("blackbox", NAME, "--own", "--count", "5", "--json")[1])
    operations = [record["operation"] for record in records]
    assert "read_attributes_5" in operations
    assert records[operations.index("read_attributes_5")]["objects"] == "ampli"


def test_a_stopped_server_is_told_apart_from_an_unknown_device(run: Words, server: Any) -> None:
    """CLI-6, LIFE-40"""
    assert server.stop() == 0
    code, _, errors = run("ping", NAME)
    assert (code, "API_DeviceNotExported" in errors) == (1, True)
    assert json.loads(run("info", NAME, "--json")[1])["running"] is False
    code, _, errors = run("ping", "sys/tg_test/2")
    assert (code, "DB_DeviceNotDefined" in errors, "did you mean sys/tg_test/1" in errors) == (1, True, True)


def test_a_server_without_database_is_reached_by_its_address(tangoterm: Start) -> None:
    server = tangoterm("serve", "TangoTest", "free", "--nodb", "--device", "a/b/c")
    name = server.process.stdout.readline().strip()
    server.wait_ready()
    assert name.endswith("/a/b/c#dbase=no")
    assert tangoterm("read", name.replace("a/b/c", "a/b/c/ampli"), "--value").finish()[:2] == (0, "0.0\n")


def test_a_server_with_a_property_file(tangoterm: Start, tmp_path: Path) -> None:
    """LIFE-10: the file is made with the devices that were asked for, and read at the next start."""
    path = tmp_path / "props.txt"
    server = tangoterm("serve", "TangoTest", "f", "--file", str(path), "--device", "a/b/c")
    name = server.process.stdout.readline().strip()
    server.wait_ready()
    assert path.read_text().startswith('TangoTest/f/DEVICE/TangoTest: "a/b/c"\n')
    assert tangoterm("poll", name, "double_scalar", "--period", "1000").finish()[0] == 0
    assert server.stop() == 0
    assert "a/b/c->polled_attr: double_scalar,\\\n" in path.read_text()
    server = tangoterm("serve", "TangoTest", "f", "--file", str(path))
    name = server.process.stdout.readline().strip()
    server.wait_ready()
    assert json.loads(tangoterm("poll", name, "--json").finish()[1])[0]["period_ms"] == 1000
    assert server.stop() == 0


def test_a_port_in_use_leaves_nothing_in_the_database(tangoterm: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, errors = tangoterm("serve", "TangoTest", "x", "--device", "a/b/c", "--port", port).finish()
    assert (code, f"cannot listen: [Errno 98] Address already in use: '127.0.0.1:{port}'" in errors) == (1, True)
    store = open_store()
    assert store.devices() == []
    store.close()


def test_monitor_ends_with_130_when_interrupted(server: Any, tangoterm: Start) -> None:
    monitor = tangoterm("monitor", f"{NAME}/State", f"{NAME}/ampli", "--interval", "0.2")
    assert f"{NAME}/" in monitor.process.stdout.readline()
    monitor.process.send_signal(signal.SIGINT)
    code, _, errors = monitor.finish()
    assert code == 130
    assert "Traceback" not in errors
