"""Servers with a property file, and without any database, as clients see them (PROP-20, PROP-31)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server_core import AttrWriteType, Device, DevState, attribute, class_property, command, device_property, run
from server_core.database.file_store import FileStore
from server_core.model.errors import DevFailed, NonDbDevice
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, EventType, close_connections
from tests.captured import Case, replayed, sections

CASES = {case.id: case.data for case in sections("model")["file_database_and_nodb"]}

PROPERTIES = """\
# Devices
MiniDS/f/device/Mini: test/file/1, "test/file/2"
MiniDS/f/DEVICE/Mand: test/file/3
CLASS/Mini->KP: a/b
CLASS/Mini/att->format: %9.4f
test/file/1->Text: "hello, world"
test/file/1->Nums: 1, 2,\\
   3
test/file/1->Strs: ab, "c d", e   # three of them
test/file/1/att->unit: mm
test/file/1/att->abs_change: -1, 1
test/file/2->Text: unquoted#nocomment
test/file/3->Must: yes
"""


class Mini(Device):
    """The device class of the captured servers."""

    Text = device_property(dtype=str, default_value="d")
    Nums = device_property(dtype=(int,))
    Strs = device_property(dtype=(str,))
    KP = class_property(dtype=str, default_value="k")

    def init_device(self) -> None:
        self.set_state(DevState.ON)
        self._att = 0.0

    @attribute(
        dtype=float, access=AttrWriteType.READ_WRITE, memorized=True, hw_memorized=True, unit="u", format="%6.2f"
    )
    def att(self) -> float:
        return self._att

    @att.write
    def att(self, value: float) -> None:
        self._att = value

    @command(dtype_out=str)
    def Props(self) -> str:
        def plain(values: Any) -> Any:
            return values if values is None or isinstance(values, str) else list(values)

        return str(tuple(plain(value) for value in (self.Text, self.Nums, self.Strs, self.KP)))


class Mand(Mini):
    """The same with a property that must be there."""

    Must = device_property(dtype=str, mandatory=True)


@contextmanager
def served(path: Path) -> Iterator[DeviceServer]:
    with DeviceServer((Mini, Mand), "MiniDS", "f", store=FileStore(path, "MiniDS/f")) as server:
        yield server
        close_connections()


def proxy(server: DeviceServer, name: str) -> DeviceProxy:
    port = server.endpoints.partition(",")[0].rpartition(":")[2]
    return DeviceProxy(f"tango://127.0.0.1:{port}/{name}#dbase=no")


def looks(device: DeviceProxy) -> list[str]:
    """What the captured cases show of a device."""
    config = device.get_attribute_config("att")
    return [
        device.command_inout("Props"),
        config.unit,
        config.format,
        config.events.ch_event.abs_change,
        str(device.state()),
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "props.txt"
    path.write_text(PROPERTIES)
    return path


def test_a_server_with_a_property_file(path: Path) -> None:
    """LIFE-10, PROP-20, PROP-23, PROP-24: the captured session with the file's changes, and the restart from it."""
    with served(path) as server:
        for name in ("test/file/1", "test/file/2", "test/file/3"):
            assert looks(proxy(server, name)) == CASES[f"FILE-1-{name}"]["out"]
        device = proxy(server, "test/file/1")
        admin = proxy(server, "dserver/MiniDS/f")
        assert re.sub(r":\d+/", ":11415/", device.adm_name()) == CASES["FILE-2"]["out"]
        assert admin.command_inout("QueryDevice") == CASES["FILE-3"]["out"]
        device.write_attribute("att", 4.5)
        config = device.get_attribute_config("att")
        config.label = "L x"
        device.set_attribute_config(config)
        assert path.read_text() == CASES["FILE-4"]["out"][2]
        with pytest.raises(NonDbDevice) as failure:
            device.get_property("Text")
        assert failure.value.errors[0][:2] == _first(CASES["FILE-5"])
        device.poll_attribute("att", 1000)
        assert CASES["FILE-6"]["out"][1][0] in path.read_text()
    with served(path) as server:
        device = proxy(server, "test/file/1")
        value, label = device.read_attribute("att").value, device.get_attribute_config("att").label
        polled = device.is_attribute_polled("att")
        assert [device.command_inout("Props"), value, label, polled] == CASES["FILE-7"]["out"]


def test_the_file_is_written_at_the_orderly_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LIFE-10, LIFE-42: although nothing changed; not after a start that failed."""
    with served(path):
        assert path.read_text() == PROPERTIES
    assert path.read_text() != PROPERTIES

    def fail(device: Device) -> None:
        raise RuntimeError("no hardware")

    monkeypatch.setattr(Mini, "init_device", fail)
    path.write_text(PROPERTIES)
    with pytest.raises(DevFailed), served(path):
        pass
    assert path.read_text() == PROPERTIES


@pytest.mark.parametrize("case", [case for name, case in CASES.items() if name.startswith(("FILE-8", "FILE-9"))])
def test_files_that_stop_the_start(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """PROP-22: with exit code 255 throughout, where the reference leaves with 0 after a syntax error."""
    monkeypatch.chdir(tmp_path)
    name = "absent.txt"
    if isinstance(case["what"], dict):
        name = case["id"].removeprefix("FILE-8-") + ".txt"
        Path(name).write_text(case["what"]["file"])
    with pytest.raises(SystemExit) as end:
        run((Mini, Mand), ["MiniDS.py", "f", f"-file={name}", "-ORBendPoint", "giop:tcp:127.0.0.1:0"])
    errors = capsys.readouterr().err
    assert end.value.code == 255
    for line in case["out"][1]:
        if line.startswith("reason = "):
            assert errors.startswith(f"{line.removeprefix('reason = ')}: ")
        elif case["out"][0] == 255:
            assert line in errors


def test_a_server_without_database() -> None:
    """PROP-30, PROP-31, LIFE-9: polling, configuration and memorisation in memory; no properties, no alias."""
    devices = {"Mini": ["test/nodb/1", "test/nodb/2"]}
    with DeviceServer((Mini,), "MiniDS", "x", store=None, devices=devices) as server:
        device, admin = proxy(server, "test/nodb/1"), proxy(server, "dserver/MiniDS/x")
        polled = device.is_attribute_polled("att")
        assert [device.name(), device.command_inout("Props"), str(device.state()), polled] == CASES["NODB-2"]["out"]
        assert (proxy(server, "TEST/nodb/1").state() is DevState.ON) == CASES["NODB-3"]["out"]
        device.write_attribute("att", 1.0)
        config = device.get_attribute_config("att")
        config.label = "zz"
        device.set_attribute_config(config)
        assert device.get_attribute_config("att").label == CASES["NODB-4"]["out"][2]
        device.command_inout("Init")
        assert device.read_attribute("att").value == 1.0
        device.poll_attribute("att", 1000)
        with pytest.raises(DevFailed) as failure:
            device.subscribe_event("att", EventType.CHANGE_EVENT, print)
        assert failure.value.reason == CASES["NODB-9"]["errors"][0]["reason"]
        assert device.is_attribute_polled("att") == CASES["NODB-5"]["out"][1]
        assert [admin.command_inout("QueryDevice"), admin.command_inout("QueryClass")] == CASES["NODB-6"]["out"]
        with pytest.raises(NonDbDevice) as failure:
            device.put_property({"Text": "x"})
        assert failure.value.errors[0][:2] == _first(CASES["NODB-7"])
        with pytest.raises(DevFailed) as failure:
            device.alias()
        assert failure.value.errors[0][:2] == _first(CASES["NODB-8"])
        close_connections()


COMMAND_LINES = {
    "NODB-11": ["x", "-nodb", "-dlist", "Mini::bad", "-port", "1"],
    "NODB-13": ["x", "-dlist", "Mini::test/nodb/1"],
    "NODB-14": ["unknowninst"],
    "NODB-15": [],
}


@pytest.mark.parametrize(
    "case",
    [each for each in replayed("model", "file_database_and_nodb") if each.id in COMMAND_LINES],
)
def test_command_lines(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    """PROP-30, PROP-32"""
    with pytest.raises(SystemExit) as end:
        run((Mini, Mand), ["MiniDS", *COMMAND_LINES[case.id]])
    code, lines = case.data["out"]
    assert end.value.code == code
    errors = capsys.readouterr().err
    ours = ("usage: ", "MiniDS: error: ")
    assert [line for line in lines if line not in errors and not line.startswith(ours)] == []


def _first(case: dict[str, Any]) -> tuple[str, str]:
    error = case["errors"][0]
    return error["reason"], error["desc"]
