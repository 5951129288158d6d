"""Looking at a device from outside: its whole interface with one reading of everything, as a description."""

from __future__ import annotations

from contextlib import suppress

from server_core.devices.description import DescribedAttribute, DescribedCommand, DescribedPipe, Description
from server_core.model.config import AttributeConfig, PipeConfig
from server_core.model.errors import DevFailed, NonSupportedFeature
from tangoterm.client import DeviceProxy

STATE_AND_STATUS = ("state", "status")


def describe(device: DeviceProxy) -> Description:
    """The description of a device that answers. Reads every attribute and pipe once; what cannot be read is described
    without a reading. Raises DevFailed when the device is not there."""
    return Description(
        device=device.name(),
        dev_class=device.info().dev_class,
        description=device.description(),
        state=device.state(),
        status=device.status(),
        attributes=[_attribute(device, config) for config in device.attribute_list_query() if _is_own(config)],
        commands=[
            DescribedCommand(info, _period(device, info.cmd_name, command=True)) for info in device.command_list_query()
        ],
        pipes=[_pipe(device, config) for config in _pipe_configs(device)],
    )


def _is_own(config: AttributeConfig) -> bool:
    return config.name.lower() not in STATE_AND_STATUS


def _attribute(device: DeviceProxy, config: AttributeConfig) -> DescribedAttribute:
    period = _period(device, config.name, command=False)
    (reading,) = device.read_attributes([config.name])
    return DescribedAttribute.of(config, reading.data, period)


def _period(device: DeviceProxy, name: str, *, command: bool) -> int:
    """The period in ms at which a member is polled; 0 when it is not, or when the admin device does not tell."""
    with suppress(DevFailed):
        if command:
            return device.get_command_poll_period(name) if device.is_command_polled(name) else 0
        return device.get_attribute_poll_period(name) if device.is_attribute_polled(name) else 0
    return 0


def _pipe_configs(device: DeviceProxy) -> list[PipeConfig]:
    """None of a device whose interface is too old for pipes."""
    try:
        configs: list[PipeConfig] = device.get_pipe_config()
    except NonSupportedFeature:
        return []
    return configs


def _pipe(device: DeviceProxy, config: PipeConfig) -> DescribedPipe:
    try:
        return DescribedPipe(config, device.read_pipe(config.name))
    except DevFailed:
        return DescribedPipe(config)
