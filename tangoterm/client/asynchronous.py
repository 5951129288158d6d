"""Asynchronous calls of the blocking proxy: send now, fetch the reply by its number later, or have it called back.

Rules: CLI-7, CMD-16, CMD-17. (The asyncio proxy has no use for them: there every call can be awaited later.)
"""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as NotYet
from enum import IntEnum
from functools import partial
from typing import Any, Literal, NamedTuple

from server_core.model.conversion import from_command_data
from server_core.model.errors import (
    AsynCall,
    AsynReplyNotArrived,
    ConnectionFailed,
    DevError,
    DevFailed,
    MultiDevFailed,
    Reason,
)
from server_core.protocol.operations import ReadAttributes, Request, WriteAttributes
from server_core.transport.errors import CallTimeout, TransportError
from tangoterm.client.callbacks import cb_sub_model, delivery
from tangoterm.client.handle import Handle, lost, refusal, timed_out
from tangoterm.client.plans.attributes import reading, readings, several_failures, single_failure, writes_of
from tangoterm.client.plans.commands import inout_request
from tangoterm.client.steps import Plan, Submit


class asyn_req_type(IntEnum):
    """Which asynchronous calls are meant."""

    POLLING = 0
    CALLBACK = 1
    ALL_ASYNCH = 2


Kind = Literal["command", "read", "write"]


class CommandArguments(NamedTuple):
    """What `command_inout_asynch` was asked, whichever of its forms was used."""

    cmd_param: Any = None
    callback: Any = None
    forget: bool = False


def command_arguments(*args: Any, **kwargs: Any) -> CommandArguments:
    """`(cmd_param)`, `(cmd_param, forget)`, `(callback)`, `(cmd_param, callback)`, or by name; TypeError for others."""
    if len(args) > 2:
        raise TypeError(f"command_inout_asynch takes an argument, and a callback or forget, not {len(args)} of them")
    *rest, last = args or (None,)
    named = dict(zip(("cmd_param",), rest, strict=False))
    if callable(last) or hasattr(last, "cmd_ended"):
        named["callback"] = last
    elif rest:
        named["forget"] = bool(last)
    elif args:
        named["cmd_param"] = last
    return CommandArguments(**named, **kwargs)


COMMAND: Kind = "command"
READ: Kind = "read"
WRITE: Kind = "write"

_ORIGIN = "DeviceProxy.asynch"
_ids = itertools.count(1)


class CmdDoneEvent(NamedTuple):
    """What the callback of an asynchronous command receives."""

    device: Any
    cmd_name: str
    argout: Any
    err: bool
    errors: tuple[DevError, ...]


class AttrReadEvent(NamedTuple):
    """What the callback of an asynchronous read receives."""

    device: Any
    attr_names: tuple[str, ...]
    argout: Any
    err: bool
    errors: tuple[DevError, ...]


class AttrWrittenEvent(NamedTuple):
    """What the callback of an asynchronous write receives."""

    device: Any
    attr_names: tuple[str, ...]
    argout: Any
    err: bool
    errors: tuple[DevError, ...]


class Pending(NamedTuple):
    """A call whose reply has not been fetched.

    `finish` makes its result of the reply, `doing` (reason and sentence) goes on top of its errors; `subject` is what
    the event for the `callback` says the call was about.
    """

    kind: Kind
    request: Request
    future: Future[Any]
    deadline: float
    finish: Callable[[Any], Any]
    doing: tuple[str, str]
    callback: Callable[[Any], object] | None
    subject: Any


class Due(NamedTuple):
    """A call whose reply goes to a callback: `tell` calls it."""

    future: Future[Any]
    deadline: float
    tell: Callable[[], None]


_EVENTS: dict[Kind, Callable[..., Any]] = {COMMAND: CmdDoneEvent, READ: AttrReadEvent, WRITE: AttrWrittenEvent}


class AsynchronousCalls:
    """The calls of one proxy that are under way."""

    def __init__(self, device: Handle, proxy: object) -> None:
        self._device = device
        self._proxy = proxy
        self._lock = threading.Lock()
        self._pending: dict[int, Pending] = {}
        _owners.add(self)

    def count(self, req: asyn_req_type | None = None) -> int:
        """How many calls have replies that were not fetched or delivered."""
        if req in (None, asyn_req_type.ALL_ASYNCH):
            return len(self._pending)
        wanted = req is asyn_req_type.CALLBACK
        return sum((pending.callback is not None) == wanted for pending in list(self._pending.values()))

    # ---- sending, as plans

    def execute(self, name: str, *args: Any, **kwargs: Any) -> Plan[int]:
        """Execute a command, with the further arguments of `command_arguments`."""
        argument, callback, forget = command_arguments(*args, **kwargs)
        plan = self.forget(name, argument) if forget else self.command(name, argument, callback)
        return self._reaching(plan, self._command_failed(name))

    def _command_failed(self, name: str) -> tuple[str, str]:
        text = f"Failed to execute command_inout_asynch on device {self._device.name}, command {name}"
        return Reason.API_CommandFailed, text

    def _reaching(self, plan: Plan[int], doing: tuple[str, str]) -> Plan[int]:
        """What the plan gives; `doing` goes on top when the device cannot be reached, which is told at once (CLI-8)."""
        try:
            return (yield from plan)
        except ConnectionFailed as failure:
            raise refusal(failure, *doing) from failure

    def command(self, name: str, argument: Any, callback: Any) -> Plan[int]:
        """Execute a command."""
        request = yield from self._refusable(inout_request(self._device, name, argument))
        top = self._command_failed(name)
        return (yield from self._send(COMMAND, request, lambda reply: from_command_data(*reply), top, callback, name))

    def forget(self, name: str, argument: Any) -> Plan[int]:
        """Execute a command whose outcome nobody wants to know (CMD-17); an unknown one is told."""
        device = self._device
        request = yield from inout_request(device, name, argument)
        yield from self._submit(request)
        return 0

    def _submit(self, request: Request) -> Plan[Future[Any]]:
        device = self._device
        return device.through(lambda address, sent: Submit(address, sent, device.timeout), request, repeatable=False)

    def read(self, names: Sequence[str], one: bool, callback: Any) -> Plan[int]:
        """Read attributes; the reply is one reading or a list."""
        device, wanted = self._device, tuple(names)
        request = ReadAttributes(device.name, wanted, device.source)

        def finish(values: Any) -> Any:
            return reading(device, values[0]) if one else readings(device, values)

        top = self._attributes("read", wanted)
        return self._reaching(self._send(READ, request, finish, top, callback, wanted), top)

    def write(self, pairs: tuple[tuple[str, Any], ...], callback: Any) -> Plan[int]:
        """Write attributes."""
        top = self._attributes("write", tuple(name for name, _ in pairs))
        return self._reaching(self._write(pairs, top, callback), top)

    def _write(self, pairs: tuple[tuple[str, Any], ...], top: tuple[str, str], callback: Any) -> Plan[int]:
        names = tuple(name for name, _ in pairs)
        writes = yield from self._refusable(writes_of(self._device, pairs))
        request = writes if isinstance(writes, DevFailed) else WriteAttributes(self._device.name, writes)
        return (yield from self._send(WRITE, request, lambda reply: None, top, callback, names))

    def _attributes(self, word: str, names: tuple[str, ...]) -> tuple[str, str]:
        text = f"Failed to {word}_attributes_asynch on device {self._device.name}, attributes {', '.join(names)}"
        return Reason.API_AttributeFailed, text

    def _refusable(self, plan: Plan[Any]) -> Plan[Any]:
        """What the plan gives, or the device's refusal as a value: it arrives with the reply (CLI-7)."""
        try:
            return (yield from plan)
        except DevFailed as failure:
            if type(failure) is not DevFailed:
                raise
            return failure

    def _send(
        self, kind: Kind, request: Any, finish: Any, doing: tuple[str, str], callback: Any, subject: Any
    ) -> Plan[int]:
        device = self._device
        if isinstance(request, DevFailed):
            future: Future[Any] = Future()
            future.set_exception(request)
        else:
            future = yield from self._submit(request)
        number = next(_ids)
        deadline = time.monotonic() + device.timeout
        call = getattr(callback, _METHODS[kind], callback)
        self._pending[number] = pending = Pending(kind, request, future, deadline, finish, doing, call, subject)
        if call is not None and delivery.model is cb_sub_model.PUSH_CALLBACK:
            self._push(number, pending)
        return number

    def _push(self, number: int, pending: Pending) -> None:
        delivery.pusher.watch(number, pending.future, pending.deadline, partial(self._tell, number, pending))

    def push_all(self) -> None:
        """Have the replies of the calls under way delivered as they come."""
        for number, pending in list(self._pending.items()):
            if pending.callback is not None:
                self._push(number, pending)

    # ---- replies

    def reply(self, number: int, kind: Kind, timeout: int | None = None, finish: Any = None) -> Any:
        """The result of a call; `finish` makes it of the reply in place of the call's own way.

        Without `timeout` it must be there already; 0 waits for it, more waits so many ms. Raises AsynReplyNotArrived,
        AsynCall for an unknown number or another kind of call, CommunicationFailed when the call timed out, and what
        the call itself failed with.
        """
        pending = self._pending.get(number)
        if pending is None:
            raise _unknown(number)
        if pending.kind != kind:
            raise AsynCall.of(Reason.API_BadAsynReqType, "Incompatible request type", _ORIGIN)
        self._await(number, pending, timeout)
        with self._lock:
            if self._pending.pop(number, None) is None:
                raise _unknown(number)  # cancelled, or taken by another thread
        return self._result(pending._replace(finish=finish) if finish else pending)

    def _await(self, number: int, pending: Pending, timeout: int | None) -> None:
        left = max(0.0, pending.deadline - time.monotonic())
        wanted = 0.0 if timeout is None else timeout / 1000 if timeout else left
        wait((pending.future,), min(wanted, left))
        if pending.future.done() or time.monotonic() >= pending.deadline:
            return
        raise AsynReplyNotArrived.of(
            Reason.API_AsynReplyNotArrived,
            f"Device {self._device.name}: Reply for asynchronous call (id = {number}) is not yet arrived",
            _ORIGIN,
        )

    def _result(self, pending: Pending) -> Any:
        reason, text = pending.doing
        try:
            return pending.finish(pending.future.result(0))
        except (NotYet, CallTimeout):
            pending.future.cancel()
            cause = CallTimeout(f"no answer within {self._device.timeout} s")
            raise timed_out(self._device, pending.request, cause) from None
        except TransportError as error:
            raise lost(self._device, pending.request, error) from None
        except MultiDevFailed as failure:
            if len(pending.subject) == 1:
                raise single_failure(failure, text) from None
            raise several_failures(failure, self._device.name, "write_attributes_reply") from None
        except DevFailed as failure:
            if pending.kind == READ:
                raise
            raise refusal(failure, reason, text) from None

    def cancel(self, number: int) -> None:
        """Forget a call; its reply is thrown away. AsynCall for an unknown number."""
        with self._lock:
            pending = self._pending.pop(number, None)
        if pending is None:
            raise _unknown(number)
        pending.future.cancel()

    def cancel_polled(self) -> None:
        """Forget all calls without a callback."""
        with self._lock:
            polled = [number for number, pending in self._pending.items() if pending.callback is None]
            calls = [self._pending.pop(number) for number in polled]
        for pending in calls:
            pending.future.cancel()

    def deliver(self, timeout: int | None = None) -> None:
        """Call the callbacks of the replies that are there; as `deliver_replies`."""
        deliver_replies(self.with_callbacks(), timeout)

    def with_callbacks(self) -> list[Due]:
        """The calls under way whose replies go to callbacks."""
        return [
            Due(pending.future, pending.deadline, partial(self._tell, number, pending))
            for number, pending in list(self._pending.items())
            if pending.callback is not None
        ]

    def _tell(self, number: int, pending: Pending) -> None:
        with self._lock:
            if self._pending.pop(number, None) is None or pending.callback is None:
                return  # cancelled, or told by another thread
        result: Any = None
        errors: tuple[DevError, ...] = ()
        try:
            result = self._result(pending)
        except DevFailed as failure:
            errors = failure.errors
        pending.callback(_EVENTS[pending.kind](self._proxy, pending.subject, result, bool(errors), errors))


def _unknown(number: int) -> AsynCall:
    return AsynCall.of(
        Reason.API_BadAsynPollId, f"Failed to find a asynchronous polling request with id = {number}", _ORIGIN
    )


def deliver_replies(calls: list[Due], timeout: int | None = None) -> None:
    """Call the callbacks of the calls whose replies are there, or that have timed out; 0 waits for all of them, more
    waits so many ms: AsynReplyNotArrived when some have not come by then (CLI-7)."""
    if timeout is not None:
        latest = max((call.deadline for call in calls), default=0.0) - time.monotonic()
        wait([call.future for call in calls], max(0.0, min(timeout / 1000 or latest, latest)))
    now = time.monotonic()
    due = [call for call in calls if call.future.done() or now >= call.deadline]
    for call in due:
        call.tell()
    if timeout and len(due) < len(calls):
        raise AsynReplyNotArrived.of(
            Reason.API_AsynReplyNotArrived,
            "Still some reply(ies) for asynchronous callback call(s) to be received",
            _ORIGIN,
        )


def all_owners() -> list[AsynchronousCalls]:
    """The calls of every proxy of the process."""
    return list(_owners)


_owners: weakref.WeakSet[AsynchronousCalls] = weakref.WeakSet()

_METHODS: dict[Kind, str] = {COMMAND: "cmd_ended", READ: "attr_read", WRITE: "attr_written"}
"""The method that is called when the callback is an object with it."""
