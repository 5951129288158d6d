"""The log streams of a device, and the decorators that trace calls (`DebugIt`, `InfoIt`, ...)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from server_core.device.logger import Logger
from server_core.model.enums import LogLevel

if TYPE_CHECKING:
    from server_core.device.kernel import DeviceKernel

P = ParamSpec("P")
R = TypeVar("R")

Source = Callable[..., Any] | None

_LONGEST: Final = 25
"""Characters of an argument or result that a traced call shows."""


class LogStream:
    """A logger's level as a file: `print("text", file=self.log_debug)` logs a message a line end."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._waiting = ""

    def write(self, text: str) -> int:
        """Take text; it becomes a message with the next line end."""
        self._waiting += text
        if "\n" in text:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Log what has been written since."""
        message, self._waiting = self._waiting.removesuffix("\n"), ""
        if message:
            self._log(message)


class LoggingMixin:
    """The part of `Device` that logs; arguments go into the message with `%`, as in PyTango.

    `source` is a function whose place stands in the message instead of that of the line that logs.
    """

    kernel: DeviceKernel

    def get_logger(self) -> Logger:
        """The device's logger, with its level."""
        return self.kernel.logger

    def stop_logging(self) -> None:
        """Log nothing until `start_logging`."""
        self.kernel.logger.stop()

    def start_logging(self) -> None:
        """Log again at the level of before `stop_logging`."""
        self.kernel.logger.start()

    def debug_stream(self, msg: str, *args: Any, source: Source = None) -> None:
        """Log at level DEBUG."""
        logger = self.kernel.logger
        if logger.level >= LogLevel.LOG_DEBUG:
            logger.log_unconditionally(LogLevel.LOG_DEBUG, msg, *args, source=source)

    def info_stream(self, msg: str, *args: Any, source: Source = None) -> None:
        """Log at level INFO."""
        logger = self.kernel.logger
        if logger.level >= LogLevel.LOG_INFO:
            logger.log_unconditionally(LogLevel.LOG_INFO, msg, *args, source=source)

    def warn_stream(self, msg: str, *args: Any, source: Source = None) -> None:
        """Log at level WARN."""
        logger = self.kernel.logger
        if logger.level >= LogLevel.LOG_WARN:
            logger.log_unconditionally(LogLevel.LOG_WARN, msg, *args, source=source)

    def error_stream(self, msg: str, *args: Any, source: Source = None) -> None:
        """Log at level ERROR."""
        logger = self.kernel.logger
        if logger.level >= LogLevel.LOG_ERROR:
            logger.log_unconditionally(LogLevel.LOG_ERROR, msg, *args, source=source)

    def fatal_stream(self, msg: str, *args: Any, source: Source = None) -> None:
        """Log at level FATAL."""
        logger = self.kernel.logger
        if logger.level >= LogLevel.LOG_FATAL:
            logger.log_unconditionally(LogLevel.LOG_FATAL, msg, *args, source=source)

    @cached_property
    def log_debug(self) -> LogStream:
        """Level DEBUG as a file."""
        return LogStream(self.debug_stream)

    @cached_property
    def log_info(self) -> LogStream:
        """Level INFO as a file."""
        return LogStream(self.info_stream)

    @cached_property
    def log_warn(self) -> LogStream:
        """Level WARN as a file."""
        return LogStream(self.warn_stream)

    @cached_property
    def log_error(self) -> LogStream:
        """Level ERROR as a file."""
        return LogStream(self.error_stream)

    @cached_property
    def log_fatal(self) -> LogStream:
        """Level FATAL as a file."""
        return LogStream(self.fatal_stream)


class LogIt:
    """Decorator: log every call of a method, with arguments and result on demand."""

    level = LogLevel.LOG_DEBUG

    def __init__(self, show_args: bool = False, show_kwargs: bool = False, show_ret: bool = False) -> None:
        self._show_args = show_args
        self._show_kwargs = show_kwargs
        self._show_ret = show_ret

    def __call__(self, method: Callable[P, R]) -> Callable[P, R]:
        """The method, traced; as fast as without while the level lets no trace pass."""
        if inspect.iscoroutinefunction(method):
            return self._asynchronous(method)

        @wraps(method)
        def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            device: Any = args[0]
            if device.get_logger().level < self.level:
                return method(*args, **kwargs)
            with self._tracing(device, method, args, kwargs) as results:
                result = method(*args, **kwargs)
                results.append(result)
            return result

        return traced

    def _asynchronous(self, method: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(method)
        async def traced(*args: P.args, **kwargs: P.kwargs) -> Any:
            device: Any = args[0]
            if device.get_logger().level < self.level:
                return await method(*args, **kwargs)
            with self._tracing(device, method, args, kwargs) as results:
                result = await method(*args, **kwargs)
                results.append(result)
            return result

        return traced

    @contextmanager
    def _tracing(
        self, device: Any, method: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Iterator[list[Any]]:
        """Log the begin of a call, and its end: with the result that was put into the list, or with an exception."""
        log = device.get_logger().log
        name = f"{type(device).__name__}.{method.__name__}"
        shown = [_short(argument) for argument in args[1:]] if self._show_args else []
        shown += [f"{key}={_short(value)}" for key, value in kwargs.items()] if self._show_kwargs else []
        log(self.level, f"-> {name}({', '.join(shown)})", source=method)
        results: list[Any] = []
        try:
            yield results
        finally:
            if not results:
                end = f"<- {name}() raised exception!"
            else:
                end = f"{_short(results[0])} <- {name}()" if self._show_ret else f"<- {name}()"
            log(self.level, end, source=method)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 5]}[...]"


class DebugIt(LogIt):
    """Log calls at level DEBUG."""


class InfoIt(LogIt):
    """Log calls at level INFO."""

    level = LogLevel.LOG_INFO


class WarnIt(LogIt):
    """Log calls at level WARN."""

    level = LogLevel.LOG_WARN


class ErrorIt(LogIt):
    """Log calls at level ERROR."""

    level = LogLevel.LOG_ERROR


class FatalIt(LogIt):
    """Log calls at level FATAL."""

    level = LogLevel.LOG_FATAL
