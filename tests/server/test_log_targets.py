"""Where log messages go: console, files, and log consumer devices (LOG-3..LOG-9, LOG-25..LOG-29)."""

from __future__ import annotations

import getpass
import inspect
import io
import logging
import os
import re
import stat
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.store import Store
from server_core.device.command import command
from server_core.device.device import Device
from server_core.device.logger import Logger
from server_core.devices import find_class
from server_core.model.enums import LogLevel
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.server.logs import consumer, settings
from server_core.server.logs.own import own_messages
from server_core.server.process import DeviceServer
from tests.captured import sections
from tests.server.talkers import MakeNamed, Talker, served, store_of, wait_for

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect

TALKERS = (("adm/talk/1", "Talker"), ("adm/talk/2", "Talker"))


@pytest.fixture
def client(make_named: MakeNamed, log_root: Path, connect: Connect) -> Client:
    """A server of two devices that log everything."""
    client = connect(served(make_named, "Probe/a", TALKERS))
    client.admin("SetLoggingLevel", [[5], ["*"]])
    return client


def targets(client: Client, device: str = "adm/talk/1") -> list[str]:
    return list(client.admin("GetLoggingTarget", device))


def say(client: Client, text: str, device: str = "adm/talk/1") -> None:
    client.command(device, "Say", TypedValue(CmdArgType.DevString, text))


# ---- console


def test_a_line_on_the_console(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """LOG-26: local time with microseconds and offset, level, `file:line` of the Python code, logger, message."""
    client.admin("AddLoggingTarget", ["adm/talk/1", "console"])
    say(client, "hello, world")
    captured = capsys.readouterr()
    place = f"talkers.py:{inspect.getsourcelines(Talker.Say)[1] + 2}"
    assert captured.err == ""
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{{6}}[+-]\d{{4}} INFO \({re.escape(place)}\) adm/talk/1 hello, world\n",
        captured.out,
    )


def test_the_place_of_a_message_may_be_that_of_a_function(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """LOG-26: with PyTango's `source`; a message from outside of device code has no place."""
    client.admin("AddLoggingTarget", ["adm/talk/1", "console"])
    device = client.device("adm/talk/1")
    device.warn_stream("%s of %d", "one", 2, source=wait_for)
    print("by print", file=device.log_error)
    out = capsys.readouterr().out
    assert f"(talkers.py:{inspect.getsourcelines(wait_for)[1]}) adm/talk/1 one of 2" in out
    assert f"ERROR ({Path(__file__).name}:" in out


def test_the_console_has_one_name(client: Client) -> None:
    """LOG-4: stored as `console::cout` whatever was given; LOG-6: not added again."""
    client.admin("AddLoggingTarget", ["adm/talk/1", "console", "adm/talk/1", "CONSOLE::x", "adm/talk/1", "console::"])
    assert targets(client) == ["console::cout"]


def test_a_standard_output_that_is_gone_does_not_harm(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.admin("AddLoggingTarget", ["adm/talk/1", "console"])
    with open(os.devnull, "w") as closed:
        pass
    monkeypatch.setattr(sys, "stdout", closed)
    say(client, "nobody hears this")


def test_what_standard_output_cannot_express_is_escaped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOG-26: a message is printed all the same."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    client.admin("AddLoggingTarget", ["adm/talk/1", "console"])
    client.device("adm/talk/1").info_stream("größer \ud800")
    out.seek(0)
    assert out.read().endswith("adm/talk/1 gr\\xf6\\xdfer \\ud800\n")


# ---- files


def directory(log_root: Path) -> Path:
    return log_root / "logs" / "Probe" / "a"


def test_names_of_files(client: Client, log_root: Path) -> None:
    """LOG-4, LOG-5: a default name of the device's, a name in the log directory, a path as it is; LOG-3: in any case
    of the type, and with the case of the name kept."""
    path = log_root / "Some.where.log"
    client.admin(
        "AddLoggingTarget",
        ["adm/talk/1", "file", "adm/talk/1", "file::", "adm/talk/1", "File::Mine.log", "adm/talk/1", f"FILE::{path}"],
    )
    client.admin("AddLoggingTarget", ["dserver/probe/a", "file"])
    here = directory(log_root)
    assert targets(client) == [f"file::{path}", f"file::{here}/Mine.log", f"file::{here}/adm_talk_1.log"]
    assert targets(client, "dserver/Probe/a") == [f"file::{here}/dserver_probe_a.log"]
    say(client, "into all")
    assert all("into all" in Path(name.partition("::")[2]).read_text() for name in targets(client))


def test_a_path_need_not_begin_at_the_root(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOG-4: with a slash it is the path as it is, from the server's own directory."""
    monkeypatch.chdir(tmp_path)
    client.admin("AddLoggingTarget", ["adm/talk/1", "file::./here.log"])
    assert targets(client) == ["file::./here.log"]
    assert (tmp_path / "here.log").is_file()


def test_targets_compare_in_any_case(client: Client, log_root: Path) -> None:
    """LOG-3, LOG-6: a target already present is not added again, and is removed by a name in another case."""
    client.admin("AddLoggingTarget", ["adm/talk/1", "file::Mine.log", "adm/talk/1", "file::MINE.LOG"])
    assert targets(client) == [f"file::{directory(log_root)}/Mine.log"]
    client.admin("RemoveLoggingTarget", ["adm/talk/1", "file::mine.LOG"])
    assert targets(client) == []


def test_files_are_appended_to_and_stay(client: Client, log_root: Path) -> None:
    """LOG-7: mode 0644 under the usual mask, never truncated, left on disk when the target is removed."""
    path = log_root / "kept.log"
    path.write_text("before\n")
    new = directory(log_root) / "adm_talk_1.log"
    mask = os.umask(0o027)
    try:
        client.admin("AddLoggingTarget", ["adm/talk/1", f"file::{path}", "adm/talk/1", "file"])
    finally:
        os.umask(mask)
    say(client, "one")
    client.admin("RemoveLoggingTarget", ["adm/talk/1", "file::*"])
    say(client, "two")
    assert path.read_text().startswith("before\n<log4j:event")
    assert "one" in path.read_text()
    assert "two" not in path.read_text()
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_a_message_in_a_file(client: Client, log_root: Path) -> None:
    """LOG-27: a log4j event with CR LF line ends, and one empty line after it."""
    client.admin("AddLoggingTarget", ["adm/talk/1", f"file::{log_root}/x.log"])
    before = time.time()
    say(client, "two\nlines")
    written = (log_root / "x.log").read_bytes().decode()
    pattern = (
        '<log4j:event logger="adm/talk/1" timestamp="(\\d+)" level="INFO" thread="(\\d+)">\r\n'
        "<log4j:message><!\\[CDATA\\[two\nlines\\]\\]></log4j:message>\r\n"
        "<log4j:NDC><!\\[CDATA\\[\\]\\]></log4j:NDC>\r\n"
        "</log4j:event>\r\n\r\n"
    )
    found = re.fullmatch(pattern, written)
    assert found is not None
    assert before * 1000 - 1 <= int(found[1]) <= time.time() * 1000
    assert int(found[2]) == threading.get_ident()


def test_a_file_is_well_formed_whatever_the_messages(client: Client, log_root: Path) -> None:
    """LOG-27: `]]>` is split over two sections; what no XML may hold is replaced."""
    client.admin("AddLoggingTarget", ["adm/talk/1", f"file::{log_root}/x.log"])
    texts = ["a ]]> b", "]]>]]>", "<&\"'", "bell \x07 and \ud800", "größer"]
    for text in texts:
        client.device("adm/talk/1").info_stream(text)
    document = f"<all xmlns:log4j='http://log4j'>{(log_root / 'x.log').read_bytes().decode()}</all>"
    messages = xml.etree.ElementTree.fromstring(document).findall(".//{http://log4j}message")
    assert [message.text for message in messages] == [*texts[:3], "bell \ufffd and \ufffd", texts[4]]


def test_a_file_rolls_over_as_captured(make_named: MakeNamed, log_root: Path, connect: Connect) -> None:
    """LOG-28: the write that reaches `logging_rft` renames the file; one backup is kept."""
    (case,) = [case for case in sections("server")["logging"] if case.name.startswith("rolling")]
    store = store_of("Probe/a", *TALKERS)
    store.put_device_property("adm/talk/1", {"logging_rft": ["1"], "logging_level": ["debug"]})
    client = connect(make_named([Talker], store))
    client.admin("AddLoggingTarget", ["adm/talk/1", f"file::{log_root}/roll.log"])
    device = client.device("adm/talk/1")
    for number in range(5000):
        device.debug_stream("%0200d", number)
    rolled, kept = (log_root / "roll.log.1").read_bytes(), (log_root / "roll.log").read_bytes()
    event = len(rolled) // rolled.count(b"</log4j:event>")
    assert sorted(name.name for name in log_root.iterdir() if name.name.startswith("roll")) == [
        "roll.log",
        "roll.log.1",
    ]
    assert 500 * 1024 <= len(rolled) < 500 * 1024 + event
    assert 500 * 1024 <= case.data["output"]["/tmp/x/roll.log.1"] < 500 * 1024 + event
    numbers = [int(number) for number in re.findall(rb"CDATA\[(\d+)", rolled + kept)]
    assert numbers == list(range(numbers[0], 5000))


WRITER = """
import sys, threading, time
from server_core.device.logger import LogEvent
from server_core.model.enums import LogLevel
from server_core.server.logs.file import LogFile
from server_core.server.logs.names import TargetName
path, who = sys.argv[1:]
file = LogFile(TargetName("file", path), 500 * 1024)
def write(thread):
    for number in range(400):
        text = f"{who}{thread}-{number} " + "." * 300
        file.write(LogEvent(time.time(), LogLevel.LOG_INFO, "a/b/c", text, 1, ""))
threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_threads_and_processes_that_write_one_file_lose_nothing(tmp_path: Path) -> None:
    """LOG-28: whoever finds it full rolls it over once, and the others go on in the new one."""
    path = tmp_path / "x.log"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), who]) for who in "ab"]
    assert [writer.wait(30) for writer in writers] == [0, 0]
    rolled, kept = (tmp_path / "x.log.1").read_bytes(), path.read_bytes()
    assert 500 * 1024 <= len(rolled) < 502 * 1024
    assert (rolled + kept).count(b"</log4j:event>\r\n\r\n") == 1600
    written = re.findall(rb"CDATA\[(\w+-\d+) ", rolled + kept)
    assert len(set(written)) == 1600


@pytest.mark.parametrize(
    ("text", "kilobytes"),
    [(None, 20480), ("20", 500), ("500", 500), ("30000", 30000), ("99999999", 1048576), ("much", 20480), ("-5", 20480)],
)
def test_the_size_of_files(store: Store, text: str | None, kilobytes: int) -> None:
    """LOG-8: `logging_rft` in kB, forced into 500 to 1048576, 20480 when absent; for the admin device too."""
    for device in ("adm/probe/1", "dserver/Probe/a"):
        if text is not None:
            store.put_device_property(device, {"logging_rft": [text]})
    assert settings.of_device(store, "adm/probe/1", 0).roll == kilobytes * 1024
    assert settings.of_core(store, "dserver/Probe/a", 0, database=True).roll == kilobytes * 1024


def test_the_log_directory(
    make_named: MakeNamed, log_root: Path, monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    """LOG-9: made with its parents at the start; `logging_path` before TANGO_LOG_PATH before `/tmp/tango-<user>`."""
    store = store_of("Probe/a", *TALKERS)
    root = log_root / "of" / "property"
    store.put_device_property("dserver/Probe/a", {"logging_path": [str(root)]})
    client = connect(make_named([Talker], store))
    assert (root / "Probe" / "a").is_dir()
    client.admin("AddLoggingTarget", ["adm/talk/1", "file::x.log"])
    assert targets(client) == [f"file::{root}/Probe/a/x.log"]
    assert not directory(log_root).exists()
    store.delete_device_property("dserver/Probe/a", ["logging_path"])
    assert settings.log_directory(store, "dserver/Probe/a", "Probe/a") == directory(log_root)
    monkeypatch.delenv("TANGO_LOG_PATH")
    expected = Path(f"/tmp/tango-{getpass.getuser()}/Probe/a")
    assert settings.log_directory(store, "dserver/Probe/a", "Probe/a") == expected


def test_a_server_starts_without_a_log_directory(
    make_named: MakeNamed, log_root: Path, monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    """LOG-9."""
    (log_root / "file").write_text("in the way")
    monkeypatch.setenv("TANGO_LOG_PATH", str(log_root / "file"))
    client = connect(served(make_named, "Probe/a", TALKERS))
    with pytest.raises(DevFailed, match="API_CannotOpenFile"):
        client.admin("AddLoggingTarget", ["adm/talk/1", "file"])


def test_a_pipe_that_nobody_reads_is_refused(client: Client, log_root: Path) -> None:
    """LOG-31: and holds nobody up."""
    os.mkfifo(log_root / "pipe")
    with pytest.raises(DevFailed, match="API_CannotOpenFile"):
        client.admin("AddLoggingTarget", ["adm/talk/1", f"file::{log_root}/pipe"])


def test_a_file_that_cannot_be_written_is_dropped(client: Client) -> None:
    """LOG-6: and the device does not notice."""
    client.admin("AddLoggingTarget", ["adm/talk/1", "file::/dev/full", "adm/talk/1", "file::x.log"])
    assert "file::/dev/full" in targets(client)
    say(client, "too much")
    say(client, "still there")
    assert [name.rpartition("/")[2] for name in targets(client)] == ["x.log"]


# ---- consumers


class Listener(Device):
    """A consumer that knows no Register, as some are."""

    def init_device(self) -> None:
        self.taken: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()

    @command
    def Log(self, argin: list[str]) -> None:
        self.gate.wait(10)
        self.taken.append(list(argin))
        if argin[3] == "refuse":
            raise ValueError("no")


@pytest.fixture
def system(make_named: MakeNamed, log_root: Path) -> tuple[Store, DeviceServer]:
    """A database with a server of consumers, which runs, and one of devices that log."""
    store = store_of("Probe/a", *TALKERS)
    store.add_server("Logs/a", [("dserver/Logs/a", "DServer"), ("adm/log/1", "LogConsumer"), ("adm/ear/1", "Listener")])
    return store, make_named([find_class("LogConsumer"), Listener], store, server="Logs/a")


@pytest.fixture
def sender(system: tuple[Store, DeviceServer], make_named: MakeNamed, connect: Connect) -> Client:
    """The server of the devices that log; everything."""
    client = connect(make_named([Talker], system[0]))
    client.admin("SetLoggingLevel", [[5], ["*"]])
    return client


@pytest.fixture
def consumers(system: tuple[Store, DeviceServer], connect: Connect) -> Client:
    return connect(system[1])


def received(consumers: Client) -> list[list[str]]:
    """What the shipped consumer keeps, oldest first."""
    return [list(message) for message in reversed(consumers.device("adm/log/1")._messages)]


def test_a_message_to_a_device(sender: Client, consumers: Client) -> None:
    """LOG-29: the command Log gets time in ms, level, logger, message, nothing, and the thread."""
    sender.admin("AddLoggingTarget", ["adm/talk/1", "device::ADM/log/1"])
    assert targets(sender) == ["device::adm/log/1"]
    before = int(time.time() * 1000)
    sender.device("adm/talk/1").error_stream("error msg")
    wait_for(lambda: received(consumers))
    ((moment, *rest, thread),) = received(consumers)
    assert before <= int(moment) <= time.time() * 1000
    assert rest == ["ERROR", "adm/talk/1", "error msg", ""]
    assert re.fullmatch(rf"@{threading.get_ident():x} \[[0-9a-f]+\]", thread)


def test_a_consumer_by_its_alias(sender: Client, consumers: Client, system: tuple[Store, DeviceServer]) -> None:
    """LOG-4: any name that means a device."""
    system[0].put_device_alias("adm/log/1", "journal")
    sender.admin("AddLoggingTarget", ["adm/talk/1", "device::Journal"])
    assert targets(sender) == ["device::journal"]
    sender.device("adm/talk/1").info_stream("to the alias")
    wait_for(lambda: [message[3] for message in received(consumers)] == ["to the alias"])


def test_a_consumer_is_told_who_sends(sender: Client, consumers: Client) -> None:
    """LOG-29: Register when a target is attached, UnRegister when it is detached or its device goes."""
    sender.admin("AddLoggingTarget", ["adm/*", "device::adm/log/1"])
    wait_for(lambda: consumers.read("adm/log/1", "senders").value == ["adm/talk/1", "adm/talk/2"])
    sender.admin("RemoveLoggingTarget", ["adm/talk/1", "device::adm/log/1"])
    wait_for(lambda: consumers.read("adm/log/1", "senders").value == ["adm/talk/2"])
    sender.admin("DevRestart", "adm/talk/2")
    wait_for(lambda: consumers.read("adm/log/1", "senders").value == [])
    assert targets(sender, "adm/talk/2") == []


def test_messages_arrive_in_order(sender: Client, consumers: Client) -> None:
    """LOG-29: one queue for each target, also when several devices send there."""
    sender.admin("AddLoggingTarget", ["adm/*", "device::adm/log/1"])
    devices = [sender.device(name) for name, _ in TALKERS]
    for number in range(300):
        devices[number % 2].debug_stream("%d", number)
    wait_for(lambda: len(received(consumers)) == 300)
    assert [int(message[3]) for message in received(consumers)] == list(range(300))


def test_a_slow_consumer_does_not_hold_the_device_up(
    sender: Client, consumers: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """LOG-29: calls are asynchronous; what a queue cannot hold is lost, and counted."""
    monkeypatch.setattr(consumer, "LONGEST_QUEUE", 20)
    ear = consumers.device("adm/ear/1")
    sender.admin("AddLoggingTarget", ["adm/talk/1", "device::adm/ear/1"])
    ear.gate.clear()
    sent = time.monotonic()
    for number in range(50):
        sender.device("adm/talk/1").info_stream(str(number))
    assert time.monotonic() - sent < 5.0
    assert ear.taken == []
    ear.gate.set()
    wait_for(lambda: len(ear.taken) >= 15)
    sender.device("adm/talk/1").info_stream("last")
    wait_for(lambda: ear.taken[-1][3] == "last")
    numbers = [int(message[3]) for message in ear.taken[:-1]]
    assert numbers == list(range(len(numbers)))
    assert f"{50 - len(numbers)} messages for the log consumer adm/ear/1 are lost" in caplog.text


def test_a_consumer_that_hangs_is_waited_for_until_it_is_detached(
    sender: Client, consumers: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """LOG-29: messages to a consumer that does not answer in time are not sent twice, and those that wait when it is
    detached hold no thread for long."""
    monkeypatch.setattr(consumer, "ANSWER_WITHIN", 0.05)
    ear = consumers.device("adm/ear/1")
    ear.gate.clear()
    try:
        sender.admin("AddLoggingTarget", ["adm/talk/1", "device::adm/ear/1"])
        for number in range(100):
            sender.device("adm/talk/1").info_stream(str(number))
        assert targets(sender) == ["device::adm/ear/1"]
        sender.admin("RemoveLoggingTarget", ["adm/talk/1", "device::*"])
        wait_for(lambda: not any(thread.name == "log adm/ear/1" for thread in threading.enumerate()), 3.0)
    finally:
        ear.gate.set()
    assert re.search(r"adm/ear/1 does not answer and is given up; \d+ waiting messages are lost", caplog.text)
    numbers = [int(message[3]) for message in ear.taken]
    assert numbers == list(range(len(numbers)))


def test_what_a_consumer_answers_does_not_matter(sender: Client, consumers: Client) -> None:
    """LOG-29: neither a Log that fails nor a missing Register ends the sending."""
    sender.admin("AddLoggingTarget", ["adm/talk/1", "device::adm/ear/1"])
    for text in ("refuse", "go on"):
        sender.device("adm/talk/1").info_stream(text)
    wait_for(lambda: [message[3] for message in consumers.device("adm/ear/1").taken] == ["refuse", "go on"])
    assert targets(sender) == ["device::adm/ear/1"]


def test_a_consumer_that_is_gone_is_detached(sender: Client, system: tuple[Store, DeviceServer]) -> None:
    """LOG-6: dropped by the next command about targets, of whatever device; LOG-29: a call that cannot be sent."""
    sender.admin("AddLoggingTarget", ["adm/*", "device::adm/log/1"])
    system[1].stop()
    sender.device("adm/talk/1").info_stream("into the void")
    assert targets(sender) == []
    assert sender.device("adm/talk/2").get_logger().targets == ()
    with pytest.raises(DevFailed, match="API_ConnectionFailed"):
        sender.admin("AddLoggingTarget", ["adm/talk/1", "device::adm/log/1"])


def test_the_dead_are_dropped_before_targets_are_added_and_removed(
    sender: Client, system: tuple[Store, DeviceServer], make_named: MakeNamed, connect: Connect
) -> None:
    """LOG-6: so that one that was given up and is back can be added again."""
    sender.admin("AddLoggingTarget", ["adm/talk/1", "device::adm/log/1", "adm/talk/2", "file::/dev/full"])
    system[1].stop()
    sender.device("adm/talk/1").info_stream("into the void")
    wait_for(lambda: not any(thread.name == "log adm/log/1" for thread in threading.enumerate()))
    again = connect(make_named([find_class("LogConsumer"), Listener], system[0], server="Logs/a"))
    sender.admin("AddLoggingTarget", ["adm/talk/1", "device::adm/log/1"])
    sender.device("adm/talk/1").info_stream("heard")
    wait_for(lambda: [message[3] for message in received(again)] == ["heard"])
    sender.device("adm/talk/2").info_stream("too much")
    sender.admin("RemoveLoggingTarget", ["adm/talk/1", "console"])
    assert sender.device("adm/talk/2").get_logger().targets == ()


def test_a_consumer_that_comes_back_in_time_goes_on(
    sender: Client, system: tuple[Store, DeviceServer], make_named: MakeNamed, connect: Connect
) -> None:
    """LOG-29: found again at its new address as long as no message met its absence."""
    sender.admin("AddLoggingTarget", ["adm/talk/1", "device::adm/log/1"])
    sender.device("adm/talk/1").info_stream("first")
    wait_for(lambda: received(connect(system[1])))
    system[1].stop()
    again = connect(make_named([find_class("LogConsumer"), Listener], system[0], server="Logs/a"))
    sender.device("adm/talk/1").info_stream("second")
    wait_for(lambda: [message[3] for message in received(again)] == ["second"])


def test_a_consumer_of_the_same_server(make_named: MakeNamed, log_root: Path, connect: Connect) -> None:
    """LOG-29: it is called in the process."""
    client = connect(served(make_named, "Probe/a", (*TALKERS, ("adm/log/1", "LogConsumer"))))
    client.admin("SetLoggingLevel", [[5], ["*"]])
    client.admin("AddLoggingTarget", ["*", "device::adm/log/1"])
    client.command("adm/talk/2", "SayAll")
    wait_for(lambda: len(received(client)) == 5)
    assert client.read("adm/log/1", "senders").value == [
        "adm/log/1", "adm/talk/1", "adm/talk/2", "dserver/Probe/a",
    ]  # fmt: skip


def test_a_consumer_by_its_address(make_named: MakeNamed, log_root: Path, connect: Connect) -> None:
    """LOG-4: a device target may be any name of a device, so that servers without database reach one."""
    ears = make_named([Listener], None, server="Logs/b", devices={"Listener": ["adm/ear/1"]})
    client = connect(make_named([Talker], None, devices={"Talker": ["adm/talk/1"]}))
    port = ears.endpoints.partition(",")[0].rpartition(":")[2]
    name = f"tango://127.0.0.1:{port}/adm/ear/1#dbase=no"
    client.admin("SetLoggingLevel", [[5], ["*"]])
    client.admin("AddLoggingTarget", ["adm/talk/1", f"device::{name}"])
    assert targets(client) == [f"device::{name}"]
    say(client, "by address")
    taken: Any = ears.registry.find("adm/ear/1").kernel.device
    wait_for(lambda: [message[3] for message in taken.taken] == ["by address"])


# ---- the process's own messages


def test_what_the_process_says_of_itself_goes_to_the_core_logger(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """LOG-2: the admin device's logger is that of the process."""
    client.admin("AddLoggingTarget", ["dserver/Probe/a", "console"])
    client.admin("SetLoggingLevel", [[3], ["dserver/*"]])
    python = logging.getLogger("server_core.server.some_room")
    with own_messages(client.server.loggers.core):
        python.warning("a %s", "warning")
        client.admin("SetLoggingLevel", [[2], ["dserver/*"]])
        python.warning("another warning")
        python.error("an error")
    python.error("too late")
    place = rf"\({re.escape(Path(__file__).name)}:\d+\)"
    lines = [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 2
    assert re.fullmatch(rf"WARN {place} dserver/Probe/a a warning", lines[0])
    assert re.fullmatch(rf"ERROR {place} dserver/Probe/a an error", lines[1])


# ---- cost


def test_a_message_that_does_not_pass_is_not_even_made() -> None:
    """LOG-1: nor is one that has nowhere to go."""

    class Costly:
        made = 0

        def __str__(self) -> str:
            Costly.made += 1
            return "made"

    logger = Logger("a/b/c", LogLevel.LOG_INFO)
    logger.info("%s", Costly())
    taken: list[Any] = []

    class Taker:
        name = "test::taker"
        write = staticmethod(taken.append)

    logger.targets = (Taker(),)
    logger.debug("%s", Costly())
    assert (Costly.made, taken) == (0, [])
    logger.info("%s", Costly())
    assert [event.message for event in taken] == ["made"]
