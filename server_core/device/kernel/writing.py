"""Writing attributes (ATT-40..ATT-49) and re-writing memorised ones (ATT-67, ATT-69, ATT-71)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from server_core.device.attribute_parts import SetPoint
from server_core.device.attributes import Attribute
from server_core.device.author import call
from server_core.device.forwarded import ForwardedAttribute
from server_core.device.kernel import memorised
from server_core.device.kernel.state import StatePart
from server_core.device.scan import first_beyond, first_not_finite, gt, lt
from server_core.model.conversion import from_attribute_data, to_array, to_scalar
from server_core.model.enums import AttrDataFormat, AttReqType
from server_core.model.errors import DevError, DevFailed, MultiDevFailed, NamedDevFailed, Reason
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import AttributeWrite

_ORIGIN = "DeviceKernel.write_attributes"


class _Job(NamedTuple):
    """One attribute of a write call on its way."""

    place: int
    attribute: Attribute
    write: AttributeWrite


class WritingPart(StatePart):
    """Writes attributes of the device."""

    def write_attributes(self, values: Sequence[AttributeWrite]) -> None:
        """Write the values; those that are right are written even when others are not (ATT-40).

        Raises MultiDevFailed with the errors of each attribute that failed, first those of values that were refused;
        all of them when the hook `write_attr_hardware` fails; DevFailed when `always_executed_hook` does.
        """
        failed: dict[int, tuple[DevError, ...]] = {}
        jobs = [_Job(index, *self._admit(index, write, failed)) for index, write in enumerate(values)]
        jobs = [job for job in jobs if job.place not in failed]
        if jobs:
            self.always_executed()
        points = {
            job.place: self._guard(job.place, failed, partial(_checked, job))
            for job in jobs
            if not job.attribute.forwarded
        }
        jobs = [job for job in jobs if job.place not in failed]
        before = {} if self._write_hardware is None else {job.attribute: job.attribute.set_point for job in jobs}
        for job in jobs:
            if isinstance(job.attribute, ForwardedAttribute):
                self._guard(job.place, failed, partial(job.attribute.write, job.write))
            else:
                self._guard(job.place, failed, partial(self._execute, job.attribute, points[job.place]))
        written = [job for job in jobs if job.place not in failed and not job.attribute.forwarded]
        if before and written:
            written = self._after_hook(written, before, failed)
        kept = [job for job in written if job.attribute.declaration.memorized]
        if kept:
            self._memorise(kept, failed)
        if failed:
            raise MultiDevFailed(
                failed=[NamedDevFailed(values[index].name, index, errors) for index, errors in failed.items()]
            )

    def _after_hook(
        self, written: list[_Job], before: dict[Attribute, SetPoint], failed: dict[int, tuple[DevError, ...]]
    ) -> list[_Job]:
        """What is still written after the author's hook: when it fails, nothing, and set points are what they were."""
        attributes = [job.attribute for job in written]
        try:
            self.hardware(self._write_hardware, attributes)
        except DevFailed as failure:
            failed.update((job.place, failure.errors) for job in written)
            for attribute in attributes:
                attribute.set_point = before[attribute]
            return []
        return written

    def _memorise(self, written: list[_Job], failed: dict[int, tuple[DevError, ...]]) -> None:
        """Keep the set points of all memorised attributes of a call for Init, and in the database, in one request, for
        the next start (ATT-65, ATT-69)."""
        attributes = [job.attribute for job in written]
        for attribute in attributes:
            self._note_failure(attribute, ())
        for attribute in attributes:
            attribute.memorised = attribute.set_point
        if not self.host.memorises:
            return
        texts = {
            attribute.name: {memorised.VALUE: [memorised.to_text(attribute, attribute.set_point.data)]}
            for attribute in attributes
        }
        try:
            self.host.properties.put_device_attribute_property(self.name, texts)
        except DevFailed as failure:
            failed.update((job.place, failure.errors) for job in written)

    def _admit(
        self, index: int, write: AttributeWrite, failed: dict[int, tuple[DevError, ...]]
    ) -> tuple[Attribute, AttributeWrite]:
        attribute = self._guard(index, failed, lambda: self._writable(write))
        return attribute, write

    @staticmethod
    def _guard(index: int, failed: dict[int, tuple[DevError, ...]], action: Callable[[], Any]) -> Any:
        try:
            return action()
        except DevFailed as failure:
            failed[index] = failure.errors
            return None

    def _writable(self, write: AttributeWrite) -> Attribute:
        """The attribute of a write, when it may be written with such dimensions."""
        attribute = self.attribute(write.name)
        if not attribute.writable.writable:
            raise DevFailed.of(Reason.API_AttrNotWritable, f"Attribute {attribute.name} is not writable", _ORIGIN)
        if attribute.data_format is not AttrDataFormat.SCALAR:
            for axis, size, limit in (
                ("X", write.dim_x, attribute.max_dim_x),
                ("Y", write.dim_y, attribute.max_dim_y),
            ):
                if size > limit:
                    raise DevFailed.of(
                        Reason.API_WAttrOutsideLimit,
                        f"{axis} dimesion is greater than the max defined for attribute {attribute.name}",
                        _ORIGIN,
                    )
        if attribute.startup_errors:
            raise DevFailed(*attribute.startup_errors)
        return attribute

    def _execute(self, attribute: Attribute, point: SetPoint) -> None:
        """Hand a checked value to the author; the set point follows when that succeeds (ATT-47)."""
        if attribute.is_allowed is not None and not call(attribute.is_allowed, AttReqType.WRITE_REQ):
            raise DevFailed.of(
                Reason.API_AttrNotAllowed,
                f"It is currently not allowed to write attribute {attribute.name}. The device state is {self.state()}",
                _ORIGIN,
            )
        assert attribute.write_method is not None
        attribute.pending = point
        try:
            if attribute.dynamic:
                call(attribute.write_method, attribute)
            else:
                call(attribute.write_method, _for_author(attribute, point))
            if attribute.pending is not None:
                attribute.set_point = point
        finally:
            attribute.pending = None
        attribute.written_at = time.monotonic()

    def write_memorised(self) -> None:
        """Write memorised set points with the init flag to the device: at start-up, after DevRestart and Init.

        A write that fails forces the device to ALARM and is remembered until a write succeeds (ATT-71, ATT-72).
        """
        for attribute in self.attributes.values():
            self.write_memorised_attribute(attribute)

    def write_memorised_attribute(self, attribute: Attribute) -> None:
        """The same for one attribute."""
        if attribute.memorised is None or not attribute.declaration.hw_memorized:
            return
        try:
            self._execute(attribute, attribute.memorised)
            self._note_failure(attribute, ())
        except DevFailed as failure:
            self._note_failure(attribute, failure.errors)

    def _note_failure(self, attribute: Attribute, errors: tuple[DevError, ...]) -> None:
        if attribute.memorised_failure != errors:
            attribute.memorised_failure = errors
            self.survey()


def _for_author(attribute: Attribute, point: SetPoint) -> Any:
    if attribute.data_format is AttrDataFormat.SCALAR:
        return point.data
    return from_attribute_data(attribute.data_type, attribute.data_format, *point)


def _checked(job: _Job) -> SetPoint:
    """The value of a write as set point of its attribute (ATT-41..ATT-46)."""
    attribute, write = job.attribute, job.write
    if _wire_type(write.data_type) is not _wire_type(attribute.data_type):
        raise DevFailed.of(
            Reason.API_IncompatibleAttrDataType,
            f"Incompatible attribute type: expected {_array_name(attribute.data_type)} (even for single value), found "
            f"{_array_name(write.data_type)}",
            _ORIGIN,
        )
    point = _shaped(attribute, write)
    _check_values(attribute, point.data)
    return point


def _wire_type(code: CmdArgType) -> CmdArgType:
    return CmdArgType.DevShort if code is CmdArgType.DevEnum else code


def _array_name(code: CmdArgType) -> str:
    array = TYPES[code].array
    return f"Tango::{(array or code).name}"


def _shaped(attribute: Attribute, write: AttributeWrite) -> SetPoint:
    """The data in the attribute's format: the first element for a SCALAR, a sequence of one for a lone scalar, one row
    for an IMAGE without rows (ATT-46; Tango's own protocol sends every value as a sequence). Arrays are read-only, so
    that the author who gets one gets a copy and cannot change the set point."""
    data, is_sequence = write.value, isinstance(write.value, (memoryview, list))
    try:
        if is_sequence and len(data) != (write.dim_x * write.dim_y if write.dim_y else write.dim_x):
            raise IndexError(len(data))
        if attribute.data_format is AttrDataFormat.SCALAR:
            value = data[0] if is_sequence else data
            return SetPoint(to_scalar(attribute.data_type, value))
        if not is_sequence:
            return SetPoint(
                to_array(attribute.data_type, (data,)), 1, int(attribute.data_format is AttrDataFormat.IMAGE)
            )
        data = data if isinstance(data, list) else data.toreadonly()
        rows = int(attribute.data_format is AttrDataFormat.IMAGE and len(data) > 0)
        return SetPoint(data, write.dim_x, write.dim_y or rows)
    except IndexError:
        raise DevFailed.of(Reason.API_AttrIncorrectDataNumber, "Incorrect data number", _ORIGIN) from None
    except ValueError as error:
        raise DevFailed.of(
            Reason.API_WAttrOutsideLimit, f"Set value for attribute {attribute.name}: {error}", _ORIGIN
        ) from error
    except (TypeError, OverflowError) as error:
        raise DevFailed.of(
            Reason.API_IncompatibleAttrDataType, f"Set value for attribute {attribute.name}: {error}", _ORIGIN
        ) from error


def _check_values(attribute: Attribute, data: Any) -> None:
    kind = TYPES[attribute.data_type].kind
    if kind is Kind.FLOAT:
        index = first_not_finite(data)
        if index is not None and not attribute.device.kernel.host.nan_allowed:
            raise _outside(attribute, f"is a NaN or INF value (at least element {index})")
    if kind is Kind.ENUM:
        _check_enum(attribute, data)
    for limit, compare, words in (
        (attribute.configuration["min_value"], lt, "below the minimum"),
        (attribute.configuration["max_value"], gt, "above the maximum"),
    ):
        index = None if limit is None else first_beyond(data, compare, limit)
        if index is not None:
            raise _outside(attribute, f"is {words} authorized (at least element {index})")


def _check_enum(attribute: Attribute, data: Any) -> None:
    count = len(attribute.labels)
    for compare, limit in ((lt, 0), (gt, count - 1)):
        index = first_beyond(data, compare, limit)
        if index is not None:
            raise _outside(
                attribute, f"is negative or above the maximun authorized ({count}) for at least element {index}"
            )


def _outside(attribute: Attribute, words: str) -> DevFailed:
    return DevFailed.of(Reason.API_WAttrOutsideLimit, f"Set value for attribute {attribute.name} {words}", _ORIGIN)
