"""The admin device's commands about events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from server_core.device.command import command
from server_core.model.enums import EventType
from server_core.model.errors import DevFailed, Reason
from server_core.model.event_names import LATEST_FORM, ClientKind, parse_event_name
from server_core.model.types import CmdArgType
from server_core.protocol.operations import LATEST_LEVEL
from server_core.server.admin.part import LONGS_STRINGS, STRING, STRINGS, AdminPart, LongsStrings

if TYPE_CHECKING:
    from server_core.server.served import Served

LIBRARY_RELEASE: Final = 1033
"""The level of the Tango library that the process stands for (ADM-43)."""

MULTICAST_RATE: Final = 81920
MULTICAST_INTERVAL: Final = 20000
"""What clients are told of multicasting, which there is none of (EVT-60)."""

_SUBSCRIBE_DOC: Final = """\
Event consumer wants to subscribe to.
device name, attribute/pipe name, action ("subscribe"), event name, <Tango client IDL version>"
event name can take the following values:
    "change",
    "alarm",
    "periodic",
    "archive",
    "user_event",
    "attr_conf",
    "data_ready",
    "intr_change",
    "pipe"
"info" can also be used as single parameter to retrieve information about the heartbeat and event pub endpoints."""

_SUBSCRIBED_DOC: Final = """\
Str[0] = Heartbeat pub endpoint - Str[1] = Event pub endpoint
...
Str[n] = Alternate Heartbeat pub endpoint - Str[n+1] = Alternate Event pub endpoint
Str[n+1] = event name used by this server as zmq topic to send events
Str[n+2] = channel name used by this server to send heartbeat events
Lg[0] = Tango lib release - Lg[1] = Device IDL release
Lg[2] = Subscriber HWM - Lg[3] = Multicast rate
Lg[4] = Multicast IVL - Lg[5] = ZMQ release"""

_CONFIRM_DOC: Final = (
    "Str[0] = dev1 name, Str[1] = att1 name, Str[2] = event name, "
    "Str[3] = dev2 name, Str[4] = att2 name, Str[5] = event name,..."
)

_INFO: Final = "info"
_SUBSCRIBE: Final = "subscribe"


class EventCommands(AdminPart):
    """Subscriptions of clients that receive events by a publisher, and what there is to know of events."""

    @command(
        dtype_in=STRINGS,
        doc_in=_SUBSCRIBE_DOC,
        dtype_out=LONGS_STRINGS,
        doc_out=_SUBSCRIBED_DOC,
    )
    def ZmqEventSubscriptionChange(self, argin: Sequence[str]) -> LongsStrings:
        """Subscribe: device, object, action, event, client version; or `info` alone (EVT-8..EVT-10)."""
        publisher = self.process.events.topics.publisher
        if len(argin) == 1 and argin[0].lower() == _INFO:
            pairs = [publisher.heartbeat, publisher.events, *publisher.alternates]
            words = ("Heartbeat", "Event")
            return [LIBRARY_RELEASE], [f"{words[place % 2]}: {endpoint}" for place, endpoint in enumerate(pairs)]
        if len(argin) == 1:
            raise _too_few("4 i.e. device name, attribute/pipe name, action, event name")
        if len(argin) < 4:
            raise _too_few("at least 4 i.e. device name, attribute/pipe name, action, event name, <Tango lib release>")
        device, name, action, event = argin[:4]
        kind = _kind(event, argin[4] if len(argin) > 4 else "")
        served = self.find(device)
        if action.lower() == _SUBSCRIBE:
            self.process.events.remember(served, name, kind.type, kind.version)
        else:
            self.process.events.check(served, name, kind.type)
        numbers = [
            LIBRARY_RELEASE,
            LATEST_LEVEL,
            self.process.control_system.event_buffer_hwm,
            MULTICAST_RATE,
            MULTICAST_INTERVAL,
            publisher.zmq_release,
        ]
        naming = self.process.naming
        object_name = "" if kind.type is EventType.INTERFACE_CHANGE_EVENT else name
        names = [naming.topic(served.name, object_name, kind), naming.channel(self.process.admin_name)]
        return numbers, [publisher.heartbeat, publisher.events, *publisher.alternates, *names]

    @command(
        dtype_in=STRINGS,
        doc_in="Event consumer wants to subscribe to",
        dtype_out=CmdArgType.DevLong,
        doc_out="Tango lib release",
    )
    def EventSubscriptionChange(self, argin: Sequence[str]) -> int:
        """The form of old clients: device, attribute, action, event; answers the library release (ADM-16)."""
        if len(argin) < 4:
            raise _too_few("4 i.e. device name, attribute name, action, event name")
        device, name, action, event = argin[:4]
        served, kind = self._wanted(device, event)
        if action.lower() == _SUBSCRIBE:
            self.process.events.remember(served, name, kind.type, kind.version)
        else:
            self.process.events.check(served, name, kind.type)
        return LIBRARY_RELEASE

    @command(dtype_in=STRINGS, doc_in=_CONFIRM_DOC)
    def EventConfirmSubscription(self, argin: Sequence[str]) -> None:
        """Renew subscriptions: device, object, event for each (EVT-12)."""
        if not argin or len(argin) % 3:
            raise DevFailed.of(
                Reason.API_WrongNumberOfArgs,
                "Wrong number of input arguments: 3 needed per event: device name, attribute/pipe name and event "
                "name\n",
                "DServer.EventConfirmSubscription",
            )
        for place in range(0, len(argin), 3):
            device, name, event = argin[place : place + 3]
            served, kind = self._wanted(device, event)
            self.process.events.remember(served, name, kind.type, kind.version, renewed=True)

    @command(dtype_out=STRING, doc_out="JSON object with information about the event system")
    def QueryEventSystem(self) -> str:
        """The number of the next event of each topic, and the timing of the last events if it is measured."""
        topics, naming = self.process.events.topics, self.process.naming
        counters = {naming.counter(topic.device, topic.object, topic.type): topic.counter + 1 for topic in topics}
        samples = topics.performance
        server = {
            "event_counters": dict(sorted(counters.items())),
            "perf": None if samples is None else [sample._asdict() for sample in list(samples)],
        }
        return json.dumps({"version": 1, "server": server, "client": None}, separators=(",", ":"))

    @command(
        dtype_in=CmdArgType.DevBoolean, doc_in="Enable or disable the collection of performance samples for events"
    )
    def EnableEventSystemPerfMon(self, enable: bool) -> None:
        """Measure how long events take from now on, or no longer."""
        self.process.events.topics.measure(enable)

    def _wanted(self, device: str, event: str) -> tuple[Served, ClientKind]:
        """The device and the kind of event that are meant."""
        try:
            kind = parse_event_name(event)
        except KeyError:
            raise DevFailed.of(
                Reason.API_InvalidArgs,
                f"Util::event_name_2_event_type: invalid event name specified ['{event}' is invalid]",
                "DServer.event_kind",
            ) from None
        return self.find(device), kind


def _too_few(needed: str) -> DevFailed:
    return DevFailed.of(
        Reason.API_WrongNumberOfArgs, f"Not enough input arguments, needs {needed}", "DServer.subscribe"
    )


def _kind(event: str, version: str) -> ClientKind:
    """The kind of event and the client version in a subscription (EVT-8)."""
    try:
        kind = parse_event_name(event)
    except KeyError:
        raise DevFailed.of(
            Reason.API_WrongNumberOfArgs,
            f"The event type you sent ({event}) is not  valid event type",
            "DServer.ZmqEventSubscriptionChange",
        ) from None
    if not version:
        return kind
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        raise DevFailed.of(
            Reason.API_InvalidArgs,
            f"The client version {version!r} is not a number",
            "DServer.ZmqEventSubscriptionChange",
        )
    given = int(version)
    return kind._replace(version=min(given, LATEST_FORM)) if given else kind
