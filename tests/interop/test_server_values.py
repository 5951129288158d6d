"""A PyTango client of our server: every data type in every format read and written, and every type of command."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.twins import Twins

WRITTEN: dict[str, list[Any]] = {
    "boolean": [False, True],
    "uchar": [0, 255],
    "short": [-(2**15), 2**15 - 1],
    "ushort": [0, 2**16 - 1],
    "long": [-(2**31), 2**31 - 1],
    "ulong": [0, 2**32 - 1],
    "long64": [-(2**63), 2**63 - 1],
    "ulong64": [0, 2**64 - 1],
    "float": [0.5, -3.25],
    "double": [1e300, -2.5e-300],
    "string": ["", "caf\xe9 \\ 'quoted'"],
    "state": ["tango.DevState.FAULT", "tango.DevState.ON"],
    "enum": [0, 2],
}
"""Two values of each data type; states as PyTango spells them."""


def _literal(value: Any) -> str:
    return value if isinstance(value, str) and value.startswith("tango.") else repr(value)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_data_type_in_every_format(twins: Twins, name: str) -> None:
    """wire 5, 7.1: first values, set points, sizes, types; of what is written and of what is empty."""
    one, two = map(_literal, WRITTEN[name])
    seen = twins.same(
        f"""
        names = [f"{name}_{{form}}" for form in ("scalar", "spectrum", "image")]
        before = [d.read_attribute(name).value for name in names]
        seen = [shown(value) for value in d.read_attributes(names)]
        for scalar, spectrum, image in [
            ({one}, [{one}, {two}], [[{one}, {two}, {one}], [{two}, {one}, {two}]]),
            ({two}, [{two}], [[{two}]]),
        ]:
            for each, value in zip(names, (scalar, spectrum, image)):
                d.write_attribute(each, value)
            seen += [shown(value) for value in d.read_attributes(names)]
        seen += [shown(d.write_read_attribute(each, value)) for each, value in zip(names, before)]
        d.write_attributes(list(zip(names, before)))
        seen
        """
    )
    assert len(seen) == 12
    assert not any(reading[1:] == [[]] for reading in seen)


def test_encoded_values(twins: Twins) -> None:
    """wire 7.1: DevEncoded, whose set point is there from the beginning."""
    twins.same(
        """
        seen = [shown(d.read_attribute("encoded_scalar"))]
        d.write_attribute("encoded_scalar", ("other", bytes(range(256))))
        seen.append(shown(d.read_attribute("encoded_scalar")))
        d.write_attribute("encoded_scalar", ("bytes", b"\\x00\\x01\\xfe\\xff"))
        seen
        """
    )


def test_what_is_written_only_or_memorised(twins: Twins) -> None:
    twins.same(
        "d.write_only = 4.5; d.memorised = 1.25; [shown(v) for v in d.read_attributes(['write_only', 'memorised'])]"
    )


@pytest.mark.parametrize("quality", ["ATTR_INVALID", "ATTR_ALARM", "ATTR_CHANGING", "ATTR_WARNING", "ATTR_VALID"])
def test_qualities_and_times(twins: Twins, quality: str) -> None:
    """wire 7.1: an invalid reading has no value; the time is the device's own."""
    twins.same(
        f"""
        d.SetQuality({quality!r})
        v = d.read_attribute("qualified")
        found = shown(v), v.time.totime()
        d.SetQuality("ATTR_VALID")
        found
        """
    )


def test_state_and_status_are_attributes_too(twins: Twins) -> None:
    twins.same("[shown(value) for value in d.read_attributes(['State', 'Status'])]")
    twins.same("[shown(value) for value in d.read_attributes(list(d.get_attribute_list())[:4])]")


COMMANDS: dict[str, list[str]] = {
    "DevBoolean": ["True", "False"],
    "DevShort": ["-32768"],
    "DevUShort": ["65535"],
    "DevLong": ["-2**31"],
    "DevULong": ["2**32 - 1"],
    "DevLong64": ["-2**63"],
    "DevULong64": ["2**64 - 1"],
    "DevFloat": ["1.5"],
    "DevDouble": ["1e-300"],
    "DevString": ["''", "'caf\\xe9'"],
    "DevState": ["tango.DevState.MOVING"],
    "DevEncoded": ["('format', b'\\x00\\xff')", "('', b'')"],
    "DevVarCharArray": ["[0, 255]", "[]"],
    "DevVarBooleanArray": ["[True, False]", "[]"],
    "DevVarShortArray": ["[-1, 2]", "[]"],
    "DevVarUShortArray": ["[1, 65535]"],
    "DevVarLongArray": ["[-1, 2]", "[]"],
    "DevVarULongArray": ["[1, 2**32 - 1]"],
    "DevVarLong64Array": ["[-2**63]"],
    "DevVarULong64Array": ["[2**64 - 1]", "[]"],
    "DevVarFloatArray": ["[1.5, -2]"],
    "DevVarDoubleArray": ["[1e300]", "[]"],
    "DevVarStringArray": ["['', 'two words', 'x' * 9000]", "[]"],
    "DevVarLongStringArray": ["([1, -2], ['a', 'b'])", "([], [])"],
    "DevVarDoubleStringArray": ["([1.5], ['a'])", "([], ['x'])"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_type_of_command(twins: Twins, name: str) -> None:
    """wire 8: arguments and results as clients insist on their types."""
    for value in COMMANDS[name]:
        twins.same(f"found = d.command_inout({name!r}, {value}); type(found).__name__, found")


def test_commands_without_argument_or_result(twins: Twins) -> None:
    twins.same("[d.Init(), d.SetDelay(0.5), d.SetState('ON'), d.Status()]")


def test_large_arrays(twins: Twins) -> None:
    """wire 2.5: 1.6 MB in one message and in pieces, both ways."""
    size = 200_000
    assert twins.ours(
        f"""
        import numpy
        values = numpy.arange({size}, dtype=float)
        bool((d.command_inout("DevVarDoubleArray", values) == values).all())
        """
    )
    assert twins.ours(
        """
        image = numpy.arange(256 * 256, dtype=float).reshape(256, 256)
        d.double_image = image
        same = bool((d.double_image == image).all())
        texts = [f"text {number}" for number in range(20_000)]
        same = same and list(d.DevVarStringArray(texts)) == texts
        d.double_image = [[2.25] * 3] * 2
        same
        """
    )
