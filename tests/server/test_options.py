"""The command line of a device server (LIFE-1..LIFE-8)."""

from __future__ import annotations

import pytest

from server_core.model.errors import DevFailed
from server_core.server.options import UsageError, devices_by_class, parse


def test_the_instance_alone() -> None:
    options = parse(["/opt/servers/Probe.py", "a"])
    assert (options.program, options.instance, options.verbosity, options.database) == ("Probe", "a", 0, True)
    assert (options.host, options.port) == ("127.0.0.1", 0)


@pytest.mark.parametrize(
    ("arguments", "level"), [(["-v"], 4), (["-v3"], 3), (["-v", "2"], 2), (["-v", "-port", "1"], 4)]
)
def test_verbosity(arguments: list[str], level: int) -> None:
    """LIFE-7"""
    assert parse(["p", "a", *arguments]).verbosity == level


def test_a_server_without_database() -> None:
    """LIFE-8, LIFE-9"""
    options = parse(["p", "a", "-nodb", "-dlist", "a/b/c,Other::d/e/f,g/h/i", "-port", "4711", "-host", "0.0.0.0"])
    assert (options.database, options.port, options.host) == (False, 4711, "0.0.0.0")
    assert devices_by_class(options.devices, ["Other", "Last"]) == {
        "Other": ["d/e/f"],
        "Last": ["a/b/c", "g/h/i"],
    }


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("giop:tcp:h:99", "h", 99),
        ("giop:tcp::99", "0.0.0.0", 99),
        ("giop:tcp:h:", "h", 0),
        ("giop:tcp:[::1]:99", "::1", 99),
    ],
)
def test_the_end_point_option(text: str, host: str, port: int) -> None:
    """LIFE-6"""
    options = parse(["p", "a", "-ORBendPoint", text])
    assert (options.host, options.port) == (host, port)


def test_two_dashes_and_equals_signs() -> None:
    """LIFE-7: as with PyTango."""
    options = parse(["p", "a", "--nodb", "--dlist=a/b/c", "--host=::1", "--port", "4711", "--keep-going"])
    assert (options.database, options.devices, options.keep_going) == (False, ["a/b/c"], True)
    assert (options.host, options.port) == ("::1", 4711)
    assert parse(["p", "a", "-port=1"]).port == 1


@pytest.mark.parametrize("word", ["-?", "-h", "-help", "--help"])
def test_help(word: str) -> None:
    """LIFE-7"""
    assert parse(["p", word]).help


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ([], 2, "instance"),
        (["-v4"], 2, "-v4"),
        (["a", "-file="], 2, "-file="),
        (["a", "-file=x", "-nodb", "-port", "1"], 1, "-file=x"),
        (["a", "-file=x", "-dlist", "a/b/c"], 1, "-dlist"),
        (["a", "-vabc"], 2, "-vabc"),
        (["a", "-v0"], 255, "-v0"),
        (["a", "-nodb=yes"], 2, "-nodb=yes"),
        (["a", "---nodb"], 2, "---nodb"),
        (["a", "--port="], 2, "-port= needs a value"),
        (["a", "-v", "0"], 255, "-v0"),
        (["a", "extra"], 2, "extra"),
        (["a", "-port"], 2, "-port"),
        (["a", "-port", "x"], 2, "'x'"),
        (["a", "-ORBendPoint", "tcp:h:1"], 2, "tcp:h:1"),
        (["a", "-dlist", "a/b/c"], 1, "-dlist"),
        (["a", "-nodb"], 1, "-port"),
        (["a", "-nodb", "-port", "1", "-dlist", "a/b"], 255, "name a/b does"),
        (["a", "-nodb", "-port", "1", "-dlist", "a/b/c,X::A/B/C"], 255, "twice"),
        (["i" * 300], 255, "too long"),
    ],
)
def test_command_lines_that_are_refused(arguments: list[str], code: int, word: str) -> None:
    """LIFE-3, LIFE-7, LIFE-8"""
    with pytest.raises(UsageError, match=word) as refusal:
        parse(["p", *arguments])
    assert refusal.value.code == code


def test_a_class_that_the_server_does_not_have() -> None:
    """LIFE-8"""
    with pytest.raises(DevFailed, match="Class name Nope used on command line") as refusal:
        devices_by_class(["Nope::a/b/c"], ["Probe"])
    assert refusal.value.reason == "API_WrongCmdLineArgs"


@pytest.mark.parametrize("words", [["-file=/x/y z"], ["-file", "/x/y z"], ["--file", "/x/y z"], ["--file=/x/y z"]])
def test_a_property_file(words: list[str]) -> None:
    """LIFE-7, LIFE-10"""
    options = parse(["p", "a", *words])
    assert (options.file, options.database) == ("/x/y z", True)
