"""The devices as a tree, without a screen."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tangoterm.console.matching import matches
from tangoterm.tui.port import DeviceEntry
from tangoterm.tui.tree_model import TreeModel, searched


@pytest.fixture
def model(system: Any) -> TreeModel:
    model = TreeModel()
    model.set_entries(system.entries)
    return model


def _labels(model: TreeModel) -> list[str]:
    return ["  " * row.depth + row.label for row in model.rows()]


def test_a_small_system_is_open_from_the_start_but_for_its_admin_devices(model: TreeModel) -> None:
    assert _labels(model) == [
        *("lab", "  camera", "    beam", "  psu", "    quad-1", "    quad-2", "  vacuum", "    rga-1"),
        *("sys", "  database", "    2", "  tg_test", "    1"),
        "dserver",
    ]


def test_devices_are_arranged_by_server_class_host_and_alias_in_turn(model: TreeModel) -> None:
    titles, labels = [], []
    for _ in range(5):
        titles.append(model.next_grouping().title)
        labels.append(_labels(model))
    assert titles == ["by server", "by class", "by host", "by alias", "by name"]
    assert labels[0][:3] == ["LabDemo", "  1", "    lab/camera/beam"]
    assert labels[1][:2] == ["Camera", "  lab/camera/beam"]
    assert labels[2][:2] == ["never run", "  lab/camera/beam"]
    assert labels[3] == ["quad1"]


def test_a_closed_group_says_how_many_devices_it_holds(model: TreeModel) -> None:
    model.toggle(("lab",))
    row = model.rows()[0]
    assert (row.label, row.expanded, row.size) == ("lab", False, 4)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("psu", ["lab/psu/quad-1", "lab/psu/quad-2"]),
        ("psu !quad-2", ["lab/psu/quad-1"]),
        ("QUAD1", ["lab/psu/quad-1"]),
        ("tangotest !dserver", ["sys/tg_test/1"]),
        ("labdemo gas", ["lab/vacuum/rga-1"]),
        ("nowhere", []),
    ],
)
def test_the_filter_takes_words_that_must_and_must_not_occur(model: TreeModel, words: str, found: list[str]) -> None:
    model.set_filter(words)
    assert [row.entry.name for row in model.rows() if row.entry is not None] == found
    assert len(model.found) == len(found)


def test_a_filter_looks_at_name_alias_class_and_server() -> None:
    entry = DeviceEntry("a/b/c", "Srv/inst", "Klass", "nick", True)
    assert all(matches(searched(entry), word) for word in ("a/b", "srv/inst", "klass", "nick", ""))


def test_names_of_another_case_are_the_same_group(model: TreeModel) -> None:
    model.set_entries([DeviceEntry("Lab/psu/a", "S/1", "C"), DeviceEntry("lab/PSU/b", "S/1", "C")])
    assert len([row for row in model.rows() if row.entry is None]) == 2


def test_of_100_000_devices_only_the_open_groups_are_laid_out() -> None:
    model = TreeModel()
    model.set_entries([DeviceEntry(f"d{i // 1000}/f{i // 10 % 100}/m{i % 10}", "S/1", "C") for i in range(100_000)])
    began = time.process_time()
    assert len(model.rows()) == 100
    assert time.process_time() - began < 0.05
