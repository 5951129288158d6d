"""Python at the prompt: the names of itango, awaiting, blocks, and completion inside strings."""

from __future__ import annotations

from typing import Any

import pytest

from tangoterm.repl.python_completion import suggestions
from tests.repl.conftest import Talk


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Device('sys/tg_test/1').dev_name()", "'sys/tg_test/1'"),
        ("TangoTest('sys/tg_test/1').DevDouble(3.5)", "3.5"),
        ("Attribute('sys/tg_test/1/ampli').name()", "'ampli'"),
        ("DevState.ON.name", "'ON'"),
        ("db.get_class_for_device('sys/tg_test/1')", "'TangoTest'"),
        ("'sys/tg_test/1' in get_device_map()", "True"),
        ("'sys/tg_test/1' in get_class_map()['TangoTest']", "True"),
        ("tango.DeviceProxy.__name__", "'DeviceProxy'"),
        ("await aio.DeviceProxy('sys/tg_test/1').DevDouble(1.5)", "1.5"),
        ("[await aio.DeviceProxy('sys/tg_test/1').DevLong(n) for n in (1, 2)]", "[1, 2]"),
    ],
)
def test_the_names_of_itango_are_at_hand_and_await_works(talk: Talk, source: str, shown: str) -> None:
    done, out, err = talk.say(f"!{source}")
    assert (done, err) == (True, "")
    assert out.strip() == shown


def test_what_was_begun_goes_on_between_lines_and_ends_with_the_conversation(talk: Talk) -> None:
    assert talk.say("!import asyncio")[0]
    assert talk.say("!done = asyncio.Event(); task = asyncio.create_task(done.wait()); await asyncio.sleep(0)")[0]
    assert talk.say("!task.done()")[1].strip() == "False"
    assert talk.say("!done.set(); await task")[0]
    assert talk.say("!task.done()")[1].strip() == "True"
    assert talk.say("!forever = asyncio.create_task(asyncio.sleep(1e9)); await asyncio.sleep(0)")[0]
    forever = talk.interpreter.python.namespace["forever"]
    talk.interpreter.python.close()
    assert forever.cancelled()


def test_every_line_is_python_after_one_key(talk: Talk) -> None:
    talk.interpreter.in_python = True
    assert talk.say("1 + 1")[1].strip() == "2"
    assert talk.say("def twice(x):\n    return 2 * x\n")[0]
    assert talk.say("twice(4)")[1].strip() == "8"
    assert "TangoTest" in talk.say("%lsdevclass")[1]
    talk.interpreter.in_python = False
    assert talk.say("ls")[0]


@pytest.mark.parametrize(
    ("source", "complete"),
    [
        ("1 + 1", True), ("f(", False), ("def f():", False), ("def f():\n    return 1", False),
        ("def f():\n    return 1\n", True), ("await f()", True), ("1 +", True), ("x = [1,", False), ("", True),
    ],
)  # fmt: skip
def test_a_line_with_something_open_goes_on_below(talk: Talk, source: str, complete: bool) -> None:
    assert talk.interpreter.python.complete(source) is complete


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('Device("sys/tg', "sys/tg_test/"),
        ('x = Device("sys/tg_test/', "sys/tg_test/1"),
        ("TangoTest('sys/tg_test/", "sys/tg_test/1"),
        ('read("sys/tg_test/1/amp', "sys/tg_test/1/ampli"),
        ('Attribute("sys/tg_test/1/double_sc', "sys/tg_test/1/double_scalar"),
        ('d.write_attribute("amp', "ampli"),
        ('d.read_attributes(["ampli", "double_sc', "double_scalar"),
        ('d.command_inout("DevDou', "DevDouble"),
        ('d["double_sc', "double_scalar"),
        ("d.double_sc", "double_scalar"),
        ("d.DevDou", "DevDouble"),
        ("d.read_attr", "read_attribute"),
        ("DevState.MOV", "MOVING"),
        ("Devi", "Device"),
        ("imp", "import"),
    ],
)
def test_names_are_completed_inside_strings_too(talk: Talk, source: str, expected: str) -> None:
    assert talk.say("!d = Device('sys/tg_test/1')")[0]
    found = _suggested(talk, source)
    assert any(source[: each.start] + each.text == source[: each.start] + expected for each in found), found
    for each in found:
        assert 0 <= each.start <= len(source)
        assert each.text.lower().startswith(source[each.start :].lower())


@pytest.mark.parametrize("source", ["", "(", '"', "d.x.y.", 'print("sys/', "1.", "nobody.name", "'a' + 'b", "\\"])
def test_completion_says_nothing_rather_than_something_wrong(talk: Talk, source: str) -> None:
    assert not _suggested(talk, source)


def _suggested(talk: Talk, source: str) -> list[Any]:
    return list(suggestions(talk.interpreter.session, talk.interpreter.python.namespace, source))
