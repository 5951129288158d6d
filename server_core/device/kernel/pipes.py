"""Pipes of a device (PIPE-5..PIPE-10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from server_core.device.kernel.base import KernelBase, with_progress
from server_core.device.members import Members
from server_core.device.pipe import Pipe, by_name, pipe
from server_core.model.config import PipeConfig
from server_core.model.errors import DevFailed, Reason
from server_core.model.pipe import PipeBlob


class PipePart(KernelBase):
    """Reads, writes and configures pipes."""

    def add_pipes(self, declarations: Iterable[pipe]) -> None:
        """Give this device pipes, before clients can see it; their texts come from the database."""
        added = [Pipe(self.device, declaration) for declaration in declarations]
        if not added:
            return
        names = [pipe.name for pipe in added]
        own = self.host.properties.get_device_pipe_property(self.name, names)
        of_class = self.host.properties.get_class_pipe_property(self.class_name, names)
        for member in added:
            member.load(of_class[member.name], own[member.name])
        self.pipes = Members(by_name([*self.pipes.values(), *added]))

    def pipe_configs(self, names: Iterable[str] | None = None) -> list[PipeConfig]:
        """Configurations of the named pipes, or of all; `API_PipeNotFound` for an unknown name."""
        return [replace(self.pipe(name).config) for name in (self.pipes if names is None else names)]

    def set_pipe_configs(self, configs: Sequence[PipeConfig]) -> None:
        """Change labels and descriptions, which the database keeps; records are applied in order until one fails
        (PIPE-8)."""
        if not self.pipes:
            raise DevFailed.of(
                Reason.API_PipeNotFound, "The device does not have any pipe", "DeviceKernel.set_pipe_configs"
            )
        for index, config in enumerate(configs):
            try:
                self._set_pipe_config(config)
            except DevFailed as failure:
                raise with_progress(failure, "pipe", index, len(configs)) from failure

    def _set_pipe_config(self, wanted: PipeConfig) -> None:
        pipe = self.pipe(wanted.name)
        change = pipe.change(wanted)
        if change.put:
            self.host.properties.put_device_pipe_property(self.name, {pipe.name: change.put})
        if change.delete:
            self.host.properties.delete_device_pipe_property(self.name, pipe.name, change.delete)
        pipe.config = change.config

    def read_pipe(self, name: str) -> PipeBlob:
        """The blob of a pipe (PIPE-5)."""
        pipe = self.pipe(name)
        self.always_executed()
        return pipe.read()

    def write_pipe(self, name: str, blob: PipeBlob) -> None:
        """Write a blob to a pipe (PIPE-6)."""
        pipe = self._writable_pipe(name)
        self.always_executed()
        pipe.write(blob)

    def _writable_pipe(self, name: str) -> Pipe:
        pipe = self.pipe(name)
        pipe.check_writable()
        return pipe
