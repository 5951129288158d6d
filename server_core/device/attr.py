"""`Attr`, `SpectrumAttr`, `ImageAttr`, `UserDefaultAttrProp`: PyTango's other way to declare a dynamic attribute.

trace = SpectrumAttr("trace", CmdArgType.DevDouble, AttrWriteType.READ, 1024)
properties = UserDefaultAttrProp()
properties.set_label("Trace")
trace.set_default_properties(properties)
device.add_attribute(trace, device.read_trace)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server_core.device.declaration import PROPERTY_WORDS, attribute, property_text
from server_core.model.enums import AttrDataFormat, AttrWriteType, DispLevel
from server_core.model.types import CmdArgType


class UserDefaultAttrProp:
    """Defaults of attribute properties: `set_label(text)`, `set_min_value(text)`, ..., one method for each keyword of
    `attribute` (and PyTango's older `set_event_period` and the like)."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        word = name.removeprefix("set_")
        word = _OLD_WORDS.get(word, word)
        if not name.startswith("set_") or word not in _WORDS:
            raise AttributeError(f"UserDefaultAttrProp has no {name}")

        def set_text(value: Any) -> None:
            self.texts[_WORDS[word]] = property_text(value)

        return set_text


_WORDS = {**PROPERTY_WORDS, "description": "description", "enum_labels": "enum_labels"}
_OLD_WORDS = {
    "event_abs_change": "abs_change", "event_rel_change": "rel_change", "event_period": "period",
    "archive_event_abs_change": "archive_abs_change", "archive_event_rel_change": "archive_rel_change",
    "archive_event_period": "archive_period",
}  # fmt: skip


class Attr(attribute):
    """A scalar. `assoc` is the attribute whose set point a READ_WITH_WRITE one carries."""

    _format = AttrDataFormat.SCALAR

    def __init__(
        self,
        name: str,
        data_type: CmdArgType,
        w_type: AttrWriteType = AttrWriteType.READ,
        assoc: str = "",
        *,
        max_dim_x: int = 1,
        max_dim_y: int = 0,
    ) -> None:
        super().__init__(
            name=name,
            dtype=data_type,
            dformat=self._format,
            access=w_type,
            writable_attr_name=assoc,
            max_dim_x=max_dim_x,
            max_dim_y=max_dim_y,
        )

    def set_default_properties(self, att_prop: UserDefaultAttrProp) -> None:
        """Take over defaults of properties."""
        texts = dict(att_prop.texts)
        self.doc = texts.pop("description", self.doc)
        labels = texts.pop("enum_labels", "")
        self.enum_labels = labels.split(",") if labels else self.enum_labels
        self.texts.update(texts)

    def set_disp_level(self, disp_level: DispLevel) -> None:
        """For whom it is meant."""
        self.display_level = disp_level

    def set_polling_period(self, update: int) -> None:
        """Poll it from its creation on, every `update` ms."""
        self.polling_period = update

    def set_memorized(self) -> None:
        """Remember its set point."""
        self.memorized = True

    def set_memorized_init(self, write_on_init: bool) -> None:
        """Whether to write the remembered set point to the device at start."""
        self.hw_memorized = write_on_init

    def set_change_event(self, implemented: bool, detect: bool) -> None:
        """Declare that code pushes change events."""
        self._pushes("change", implemented, detect)

    def set_archive_event(self, implemented: bool, detect: bool) -> None:
        """Declare that code pushes archive events."""
        self._pushes("archive", implemented, detect)

    def set_alarm_event(self, implemented: bool, detect: bool) -> None:
        """Declare that code pushes alarm events."""
        self._pushes("alarm", implemented, detect)

    def set_data_ready_event(self, implemented: bool) -> None:
        """Declare that code pushes data-ready events."""
        self.flags["data_ready_event_implemented"] = implemented

    def _pushes(self, kind: str, implemented: bool, detect: bool) -> None:
        self.flags |= {f"{kind}_event_implemented": implemented, f"{kind}_event_detect": detect}


class SpectrumAttr(Attr):
    """A spectrum of at most `max_x` elements."""

    _format = AttrDataFormat.SPECTRUM

    def __init__(self, name: str, data_type: CmdArgType, w_type: AttrWriteType, max_x: int) -> None:
        super().__init__(name, data_type, w_type, max_dim_x=max_x)


class ImageAttr(Attr):
    """An image of at most `max_x` columns and `max_y` rows."""

    _format = AttrDataFormat.IMAGE

    def __init__(self, name: str, data_type: CmdArgType, w_type: AttrWriteType, max_x: int, max_y: int) -> None:
        super().__init__(name, data_type, w_type, max_dim_x=max_x, max_dim_y=max_y)


class AttrData:
    """PyTango's description of an attribute as a dictionary: `AttrData.from_dict({"name": ..., "dtype": ...})` takes
    the keywords of `attribute` and gives one, for `Device.add_attribute`."""

    @staticmethod
    def from_dict(attr_dict: Mapping[str, Any]) -> attribute:
        """The declaration. Raises TypeError for an unknown keyword."""
        return attribute(**attr_dict)
