"""`pipe`: how an author declares a pipe, and the pipe of a running device (PIPE-1..PIPE-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from server_core.device.author import bound, call, positional, with_optional
from server_core.model.config import NO_DESCRIPTION, NOT_SPECIFIED, PipeConfig
from server_core.model.enums import AttReqType, DispLevel, PipeWriteType
from server_core.model.errors import DevFailed, Reason, python_error
from server_core.model.pipe import PipeBlob

if TYPE_CHECKING:
    from server_core.device.device import Device

Method = Callable[..., Any]


class pipe:  # PyTango's spelling
    """The declaration of one pipe, as descriptor or decorator.

    Keywords: `name`, `label`, `doc`/`description`, `display_level`, `access` (PipeWriteType), `fget`, `fset`,
    `fisallowed` (else `read_<name>`, `write_<name>`, `is_<name>_allowed`).
    """

    def __init__(
        self,
        fget: Method | str | None = None,
        *,
        name: str = "",
        label: str = "",
        doc: str = "",
        description: str = "",
        display_level: DispLevel = DispLevel.OPERATOR,
        access: PipeWriteType | None = None,
        fset: Method | str | None = None,
        fisallowed: Method | str | None = None,
        green_mode: Any = None,
    ) -> None:
        self._given = {
            "name": name, "label": label, "doc": doc or description, "display_level": display_level, "access": access,
            "fset": fset, "fisallowed": fisallowed,
        }  # fmt: skip
        self.name = name
        self.fget = fget
        self.fset = fset
        self.fisallowed = fisallowed
        self.label = label
        self.doc = doc or description or (cleandoc(fget.__doc__ or "") if callable(fget) else "")
        self.display_level = display_level
        self._access = access

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.name or name

    def __call__(self, fget: Method) -> pipe:
        """Decorator with keywords: the read method."""
        return type(self)(fget, **self._given)  # type: ignore[arg-type]

    def write(self, fset: Method) -> pipe:
        """Decorator: the write method; makes the pipe writable."""
        self.fset = fset
        return self

    setter = write

    def is_allowed(self, fisallowed: Method) -> pipe:
        """Decorator: says whether a request (AttReqType) is allowed now."""
        self.fisallowed = fisallowed
        return self

    @property
    def access(self) -> PipeWriteType:
        """The declared access; else what the given methods make possible."""
        if self._access is not None:
            return self._access
        return PipeWriteType.PIPE_READ if self.fset is None else PipeWriteType.PIPE_READ_WRITE


class Pipe:
    """One pipe of one device. Its configuration lives as long as the device."""

    def __init__(self, device: Device, declaration: pipe) -> None:
        self.name = name = declaration.name
        self._defaults = {"label": declaration.label or name, "description": declaration.doc or NO_DESCRIPTION}
        self.config = PipeConfig(
            name,
            self._defaults["label"],
            self._defaults["description"],
            declaration.display_level,
            declaration.access,
        )
        reader = self._method(device, declaration.fget, f"read_{name}")
        self._read = None if reader is None else with_optional(reader, self)
        self._write = self._method(device, declaration.fset, f"write_{name}")
        self._is_allowed = self._method(device, declaration.fisallowed, f"is_{name}_allowed")
        self._value: PipeBlob | None = None

    @staticmethod
    def _method(device: Device, given: Method | str | None, default: str) -> Method | None:
        method = given if callable(given) else getattr(device, given or default, None)
        return None if method is None else bound(device, method, in_class=callable(given))

    def get_name(self) -> str:
        """The pipe's name."""
        return self.name

    def set_value(self, blob: Any) -> None:
        """Set the blob from inside a read method (in place of returning it)."""
        self._value = PipeBlob.from_user(blob)

    def read(self) -> PipeBlob:
        """The blob, now (PIPE-5)."""
        self._check_allowed(AttReqType.READ_REQ, "read")
        self._value = None
        result = None if self._read is None else call(self._read)
        if result is not None:
            try:
                return PipeBlob.from_user(result)
            except (TypeError, ValueError, OverflowError, KeyError) as error:
                raise python_error(error) from error
        if self._value is None:
            raise DevFailed.of(
                Reason.API_PipeValueNotSet, f"Value for pipe {self.name} has not been updated", "Pipe.read"
            )
        return self._value

    def check_writable(self) -> None:
        """Raise DevFailed `API_PipeNotWritable` unless clients may write the pipe (PIPE-6)."""
        if self.config.writable is not PipeWriteType.PIPE_READ_WRITE or self._write is None:
            raise DevFailed.of(Reason.API_PipeNotWritable, f"Pipe {self.name} is not writable", "Pipe.write")

    def write(self, blob: PipeBlob) -> None:
        """Hand a blob to the author's write method."""
        self._check_allowed(AttReqType.WRITE_REQ, "write")
        assert self._write is not None
        call(self._write, blob.to_user())

    def _check_allowed(self, request: AttReqType, word: str) -> None:
        method = self._is_allowed
        if method is None:
            return
        arguments = (request,) if positional(method) else ()
        if not call(method, *arguments):
            raise DevFailed.of(
                Reason.API_PipeNotAllowed, f"It is currently not allowed to {word} pipe {self.name}", "Pipe"
            )

    def changed(self, wanted: PipeConfig) -> PipeConfig:
        """The configuration after a change to `wanted` (PIPE-8, reset words as ATT-9)."""
        if wanted.writable != self.config.writable:
            raise DevFailed.of(
                Reason.API_AttrNotAllowed, "Pipe writable property is not changeable at run time", "Pipe.changed"
            )
        label = self._text(wanted.label, self._defaults["label"], self.name)
        description = self._text(wanted.description, self._defaults["description"], NO_DESCRIPTION)
        return replace(self.config, label=label, description=description)

    @staticmethod
    def _text(given: str, default: str, library: str) -> str:
        if given.lower() == NOT_SPECIFIED.lower():
            return library
        return default if given.lower() in ("", "nan") else given


def by_name(pipes: Sequence[Pipe]) -> list[Pipe]:
    """Pipes in the order in which clients see them (PIPE-1)."""
    return sorted(pipes, key=lambda member: member.name.lower())
