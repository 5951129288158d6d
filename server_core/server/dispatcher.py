"""From a request to its result: finds the device, records the request, answers from the cache or asks the device.

The order of the steps is the order of BBX-2, LOCK-11, POLL-75 and SER-3: blackbox, lock, cache, monitor, device.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from server_core.model.config import UNINITIALISED, DeviceInfo
from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed
from server_core.protocol import operations as op
from server_core.protocol.operations import LATEST_LEVEL
from server_core.server.caller import Caller, on_behalf_of
from server_core.server.events.service import Events
from server_core.server.polling.cache import (
    attribute_history,
    cached_attributes,
    cached_command,
    command_history,
    is_answer,
)
from server_core.server.registry import Registry
from server_core.server.served import Served
from server_core.server.versions import versions
from server_core.transport.contract import Peer, Respond


class Identity(NamedTuple):
    """What all devices of the process tell of it."""

    server: str
    host: str
    admin: str


class Dispatcher:
    """Executes requests; the transport calls it from several threads at once."""

    def __init__(self, registry: Registry, events: Events, identity: Identity) -> None:
        self._registry = registry
        self._events = events
        self._identity = identity

    def handle(self, request: op.Request, peer: Peer, respond: Respond, form: op.Form | None = op.LATEST) -> object:
        """The result of `request`, or DEFERRED when its device is busy; `respond` answers then.

        `form` is how an older interface put it.
        Raises DevFailed `API_DeviceNotFound` for a device that is not served here, and whatever the device raises.
        """
        kind = type(request)
        if kind is op.Unsubscribe:
            self._events.topics.unsubscribe(request.topic, peer)
            return None
        served = self._registry.find(request.device)
        if kind is op.Subscribe:
            return self._events.subscribe(served, request, peer)
        if kind is op.BlackBox:
            entries = served.blackbox.read(request.n)
            served.blackbox.add(op.BY_REQUEST[kind], request, peer, form)
            return entries
        served.blackbox.add(op.BY_REQUEST[kind], request, peer, form)
        return self.execute(served, request, respond, peer)

    def execute(self, served: Served, request: op.Request, respond: Respond, caller: Caller) -> object:
        """Execute a request whose device is found and which is recorded."""
        kind = type(request)
        if served.lock.in_use and op.BY_REQUEST[kind].locked_out:
            served.lock.check(caller, request)
        if kind in _IDENTITY:
            return _IDENTITY[kind](self._identity, served)
        if kind in _UNGUARDED:
            if served.kernel.started:
                return _UNGUARDED[kind](served, request)
            return served.monitor.call(partial(_UNGUARDED[kind], served, request), respond)
        if kind in _CACHED and _may_be_cached(served, request.source):
            return _CACHED[kind](served, request, respond)
        work = partial(_GUARDED[kind], served, request)
        if served is self._registry.admin:
            work = partial(on_behalf_of, caller, work)
        return served.monitor.call(work, respond)

    def disconnected(self, peer: Peer) -> None:
        """The connection is gone: forget its subscriptions."""
        self._events.topics.forget(peer)

    def object(self, key: bytes) -> str | None:
        """The name of the device that an object key means, None when there is no such object."""
        return self._registry.object(key)


def _may_be_cached(served: Served, source: DevSource) -> bool:
    return source is DevSource.CACHE or (source is DevSource.CACHE_DEV and bool(served.polled))


def _read_cached(served: Served, request: op.ReadAttributes, respond: Respond) -> object:
    names = _names(served, request)
    values, missing = cached_attributes(served, names, request.source)
    if not missing:
        return values

    def read_missing() -> object:
        served.kernel.call_source = request.source
        read = iter(served.kernel.read_attributes(missing))
        return [next(read) if value is None else value for value in values]

    return served.monitor.call(read_missing, respond)


def _command_cached(served: Served, request: op.CommandInout, respond: Respond) -> object:
    try:
        return cached_command(served, request.command)
    except DevFailed as failure:
        if request.source is DevSource.CACHE or is_answer(failure):
            raise
    return served.monitor.call(partial(_command, served, request), respond)


def _read(served: Served, request: op.ReadAttributes) -> object:
    if served.kernel.forwarded:
        served.kernel.call_source = request.source
    return served.kernel.read_attributes(_names(served, request))


def _names(served: Served, request: op.ReadAttributes) -> tuple[str, ...]:
    """The names of the attributes to read."""
    return tuple(served.kernel.attributes) if request.names is op.ALL else request.names


def _command(served: Served, request: op.CommandInout) -> object:
    return served.kernel.command_inout(request.command, request.argin)


def _write_read(served: Served, request: op.WriteReadAttributes) -> object:
    return served.kernel.write_read_attributes(request.values, request.names)


def _write_read_pipe(served: Served, request: op.WriteReadPipe) -> object:
    served.kernel.write_pipe(request.pipe, request.blob)
    return served.kernel.read_pipe(request.pipe)


def _info(identity: Identity, served: Served) -> DeviceInfo:
    """Who serves the device; the type is the name of its class, which the admin device does not set (CMD-19)."""
    return DeviceInfo(
        dev_class=served.kernel.class_name,
        server_id=identity.server,
        server_host=identity.host,
        server_version=LATEST_LEVEL,
        doc_url=served.kernel.device_class.doc_url,
        dev_type=UNINITIALISED if served.name == identity.admin else served.kernel.class_name,
        version_info=versions(),
    )


_IDENTITY: Final[dict[type, Callable[[Identity, Served], object]]] = {
    op.Ping: lambda identity, served: None,
    op.GetInfo: _info,
    op.GetAdmName: lambda identity, served: identity.admin,
}

_UNGUARDED: Final[dict[type, Callable[[Served, Any], object]]] = {
    op.GetName: lambda served, request: served.name,
    op.GetDescription: lambda served, request: served.description,
    op.CommandListQuery: lambda served, request: served.kernel.command_list(),
    op.CommandQuery: lambda served, request: served.kernel.command_info(request.command),
    op.CommandInoutHistory: lambda served, request: command_history(served, request.command, request.n),
    op.ReadAttributeHistory: lambda served, request: attribute_history(served, request.attribute, request.n),
    op.GetAttributeConfig: lambda served, request: served.kernel.attribute_configs(request.names),
    op.GetPipeConfig: lambda served, request: served.kernel.pipe_configs(request.names),
}
"""Requests that do not wait for a busy device (SER-4); only for one that is just being made, by DevRestart too."""

_GUARDED: Final[dict[type, Callable[[Served, Any], object]]] = {
    op.GetState: lambda served, request: served.kernel.get_state(),
    op.GetStatus: lambda served, request: served.kernel.get_status(),
    op.CommandInout: _command,
    op.SetAttributeConfig: lambda served, request: served.kernel.set_attribute_configs(request.configs),
    op.ReadAttributes: _read,
    op.WriteAttributes: lambda served, request: served.kernel.write_attributes(request.values),
    op.WriteReadAttributes: _write_read,
    op.SetPipeConfig: lambda served, request: served.kernel.set_pipe_configs(request.configs),
    op.ReadPipe: lambda served, request: served.kernel.read_pipe(request.pipe),
    op.WritePipe: lambda served, request: served.kernel.write_pipe(request.pipe, request.blob),
    op.WriteReadPipe: _write_read_pipe,
}
"""Requests that take the device's monitor (SER-3)."""

_CACHED: Final[dict[type, Callable[[Served, Any, Respond], object]]] = {
    op.ReadAttributes: _read_cached,
    op.CommandInout: _command_cached,
}
"""Requests that the polling rings can answer."""
