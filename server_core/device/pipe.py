"""`pipe`: how an author declares a pipe, and the pipe of a running device (PIPE-1..PIPE-10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, NamedTuple

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


_TEXTS = ("label", "description")
"""What of a pipe's configuration changes; the names of the properties that keep it."""


class Change(NamedTuple):
    """A configuration that is wanted, and what it changes in the database (PIPE-8)."""

    config: PipeConfig
    put: dict[str, list[str]]
    delete: list[str]


class Pipe:
    """One pipe of one device. Label and description come from the database, else from its class there, else from the
    declaration, else from the library."""

    def __init__(self, device: Device, declaration: pipe) -> None:
        self.name = name = declaration.name
        self._library = {"label": name, "description": NO_DESCRIPTION}
        self._declared = {"label": declaration.label or name, "description": declaration.doc or NO_DESCRIPTION}
        self._defaults = self._declared
        self.config = PipeConfig(name, disp_level=declaration.display_level, writable=declaration.access)
        self.config = self._with_texts(self._declared)
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

    def load(self, of_class: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]) -> None:
        """Take over what the database has of the pipe, for its class and for this device."""
        self._defaults = self._declared | _texts(of_class)
        self.config = self._with_texts(self._defaults | _texts(own))

    def _with_texts(self, texts: Mapping[str, str]) -> PipeConfig:
        return replace(self.config, label=texts["label"], description=texts["description"])

    def change(self, wanted: PipeConfig) -> Change:
        """What a change to `wanted` means (PIPE-8, reset words as ATT-9); a text is kept in the database when it is not
        what would hold without."""
        if wanted.writable != self.config.writable:
            raise DevFailed.of(
                Reason.API_AttrNotAllowed, "Pipe writable property is not changeable at run time", "Pipe.change"
            )
        texts = {name: self._text(name, getattr(wanted, name)) for name in _TEXTS}
        changed = [name for name in _TEXTS if texts[name] != getattr(self.config, name)]
        return Change(
            self._with_texts(texts),
            {name: [texts[name]] for name in changed if texts[name] != self._defaults[name]},
            [name for name in changed if texts[name] == self._defaults[name]],
        )

    def _text(self, name: str, given: str) -> str:
        levels = {NOT_SPECIFIED.lower(): self._library, "": self._declared, "nan": self._defaults}
        level = levels.get(given.lower())
        return given if level is None else level[name]


def _texts(properties: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The texts among the properties of a pipe."""
    return {name.lower(): "\n".join(lines) for name, lines in properties.items() if lines and name.lower() in _TEXTS}


def by_name(pipes: Sequence[Pipe]) -> list[Pipe]:
    """Pipes in the order in which clients see them (PIPE-1)."""
    return sorted(pipes, key=lambda member: member.name.lower())
