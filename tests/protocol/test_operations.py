"""The operations are complete and carry what dispatcher, blackbox and client derive from them."""

from __future__ import annotations

import pytest

from server_core.model.enums import DevSource
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeWrite
from server_core.protocol import operations as ops


def test_every_operation_of_the_interface_is_declared() -> None:
    assert set(ops.OPERATIONS) == {
        "ping", "info", "name", "description", "adm_name", "state", "status", "command_list_query", "command_query",
        "command_inout", "command_inout_history", "get_attribute_config", "set_attribute_config", "read_attributes",
        "write_attributes", "write_read_attributes", "read_attribute_history", "get_pipe_config", "set_pipe_config",
        "read_pipe", "write_pipe", "write_read_pipe", "black_box",
    }  # fmt: skip


def test_codes_are_unique_and_every_request_names_its_device_first() -> None:
    assert len({operation.code for operation in ops.OPERATIONS.values()}) == len(ops.OPERATIONS)
    assert all(operation.request._fields[0] == "device" for operation in ops.OPERATIONS.values())


WRITE = AttributeWrite("ampli", CmdArgType.DevDouble, 1.0)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (ops.Ping("d"), "Operation ping "),
        (ops.GetState("d"), "Attribute state "),
        (ops.CommandInout("d", "DevVoid", VOID), "Operation command_inout_4 (cmd = DevVoid) from cache_device "),
        (ops.ReadAttributes("d", ("a", "State"), DevSource.DEV), "Operation read_attributes_5 (a, State) from device "),
        (ops.ReadAttributes("d", ops.ALL), "Operation read_attributes_5 (All attributes) from cache_device "),
        (ops.WriteAttributes("d", (WRITE,)), "Operation write_attributes_4 (ampli) "),
        (ops.WriteReadAttributes("d", (WRITE,), ("b", "c")), "Operation write_read_attributes_5 (ampli/b, c) "),
        (ops.SetAttributeConfig("d", ()), "Operation set_attribute_config_5 "),
        (ops.ReadPipe("d", "p"), "Operation read_pipe_5 (p) "),
        (ops.BlackBox("d", 3), "Operation blackbox "),
    ],
)
def test_blackbox_wording(request_: object, text: str) -> None:
    """BBX-10"""
    assert ops.operation_of(request_).blackbox(request_) == text
