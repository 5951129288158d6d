"""TangoTest behind a client answers as the C++ one (release 9.3.4) did."""

from __future__ import annotations

from typing import Any

import pytest

from server_core.model.conversion import numpy_or_none
from server_core.model.errors import WrongData
from server_core.model.types import TYPES, CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout
from tangoterm.client import DeviceProxy
from tangoterm.client.threads import thread_runner
from tests.captured import Case, replayed, replayed_cases

from .answers import answer, expected

CASES = {case.id: case for case in replayed_cases("model", "tangotest")}
SET_POINTS = {"double_scalar": 100.0, "long_scalar": 100, "double_spectrum": [100.0, 100.0]}
"""What had been written when the readings were captured."""

RANDOM = ("double_scalar", "long_scalar", "short_scalar", "long64_scalar", "ulong64_scalar", "ulong_scalar")


class Clock:
    """A monotonic clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("server_core.devices.tango_test.monotonic", clock)
    return clock


def cases(prefix: str) -> list[Any]:
    return [each for each in replayed("model", "tangotest") if each.id.startswith(prefix)]


def test_the_commands_are_those_of_the_reference(tango_test: DeviceProxy) -> None:
    """SIM-3: thirty, with descriptions of argument and result for the scalar echoes."""
    infos = tango_test.command_list_query()
    ours = [[info.cmd_name, info.in_type.name, info.out_type.name, info.disp_level.name] for info in infos]
    assert ours == CASES["TT-CMDS"].data["out"]
    assert len(ours) == 30
    described = {info.cmd_name: (info.in_type_desc, info.out_type_desc) for info in infos}
    assert described["DevShort"] == ("Any DevShort value", "Echo of the argin value")
    assert described["DevVarFloatArray"] == ("-", "-")


def test_the_attributes_are_those_of_the_reference(tango_test: DeviceProxy) -> None:
    """SIM-4, SIM-6, SIM-7, SIM-8."""
    assert [full_config(config) for config in tango_test.attribute_list_query()] == CASES["TT-ATTRS"].data["out"]


def full_config(config: Any) -> dict[str, Any]:
    plain = (
        "name", "writable", "data_format", "data_type", "max_dim_x", "max_dim_y", "description", "label", "unit",
        "standard_unit", "display_unit", "format", "min_value", "max_value", "writable_attr_name", "disp_level",
        "root_attr_name", "enum_labels",
    )  # fmt: skip
    limits = ("min_alarm", "max_alarm", "min_warning", "max_warning", "delta_t", "delta_val")
    change, archive = config.events.ch_event, config.events.arch_event
    return {
        **{field: getattr(config, field) for field in plain},
        "memorized": int(config.memorization),
        "alarms": {field: getattr(config.alarms, field) for field in limits},
        "events": {
            "ch_rel": change.rel_change, "ch_abs": change.abs_change, "per": config.events.per_event.period,
            "ar_rel": archive.archive_rel_change, "ar_abs": archive.archive_abs_change,
            "ar_per": archive.archive_period,
        },
    }  # fmt: skip


def reading(proxy: DeviceProxy, name: str) -> list[Any]:
    """A reading in the form of the captured ones; of arrays the length and the first elements."""
    found = proxy.read_attribute(name)
    value, w_value = _flat(found.value), _flat(found.w_value)
    if isinstance(value, list):
        value = f"n={len(value)} first {value[:4]}"
    sizes = [found.dim_x, found.dim_y, found.w_dim_x, found.w_dim_y]
    return [value, w_value, found.quality.name, *sizes]


def _flat(value: Any) -> Any:
    numpy = numpy_or_none()
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value.ravel().tolist()
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple)):
        return [element for row in value for element in row]
    return list(value) if isinstance(value, tuple) else value


def blurred(name: str, out: list[Any]) -> list[Any]:
    """An answer without what is random in it; an empty set point of an attribute without one as nothing."""
    value, w_value, *rest = out
    if isinstance(value, str) and name.endswith("_ro"):
        value = value.partition(" ")[0]
    if name.startswith(RANDOM) and not name.endswith(("_w", "spectrum", "image")):
        value = type(value).__name__
    return [value, None if w_value == [] else w_value, *rest]


@pytest.mark.parametrize("case", cases("TTR-"))
def test_readings_are_those_of_the_reference(tango_test: DeviceProxy, case: Case) -> None:
    """SIM-1, SIM-4, SIM-5, SIM-6, SIM-7: random readings by type and size, all others exactly."""
    for name, value in SET_POINTS.items():
        tango_test.write_attribute(name, value)
    name = case.id.removeprefix("TTR-")
    ours, theirs = answer(case, {case.id: lambda: reading(tango_test, name)}), expected(case)
    if "out" in theirs:
        assert blurred(name, ours["out"]) == blurred(name, theirs["out"])
    else:
        assert ours == theirs


def test_the_set_point_of_a_pair(tango_test: DeviceProxy) -> None:
    """SIM-4: READ_WITH_WRITE attributes carry the set point of the attribute they are written through."""
    written, pair, through, alone = CASES["TT-w1"].data["out"][0], *CASES["TT-w1"].data["out"][1:]
    assert tango_test.write_attribute("short_scalar_w", 12) is written
    assert reading(tango_test, "short_scalar_rww")[1:] == pair[1:]
    assert reading(tango_test, "short_scalar_w") == through
    assert reading(tango_test, "short_scalar")[1:] == alone[1:]


WRITES = {
    "TT-w2": lambda proxy: proxy.write_attribute("short_scalar_rww", 1),
    "TT-w3": lambda proxy: proxy.write_attribute("short_scalar_ro", 1),
}


@pytest.mark.parametrize("case", [*cases("TT-w2"), *cases("TT-w3")])
def test_read_only_attributes_are_not_written(tango_test: DeviceProxy, case: Case) -> None:
    """SIM-4."""
    assert answer(case, {case.id: lambda: WRITES[case.id](tango_test)}) == expected(case)


COMMANDS: dict[str, tuple[str, Any]] = {
    "TT-c2": ("DevVarLongStringArray", [[1, 2], ["a", "b"]]),
    "TT-c3": ("DevVarCharArray", [1, 255]),
    "TT-c4": ("DevUShort", -1),
    "TT-c5": ("DevShort", 32768),
    "TT-c6": ("DevBoolean", "x"),
    "TT-c8": ("DevString", "é"),
    "TT-c11": ("DevVoid", None),
}


@pytest.mark.parametrize("case", [each for each in cases("TT-c") if each.id in COMMANDS])
def test_echoes(tango_test: DeviceProxy, case: Case) -> None:
    """SIM-3: values that do not fit are refused by the client, as PyTango's does."""
    name, argin = COMMANDS[case.id]
    if "client_error" in case.data:
        with pytest.raises(WrongData, match=f"Command {name} of device sys/tg_test/1"):
            tango_test.command_inout(name, argin)
        return
    result = tango_test.command_inout(name, argin)
    assert ([_flat(part) for part in result] if "LongString" in name else _flat(result)) == case.data["out"]


@pytest.mark.parametrize("case", cases("TT-t-"))
def test_arguments_of_another_type_are_refused_by_the_device(tango_test: DeviceProxy, case: Case) -> None:
    """CMD-9: types match exactly."""
    name, given = case.id.removeprefix("TT-t-").split("<-")
    code = CmdArgType[given]
    row = TYPES[code]
    argin: Any = memoryview(b"") if row.typecode and given.startswith("DevVar") else "x" if "String" in given else 1
    doing = f"Failed to execute command_inout on device sys/tg_test/1, command {name}"
    request = CommandInout("sys/tg_test/1", name, TypedValue(code, [argin] if "VarString" in given else argin))
    ours = answer(case, {case.id: lambda: thread_runner().run(tango_test._handle.call(request, doing))})
    theirs = expected(case)["errors"]
    assert [error[:2] for error in ours["errors"]] == [error[:2] for error in theirs]
    assert ours["errors"][0][2].partition("expected type")[2] == theirs[0][2].partition("expected type")[2]


def test_switch_states(tango_test: DeviceProxy) -> None:
    """SIM-1, SIM-3."""
    ours = [[tango_test.SwitchStates(), tango_test.state().name, tango_test.status()] for _ in range(3)]
    assert ours == CASES["TT-c1"].data["out"]


def test_readings_follow_the_set_points_with_the_next_period(clock: Clock, tango_test: DeviceProxy) -> None:
    """SIM-2, SIM-4: in three seconds there are two readings, of the amplitude before and of that after."""
    tango_test.write_attribute("double_scalar", 100.0)
    clock.now += 60 * 2
    seen = {tango_test.double_scalar}
    tango_test.write_attribute("double_scalar", 10.0)
    for _ in range(6):
        clock.now += 0.5
        seen.add(tango_test.double_scalar)
    _, (lowest, highest, number) = CASES["TT-ds"].data["out"]
    assert len(seen) == number
    assert (min(seen) < 10, max(seen) > 10) == (lowest < 10, highest > 10)
    tango_test.write_attribute("long_scalar", 10)
    clock.now += 2
    assert len({tango_test.long_scalar for _ in CASES["TT-ls"].data["out"][1]}) == 1


def test_the_wave_has_the_amplitude_that_was_written(tango_test: DeviceProxy) -> None:
    """SIM-6."""
    _, highest, length = CASES["TT-am"].data["out"]
    tango_test.write_attribute("ampli", 1.0)
    wave = tango_test.wave
    assert len(wave) == length
    assert highest <= max(wave) <= 1.0


def test_every_captured_case_is_replayed_here() -> None:
    own = {"TT-CMDS", "TT-ATTRS", "TT-w1", "TT-c1", "TT-ds", "TT-ls", "TT-am"}
    by_prefix = {case for case in CASES if case.startswith(("TTR-", "TT-t-"))}
    assert set(CASES) == own | by_prefix | set(COMMANDS) | set(WRITES)
