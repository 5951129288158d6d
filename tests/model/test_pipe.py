"""Pipe blobs (PIPE-2..PIPE-4)."""

from __future__ import annotations

import pytest

from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.model.pipe import PipeBlob
from server_core.model.types import CmdArgType


def test_types_of_untyped_values() -> None:
    """PIPE-3"""
    blob = PipeBlob.from_user(
        (
            "root",
            {"i": 1, "f": 1.5, "s": "x", "b": True, "l": [1, 2], "m": [1, 2.5], "t": ["a"], "n": ("sub", {"x": 1})},
        )
    )
    assert [element.type.name for element in blob.elements] == [
        "DevLong64", "DevDouble", "DevString", "DevBoolean", "DevVarLong64Array", "DevVarDoubleArray",
        "DevVarStringArray", "DevPipeBlob",
    ]  # fmt: skip


def test_a_state_stays_a_state() -> None:
    """PIPE-3"""
    blob = PipeBlob.from_user(("root", {"one": DevState.ON, "many": [DevState.ON, DevState.FAULT]}))
    assert [element.type for element in blob.elements] == [CmdArgType.DevState, CmdArgType.DevVarStateArray]
    assert blob.to_user()[1][1]["value"] == [DevState.ON, DevState.FAULT]


def test_an_explicit_type_is_kept_and_everything_comes_back() -> None:
    given = (
        "root",
        [{"name": "Third", "value": 12, "dtype": CmdArgType.DevShort}, {"name": "n", "value": ("sub", [])}],
    )
    name, elements = PipeBlob.from_user(given).to_user()
    assert name == "root"
    assert elements == [
        {"name": "Third", "value": 12, "dtype": CmdArgType.DevShort},
        {"name": "n", "value": ("sub", []), "dtype": CmdArgType.DevPipeBlob},
    ]
    assert PipeBlob.from_user((name, elements)) == PipeBlob.from_user(given)


def test_repeated_names_are_refused() -> None:
    """PIPE-4"""
    with pytest.raises(DevFailed) as caught:
        PipeBlob.from_user(("r", [{"name": "I", "value": 1}, {"name": "i", "value": 2}]))
    assert caught.value.reason == "API_PipeDuplicateDEName"


@pytest.mark.parametrize("blob", ["x", ("x",), (1, {}), ("x", {"a": object()})])
def test_what_is_no_blob_is_refused(blob: object) -> None:
    with pytest.raises(TypeError):
        PipeBlob.from_user(blob)
