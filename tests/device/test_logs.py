"""Logging as authors of devices know it from PyTango: streams, loggers, traced methods."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from server_core import DebugIt, Device, InfoIt, Logger, LogIt, LogLevel

LEVELS = ("fatal", "error", "warn", "info", "debug")


class Traced(Device):
    @InfoIt(show_args=True, show_kwargs=True, show_ret=True)
    def shown(self, text: str, times: int = 1) -> str:
        return text * times

    @LogIt(show_ret=True)
    def failing(self) -> None:
        raise ValueError("no")

    @DebugIt(show_ret=True)
    async def waited(self) -> int:
        await asyncio.sleep(0)
        return 7

    @DebugIt()
    async def failing_later(self) -> None:
        raise ValueError("no")


@pytest.fixture
def device(start: Any) -> Any:
    return start(Traced).device


def messages(host: Any) -> list[str]:
    return [message for _, message in host.messages]


def test_a_trace_shows_arguments_and_result_and_abridges_them(device: Any, host: Any) -> None:
    assert device.shown("ab", times=3) == "ababab"
    device.shown("x" * 100)
    assert messages(host) == [
        "-> Traced.shown('ab', times=3)",
        "'ababab' <- Traced.shown()",
        f"-> Traced.shown('{'x' * 19}[...])",
        f"'{'x' * 19}[...] <- Traced.shown()",
    ]
    assert {level for level, _ in host.messages} == {LogLevel.LOG_INFO}


def test_a_trace_tells_of_exceptions(device: Any, host: Any) -> None:
    with pytest.raises(ValueError, match="no"):
        device.failing()
    assert messages(host) == ["-> Traced.failing()", "<- Traced.failing() raised exception!"]


def test_coroutines_are_traced_until_they_are_done(device: Any, host: Any) -> None:
    assert inspect.iscoroutinefunction(device.waited)
    assert asyncio.run(device.waited()) == 7
    with pytest.raises(ValueError, match="no"):
        asyncio.run(device.failing_later())
    assert messages(host) == [
        "-> Traced.waited()",
        "7 <- Traced.waited()",
        "-> Traced.failing_later()",
        "<- Traced.failing_later() raised exception!",
    ]


def test_nothing_is_traced_below_the_level(device: Any, host: Any) -> None:
    """LOG-1."""
    device.get_logger().set_level(LogLevel.LOG_WARN)
    assert device.shown("a") == "a"
    assert asyncio.run(device.waited()) == 7
    assert host.messages == []


def test_streams_and_the_methods_of_the_logger(device: Any, host: Any) -> None:
    logger = device.get_logger()
    for word in LEVELS:
        getattr(device, f"{word}_stream")("%s %d", word, 1)
        getattr(logger, word)("%s %d", word, 2)
        print(f"{word} 3", file=getattr(device, f"log_{word}"))
    logger.log(LogLevel.LOG_INFO, "logged")
    logger.set_level(LogLevel.LOG_OFF)
    logger.log(LogLevel.LOG_FATAL, "not logged")
    logger.log_unconditionally(LogLevel.LOG_DEBUG, "logged all the same")
    assert messages(host) == [
        *(f"{word} {number}" for word in LEVELS for number in (1, 2, 3)), "logged", "logged all the same",
    ]  # fmt: skip


def test_a_stream_gathers_what_is_printed_until_the_line_ends(device: Any, host: Any) -> None:
    print("one", end=" ", file=device.log_info)
    assert host.messages == []
    print("two", file=device.log_info)
    assert messages(host) == ["one two"]


@pytest.mark.parametrize("level", list(LogLevel))
def test_which_levels_a_logger_lets_pass(level: LogLevel) -> None:
    """LOG-1."""
    logger = Logger("a/b/c", level)
    assert (logger.get_name(), logger.get_level()) == ("a/b/c", level)
    passing = [getattr(logger, f"is_{word}_enabled")() for word in LEVELS]
    assert passing == [number <= level for number in range(1, 6)]
    assert [logger.is_level_enabled(number) for number in range(1, 6)] == passing


def test_a_level_is_from_0_to_5() -> None:
    """LOG-1."""
    with pytest.raises(ValueError, match="6 is not a valid LogLevel"):
        Logger("a/b/c").set_level(6)


def test_names_are_pytangos() -> None:
    tango = pytest.importorskip("tango")
    pytest.importorskip("tango.server")
    theirs = {name for name in dir(tango.Logger) if not name.startswith("_")}
    assert theirs - set(dir(Logger)) == set()
    for name in ("debug_stream", "info_stream", "warn_stream", "error_stream", "fatal_stream"):
        ours, other = (inspect.signature(getattr(each, name)) for each in (Device, tango.server.Device))
        assert list(ours.parameters) == list(other.parameters)
    methods = {name for name in dir(tango.server.Device) if "log" in name and not name.startswith("_")}
    assert methods - set(dir(Device)) == {"init_logger"}
