"""Forwarded attributes: attributes of other devices that a device shows under names and labels of its own.

Source: ATT-80..ATT-84. Which roots there are and whether they can be reached is the kernel's business
(`server_core.device.kernel.forwarding`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from server_core.device.attributes import Attribute
from server_core.device.declaration import attribute
from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrWriteType, DevSource, EventType
from server_core.model.errors import ConnectionFailed, DevError, DevFailed, MultiDevFailed, Reason
from server_core.model.names import DeviceAddress, HostPort, parse_attribute, parse_device
from server_core.model.values import AttributeValue, AttributeWrite
from server_core.protocol.operations import (
    GetAttributeConfig,
    ReadAttributes,
    SetAttributeConfig,
    WriteAttributes,
    WriteReadAttributes,
)

if TYPE_CHECKING:
    from server_core.device.device import Device

LABEL = "label"
_SLASHES = (3, 6)
_ORIGIN = "ForwardedAttribute"


class Root(NamedTuple):
    """The attribute behind a forwarded one: its device, with the control system when that is known, and its name."""

    device: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.device}/{self.attribute}"

    @property
    def key(self) -> str:
        """The same for all spellings."""
        return str(self).lower()

    @property
    def plain_device(self) -> str:
        """The device's name without the control system."""
        return parse_device(self.device).name


def root_of(text: str, control_system: HostPort | None) -> Root:
    """The root that `d/f/m/attribute` or `tango://host:port/d/f/m/attribute` names; the first is one of
    `control_system`. Raises ValueError for anything else."""
    try:
        device, name = parse_attribute(text)
    except DevFailed as failure:
        raise ValueError(failure.desc) from failure
    if text.count("/") not in _SLASHES or name is None:
        raise ValueError(f"{text!r} is neither d/f/m/attribute nor tango://host:port/d/f/m/attribute")
    return Root(full_name(device, control_system), name)


def full_name(device: DeviceAddress, control_system: HostPort | None) -> str:
    """A device's name with its control system."""
    return str(device if device.host is not None else device._replace(host=control_system))


class ForwardedAttribute(Attribute):
    """An attribute whose `root` does the work: values, errors, limits and alarms are the root's, name and label its
    own. `config` shows the last configuration that the root told, also while the root cannot be reached (ATT-83)."""

    forwarded = True

    def __init__(self, device: Device, declaration: attribute, root: Root, config: AttributeConfig) -> None:
        self.root = root
        self._root_config = config
        self._changing = threading.RLock()
        super().__init__(device, _like(declaration, config), dynamic=declaration.owner is None)

    def _bind(self) -> None:
        """No method of the device is asked."""
        self.read_method = self.write_method = self.is_allowed = None

    # ---- configuration

    def load_label(self, of_class: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]) -> None:
        """Take the label from the database; other properties of the attribute do not count."""
        self.configuration.load(_label_in(of_class), _label_in(own))
        self.configured()

    def configured(self) -> None:
        """Show the root's configuration under the name and label of this attribute (ATT-81)."""
        super().configured()
        root = self._root_config
        self.startup_errors, self.wrongly_configured = (), False
        self.labels = root.enum_labels
        self.config = replace(
            root,
            name=self.name,
            label=self.configuration[LABEL],
            writable_attr_name=self.name if root.writable is AttrWriteType.READ_WRITE else root.writable_attr_name,
            root_attr_name=self.root.key,
        )

    def fits(self, config: AttributeConfig) -> bool:
        """Whether the root still is what this attribute was made for; its properties may be others."""
        return _definition(config) == _definition(self._root_config)

    def root_configured(self, config: AttributeConfig) -> None:
        """The root has this configuration now; subscribers are told when it is news."""
        with self._changing:
            if config == self._root_config:
                return
            self._take(config)
        self._tell()

    def root_told(self, config: AttributeConfig) -> None:
        """The root's configuration was set, to this; subscribers are told in any case (ATT-20)."""
        with self._changing:
            self._take(config)
        self._tell()

    def _take(self, config: AttributeConfig) -> None:
        self._root_config = config
        self.configured()

    def _tell(self) -> None:
        kernel = self.device.kernel
        kernel.host.push_event(self.device, self.name, EventType.ATTR_CONF_EVENT, self.config)

    def set_config(self, wanted: AttributeConfig) -> None:
        """Change the root's configuration, and the own label; the root's event tells the subscribers.

        Raises DevFailed as the root does, `API_AttrNotAllowed` for another root, or what tells that the root cannot be
        reached; nothing is changed then.
        """
        if wanted.root_attr_name.lower() != self.root.key:
            raise DevFailed.of(
                Reason.API_AttrNotAllowed,
                "Attribute property root_attr_name is not changeable at run time",
                f"{_ORIGIN}.set_config",
            )
        with self._changing:
            root = self._ask_config()
            own = self.configuration.change(replace(self.configuration.record(), label=wanted.label))
            passed_on = replace(
                wanted,
                name=root.name,
                label=root.label,
                root_attr_name=root.root_attr_name,
                writable_attr_name=root.writable_attr_name,
            )
            self._ask(lambda device: SetAttributeConfig(device, (passed_on,)))
            self.device.kernel.store_change(self, own)
            self.configuration.apply(own)
            self._take(self._ask_config())

    def _ask_config(self) -> AttributeConfig:
        configs: list[AttributeConfig] = self._ask(lambda device: GetAttributeConfig(device, (self.root.attribute,)))
        return configs[0]

    # ---- values

    def _read(self) -> AttributeValue:
        source: DevSource = self.device.kernel.call_source
        try:
            values = self._ask(lambda device: ReadAttributes(device, (self.root.attribute,), source))
        except DevFailed as failure:
            raise self._failed("read_attribute", failure.errors) from failure
        return self._as_own(values[0])

    def _as_own(self, value: AttributeValue) -> AttributeValue:
        """The root's reading as one of this attribute; raises DevFailed when it is an error."""
        if value.errors:
            raise self._failed("read_attribute", value.errors)
        self.quality = value.quality
        return replace(value, name=self.name)

    def write(self, value: AttributeWrite) -> None:
        """Write the root; raises DevFailed with the root's errors and what failed (ATT-81)."""
        try:
            self._ask(lambda device: WriteAttributes(device, (value._replace(name=self.root.attribute),)))
        except DevFailed as failure:
            raise self._failed("write_attribute", _errors(failure)) from failure

    def write_read(self, value: AttributeWrite) -> AttributeValue:
        """Write the root and read it, with no other client in between (ATT-49).

        Raises DevFailed as `write` does; a reading that fails carries its errors.
        """
        write, names = value._replace(name=self.root.attribute), (self.root.attribute,)
        try:
            values: list[AttributeValue] = self._ask(lambda device: WriteReadAttributes(device, (write,), names))
        except DevFailed as failure:
            raise self._failed("write_attribute", _errors(failure)) from failure
        try:
            return self._as_own(values[0])
        except DevFailed as failure:
            return replace(values[0], name=self.name, errors=failure.errors)

    # ---- the root

    def _ask(self, request: Callable[[str], Any]) -> Any:
        try:
            return self.device.kernel.host.call_device(self.root.device, request)
        except ConnectionFailed as failure:
            if failure.reason == Reason.API_CantConnectToDevice:
                raise
            text = f"Failed to connect to device {self.root.plain_device}: {failure.desc}"
            raise ConnectionFailed.of(Reason.API_CantConnectToDevice, text, _ORIGIN) from failure

    def _failed(self, operation: str, errors: Sequence[DevError]) -> DevFailed:
        device, name = self.root
        verb = "Reading" if operation == "read_attribute" else "Writing"
        return (
            DevFailed(*errors)
            .stacked(
                Reason.API_AttributeFailed,
                f"Failed to {operation} on device {self.root.plain_device}, attribute {name}",
                _ORIGIN,
            )
            .stacked(Reason.API_AttributeFailed, f"{verb} root attribute {name} on device {device} failed!", _ORIGIN)
        )


def _like(declaration: attribute, config: AttributeConfig) -> attribute:
    """The declaration of a forwarded attribute with what its root is."""
    texts = {LABEL: declaration.texts[LABEL]} if LABEL in declaration.texts else {}
    return attribute(
        name=declaration.name,
        dtype=config.data_type,
        dformat=config.data_format,
        access=config.writable,
        max_dim_x=config.max_dim_x,
        max_dim_y=config.max_dim_y,
        display_level=config.disp_level,
        writable_attr_name=config.writable_attr_name if config.writable is AttrWriteType.READ_WITH_WRITE else "",
        **texts,
    )


def _definition(config: AttributeConfig) -> tuple[object, ...]:
    return config.data_type, config.data_format, config.writable, config.max_dim_x, config.max_dim_y


def _label_in(properties: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    return {name: values for name, values in properties.items() if name.lower() == LABEL}


def _errors(failure: DevFailed) -> tuple[DevError, ...]:
    """What went wrong with the one value of a write."""
    return failure.failed[0].errors if isinstance(failure, MultiDevFailed) and failure.failed else failure.errors
