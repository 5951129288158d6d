"""Reading and writing attributes through a client, replayed as they were captured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core.model.conversion import to_attribute_data
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import ConnectionFailed, DevFailed, MultiDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeWrite
from server_core.protocol.operations import ReadAttributes, WriteAttributes
from server_core.server.neighbours import connect
from server_core.server.process import DeviceServer
from tangoterm.client import AttributeProxy, DeviceProxy, close_connections
from tests.captured import Case, replayed_cases
from tests.device.sample import FAILING, Sample

FIRST, SECOND = "test/attr/1", "test/attr/2"


@pytest.fixture
def sample_server(store: Any) -> Iterator[DeviceServer]:
    """Two of the captured devices."""
    store.add_server("Sample/a", [("dserver/Sample/a", "DServer"), (FIRST, "Sample"), (SECOND, "Sample")])
    with DeviceServer((Sample,), "Sample", "a", store=store) as server:
        yield server
        close_connections()


@pytest.fixture
def sample(sample_server: DeviceServer) -> Callable[[str], DeviceProxy]:
    """`sample("test/attr/1")`: a captured device through a client."""
    return DeviceProxy


def by_id(found: list[Case]) -> dict[str, Case]:
    return {case.id: case for case in found}


def plain(value: Any) -> Any:
    """A value as the captured file writes it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, bytes):
        return {"bytes": list(value)}
    if isinstance(value, tuple):
        return [plain(element) for element in value]
    return value


def given(value: Any) -> Any:
    """A captured value as it is written."""
    if isinstance(value, dict):
        return float(value["float"]) if "float" in value else bytes(value["bytes"])
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict):
        return value[0], given(value[1])
    return value


def shown(value: Any) -> dict[str, Any]:
    return {
        "value": plain(value.value), "w_value": plain(value.w_value), "quality": value.quality.name,
        "dim_x": value.dim_x, "dim_y": value.dim_y, "w_dim_x": value.w_dim_x, "w_dim_y": value.w_dim_y,
        "type": value.type.name, "format": value.data_format.name, "name": value.name,
        "has_failed": value.has_failed, "is_empty": value.is_empty,
    }  # fmt: skip


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Equal in all that was captured."""
    return all(ours[key] == theirs[key] for key in ours.keys() & theirs)


def errors_of(action: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(DevFailed) as raised:
        action()
    return [(error.reason, error.desc) for error in raised.value.errors]


def expected_errors(case: Case) -> list[tuple[str, str]]:
    return [(error["reason"], error["desc"]) for error in case.data["errors"]]


def test_reads(sample: Any) -> None:
    """ATT-21, ATT-22, ATT-24, ATT-25, ATT-26, ATT-28, ATT-29, ATT-30, ATT-33, ATT-35, ATT-59, ATT-62, TYP-16."""
    device = sample(FIRST)
    for case in replayed_cases("model", "attribute_read"):
        out = case.data.get("out")
        if not isinstance(out, dict) or not case.id.startswith("RD-"):
            continue
        (value,) = device.read_attributes([case.name.split()[1]])
        assert same(shown(value), out), (case.id, shown(value), out)
        if value.quality.name == "ATTR_CHANGING":
            assert math.isclose(value.time.totime(), out["t"], abs_tol=1e-4)
        if value.has_failed:
            ours = [(error.reason, error.desc) for error in value.get_err_stack()]
            theirs = [(reason, desc) for reason, desc, _ in out["err"]]
            words_may_differ = theirs[0][0] == "PyDs_PythonError"
            assert ours == theirs or (words_may_differ and ours[0][0] == theirs[0][0] and ours[1:] == theirs[1:])


def test_reads_of_one_and_of_several(sample: Any) -> None:
    """ATT-21, ATT-22"""
    device, found = sample(FIRST), by_id(replayed_cases("model", "attribute_read"))
    for name in ("raises", "pyraises", "nope", "none"):
        ours = [
            (reason, desc.rstrip("\n")) for reason, desc in errors_of(lambda name=name: device.read_attribute(name))
        ]
        assert ours == expected_errors(found[f"RD1-{name}"])
    values = device.read_attributes(["ro", "raises", "nope", "plain"])
    assert [[value.name, value.has_failed, value.value] for value in values] == found["RDM"].data["out"]
    with pytest.raises(ConnectionFailed):
        device.read_attributes(["ro", "RO"])
    assert errors_of(lambda: device.read_attributes(["ro", "ro"])) == expected_errors(found["RD-dup"])
    assert device.read_attributes([]) == found["RD-emptylist"].data["out"]


def test_writes(sample: Any) -> None:
    """ATT-34, ATT-40, ATT-41, ATT-43, ATT-44, ATT-45, ATT-47, ATT-48, ATT-63, TYP-2, TYP-3, TYP-4, TYP-10, TYP-11,
    TYP-14: each written value, and what is read back."""
    device = sample(SECOND)
    for case in replayed_cases("model", "attribute_write"):
        if not case.id.startswith("WR-"):
            continue
        name, value = case.data["what"]["write"], given(case.data["what"]["value"])
        if "client_error" in case.data:
            with pytest.raises(DevFailed) as raised:
                device.write_attribute(name, value)
            refusals = ("API_IncompatibleAttrArgumentType", "API_AttrNotFound", "API_WAttrOutsideLimit")
            assert raised.value.errors[0].reason in refusals, case.id
        elif "errors" in case.data:
            assert errors_of(lambda name=name, value=value: device.write_attribute(name, value)) == expected_errors(
                case
            )
        else:
            device.write_attribute(name, value)
            reading = shown(device.read_attribute(name))
            assert same(reading, case.data["out"]), (case.id, reading, case.data["out"])


def test_writes_of_several_and_write_read(sample: Any) -> None:
    """ATT-32, ATT-40, ATT-41, ATT-48, ATT-49"""
    device, found = sample(SECOND), by_id(replayed_cases("model", "attribute_write"))
    device.write_attributes([("plain", 1.0), ("wo", 3)])
    with pytest.raises(MultiDevFailed) as raised:
        device.write_attributes([("ro", 1.0), ("plain", 2.5), ("full", 11.0), ("wo", 4)])
    assert [(error.reason, error.desc) for error in raised.value.errors] == expected_errors(found["WM-2"])
    assert [(each.name, each.index_in_call) for each in raised.value.failed] == [("ro", 0), ("full", 2)]
    assert [device.read_attribute(name).value for name in ("plain", "wo")] == found["WM-3"].data["out"]
    assert errors_of(lambda: device.write_attributes([("nope", 1.0)])) == expected_errors(found["WM-4"])
    assert errors_of(lambda: device.write_read_attribute("ro", 1.0)) == expected_errors(found["WRD-2"])
    values = device.write_read_attributes([("plain", 4.5)], ["ro", "plain"])
    assert [[value.name, value.value] for value in values] == found["WRD-3"].data["out"]
    ours = errors_of(lambda: device.write_read_attributes([("wraises", 1.0)], ["plain"]))
    assert ours == expected_errors(found["WRD-4"])
    device.write_attribute("wo", 5)
    assert same(shown(device.read_attribute("wo")), found["WRO-1"].data["out"])


MISMATCHES = {
    "WT-1": ("plain", "DevLong", 1),
    "WT-2": ("sc_string", "DevLong", 1),
    "WT-3": ("sp_short", "DevShort", 5),
    "WT-4": ("sc_short", "DevShort", [5, 6]),
    "WT-5": ("enu", "DevShort", 1),
    "WT-6": ("enu", "DevEnum", -1),
    "WT-7": ("plain", "DevFloat", 1.0),
}


def test_writes_of_another_type_or_shape(sample: Any, sample_server: DeviceServer) -> None:
    """ATT-42, ATT-46, TYP-4: as a client sends them that does not look at the attribute's type."""
    device = sample(SECOND)
    connection = connect(sample_server.endpoints, "localhost", None)
    for case in replayed_cases("model", "attribute_write_type_mismatch"):
        name, type_name, value = MISMATCHES[case.id]
        code = CmdArgType[type_name]
        shape = AttrDataFormat.SPECTRUM if isinstance(value, list) else AttrDataFormat.SCALAR
        data, dim_x, dim_y = to_attribute_data(code, shape, value)
        request = WriteAttributes(SECOND, (AttributeWrite(name, code, data, dim_x, dim_y),))
        if "errors" in case.data:
            with pytest.raises(MultiDevFailed) as raised:
                connection.call(request, 10.0)
            assert [error[:2] for error in raised.value.failed[0].errors] == expected_errors(case)[:1], case.id
        else:
            connection.call(request, 10.0)
            assert same(shown(device.read_attribute(name)), case.data["out"]), case.id
    connection.close()


# ---- memorised attributes


class Second(Sample):
    """Without the attribute whose wrong configuration forces the device to ALARM."""

    enunolab = None


def test_memorised_attributes(store: Any) -> None:
    """ATT-15, ATT-47, ATT-64, ATT-65, ATT-67, ATT-68, ATT-69, ATT-71, ATT-72: written, refused, after Init, and
    restored by the next server, with and without their write method."""
    found, names = by_id(replayed_cases("model", "memorised")), ("mem", "memhw", "memstr")
    store.add_server("Second/a", [("dserver/Second/a", "DServer"), (SECOND, "Second")])

    def properties(*which: str) -> list[Any]:
        stored = store.get_device_attribute_property(SECOND, names)
        return [stored[name] for name in which or names]

    def readings() -> list[Any]:
        return [[plain(value.value), plain(value.w_value)] for value in device.read_attributes(list(names))]

    with DeviceServer((Second,), "Second", "a", store=store):
        device = DeviceProxy(SECOND)
        assert properties() == found["MEM-0"].data["out"]
        for name, value in zip(names, (12.5, 7.0, 'a,b "c"\nd'), strict=True):
            device.write_attribute(name, value)
        assert properties() == found["MEM-1"].data["out"]
        device.write_attribute("mem", 1 / 3)
        device.write_attribute("memhw", 1e-300)
        assert properties("mem", "memhw") == found["MEM-2"].data["out"]
        assert errors_of(lambda: device.write_attribute("mem", FAILING))[0] == ("Mem_Reason", "mem fails")
        assert [properties("mem")[0], device.read_attribute("mem").w_value] == found["MEM-3"].data["out"]
        device.write_attribute("mem", 12.5)
        device.write_attribute("memhw", 7.25)
        device.command_inout("Init")
        assert readings() == found["MEM-5"].data["out"]
        for case, limit, value in (("MEM-6", "min_value", "20"), ("MEM-7", "max_value", "5")):
            config = device.get_attribute_config("mem")
            setattr(config, limit, value)
            assert errors_of(lambda config=config: device.set_attribute_config(config)) == expected_errors(found[case])
        config = device.get_attribute_config("mem")
        assert [config.min_value, config.max_value] == found["MEM-8"].data["out"]

    with DeviceServer((Second,), "Second", "a", store=store):
        assert readings() == found["MEM-9"].data["out"]

    store.put_device_attribute_property(SECOND, {"mem": {"__value": ["x"]}, "memhw": {"__value": [str(FAILING)]}})
    with DeviceServer((Second,), "Second", "a", store=store):
        assert [device.state().name, device.status()] == found["MEM-10"].data["out"]
        assert same(shown(device.read_attribute("mem")), found["MEM-11-mem"].data["out"])
        assert errors_of(lambda: device.read_attribute("memhw")) == expected_errors(found["MEM-11-memhw"])
        for case, name in (("MEM-12", "memhw"), ("MEM-13", "mem")):
            device.write_attribute(name, 1.0)
            told = [None, device.read_attribute(name).value, device.state().name, device.status()]
            assert told == found[case].data["out"]
        close_connections()


def test_without_a_database_nothing_is_memorised() -> None:
    """ATT-70"""
    with DeviceServer((Second,), "Second", "a", store=None, devices={"Second": [SECOND]}) as server:
        connection = connect(server.endpoints, "localhost", None)
        connection.call(WriteAttributes(SECOND, (AttributeWrite("memhw", CmdArgType.DevDouble, 5.0),)), 10.0)
        server.restart_devices()
        (value,) = connection.call(ReadAttributes(SECOND, ("memhw",)), 10.0)
        assert (value.value, value.w_value) == (-1.0, 0.0)
        connection.close()


def test_a_memorised_value_leaves_no_history(store: Any) -> None:
    """ATT-66: it is replaced in place, unless it comes with other properties."""
    for value in ("1", "2", "3"):
        store.put_device_attribute_property(SECOND, {"mem": {"__value": [value]}})
    history = store.device_attribute_property_history(SECOND, "mem", "__value")
    assert [entry.values for entry in history] == []
    assert store.get_device_attribute_property(SECOND, ["mem"]) == {"mem": {"__value": ["3"]}}


# ---- texts, histories, aliases


@pytest.mark.parametrize("text", ["", "\u00e9\u00ff", "a\nb\tc", " "])
def test_texts_are_kept_as_they_are(sample: Any, text: str) -> None:
    """TYP-7"""
    device = sample(SECOND)
    device.write_attribute("sc_string", text)
    assert (device.read_attribute("sc_string").value, device.read_attribute("sc_string").w_value) == (text, text)
    device.write_attribute("sp_string", [text, text])
    assert list(device.read_attribute("sp_string").value) == [text, text]


def test_texts_of_the_configuration_are_unicode_everywhere(sample: Any, store: Any) -> None:
    """TYP-8, TYP-9: for clients and in the database."""
    device = sample(SECOND)
    config = device.get_attribute_config("plain")
    config.label, config.unit = "\u20ac\u00e9", "\u03a9"
    device.set_attribute_config(config)
    assert (device.get_attribute_config("plain").label, device.get_attribute_config("plain").unit) == ("€é", "Ω")
    assert store.get_device_attribute_property(SECOND, ["plain"]) == {"plain": {"label": ["€é"], "unit": ["Ω"]}}
    store.put_device_property("Caf\u00e9/\u00e9t\u00e9/1", {"Caf\u00e9": ["\u65e5\u672c"]})
    assert store.get_device_property("café/été/1", ["café"]) == {"café": ["日本"]}


def test_empty_sequences_and_texts(sample: Any) -> None:
    """ATT-34, TYP-14"""
    device = sample(SECOND)
    for name in ("sp_double", "sp_string", "im_double"):
        device.write_attribute(name, [])
        value = device.read_attribute(name)
        assert (list(value.value), value.dim_x, value.w_dim_x, value.is_empty) == ([], 0, 0, True), name


def test_the_history_of_a_polled_attribute(sample: Any, until: Any) -> None:
    """ATT-85"""
    device = sample(FIRST)
    assert errors_of(lambda: device.attribute_history("ro", 3))[0] == ("API_AttrNotPolled", "Attribute ro not polled")
    assert errors_of(lambda: device.attribute_history("nope", 3))[0][0] == "API_AttrNotFound"
    device.poll_attribute("ro", 10)
    until(lambda: len(device.attribute_history("ro", 20)) == 10)
    history = device.attribute_history("ro", 3)
    assert [value.value for value in history] == [1.25] * 3
    assert [value.time for value in history] == sorted(value.time for value in history)


def test_an_attribute_by_its_alias(sample: Any, store: Any) -> None:
    """ATT-86"""
    store.put_attribute_alias(f"{SECOND}/plain", "plainly")
    attribute = AttributeProxy("plainly")
    attribute.write(1.5)
    assert (attribute.read().value, attribute.get_device_proxy().dev_name()) == (1.5, SECOND)
