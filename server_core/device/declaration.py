"""`attribute`: how an author declares a Tango attribute, in all of PyTango's forms.

    voltage = attribute(dtype=float, access=AttrWriteType.READ_WRITE)      # with read_voltage and write_voltage

    @attribute(dtype=float, unit="mA")
    def current(self): ...

    @current.write
    def current(self, value): ...

The declaration is plain data; `server_core.device.attributes.Attribute` is what a running device makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, NoReturn

from server_core.device.hints import HintedType, annotation, class_annotation, hinted_type
from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrWriteType, DispLevel
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import check_attribute_name
from server_core.model.types import TYPES, CmdArgType, Kind, resolve_dtype

if TYPE_CHECKING:
    from server_core.device.attributes import Attribute
    from server_core.device.device import Device

Method = Callable[..., Any]

_SAME = (
    "label", "unit", "standard_unit", "display_unit", "format", "min_value", "max_value", "min_alarm", "max_alarm",
    "min_warning", "max_warning", "delta_val", "delta_t", "abs_change", "rel_change", "archive_abs_change",
    "archive_rel_change", "archive_period",
)  # fmt: skip
PROPERTY_WORDS = {word: word for word in _SAME} | {"period": "event_period"}
"""Keywords that give an attribute property its default, and the property's name in the database."""

_FLAGS = frozenset(
    f"{kind}_event_{word}" for kind in ("change", "archive", "alarm") for word in ("implemented", "detect")
) | {"data_ready_event_implemented"}
_IGNORED = frozenset({"green_mode", "read_green_mode", "write_green_mode", "isallowed_green_mode", "class_name"})
_NOT_MEMORISED = (Kind.STATE, Kind.ENCODED)


class attribute:  # PyTango's spelling
    """The declaration of one attribute, as descriptor or decorator.

    Keywords: `name`, `dtype` (see `server_core.model.types.resolve_dtype`; else the annotation of the read or write
    method, else `float`), `dformat`, `max_dim_x`, `max_dim_y`, `access`, `fget`/`fread`, `fset`/`fwrite`, `fisallowed`
    (functions or method names; else `read_<name>`, `write_<name>`, `is_<name>_allowed`), `doc`/`description`, `label`,
    `unit`, `standard_unit`, `display_unit`, `format`, limits `min_value`, `max_value`, `min_alarm`, `max_alarm`,
    `min_warning`, `max_warning`, `delta_val`, `delta_t` (ms), event criteria `abs_change`, `rel_change`, `period` (ms),
    `archive_abs_change`, `archive_rel_change`, `archive_period`, `polling_period` (ms), `memorized`, `hw_memorized`,
    `display_level`, `enum_labels`, `writable_attr_name`, and `<kind>_event_implemented`/`<kind>_event_detect`. With
    `forwarded` only `name` and `label` count: all else comes from the root attribute (ATT-80).

    Raises TypeError for an unknown keyword.
    """

    def __init__(self, fget: Method | str | None = None, **kwargs: Any) -> None:
        self._kwargs = dict(kwargs)
        self.name: str = kwargs.pop("name", None) or ""
        self.fget: Method | str | None = fget or kwargs.pop("fget", None) or kwargs.pop("fread", None)
        self.fset: Method | str | None = kwargs.pop("fset", None) or kwargs.pop("fwrite", None)
        self.fisallowed: Method | str | None = kwargs.pop("fisallowed", None)
        self.dtype: Any = kwargs.pop("dtype", None)
        self.has_dtype = "dtype" in self._kwargs
        self.dformat: AttrDataFormat | None = kwargs.pop("dformat", None)
        self.access: AttrWriteType | None = kwargs.pop("access", None)
        self.max_dim_x: int = kwargs.pop("max_dim_x", 0)
        self.max_dim_y: int = kwargs.pop("max_dim_y", 0)
        self.display_level: DispLevel = kwargs.pop("display_level", DispLevel.OPERATOR)
        self.polling_period: int = kwargs.pop("polling_period", 0)
        self.memorized: bool = kwargs.pop("memorized", False)
        self.hw_memorized: bool = kwargs.pop("hw_memorized", False)
        self.writable_attr_name: str = kwargs.pop("writable_attr_name", "")
        self.forwarded: bool = kwargs.pop("forwarded", False)
        self.enum_labels: list[str] = list(kwargs.pop("enum_labels", None) or ())
        self.doc: str = kwargs.pop("doc", None) or kwargs.pop("description", None) or ""
        kwargs.pop("description", None)
        self.flags = {name: bool(kwargs.pop(name)) for name in _FLAGS & kwargs.keys()}
        self.texts = {
            PROPERTY_WORDS[word]: property_text(kwargs.pop(word)) for word in PROPERTY_WORDS.keys() & kwargs.keys()
        }
        for word in _IGNORED & kwargs.keys():
            del kwargs[word]
        if kwargs:
            raise TypeError(f"attribute() got unexpected keyword arguments: {', '.join(sorted(kwargs))}")
        self.owner: type | None = None
        if callable(self.fget):
            self._describe(self.fget)

    def _describe(self, function: Method) -> None:
        self.name = self.name or getattr(function, "__name__", "")
        self.doc = self.doc or cleandoc(function.__doc__ or "")

    def __set_name__(self, owner: type, name: str) -> None:
        if self.owner is None:  # not again when a method decorated with `write` or `is_allowed` has another name
            self.owner = owner
            self.name = self._kwargs.get("name") or name

    def __get__(self, device: Device | None, owner: type | None = None) -> attribute | Attribute:
        return self if device is None else device.kernel.attribute(self.name)

    def __set__(self, device: Device, value: Any) -> None:
        device.kernel.attribute(self.name).set_value(value)

    # ---- decorators

    def __call__(self, fget: Method) -> attribute:
        """Decorator with keywords: the read method."""
        return type(self)(fget=fget, **self._kwargs)

    def read(self, fget: Method) -> attribute:
        """Decorator: the read method."""
        self.fget = fget
        self._describe(fget)
        return self

    getter = read

    def write(self, fset: Method) -> attribute:
        """Decorator: the write method; makes the attribute writable."""
        self.fset = fset
        self.name = self.name or fset.__name__
        return self

    setter = write

    def is_allowed(self, fisallowed: Method) -> attribute:
        """Decorator: says whether a request (AttReqType) is allowed now."""
        self.fisallowed = fisallowed
        return self

    # ---- what it says

    def get_name(self) -> str:
        """The attribute's name."""
        return self.name

    @property
    def writable(self) -> AttrWriteType:
        """The declared access; else what the given methods make possible."""
        if self.access is AttrWriteType.READ and self.fset is not None:
            return AttrWriteType.READ_WRITE
        if self.access is not None:
            return AttrWriteType(self.access)
        if self.fset is None:
            return AttrWriteType.READ
        return AttrWriteType.WRITE if self.fget is None and "fset" not in self._kwargs else AttrWriteType.READ_WRITE

    def method(self, device: Device, given: Method | str | None, default: str) -> Method | None:
        """A method of the declaration: the given function, the device's method of the given or the default name."""
        if callable(given):
            return given
        method: Method | None = getattr(device, given or default, None)
        if given and method is None:
            raise DevFailed.of(
                Reason.API_AttrWrongDefined, f"Attribute : {self.name}: the device has no method {given!r}", "attribute"
            )
        return method

    def data_type(self, device: Device) -> tuple[CmdArgType, AttrDataFormat, int, int]:
        """Type, format and largest dimensions; from the annotations when no `dtype` was given."""
        hinted = HintedType(self.dtype) if self.has_dtype else self._hinted(device)
        code, data_format = resolve_dtype(float if hinted.dtype is None else hinted.dtype)
        data_format = AttrDataFormat(self.dformat) if self.dformat is not None else data_format
        if data_format is AttrDataFormat.SCALAR:
            return code, data_format, 1, 0
        max_dim_x = self.max_dim_x or hinted.max_dim_x or 1
        max_dim_y = self.max_dim_y or hinted.max_dim_y if data_format is AttrDataFormat.IMAGE else 0
        return code, data_format, max_dim_x, max_dim_y

    def _hinted(self, device: Device) -> HintedType:
        hint = class_annotation(self.owner, self.name) if self.owner is not None else None
        reader = self.method(device, self.fget, f"read_{self.name}")
        writer = self.method(device, self.fset, f"write_{self.name}")
        if hint is None and reader is not None:
            hint = annotation(reader, "return")
        if hint is None and writer is not None:
            names = [name for name in getattr(writer, "__annotations__", {}) if name != "return"]
            hint = annotation(writer, names[-1]) if names else None
        return HintedType(None) if hint is None else hinted_type(hint)

    def labels(self, device: Device) -> list[str]:
        """The labels of a DevEnum: given, or the members of the Enum class that is its `dtype`.

        Raises DevFailed `API_AttrWrongDefined` when the members are not 0, 1, 2, ... in order, or when a label holds a
        comma, which separates labels in the database (ATT-58).
        """
        dtype = self.dtype if self.has_dtype else self._hinted(device).dtype
        while isinstance(dtype, (tuple, list)):
            (dtype,) = dtype
        if not (isinstance(dtype, type) and issubclass(dtype, Enum)):
            for label in self.enum_labels:
                if "," in label:
                    self._wrong(f"the label {label!r} holds a comma")
            return self.enum_labels
        members = list(dtype)
        if [member.value for member in members] != list(range(len(members))):
            self._wrong(f"the values of {dtype.__name__} are not 0, 1, 2, ... in order")
        return [member.name for member in members]

    def definition(self, device: Device) -> AttributeConfig:
        """The immutable part of the configuration, checked.

        Raises DevFailed `API_AttrWrongDefined` for a name, type, size or combination that attributes cannot have
        (NAME-10, TYP-13, ATT-2, ATT-64).
        """
        check_attribute_name(self.name)
        code, data_format, max_dim_x, max_dim_y = self.data_type(device)
        writable = self.writable
        self._check_type(code, data_format, writable)
        if max_dim_x < 1:
            self._wrong(" Maximum x dim. wrongly defined")
        if data_format is AttrDataFormat.IMAGE and max_dim_y < 1:
            self._wrong(" Maximum y dim. wrongly defined")
        return AttributeConfig(
            name=self.name,
            data_type=code,
            data_format=data_format,
            writable=writable,
            max_dim_x=max_dim_x,
            max_dim_y=max_dim_y,
            disp_level=DispLevel(self.display_level),
            writable_attr_name=self._associate(writable),
            memorized=self.memorized,
            mem_init=self.memorized and self.hw_memorized,
        )

    def _check_type(self, code: CmdArgType, data_format: AttrDataFormat, writable: AttrWriteType) -> None:
        row = TYPES[code]
        if not row.attribute or (row.kind is Kind.ENCODED and data_format is not AttrDataFormat.SCALAR):
            self._wrong(" Data type is not supported")
        if self.memorized and (
            data_format is not AttrDataFormat.SCALAR or not writable.writable or row.kind in _NOT_MEMORISED
        ):
            self._wrong(" only a writable SCALAR that is not a DevState or DevEncoded can be memorized")

    def _associate(self, writable: AttrWriteType) -> str:
        if writable is AttrWriteType.READ_WITH_WRITE:
            if not self.writable_attr_name:
                self._wrong(" Associated attribute not defined")
            return self.writable_attr_name
        if self.writable_attr_name and self.writable_attr_name.lower() != self.name.lower():
            self._wrong(" Associated attribute is not supported")
        return self.name if writable is AttrWriteType.READ_WRITE else "None"

    def defaults(self, device: Device) -> dict[str, str]:
        """Defaults of attribute properties given by the author ("user defaults"), by database name."""
        texts = dict(self.texts)
        if self.doc:
            texts["description"] = self.doc
        labels = self.labels(device)
        if labels:
            texts["enum_labels"] = property_text(labels)
        return {name: text for name, text in texts.items() if text != ""}

    def _wrong(self, why: str) -> NoReturn:
        raise DevFailed.of(Reason.API_AttrWrongDefined, f"Attribute : {self.name}: {why}", "attribute")


def property_text(value: Any) -> str:
    """The text of a property that an author gave as a number, a text, or several."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return ",".join(map(str, value)) if isinstance(value, Iterable) else str(value)
