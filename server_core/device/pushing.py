"""Events that device code sends itself, under PyTango's names (EVT-40..EVT-44)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from server_core.device.attribute_parts import Push
from server_core.device.attributes import Attribute
from server_core.device.author import errors_of
from server_core.model.enums import AttrQuality, EventType
from server_core.model.errors import DevFailed, Reason
from server_core.model.pipe import PipeBlob
from server_core.model.values import DataReady

if TYPE_CHECKING:
    from server_core.device.kernel import DeviceKernel


class PushingMixin:
    """The part of `Device` that declares and pushes events."""

    kernel: DeviceKernel

    def set_change_event(self, attr_name: str, implemented: bool, detect: bool = True) -> None:
        """Declare that this code pushes change events of an attribute; `detect`: only those that meet the criteria."""
        self.kernel.attribute(attr_name).change_push = Push(implemented, detect)

    def set_archive_event(self, attr_name: str, implemented: bool, detect: bool = True) -> None:
        """Declare that this code pushes archive events of an attribute."""
        self.kernel.attribute(attr_name).archive_push = Push(implemented, detect)

    def set_alarm_event(self, attr_name: str, implemented: bool, detect: bool = True) -> None:
        """Declare that this code pushes alarm events of an attribute."""
        self.kernel.attribute(attr_name).alarm_push = Push(implemented, detect)

    def set_data_ready_event(self, attr_name: str, implemented: bool = True) -> None:
        """Declare that this code pushes data-ready events of an attribute."""
        self.kernel.attribute(attr_name).data_ready = implemented

    def is_there_subscriber(self, attr_name: str, event_type: EventType) -> bool:
        """Whether anybody wants such events of an attribute, so that code can spare itself the work of making them.

        Raises DevFailed `API_AttrNotFound`.
        """
        return self.kernel.attribute(attr_name).is_event_subscribed(event_type)

    def push_change_event(self, attr_name: str, *data: Any) -> None:
        """Push a change event: `(name, value)`, `(name, value, time, quality)`, `(name, exception)`, for DevEncoded
        `(name, format, bytes, ...)`; State and Status without value.

        Raises DevFailed `API_AttrNotFound`, `API_AttrValueNotSet`, or as a read of such a value does.
        """
        attribute = self.kernel.attribute(attr_name)
        _push(_device(self), attribute, EventType.CHANGE_EVENT, data, attribute.change_push.detect)

    def push_archive_event(self, attr_name: str, *data: Any) -> None:
        """Push an archive event; arguments as `push_change_event`."""
        attribute = self.kernel.attribute(attr_name)
        _push(_device(self), attribute, EventType.ARCHIVE_EVENT, data, attribute.archive_push.detect)

    def push_alarm_event(self, attr_name: str, *data: Any) -> None:
        """Push an alarm event; arguments as `push_change_event`."""
        attribute = self.kernel.attribute(attr_name)
        _push(_device(self), attribute, EventType.ALARM_EVENT, data, attribute.alarm_push.detect)

    def push_event(self, attr_name: str, filt_names: Sequence[str], filt_vals: Sequence[float], *data: Any) -> None:
        """Push a user event; arguments as `push_change_event` behind the filters, which do not travel (EVT-36)."""
        _push(_device(self), self.kernel.attribute(attr_name), EventType.USER_EVENT, data, detect=False)

    def push_data_ready_event(self, attr_name: str, counter: int = 0) -> None:
        """Push a data-ready event with a number of the author's choice (EVT-44)."""
        attribute = self.kernel.attribute(attr_name)
        payload = DataReady(attribute.name, attribute.data_type, counter)
        self.kernel.host.push_event(_device(self), attribute.name, EventType.DATA_READY_EVENT, payload)

    def push_att_conf_event(self, attr: Attribute) -> None:
        """Push the configuration of an attribute as it is (EVT-51)."""
        self.kernel.host.push_event(_device(self), attr.name, EventType.ATTR_CONF_EVENT, attr.config)

    def push_pipe_event(self, pipe_name: str, blob: Any) -> None:
        """Push a pipe event: a blob as `PipeBlob.from_user` takes it, or an exception."""
        name = self.kernel.pipe(pipe_name).name
        if isinstance(blob, Exception):
            self.kernel.host.push_event(_device(self), name, EventType.PIPE_EVENT, None, errors_of(blob))
        else:
            self.kernel.host.push_event(_device(self), name, EventType.PIPE_EVENT, PipeBlob.from_user(blob))


def _device(device: Any) -> Any:
    return device


def _as_result(data: tuple[Any, ...]) -> Any:
    """The arguments of a push as a read method would return them."""
    if len(data) == 1 or isinstance(data[-1], AttrQuality):
        return data[0] if len(data) == 1 else data
    return data


def _push(device: Any, attribute: Attribute, kind: EventType, data: tuple[Any, ...], detect: bool) -> None:
    """Push an event; a function, so that authors may have a method of that name."""
    kernel: DeviceKernel = device.kernel
    if len(data) == 1 and isinstance(data[0], Exception):
        kernel.host.push_event(device, attribute.name, kind, None, errors_of(data[0]), detect=detect)
        return
    if data:
        value = attribute.reading(_as_result(data))
    elif attribute in kernel.reserved:
        value = attribute.read()
    else:
        raise DevFailed.of(
            Reason.API_AttrValueNotSet,
            f"Value for attribute {attribute.name} has not been updated. Can't send event",
            "Device.push_event",
        )
    kernel.host.push_event(device, attribute.name, kind, value, detect=detect)
