"""What the documentation says is what the programs do: its tables, its examples, its lines for a shell."""

from __future__ import annotations

import doctest
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from server_core import Device
from server_core.database.locate import open_store
from server_core.protocol.exchange import Call, Granted, Opened, Reply, Send
from server_core.protocol.native.connection import ClientConnection, ServerConnection
from server_core.protocol.native.hello import ClientHello
from server_core.protocol.operations import CommandInout
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
Start = Callable[..., Any]


def sections(document: Path, *languages: str) -> dict[str, list[tuple[str, str]]]:
    """The code blocks of a document as (language, text), by heading; only headings that have blocks of `languages`."""
    found: dict[str, list[tuple[str, str]]] = {}
    heading = ""
    pattern = re.compile(r"^#+ ([^\n]*)$|^```(\w*)\n(.*?)^```$", re.M | re.S)
    for title, language, text in pattern.findall(document.read_text()):
        heading = title or heading
        if language in languages:
            found.setdefault(heading, []).append((language, text))
    return found


# ---- tables


def make_tables(directory: Path, *arguments: str) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = [sys.executable, str(directory / "make_tables.py"), *arguments]
    return subprocess.run(script, env=environment, stdout=subprocess.DEVNULL, check=False).returncode


def test_the_tables_are_up_to_date() -> None:
    assert make_tables(DOCS, "--check") == 0


def test_a_table_that_is_out_of_date_is_found_and_mended(tmp_path: Path) -> None:
    copy = shutil.copytree(DOCS, tmp_path / "docs")
    document = copy / "native-protocol.md"
    text = document.read_text()
    document.write_text(text.replace("| 22 | black_box |", "| 22 | white_box |"))
    assert make_tables(copy, "--check") == 1
    assert "white_box" in document.read_text()
    assert make_tables(copy) == 0
    assert document.read_text() == text


# ---- links

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def prose(document: Path) -> str:
    """A document without its blocks and words of code."""
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "code", document.read_text(), flags=re.M | re.S)


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    without_code = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.*)$", without_code, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in _LINK.findall(prose(document)):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_picture_is_shown_somewhere() -> None:
    shown = "".join(document.read_text() for document in [ROOT / "README.md", *DOCS.rglob("*.md")])
    assert [path.name for path in (ROOT / "screenshots").glob("*.png") if f"screenshots/{path.name}" not in shown] == []


# ---- the native protocol


def worked_example() -> dict[str, bytes]:
    """The messages of the worked example, from its hexadecimal bytes."""
    text = (DOCS / "native-protocol.md").read_text()
    block = re.search(r"<!-- table: example -->\s+```\n(.*?)```", text, re.S)
    assert block is not None
    messages: dict[str, bytes] = {}
    name = ""
    for line in block[1].splitlines():
        if line.endswith(":") and not line.startswith(" "):
            name = line[:-1]
            messages[name] = b""
        elif not line.startswith("  ="):
            bytes_of_line = re.match(r"  ((?:[0-9a-f]{2} ?)+)", line)
            assert bytes_of_line is not None
            messages[name] += bytes.fromhex(bytes_of_line[1])
    return messages


def test_the_worked_example_is_what_both_ends_say_and_understand() -> None:
    messages = worked_example()
    client, server = ClientConnection(2**28), ServerConnection(2**28, 1024)

    answer, opened = server.receive(messages["client hello"])
    assert isinstance(answer, Send)
    assert isinstance(opened, Opened)
    assert client.hello(*ClientHello(opened.ident, opened.host)) == messages["client hello"]
    assert b"".join(answer.frame) == messages["server hello"]
    assert client.receive(messages["server hello"]) == [Granted(2**28, 1024)]

    (call,) = server.receive(messages["request"])
    assert isinstance(call, Call)
    assert isinstance(call.request, CommandInout)
    assert (call.request.device, call.request.command, call.request.argin.value) == ("sys/tg_test/1", "DevDouble", 3.5)
    assert b"".join(client.request(call.request)[1]) == messages["request"]

    (reply,) = client.receive(messages["reply"])
    assert isinstance(reply, Reply)
    assert b"".join(server.reply(call.id, reply.result) or ()) == messages["reply"]


def test_a_client_written_from_the_document_alone_talks_to_a_server(
    serve: Start, tangoterm: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    serve("TangoTest", "docs")
    _, output, _ = tangoterm("info", "sys/tg_test/1", "--json").finish()
    found = re.search(r"tcp://([^:]+):(\d+)", json.loads(output)["address"])
    assert found is not None
    names: dict[str, Any] = {"host": found[1], "port": int(found[2])}
    for blocks in sections(DOCS / "native-protocol.md", "python").values():
        for _, text in blocks:
            exec(text, names)
    names["client"].socket.close()
    printed = capsys.readouterr().out
    assert printed.startswith("[5, 3.5]\n256 (")
    ((kind, topic, event),) = names["client"].events
    assert (kind, topic) == (3, names["topic"])
    assert event[3][1][13] == "mV"


# ---- writing devices


def module_of(text: str, path: Path) -> ModuleType:
    path.write_text(text)
    spec = util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Serves the device classes of a text, each as `docs/<class>/1`."""
    store = open_store()
    running: list[DeviceServer] = []
    modules: list[str] = []

    def start(text: str) -> ModuleType:
        module = module_of(text, tmp_path / "docs_devices.py")
        modules.append(module.__name__)
        classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Device)]
        classes.remove(Device)
        store.add_server("docs/test", [(f"docs/{cls.__name__.lower()}/1", cls.__name__) for cls in classes])
        running.append(DeviceServer(classes, "docs", "test", store=store))
        running[0].start()
        module.dev = DeviceProxy(f"docs/{classes[-1].__name__.lower()}/1")  # type: ignore[attr-defined]
        return module

    yield start
    close_connections()
    for server in running:
        server.stop()
    for name in modules:
        del sys.modules[name]
    store.close()


DEVICES = sections(DOCS / "devices.md", "python", "pycon")


@pytest.mark.parametrize("heading", DEVICES)
def test_the_examples_for_authors_do_what_they_say(heading: str, served: Callable[[str], ModuleType]) -> None:
    blocks = DEVICES[heading]
    module = served("\n\n".join(text for language, text in blocks if language == "python"))
    session = "\n".join(text for language, text in blocks if language == "pycon")
    example = doctest.DocTestParser().get_doctest(session, {"dev": vars(module)["dev"]}, heading, "devices.md", 0)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=report.append)
    assert not report, "".join(report)
    if "talk" in vars(module):
        assert module.talk() == "hello"


def running_lines() -> list[str]:
    """The lines of the section on running that start a server."""
    section = (DOCS / "devices.md").read_text().partition("## Running")[2]
    return [line.split("   ")[0] for line in re.findall(r"^    ((?:tangoterm serve|python) .*)$", section, re.M)]


def test_each_line_that_starts_a_server_starts_it(tmp_path: Path, unused_port: int) -> None:
    """In the order of the document: the first one defines what the later ones serve."""
    lines = running_lines()
    assert len(lines) == 9
    (tmp_path / "pump.py").write_text(DEVICES["A device"][0][1])
    programs = {"tangoterm": [sys.executable, "-m", "tangoterm"], "python": [sys.executable]}
    for line in lines:
        program, *arguments = line.replace("20000", str(unused_port)).split()
        with subprocess.Popen(
            [*programs[program], *arguments], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            ready = any(printed == "Ready to accept request\n" for printed in process.stdout)
            process.terminate()
            assert (ready, process.wait(20)) == (True, 0), line


@pytest.fixture
def unused_port() -> int:
    """A TCP port of this machine that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# ---- lines for a shell


class Shell:
    """Runs lines as a person would, `tangoterm` being the program of this source tree."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        program = directory / "bin" / "tangoterm"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tangoterm "$@"\n')
        program.chmod(0o755)
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
        self.environment["PATH"] = f"{program.parent}{os.pathsep}{os.environ['PATH']}"

    def run(self, line: str) -> tuple[int, str]:
        """Exit code, and what is printed on both streams."""
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def thermostat() -> str:
    """The example of the README."""
    ((_, text),) = sections(ROOT / "README.md", "python")["Serve a device"]
    return text


def test_the_thermostat_of_the_readme_is_served_and_obeys(shell: Shell, serve: Start) -> None:
    text = (ROOT / "README.md").read_text()
    file = shell.directory / "thermostat.py"
    file.write_text(thermostat())
    start = next(line for line in text.splitlines() if line.startswith("    tangoterm serve thermostat.py"))
    _, _, _, *arguments = shlex.split(start)
    serve(str(file), *arguments)
    after = text.split("and, in another terminal:")[1]
    commands = [line.strip() for line in after.splitlines() if line.startswith("    tangoterm ")][:4]
    assert [command.split()[1] for command in commands] == ["ls", "write", "call", "monitor"]
    ls, write, call, monitor = commands
    assert "home/heating/kitchen" in shell.run(ls)[1]
    assert shell.run(write) == (0, "home/heating/kitchen/target = 21.50 °C\n")
    assert shell.run(call) == (0, "21.0\n")
    code, output = shell.run(f"{monitor} --count 1")
    assert code == 0
    assert "\t21.0\tVALID" in output


def test_the_client_example_of_the_readme_works(serve: Start, capsys: pytest.CaptureFixture[str]) -> None:
    serve("TangoTest", "docs")
    ((_, text),) = sections(ROOT / "README.md", "python")["Use it from Python"]
    names: dict[str, Any] = {}
    exec(text, names)
    names["supply"].unsubscribe_event(names["subscription"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("0.0 ")
    assert printed[1] == "3.5"
    assert "double_scalar" in printed[2]
    close_connections()


CONSOLE = sections(DOCS / "console.md", "console")


@pytest.mark.parametrize("heading", CONSOLE)
def test_the_lines_of_the_console_print_what_is_shown(heading: str, shell: Shell, serve: Start) -> None:
    """`...` in the document stands for any text on a line, or for any lines."""
    file = shell.directory / "thermostat.py"
    file.write_text(thermostat())
    (shell.directory / "data.txt").write_text("1 2 3\n")
    serve(str(file), "kitchen", "--device", "home/heating/kitchen")
    serve("TangoTest", "demo")
    checker = doctest.OutputChecker()
    for _, text in CONSOLE[heading]:
        for prompt in re.split(r"^\$ ", text, flags=re.M)[1:]:
            line, _, expected = prompt.partition("\n")
            _, printed = shell.run(line)
            assert checker.check_output(expected, printed, doctest.ELLIPSIS), f"$ {line}\n{printed}"
