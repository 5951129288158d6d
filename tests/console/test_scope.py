"""Several things by one word."""

from __future__ import annotations

from typing import Any

import pytest

from server_core.database.store import DeviceExport
from server_core.model.errors import DevFailed
from tangoterm.console.commands.table import UsageError
from tangoterm.console.lists import ListsFile
from tangoterm.console.scope import attributes_in, devices_in, is_scope, readable_in


@pytest.fixture
def system(session: Any) -> Any:
    session.store.add_server("Other/1", [("lab/x/1", "Pump"), ("lab/x/2", "Pump")])
    session.store.export_devices([DeviceExport("lab/x/1", "tcp://127.0.0.1:1", "there", 43, "5")])
    ListsFile().add("mine", ["lab/x/1", "sys/fake/1/ampli", "sys/fake/1/wave", "class:Pump"])
    session.refresh()
    return session


@pytest.mark.parametrize(
    ("words", "devices"),
    [
        (["sys/fake/1"], ["sys/fake/1"]),
        (["no/such/device"], ["no/such/device"]),
        (["sys/*", "SYS/FAKE/1"], ["sys/fake/1", "sys/fake/2"]),
        (["fak*"], ["sys/fake/1"]),
        (["class:pump"], ["lab/x/1", "lab/x/2"]),
        (["CLASS:p*"], ["lab/x/1", "lab/x/2"]),
        (["server:Fake/one", "lab/x/1"], ["sys/fake/1", "sys/fake/2", "lab/x/1"]),
        (["host:there"], ["lab/x/1"]),
        (["@mine"], ["lab/x/1", "sys/fake/1", "lab/x/2"]),
    ],
)
def test_words_name_devices_each_once_in_their_order(system: Any, words: list[str], devices: list[str]) -> None:
    assert devices_in(system, words) == devices


def test_only_those_that_are_served(system: Any) -> None:
    assert devices_in(system, ["*"], running=True) == ["lab/x/1", "sys/fake/1"]


@pytest.mark.parametrize("word", ["class:Nothing", "host:here2", "x*", "@nothing"])
def test_a_word_without_devices_is_refused(system: Any, word: str) -> None:
    with pytest.raises(UsageError, match=word.removeprefix("@").replace("*", r"\*")):
        devices_in(system, [word])


def test_what_may_name_several() -> None:
    assert all(map(is_scope, ["*", "a/*/c", "class:X", "HOST:y", "server:a/b", "@list"]))
    assert not any(map(is_scope, ["a/b/c", "alias", "tango://h:1/a/b/c"]))


@pytest.mark.parametrize(
    ("words", "attributes"),
    [
        (["sys/fake/1/ampli", "sys/fake/1/AMPLI"], ["sys/fake/1/ampli"]),
        (["sys/fake/1/*a*e*"], ["sys/fake/1/wave", "sys/fake/1/label"]),
        (["sys/*/ampli"], ["sys/fake/1/ampli"]),
        (["class:Fake/m*"], ["sys/fake/1/mode"]),
        (["*/ampli"], ["lab/x/1/ampli", "sys/fake/1/ampli"]),
        (
            ["@mine"],
            ["lab/x/1/State", "sys/fake/1/ampli", "sys/fake/1/wave", "lab/x/2/State"],
        ),
    ],
)
def test_words_name_attributes(system: Any, words: list[str], attributes: list[str]) -> None:
    assert [str(name) for name in attributes_in(system, words)] == attributes


def test_a_device_that_does_not_answer_is_left_out_of_a_pattern_but_told_when_there_is_no_other(system: Any) -> None:
    assert [str(name) for name in attributes_in(system, ["*/amp*"])] == ["sys/fake/1/ampli"]
    with pytest.raises(DevFailed):
        attributes_in(system, ["lab/x/1/amp*"])
    with pytest.raises(UsageError, match="no attribute in"):
        attributes_in(system, ["sys/fake/1/zz*"])
    with pytest.raises(UsageError, match="names no attributes"):
        attributes_in(system, ["class:Fake"])


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("sys/fake/1", 4),
        ("fakey", 4),
        ("sys/fake/*", 4),  # those of the device that runs
        ("sys/*", 4),
        ("class:Fake", 4),
        ("server:Fake/one", 4),
        ("sys/fake/1/ampli", 1),
        ("sys/*/*/*a*e*", 2),
        ("sys/fake/ampli*/*", None),
        ("server:Fake/one/m*", 1),
        ("class:Fake/*", 4),
    ],
)
def test_what_is_read_by_a_word(session: Any, word: str, count: int | None) -> None:
    if count is None:
        with pytest.raises(UsageError):
            readable_in(session, word)
    else:
        assert len(readable_in(session, word)) == count
