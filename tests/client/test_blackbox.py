"""The blackbox as clients fill and read it, against the lines of real servers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import pytest

from server_core import AttrWriteType, Device, attribute, command
from server_core.devices.tango_test import TangoTest
from server_core.model.values import VOID
from server_core.protocol import operations as op
from server_core.server.process import DeviceServer
from tangoterm.client import DevFailed, DeviceProxy, DevSource
from tangoterm.client.threads import thread_runner
from tests.captured import CPP_9, PYTANGO_10, Case, reasons, replayed_cases, shape

Until = Callable[..., None]


class Probe(Device):
    """What the captured lines of PyTango were made with."""

    def init_device(self) -> None:
        self._values = {"Val": 0.0, "Lng": 0}

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
    def Val(self) -> Any:
        return self._values["Val"]

    @Val.write
    def Val(self, value: float) -> None:
        self._values["Val"] = value

    @attribute(dtype="DevLong", access=AttrWriteType.READ_WRITE)
    def Lng(self) -> Any:
        return self._values["Lng"]

    @Lng.write
    def Lng(self, value: int) -> None:
        self._values["Lng"] = value

    @attribute(dtype=(float,), max_dim_x=100)
    def Spec(self) -> list[float]:
        return [1.0, 2.0]

    @command
    def Nop(self) -> None:
        """Nothing."""


class Session:
    """The calls of the captured client. `warm` knows the device already, `fresh` gives a proxy that does not."""

    def __init__(
        self, server: DeviceServer, until: Until, name: str, value: str, other: str, row: str, nothing: str
    ) -> None:
        self.until = until
        self.name, self.admin = name, DeviceProxy(server.admin_name)
        self.warm = warm = DeviceProxy(name)
        warm.command_list_query()
        warm.black_box(1)
        calls: dict[str, Callable[[], Any]] = {
            "ping": warm.ping,
            "info": warm.info,
            "status()": warm.status,
            "name": lambda: self.send(op.GetName(name)),
            "adm_name": lambda: self.send(op.GetAdmName(name)),
            "description": warm.description,
            "command_list_query": warm.command_list_query,
            "command_query": lambda: warm.command_query(nothing),
            "command_query unknown": lambda: warm.command_query("Nada"),
            "get_attribute_config": lambda: warm.get_attribute_config(value),
            "set_attribute_config": lambda: warm.set_attribute_config(warm.get_attribute_config(value)),
            "attribute_list_query": warm.attribute_list_query,
            "read_attribute": lambda: warm.read_attribute(value),
            "read_attributes 3": lambda: warm.read_attributes([value, row, "State"]),
            "read_attribute CACHE_DEV": lambda: warm.read_attribute(value),
            "read unknown attribute": lambda: self.from_source(DevSource.DEV).read_attribute("Nope"),
            "write_attribute": lambda: self.fresh.write_attribute(value, 1),
            "write_attributes 2": lambda: self.fresh.write_attributes([(value, 1), (other, 2)]),
            "write_read_attribute": lambda: self.fresh.write_read_attribute(value, 1),
            "write_read_attributes": lambda: self.fresh.write_read_attributes([(value, 1)], [value, row]),
            "command_inout": lambda: self.command(nothing),
            "command CACHE fails": lambda: self.command(nothing, DevSource.CACHE),
            "command CACHE_DEV": lambda: self.command(nothing, DevSource.CACHE_DEV),
            "command State via command_inout": lambda: self.command("State"),
            "command lowercase": lambda: self.command(nothing.lower()),
            "command unknown": lambda: self.command("Nada"),
            "command Init": lambda: self.command("Init"),
            "attribute_history": lambda: warm.attribute_history(value, 3),
            "command_history": lambda: warm.command_history(nothing, 3),
            "black_box itself": lambda: (warm.get_attribute_config(value), warm.black_box(1), warm.black_box(1)),
            "asynch read": lambda: self.read_asynch(value),
            "admin device": lambda: [
                DeviceProxy(server.admin_name).command_inout("RemObjPolling", [name, "attribute", each])
                for each in (value, row)
            ],
        }
        self.calls = calls

    @property
    def fresh(self) -> DeviceProxy:
        return DeviceProxy(self.name)

    def send(self, request: op.Request) -> Any:
        """What no proxy asks of the device: it knows better, or checks before."""
        return thread_runner().run(self.warm._handle.call(request))

    def command(self, name: str, source: DevSource = DevSource.DEV) -> Any:
        return self.send(op.CommandInout(self.name, name, VOID, source))

    def from_source(self, source: DevSource) -> DeviceProxy:
        proxy = self.fresh
        proxy.set_source(source)
        return proxy

    def read_asynch(self, name: str) -> None:
        proxy = self.from_source(DevSource.DEV)
        proxy.read_attribute_reply(proxy.read_attribute_asynch(name), 0)

    def lines(self, count: int) -> list[str]:
        return [shape(line) for line in self.warm.black_box(count)]

    def replay(self, case: Case) -> None:
        """Do what a case is about, and compare the newest lines."""
        expected = [shape(line) for line in case.data["output"]]
        with contextlib.suppress(DevFailed):  # what fails is recorded all the same
            self.calls[case.name]()
        reader = self.admin if case.name == "admin device" else self.warm
        assert [shape(line) for line in reader.black_box(len(expected))] == expected


def replay(session: Session, reference: str) -> None:
    """Compare the lines of all cases of a reference that are one call each, or say why a call is refused."""
    for case in replayed_cases("server", "blackbox", reference):
        if isinstance(case.data["output"], dict):
            with pytest.raises(DevFailed) as failure:
                session.warm.black_box(case.data["input"])
            assert [error.reason for error in failure.value.errors] == reasons(case.data["output"]["err"]), case
        elif case.name in session.calls:
            session.replay(case)
        else:
            SPECIAL[case.name](session, case)


def with_polling(session: Session, case: Case) -> None:
    """Two attributes in one line, a command in another, all in lower case."""
    for kind, name in (("attribute", "double_scalar"), ("attribute", "double_spectrum"), ("command", "DevVoid")):
        session.admin.command_inout("AddObjPolling", ([200], [session.name, kind, name]))
    expected = {shape(line) for line in case.data["output"] if "polling" in line}

    def seen() -> set[str]:
        return {line for line in session.lines(50) if "polling" in line}

    session.until(lambda: expected <= seen())


def default_depth(session: Session, case: Case) -> None:
    """As many as are kept, however many are asked for."""
    for _ in range(60):
        session.warm.ping()
    assert len(session.warm.black_box(case.data["input"])) == case.data["output"]


def init_and_restart(session: Session, case: Case) -> None:
    """Init keeps the blackbox, DevRestart empties it."""
    before, after = case.data["output"]
    for _ in range(before):
        session.warm.ping()
    session.command("Init")
    assert len(session.warm.black_box(50)) >= before
    session.admin.command_inout("DevRestart", session.name)
    for _ in range(after):
        session.warm.ping()
    assert len(session.warm.black_box(50)) == after


SPECIAL: dict[str, Callable[[Session, Case], None]] = {
    "with polling": with_polling,
    "default depth when asked 1000": default_depth,
    "number of entries before Init / after DevRestart": init_and_restart,
}


def test_captured_blackbox_of_pytango(store: Any, until: Until) -> None:
    """BBX-2, BBX-3, BBX-4, BBX-10, BBX-12, BBX-13, BBX-17, CLI-10: line by line"""
    store.add_server("Probe/a", [("adm/probe/1", "Probe")])
    with DeviceServer((Probe,), "Probe", "a", store=store) as server:
        replay(Session(server, until, "adm/probe/1", "Val", "Lng", "Spec", "Nop"), PYTANGO_10)


def test_captured_blackbox_of_tango_9(store: Any, until: Until) -> None:
    """BBX-1, BBX-2, BBX-3, BBX-10, BBX-12, BBX-13, BBX-14, BBX-17, CLI-10: line by line"""
    store.add_server("TangoTest/t", [("adm/tt/1", "TangoTest")])
    with DeviceServer((TangoTest,), "TangoTest", "t", store=store) as server:
        session = Session(server, until, "adm/tt/1", "double_scalar", "long_scalar", "double_spectrum", "DevVoid")
        replay(session, CPP_9)


def test_the_identification_goes_with_requests_that_concern_it(device: DeviceProxy) -> None:
    """CLI-10, BBX-13: language and pid of this process"""
    ident = f"(CPP/Python client with PID {os.getpid()})"
    device.read_attribute("level")
    device.command_inout("Add", 1)
    device.write_attribute("level", 1)
    device.state()
    lines = [line for line in device.black_box(50) if "polling" not in line]
    words = ("Attribute state", "write_attributes", "get_attribute_config", "command_inout", "command_query", "read_")
    assert all(word in line for word, line in zip(words, lines, strict=True))
    assert [line.endswith(ident) for line in lines] == [False, True, False, True, False, True]
