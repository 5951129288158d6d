"""Subscribing in Tango's own protocol: a command of the admin device, and events over ZeroMQ.

Source: wire 11.1, 11.4, EVT-8 to EVT-13.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from server_core.model.enums import EventType
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed, EventSystemFailed, Reason
from server_core.model.event_names import Naming
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout, GetAttributeConfig, Ping
from server_core.transport.errors import TransportError
from server_core.transport.zmq.offer import CONFIRM, SUBSCRIBE, Wanted, Wish, singles
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Attach, CarriesEvents, Detach, Plan

if TYPE_CHECKING:
    from server_core.transport.events import Listener
    from server_core.transport.zmq.consumer import Ticket


def uses_zmq(device: Handle) -> Plan[bool]:
    """Whether the events of a device come over ZeroMQ, which depends on the protocol of its server; raises as a
    call."""
    carries_events = yield from device.through(
        lambda address, request: CarriesEvents(address, device.timeout), Ping(device.name), repeatable=True
    )
    return not carries_events


def attach(device: Handle, name: str, kind: EventType, listener: Listener) -> Plan[Detach]:
    """Have `listener` hear of the events of one kind of an object; the step that ends it.

    Raises what the server refuses with, as a call when it cannot be reached, and EventSystemFailed `API_ZmqFailed` when
    its events cannot.
    """
    from server_core.protocol.giop.events import READING_KINDS, EventDecoder
    from server_core.transport.giop.objects import COMPLETE_LEVEL

    admin = yield from device.event_admin()
    wanted = Wanted(device.name, name, kind, admin.name, _naming(device))
    numbers, texts = yield from _command(admin, SUBSCRIBE, wanted.subscription())
    offer = wanted.offer(numbers, texts)
    config = None
    if offer.level < COMPLETE_LEVEL and kind in READING_KINDS:
        (config,) = yield from device.deliver(GetAttributeConfig(device.name, (name,)))
    decode = EventDecoder(device.name, name, kind, offer.level, config)
    wish = Wish(offer, decode, wanted.confirmation(offer.topic))
    try:
        ticket: Ticket = yield Attach(wish, listener, partial(_confirm, admin))
    except TransportError as failure:
        raise EventSystemFailed.of(
            Reason.API_ZmqFailed, f"The events of device {device.name} cannot be reached: {failure}", "EventConsumer"
        ) from None
    return Detach(ticket)


def _confirm(admin: Handle, names: Sequence[str]) -> Plan[None]:
    """Renew subscriptions, three names for each (EVT-12). When one cannot be renewed any more the others are."""
    try:
        yield from _command(admin, CONFIRM, names)
    except (ConnectionFailed, CommunicationFailed):
        return  # that the server is lost is noticed otherwise
    except DevFailed:
        for single in singles(names):
            yield from _confirm(admin, single)


def _command(admin: Handle, command: str, texts: Sequence[str]) -> Plan[Any]:
    argin = TypedValue(CmdArgType.DevVarStringArray, list(texts))
    answer: TypedValue = yield from admin.deliver(CommandInout(admin.name, command, argin))
    return answer.value


def _naming(device: Handle) -> Naming:
    """How servers of the device's control system name events, as far as that can be known here."""
    if not device.target.dbase:
        return Naming(str(device.target.host), False)
    return Naming(device.system.store.tango_host or "", True)
