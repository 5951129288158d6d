"""The card of a device: its blocks come and fail on their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.model.errors import DevFailed
from server_core.server.process import DeviceServer
from tangoterm.client import close_connections
from tangoterm.console.card import BLOCKS, Block, blocks_of, reference_facts, shown, subject_of
from tangoterm.console.commands.system import device_info
from tangoterm.console.session import Session


def card(session: Session, device: str) -> dict[str, Block]:
    return {block.key: block for block in blocks_of(subject_of(session, device))}


def test_a_refused_call_blanks_no_other_block(private_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("TangoTest/card", [("sys/tg_test/1", "TangoTest")])
    store.put_device_property("sys/tg_test/1", {"a": ["1"], "b": ["2"]})
    with DeviceServer([TangoTest], "TangoTest", "card", store=store):
        session = Session()
        proxy = session.device("sys/tg_test/1")
        proxy.poll_attribute("long_scalar", 1000)
        proxy.lock()

        def refuse(*_: Any) -> Any:
            raise DevFailed.of("API_Odd", "not today", "test")

        monkeypatch.setattr(proxy, "get_logging_level", refuse)
        monkeypatch.setattr(proxy, "info", refuse)
        blocks = card(session, "SYS/tg_test/1")
        assert blocks.keys() == BLOCKS.keys()
        assert {key for key, block in blocks.items() if block.errors} == {"logging", "program"}
        assert blocks["identity"].facts["server"] == "TangoTest/card"
        assert blocks["polling"].facts["polling"] == "1 object polled"
        assert blocks["properties"].facts["properties"] == 3  # with that of the polling
        assert blocks["lock"].facts["locked_by"].startswith("process ")
        assert "throw_exception" in str(blocks["attention"].facts["attention"].words)
        assert [(name, cell.text()) for name, cell in shown(blocks["logging"])] == [
            ("Log level", "✖ API_Odd: not today")
        ]
        result = device_info(session, "sys/tg_test/1", reference=True)
        (row,) = result.rows
        assert (row["class"], row["host"] is not None, row["running"]) == ("TangoTest", True, True)
        assert row["log_level"].data()["errors"][0]["reason"] == "API_Odd"
        assert "type_id IDL:Tango/Device_6:1.0" in row["reference"].exact()
        assert not result.failures
        proxy.unlock()
        close_connections()

    down = card(Session(), "sys/tg_test/1")
    assert down["identity"].facts["running"] is False
    assert down["start"].facts["can_be_started"] == "on this machine: server start TangoTest/card"
    assert down["identity"].facts["class"] == "TangoTest"
    assert "answer" not in down
    store.close()


def test_a_device_that_the_database_believes_to_run_is_asked_once(session: Session) -> None:
    blocks = card(session, "sys/fake/1")
    assert not blocks["condition"].errors
    assert blocks["sub_devices"].errors


def test_a_reference_that_is_none_says_so() -> None:
    assert reference_facts("nonsense")[0][1].startswith("cannot be read")
