"""Device and class properties: types, defaults, order, what is wrong or missing."""

from __future__ import annotations

import ast
import math
from pathlib import Path
from typing import Any

import pytest

from server_core import AttrWriteType, DevFailed, Device, DevState, attribute, class_property, device_property
from server_core.database.sqlite import SqliteStore
from server_core.server.process import DeviceServer
from tests.captured import Case, deviations, replayed, sections


class Propertied(Device):
    Num = device_property(dtype=int, default_value=42)
    Flag = device_property(dtype=bool)
    Flt = device_property(dtype=float)
    Text = device_property(dtype=str, default_value="dflt")
    Nums = device_property(dtype=[int])
    Strs = device_property(dtype=(str,))
    Hinted: int = device_property()  # type: ignore[assignment]
    Shared = class_property(dtype=float, default_value=0.5)

    def init_device(self) -> None:
        self.set_state(DevState.ON)


def name_and_texts(case: Case) -> tuple[str, list[str]]:
    name, _, texts = case.id.removeprefix("PR-3-").partition("=")
    return name, ast.literal_eval(texts)


TYPED = [case for case in replayed("model", "properties") if case.id.startswith("PR-3-")]
WRONG = [case for case in sections("model")["properties"] if case.id in deviations("properties")]


@pytest.mark.parametrize("case", TYPED)
def test_properties_are_typed_as_in_the_reference(start: Any, host: Any, case: Case) -> None:
    """PROP-5."""
    name, texts = name_and_texts(case)
    host.properties.devices["test/device/1"][name.lower()] = texts
    kernel = start(Propertied)
    ((_, expected),) = case.data["out"]
    value = getattr(kernel.device, name)
    assert type(value) is type(expected)
    assert value == expected or math.isnan(value)
    assert kernel.state() is DevState.ON


@pytest.mark.parametrize(
    ("value", "texts"),
    [(True, ("1", "true", "T", "yes", "Y", "On")), (False, ("0", "False", "f", "no", "N", "OFF"))],
)
def test_the_words_of_booleans(value: bool, texts: tuple[str, ...]) -> None:
    """PROP-5: those that PyTango knows, in any case."""
    flag = device_property(dtype=bool)
    assert [flag.value_of([text], "a/b/c") for text in texts] == [value] * len(texts)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.id)
def test_a_wrong_property_means_fault(start: Any, host: Any, case: Case) -> None:
    """PROP-5, PROP-6: the error names device, property, text and type, where the reference breaks off."""
    name, texts = name_and_texts(case)
    host.properties.devices["test/device/1"][name.lower()] = texts
    kernel = start(Propertied)
    assert kernel.state() is DevState.FAULT
    wrong = texts[-1]
    kind = {"Num": "DevLong", "Nums": "DevLong", "Flag": "DevBoolean", "Flt": "DevDouble"}[name]
    assert f"Property {name} of test/device/1: {wrong!r} is not a {kind}" in kernel.status()
    with pytest.raises(DevFailed) as raised:
        kernel.init()
    assert [error.reason for error in raised.value.errors] == ["API_WrongFormat", "API_InitThrowsException"]


def test_the_value_of_the_device_wins(start: Any, host: Any) -> None:
    """PROP-7: the captured case PR-6, and the default without a value."""
    (case,) = (case for case in sections("model")["properties"] if case.id == "PR-6")
    kernel = start(Propertied)
    assert kernel.device.Text == "dflt"
    host.properties.devices["test/device/1"]["text"] = ["fromdev"]
    kernel.init()
    assert [["Text", kernel.device.Text]] == case.data["out"][2]


def test_defaults_hold_without_database_values_and_none_without_default(start: Any) -> None:
    """PROP-7."""
    device = start(Propertied).device
    assert (device.Num, device.Flag, device.Text, device.Nums, device.Hinted) == (42, None, "dflt", None, None)


def test_device_properties_are_read_again_by_init_and_class_properties_are_not(start: Any, host: Any) -> None:
    """PROP-8, CMD-12."""
    kernel = start(Propertied)
    host.properties.devices["test/device/1"]["num"] = ["7"]
    host.properties.classes["propertied"]["shared"] = ["2.5"]
    kernel.init()
    assert (kernel.device.Num, kernel.device.Shared) == (7, 0.5)


def test_a_class_property_is_no_default_of_a_device_property(start: Any, host: Any) -> None:
    """PROP-7."""
    host.properties.classes["propertied"].update(text=["class"], shared=["2.5"])
    device = start(Propertied).device
    assert (device.Text, device.Shared) == ("dflt", 2.5)


class Generated(Propertied):
    class_properties_are_defaults = True


def test_in_the_order_of_pogo_it_is(start: Any, host: Any) -> None:
    """PROP-7: default of the declaration, class property, device property; the last found wins."""
    host.properties.classes["generated"].update(text=["class"], num=["1"], nums=["1", "2"])
    host.properties.devices["test/device/1"]["num"] = ["2"]
    kernel = start(Generated)
    assert (kernel.device.Text, kernel.device.Num, kernel.device.Nums) == ("class", 2, [1, 2])
    host.properties.classes["generated"]["text"] = ["changed"]
    kernel.init()
    assert kernel.device.Text == "changed"


def test_a_missing_mandatory_property_means_fault(start: Any, host: Any) -> None:
    """PROP-9."""

    class Needy(Device):
        Address = device_property(dtype=str, mandatory=True)

        def init_device(self) -> None:
            self.set_state(DevState.ON)

    kernel = start(Needy)
    assert kernel.state() is DevState.FAULT
    assert "Device property Address is mandatory" in kernel.status()
    host.properties.devices["test/device/1"]["address"] = ["here"]
    kernel.init()
    assert (kernel.state(), kernel.status()) == (DevState.ON, "The device is in ON state.")
    with pytest.raises(ValueError, match="no default_value"):
        device_property(mandatory=True, default_value=1)


def test_assigning_a_property_writes_the_database_on_request(start: Any, host: Any) -> None:
    class Saving(Device):
        Kept = device_property(dtype=[float], update_db=True)
        Local = device_property(dtype=int)

    device = start(Saving).device
    device.Kept, device.Local = [1, 2.5], 3
    assert (device.Kept, device.Local) == ([1, 2.5], 3)
    assert host.properties.devices["test/device/1"] == {"kept": ["1", "2.5"]}


class Wanting(Device):
    """A device that needs properties of both kinds."""

    Address = device_property(dtype=str, mandatory=True)
    Port = device_property(dtype=int, default_value=80)
    Limit = class_property(dtype=int, default_value=5)

    @attribute(dtype=int, access=AttrWriteType.READ)
    def port(self) -> int:
        return int(self.Port)

    def init_device(self) -> None:
        self.set_state(DevState.ON)


def serve(store: SqliteStore, path: Path) -> DeviceServer:
    return DeviceServer([Wanting], "Wanting", "1", store=store, unix_path=str(path / "wanting.sock"))


def test_a_server_stays_up_with_devices_in_fault(tmp_path: Path) -> None:
    """PROP-6, PROP-9: a wrong or missing property is its device's trouble alone."""
    store = SqliteStore(tmp_path / "names.sqlite")
    store.add_server("Wanting/1", [(f"lab/wanting/{number}", "Wanting") for number in (1, 2, 3)])
    store.put_device_property("lab/wanting/1", {"Address": ["here"]})
    store.put_device_property("lab/wanting/2", {"Address": ["here"], "Port": ["0x10"]})
    with serve(store, tmp_path) as server:
        one, two, three = (server.registry.find(f"lab/wanting/{number}").kernel for number in (1, 2, 3))
        assert [kernel.state() for kernel in (one, two, three)] == [DevState.ON, DevState.FAULT, DevState.FAULT]
        assert "Property Port of lab/wanting/2: '0x10' is not a DevLong" in two.status()
        assert "Device property Address is mandatory (device lab/wanting/3)" in three.status()
        assert all(record.exported for record in store.devices(server="Wanting/1"))
        store.put_device_property("lab/wanting/2", {"Port": ["16"]})
        two.init()
        assert two.state() is DevState.ON
    store.close()


def test_a_wrong_class_property_puts_all_devices_of_the_class_into_fault(tmp_path: Path) -> None:
    """PROP-6."""
    store = SqliteStore(tmp_path / "names.sqlite")
    store.add_server("Wanting/1", [(f"lab/wanting/{number}", "Wanting") for number in (1, 2)])
    for number in (1, 2):
        store.put_device_property(f"lab/wanting/{number}", {"Address": ["here"]})
    store.put_class_property("Wanting", {"Limit": ["many"]})
    with serve(store, tmp_path) as server:
        for number in (1, 2):
            kernel: Any = server.registry.find(f"lab/wanting/{number}").kernel
            assert kernel.state() is DevState.FAULT
            assert "Property Limit of Wanting: 'many' is not a DevLong" in kernel.status()
            with pytest.raises(DevFailed):
                kernel.init()
        store.put_class_property("Wanting", {"Limit": ["3"]})
        server.restart_devices()
        again: Any = server.registry.find("lab/wanting/1").kernel
        assert (again.state(), again.device.Limit) == (DevState.ON, 3)
    store.close()
