"""Calling what an author wrote: methods plain or `async def`, their arguments, and the errors they raise."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from contextvars import ContextVar
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from server_core.model.errors import DevError, DevFailed, python_error

if TYPE_CHECKING:
    from server_core.device.device import Device


class Done:
    """What the empty hooks of `Device` return, so that `await super().init_device()` works as `super().init_device()`
    does."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


DONE = Done()

_awaited: ContextVar[Device | None] = ContextVar("_awaited", default=None)


def errors_of(error: Exception) -> tuple[DevError, ...]:
    """The error stack of anything that author code raised."""
    return error.errors if isinstance(error, DevFailed) else python_error(error).errors


def call(method: Callable[..., Any], *args: Any) -> Any:
    """The result of an author's method; whatever it raises comes out as DevFailed."""
    try:
        return method(*args)
    except DevFailed:
        raise
    except Exception as error:
        raise python_error(error) from error


def bound(device: Device, method: Callable[..., Any], *, in_class: bool = False) -> Callable[..., Any]:
    """`method` ready to be called without `self`: functions of the device's class are bound (`in_class`: it is one for
    sure), `async def` methods run on the process's loop."""
    if inspect.isfunction(method) and (in_class or _is_method_of(device, method)):
        method = method.__get__(device)
    if not inspect.iscoroutinefunction(inspect.unwrap(method)):
        return method
    function = method

    @wraps(function)
    def run(*args: Any) -> Any:
        return device.kernel.host.run_coroutine(device, _under_monitor(device, function, args))

    return run


async def _under_monitor(device: Device, method: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Await an author's `async def` method, for which the calling thread holds the device's monitor."""
    token = _awaited.set(device)
    try:
        return await method(*args)
    finally:
        _awaited.reset(token)


def runs_for(device: Device) -> bool:
    """Whether the running code is an `async def` method that a request to `device` waits for: it must not take the
    monitor, which the waiting thread holds."""
    return _awaited.get() is device


def _is_method_of(device: Device, function: Callable[..., Any]) -> bool:
    """Whether a plain function wants the device first: it is an attribute of the class, or takes a first parameter
    called `self` (a method handed to a declaration, as in `attribute(fget=read_it)`)."""
    parameters = positional(function)
    if parameters and parameters[0] in ("self", "device"):
        return True
    name = getattr(function, "__name__", "")
    return inspect.getattr_static(type(device), name, None) is function


def positional(method: Callable[..., Any]) -> list[str]:
    """Names of the parameters that a call must give by position."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        parameter.name
        for parameter in inspect.signature(method).parameters.values()
        if parameter.kind in kinds and parameter.default is inspect.Parameter.empty
    ]


def with_optional(method: Callable[..., Any], argument: Any) -> Callable[[], Any]:
    """`method` as a call without arguments, given `argument` if it asks for one."""
    return partial(method, argument) if positional(method) else method
