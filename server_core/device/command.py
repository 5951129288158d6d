"""`command`: how an author declares a Tango command, and the command of a running device.

    @command(dtype_in=float, doc_in="seconds", dtype_out=str)
    def Ramp(self, duration): ...

Types may come from annotations. Source: CMD-1..CMD-13.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, overload

from server_core.device.author import bound, call, positional
from server_core.device.hints import annotation, hinted_type
from server_core.model.config import UNINITIALISED, CommandInfo
from server_core.model.conversion import from_command_data, to_command_data
from server_core.model.enums import AttrDataFormat, DispLevel
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType, command_type
from server_core.model.values import VOID, TypedValue

if TYPE_CHECKING:
    from server_core.device.device import Device

Method = Callable[..., Any]
F = TypeVar("F", bound=Method)

_ALIASES = {CmdArgType.DevEnum: CmdArgType.DevShort, CmdArgType.ConstDevString: CmdArgType.DevString}
"""Types that travel as another one."""


_ALWAYS_ALLOWED = ("State", "Status")
"""Commands that no method can forbid (CMD-13)."""


class _FromAnnotation:
    def __repr__(self) -> str:
        return "from the annotation"


FROM_ANNOTATION: Any = _FromAnnotation()


class Declaration:
    """What `command` was told of `function`. Types from annotations are looked up when first needed.

    `dtype_in`, `dtype_out`: a type word, a sequence of one for arrays, an array or pair type. `fisallowed`: a function
    or a method's name. `polling_period` in ms. The green modes of PyTango are accepted without effect.
    """

    def __init__(
        self,
        function: Method,
        *,
        name: str = "",
        dtype_in: Any = FROM_ANNOTATION,
        dformat_in: AttrDataFormat | None = None,
        doc_in: str = "",
        dtype_out: Any = FROM_ANNOTATION,
        dformat_out: AttrDataFormat | None = None,
        doc_out: str = "",
        display_level: DispLevel | None = None,
        polling_period: int | None = None,
        fisallowed: Method | str | None = None,
        green_mode: Any = None,
        cmd_green_mode: Any = None,
        isallowed_green_mode: Any = None,
    ) -> None:
        self.function = function
        self.name = name or function.__name__
        self.dtype_in = _shaped(dtype_in, dformat_in)
        self.dtype_out = _shaped(dtype_out, dformat_out)
        self.doc_in = doc_in
        self.doc_out = doc_out
        self.display_level = display_level or DispLevel.OPERATOR
        self.polling_period = polling_period or 0
        self.fisallowed = fisallowed

    def info(self) -> CommandInfo:
        """The command as clients see it.

        Raises DevFailed `API_CmdArgumentTypeNotSupported` for types that commands cannot carry (TYP-12).
        """
        return CommandInfo(
            self.name,
            self._type(self.dtype_in, self._first_parameter()),
            self._type(self.dtype_out, "return"),
            self.doc_in or UNINITIALISED,
            self.doc_out or UNINITIALISED,
            DispLevel(self.display_level),
        )

    def _type(self, dtype: Any, parameter: str) -> CmdArgType:
        if dtype is FROM_ANNOTATION:
            hint = annotation(inspect.unwrap(self.function), parameter) if parameter else None
            dtype = None if hint is None else hinted_type(hint).dtype
        try:
            return command_type(dtype)
        except TypeError as error:
            raise DevFailed.of(
                Reason.API_CmdArgumentTypeNotSupported, f"Command {self.name}: {error}", "command"
            ) from error

    def _first_parameter(self) -> str:
        names = [name for name in inspect.signature(inspect.unwrap(self.function)).parameters if name != "self"]
        return names[0] if names else ""


@overload
def command(f: F, **options: Any) -> F: ...


@overload
def command(f: None = None, **options: Any) -> Callable[[F], F]: ...


def command(f: Method | None = None, **options: Any) -> Any:
    """Declare a method as a Tango command: plain decorator, decorator with options, or `command(f=method, ...)`.

    Options are those of `Declaration`. Without `dtype_in` and `dtype_out` the annotations count. An `async def` method
    runs on the loop of the process, any other in the calling thread.
    """
    if f is None:
        return lambda function: command(function, **options)
    function = f if inspect.isfunction(f) else _as_function(f)
    function.__dict__["__tango_command__"] = Declaration(function, **options)
    return function


def declaration_of(cmd: Any) -> Declaration:
    """The declaration of what `command` gave; TypeError for anything else."""
    declaration = getattr(cmd, "__tango_command__", cmd)
    if not isinstance(declaration, Declaration):
        raise TypeError(f"{cmd!r} is not a command: use command(f=method, ...)")
    return declaration


def _shaped(dtype: Any, dformat: AttrDataFormat | None) -> Any:
    return (dtype,) if dformat is AttrDataFormat.SPECTRUM else dtype


def _as_function(method: Method) -> Any:
    """A bound method as a function, which can carry the declaration."""

    @wraps(method)
    def function(*args: Any) -> Any:
        return method(*args)

    return function


class Command:
    """One command of one device."""

    def __init__(self, device: Device, declaration: Declaration, *, class_level: bool = True) -> None:
        self.device = device
        self.declaration = declaration
        self.class_level = class_level
        self.name = declaration.name
        self.info = declaration.info()
        self.in_type = self.info.in_type
        self.out_type = self.info.out_type
        self.polling_period = declaration.polling_period
        self._method = bound(device, self._function())
        self._is_allowed = self._allowed()
        self._check_arguments()

    def _function(self) -> Method:
        """The device's method of the declared function's name, so that an override is used; else the function."""
        function = self.declaration.function
        method: Method | None = getattr(self.device, function.__name__, None)
        return function if method is None or not callable(method) or not self.class_level else method

    def _check_arguments(self) -> None:
        wanted = 0 if self.in_type is CmdArgType.DevVoid else 1
        if len(positional(self._method)) > wanted:
            raise DevFailed.of(
                Reason.API_CmdArgumentTypeNotSupported,
                f"Command {self.name}: its method takes more arguments than the {wanted} of its declaration",
                "Command",
            )

    def _allowed(self) -> Method | None:
        if self.name in _ALWAYS_ALLOWED:
            return None
        given = self.declaration.fisallowed
        method = given if callable(given) else getattr(self.device, given or f"is_{self.name}_allowed", None)
        return None if method is None else bound(self.device, method)

    def allowed(self) -> bool:
        """Whether the command may be executed now."""
        return self._is_allowed is None or bool(call(self._is_allowed))

    def accepts(self, argin: TypedValue) -> bool:
        """Whether `argin` has the declared type (CMD-5, CMD-9)."""
        return (
            argin.type is self.in_type
            or self.in_type is CmdArgType.DevVoid
            or _ALIASES.get(argin.type, argin.type) is _ALIASES.get(self.in_type, self.in_type)
        )

    def execute(self, argin: TypedValue) -> TypedValue:
        """The result of the author's method for `argin`.

        Raises DevFailed `API_IncompatibleCmdArgumentType` for an argument or a result of another type (CMD-8, CMD-9),
        and what the method raises.
        """
        if not self.accepts(argin):
            raise self._incompatible(f"Incompatible argument type, expected type is : Tango::{self.in_type}")
        if self.in_type is CmdArgType.DevVoid:
            result = call(self._method)
        else:
            result = call(self._method, from_command_data(self.in_type, argin.value))
        if self.out_type is CmdArgType.DevVoid:
            return VOID
        try:
            return TypedValue(self.out_type, to_command_data(self.out_type, result))
        except (TypeError, ValueError, OverflowError) as error:
            raise self._incompatible(f"Result of command {self.name}: {error}") from error

    @staticmethod
    def _incompatible(desc: str) -> DevFailed:
        return DevFailed.of(Reason.API_IncompatibleCmdArgumentType, desc, "Command.execute")
