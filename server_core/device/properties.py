"""`device_property` and `class_property`: typed access to the properties of a device and of its class.

Source: PROP-4..PROP-9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from server_core.device.hints import class_annotation, hinted_type
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import TYPES, CmdArgType, Kind, resolve_dtype

if TYPE_CHECKING:
    from server_core.device.device import Device

_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z", re.ASCII)
_BOOLEANS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}


class _Property:
    """A property of a device or class, declared with a type.

    `dtype` as for attributes (a sequence of one word for arrays), else the annotation, else text; `doc`;
    `default_value`, used when the database has none; `update_db`: assigning writes to the database.
    """

    def __init__(self, dtype: Any = None, doc: str = "", default_value: Any = None, update_db: bool = False) -> None:
        self.dtype = dtype
        self.doc = self.__doc__ = doc
        self.default_value = default_value
        self.update_db = update_db
        self.name = ""
        self._owner: type | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self._owner = owner

    def __get__(self, device: Device | None, owner: type | None = None) -> Any:
        return self if device is None else device.property_values.get(self.name)

    def __set__(self, device: Device, value: Any) -> None:
        device.property_values[self.name] = value
        if self.update_db:
            device.kernel.host.properties.put_device_property(device.get_name(), {self.name: to_texts(value)})

    @property
    def type(self) -> tuple[CmdArgType, AttrDataFormat]:
        """The Tango type of an element and whether there are many."""
        dtype = self.dtype
        if dtype is None and self._owner is not None:
            hint = class_annotation(self._owner, self.name)
            dtype = None if hint is None else hinted_type(hint).dtype
        return resolve_dtype(str if dtype is None else dtype)

    @property
    def default_text(self) -> str:
        """The default for people, several values on lines of their own; `Not specified` without one (ADM-42)."""
        return "Not specified" if self.default_value is None else "\n".join(to_texts(self.default_value))

    def value_of(self, texts: Sequence[str], owner: str) -> Any:
        """The database values as the declared type; the default when there are none.

        Raises DevFailed `API_WrongFormat` naming property, owner, text and type (PROP-6).
        """
        code, data_format = self.type
        if not texts or (data_format is AttrDataFormat.SCALAR and code is CmdArgType.DevString and texts[0] == ""):
            return self.default_value
        if data_format is AttrDataFormat.SCALAR:
            return self._element(code, texts[0], owner)
        return [self._element(code, text, owner) for text in texts]

    def _element(self, code: CmdArgType, text: str, owner: str) -> Any:
        try:
            return _from_text(code, text)
        except (ValueError, KeyError):
            raise DevFailed.of(
                Reason.API_WrongFormat,
                f"Property {self.name} of {owner}: {text!r} is not a {TYPES[code].name}",
                "property",
            ) from None


class device_property(_Property):  # PyTango's spelling
    """A property of each device: `port = device_property(dtype=int, default_value=5025)`.

    With `mandatory` it has no default, and a device without it goes to FAULT (PROP-9).
    """

    def __init__(
        self,
        dtype: Any = None,
        doc: str = "",
        mandatory: bool = False,
        default_value: Any = None,
        update_db: bool = False,
    ) -> None:
        super().__init__(dtype, doc, default_value, update_db)
        if mandatory and default_value is not None:
            raise ValueError("a mandatory device property has no default_value")
        self.mandatory = mandatory


class class_property(_Property):  # PyTango's spelling
    """A property of the device class, read once when its server starts (PROP-8)."""


def load(properties: Iterable[device_property], found: Mapping[str, Sequence[str]], device: str) -> dict[str, Any]:
    """Values of device properties from what the database has of them.

    Raises DevFailed `API_WrongFormat` for a text of another type, `API_BadConfigurationProperty` for a mandatory
    property that is missing.
    """
    values = {}
    for declared in properties:
        texts = found.get(declared.name, ())
        if declared.mandatory and not texts:
            raise DevFailed.of(
                Reason.API_BadConfigurationProperty,
                f"Device property {declared.name} is mandatory (device {device})",
                "device_property",
            )
        values[declared.name] = declared.value_of(texts, device)
    return values


def to_texts(value: Any) -> list[str]:
    """A property value as the database keeps it: a list of texts (PROP-4)."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        return [str(value)]
    return [str(element) for element in value]


def _from_text(code: CmdArgType, text: str) -> Any:
    kind = TYPES[code].kind
    if kind is Kind.BOOLEAN:
        return _BOOLEANS[text.strip().lower()]
    if kind is Kind.INTEGER:
        if not _INTEGER.match(text):
            raise ValueError(text)
        return int(text)
    if kind is Kind.FLOAT:
        return float(text)
    if kind is Kind.STATE:
        return DevState[text.strip().upper()]
    return text
