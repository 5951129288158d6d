"""A simulated twin of a device: the same attributes, commands and pipes, with readings that could be real.

It is made of a description (see `server_core.devices.description`), given to `clone_class`, or kept in the property
`interface` or in the file that the property `interface_file` names. The third use case of RFC 15.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from server_core import DevFailed, Device, PipeWriteType, attribute, command, device_property, pipe
from server_core.devices.description import (
    DescribedAttribute,
    DescribedCommand,
    DescribedPipe,
    Description,
    Sample,
)
from server_core.devices.plausible import array_source, following, result_of, scalar_source
from server_core.model.config import NO_DESCRIPTION, NOT_SPECIFIED, UNINITIALISED, AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrWriteType
from server_core.model.errors import Reason
from server_core.model.types import CmdArgType

STANDARD = ("state", "status", "init")
"""Members that every device has, in lower case."""


def clone_class(description: Description) -> type[Clone]:
    """A device class of the name of the original's, whose devices are twins of it."""
    return type(description.dev_class, (Clone,), {"original": description, "description": description.description})


class Clone(Device):
    """The twin of the device that its description tells of."""

    interface = device_property(dtype=(str,), doc="The description of the original as JSON text")
    interface_file = device_property(dtype=str, doc="The file with the description of the original")

    original: ClassVar[Description | None] = None

    def init_device(self) -> None:
        """State and status are those of the original, and no set point has been written."""
        super().init_device()
        self.described = self._described()
        self.sources: dict[str, Callable[[], Any]] = {}
        self._attributes = {each.config.name.lower(): each for each in self.described.attributes}
        self.set_state(self.described.state)
        self.set_status(self.described.status)

    def _described(self) -> Description:
        """The description; raises DevFailed `API_BadConfigurationProperty` when there is none to be had."""
        if self.original is not None:
            return self.original
        try:
            if self.interface:
                return Description.from_json("\n".join(self.interface))
            if self.interface_file:
                return Description.from_json(Path(self.interface_file).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _no_description(f"The description of the original cannot be used: {error}") from error
        raise _no_description("The properties interface and interface_file are empty: one must describe the original")

    def initialize_dynamic_attributes(self) -> None:
        """Make the members of the original; what this server cannot have is left out and logged."""
        for attributes in self._in_order():
            self._try(attributes.config.name, self._add_attribute, attributes)
        for commands in self.described.commands:
            if commands.info.cmd_name.lower() not in STANDARD:
                self._try(commands.info.cmd_name, self._add_command, commands)
        for pipes in self.described.pipes:
            self._try(pipes.config.name, self._add_pipe, pipes)

    def _in_order(self) -> list[DescribedAttribute]:
        """The attributes without State and Status; those that carry the set point of another behind it."""
        own = [each for each in self.described.attributes if each.config.name.lower() not in STANDARD]
        return sorted(own, key=lambda each: each.config.writable is AttrWriteType.READ_WITH_WRITE)

    def _try(self, name: str, add: Callable[[Any], None], member: Any) -> None:
        try:
            add(member)
        except DevFailed as failure:
            self.warn_stream("%s of the original is left out: %s", name, failure.desc)

    # ---- attributes

    def _add_attribute(self, described: DescribedAttribute) -> None:
        config = described.config
        readable, writable = config.writable.readable, config.writable.writable
        added = self.add_attribute(
            declaration_of(described),
            self.read_member if readable else None,
            self.write_member if writable else None,
        )
        if added is not None and writable and described.set_point.data is not None:
            added.set_write_value(_whole(config, described.set_point))

    def read_member(self, attr: Any) -> Any:
        """The reading of any attribute."""
        name = attr.get_name().lower()
        source = self.sources.get(name)
        if source is None:
            described = self._attributes[name]
            scalar = described.config.data_format is AttrDataFormat.SCALAR
            source = (scalar_source if scalar else array_source)(described.config, described.reading)
            self.sources[name] = source
        return source()

    def write_member(self, attr: Any) -> None:
        """Take a set point; readings of this attribute, and of those that are written through it, follow."""
        name, value = attr.get_name().lower(), attr.get_write_value()
        for key, described in self._attributes.items():
            if name in (key, described.config.writable_attr_name.lower()):
                self.sources[key] = following(described.config, value)

    # ---- commands

    def _add_command(self, described: DescribedCommand) -> None:
        info = described.info

        def simulated(argin: Any = None) -> Any:
            return argin if info.in_type is info.out_type else self.result(info.cmd_name, info.out_type)

        self.add_command(
            command(
                f=simulated,
                name=info.cmd_name,
                dtype_in=info.in_type,
                dtype_out=info.out_type,
                doc_in=_given(info.in_type_desc, UNINITIALISED),
                doc_out=_given(info.out_type_desc, UNINITIALISED),
                display_level=info.disp_level,
                polling_period=described.polling_period,
            )
        )

    def result(self, name: str, code: CmdArgType) -> Any:
        """What a command returns: its argument if that has the type, the state where one is wanted, else anything."""
        return self.get_state() if code is CmdArgType.DevState else result_of(name, code)

    # ---- pipes

    def _add_pipe(self, described: DescribedPipe) -> None:
        config = described.config
        writable = config.writable is PipeWriteType.PIPE_READ_WRITE
        held: list[Any] = [described.blob or (config.name, {})]

        def write(device: Clone, blob: Any) -> None:
            held[0] = blob

        declaration = pipe(
            lambda device: held[0],
            name=config.name,
            label=config.label,
            doc=_given(config.description, NO_DESCRIPTION),
            display_level=config.disp_level,
            access=config.writable,
            fset=write if writable else None,
        )
        self.kernel.add_pipes([declaration])


def declaration_of(described: DescribedAttribute) -> attribute:
    """The declaration that gives an attribute its configuration; the properties are its defaults."""
    config = described.config
    dtype: Any = config.data_type
    for _ in range(config.data_format):
        dtype = (dtype,)
    through = config.writable is AttrWriteType.READ_WITH_WRITE
    texts = {name: _given(text, NOT_SPECIFIED, NO_DESCRIPTION) for name, text in _texts(config).items()}
    return attribute(
        name=config.name,
        dtype=dtype,
        access=config.writable,
        max_dim_x=config.max_dim_x,
        max_dim_y=config.max_dim_y,
        display_level=config.disp_level,
        memorized=config.memorized,
        hw_memorized=config.mem_init,
        enum_labels=config.enum_labels,
        writable_attr_name=config.writable_attr_name if through else "",
        polling_period=described.polling_period,
        **{name: text for name, text in texts.items() if text},
    )


def _texts(config: AttributeConfig) -> dict[str, str]:
    alarms, events = config.alarms, config.events
    return {
        "label": config.label, "doc": config.description, "unit": config.unit,
        "standard_unit": config.standard_unit, "display_unit": config.display_unit, "format": config.format,
        "min_value": config.min_value, "max_value": config.max_value,
        "min_alarm": alarms.min_alarm, "max_alarm": alarms.max_alarm,
        "min_warning": alarms.min_warning, "max_warning": alarms.max_warning,
        "delta_t": alarms.delta_t, "delta_val": alarms.delta_val,
        "abs_change": events.ch_event.abs_change, "rel_change": events.ch_event.rel_change,
        "period": events.per_event.period,
        "archive_abs_change": events.arch_event.archive_abs_change,
        "archive_rel_change": events.arch_event.archive_rel_change,
        "archive_period": events.arch_event.archive_period,
    }  # fmt: skip


def _given(text: str, *none: str) -> str:
    return "" if text in none else text


def _whole(config: AttributeConfig, sample: Sample) -> Any:
    """A sampled set point as its attribute has it; of a long array what was kept of it."""
    if config.data_format is not AttrDataFormat.IMAGE:
        return sample.data
    rows = len(sample.data) // sample.dim_x if sample.dim_x else 0
    return [sample.data[place * sample.dim_x : (place + 1) * sample.dim_x] for place in range(rows)]


def _no_description(text: str) -> DevFailed:
    return DevFailed.of(Reason.API_BadConfigurationProperty, text, "Clone.init_device")
