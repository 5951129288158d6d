"""The log streams of a device, and the decorators that trace calls (`DebugIt`, `InfoIt`, ...)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from server_core.model.enums import LogLevel

if TYPE_CHECKING:
    from server_core.device.kernel import DeviceKernel

F = TypeVar("F", bound=Callable[..., Any])


class LoggingMixin:
    """The part of `Device` that logs; arguments go into the message with `%`, as in PyTango."""

    kernel: DeviceKernel

    def debug_stream(self, msg: str, *args: Any) -> None:
        """Log at level DEBUG."""
        self._log(LogLevel.LOG_DEBUG, msg, args)

    def info_stream(self, msg: str, *args: Any) -> None:
        """Log at level INFO."""
        self._log(LogLevel.LOG_INFO, msg, args)

    def warn_stream(self, msg: str, *args: Any) -> None:
        """Log at level WARN."""
        self._log(LogLevel.LOG_WARN, msg, args)

    def error_stream(self, msg: str, *args: Any) -> None:
        """Log at level ERROR."""
        self._log(LogLevel.LOG_ERROR, msg, args)

    def fatal_stream(self, msg: str, *args: Any) -> None:
        """Log at level FATAL."""
        self._log(LogLevel.LOG_FATAL, msg, args)

    def _log(self, level: LogLevel, msg: str, args: tuple[Any, ...]) -> None:
        device: Any = self
        self.kernel.host.log(device, level, msg % args if args else msg)


class LogIt:
    """Decorator: log every call of a method, with arguments and result on demand."""

    level = LogLevel.LOG_DEBUG

    def __init__(self, show_args: bool = False, show_kwargs: bool = False, show_ret: bool = False) -> None:
        self._show_args = show_args
        self._show_kwargs = show_kwargs
        self._show_ret = show_ret

    def __call__(self, method: F) -> F:
        """The method, traced."""
        if inspect.iscoroutinefunction(method):
            return self._asynchronous(method)

        @wraps(method)
        def traced(device: Any, *args: Any, **kwargs: Any) -> Any:
            name = self._entered(device, method, args, kwargs)
            result = method(device, *args, **kwargs)
            self._left(device, name, result)
            return result

        return traced  # type: ignore[return-value]

    def _asynchronous(self, method: F) -> F:
        @wraps(method)
        async def traced(device: Any, *args: Any, **kwargs: Any) -> Any:
            name = self._entered(device, method, args, kwargs)
            result = await method(device, *args, **kwargs)
            self._left(device, name, result)
            return result

        return traced  # type: ignore[return-value]

    def _entered(self, device: Any, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        name = f"{type(device).__name__}.{method.__name__}"
        shown = [repr(argument) for argument in args] if self._show_args else []
        shown += [f"{key}={value!r}" for key, value in kwargs.items()] if self._show_kwargs else []
        device.kernel.host.log(device, self.level, f"-> {name}({', '.join(shown)})")
        return name

    def _left(self, device: Any, name: str, result: Any) -> None:
        device.kernel.host.log(device, self.level, f"<- {f'{result!r} = ' if self._show_ret else ''}{name}()")


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
