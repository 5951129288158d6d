"""Pipes: what there are, reading and writing them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from server_core.model.config import PipeConfig
from server_core.model.errors import Reason, WrongData
from server_core.model.pipe import PipeBlob
from server_core.protocol.operations import (
    ALL,
    GetPipeConfig,
    ReadPipe,
    SetPipeConfig,
    WritePipe,
    WriteReadPipe,
)
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Plan


def get_pipe_config(device: Handle, names: str | Sequence[str] | None = None) -> Plan[Any]:
    """The description of one pipe for a name, or a list: of the names, or of all for None."""
    wanted = (names,) if isinstance(names, str) else ALL if names is None else tuple(names)
    configs = yield from device.call(GetPipeConfig(device.name, wanted))
    return configs[0] if isinstance(names, str) else configs


def get_pipe_list(device: Handle) -> Plan[list[str]]:
    """The names of all pipes."""
    configs = yield from get_pipe_config(device)
    return [config.name for config in configs]


def set_pipe_config(device: Handle, configs: PipeConfig | Iterable[PipeConfig]) -> Plan[None]:
    """Change label and description of one or several pipes (PIPE-8)."""
    changed = (configs,) if isinstance(configs, PipeConfig) else tuple(configs)
    yield from device.call(SetPipeConfig(device.name, changed))


def read_pipe(device: Handle, pipe_name: str) -> Plan[tuple[str, list[dict[str, Any]]]]:
    """Read a pipe: `(name, [{"name":, "dtype":, "value":}, ...])`."""
    blob = yield from device.call(ReadPipe(device.name, pipe_name), _sentence(device, "read_pipe", pipe_name))
    return _user_form(blob)


def write_pipe(device: Handle, pipe_name: str, blob: Any) -> Plan[None]:
    """Write a pipe with `(name, {element: value, ...})` or `(name, [{"name":, "value":[, "dtype":]}, ...])`; WrongData
    `API_PipeWrongArg` for what is no blob."""
    request = WritePipe(device.name, pipe_name, _blob(device, pipe_name, blob))
    yield from device.call(request, _sentence(device, "write_pipe", pipe_name))


def write_read_pipe(device: Handle, pipe_name: str, blob: Any) -> Plan[tuple[str, list[dict[str, Any]]]]:
    """Write a pipe and read it back in one request."""
    request = WriteReadPipe(device.name, pipe_name, _blob(device, pipe_name, blob))
    answer = yield from device.call(request, _sentence(device, "write_read_pipe", pipe_name))
    return _user_form(answer)


def _user_form(blob: PipeBlob) -> tuple[str, list[dict[str, Any]]]:
    return blob.to_user()


def _sentence(device: Handle, doing: str, pipe: str) -> str:
    return f"Failed to {doing} on device {device.name}, pipe {pipe}"


def _blob(device: Handle, pipe: str, blob: Any) -> PipeBlob:
    try:
        return PipeBlob.from_user(blob)
    except (TypeError, ValueError, OverflowError, KeyError) as error:
        raise WrongData.of(
            Reason.API_PipeWrongArg, f"Pipe {pipe} of device {device.name}: {error}", "DeviceProxy.write_pipe"
        ) from error
