"""The hierarchy of a group: devices and groups by name, whether they take part, and what they are asked.

Shared by the blocking and the asyncio group.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self

from server_core.model.errors import AsynReplyNotArrived, DevError, DevFailed, Reason, WrongData
from server_core.model.names import parse_device, wildcard
from tangoterm.client.device_data import DeviceDataList
from tangoterm.client.group_replies import (
    GroupAttrReply,
    GroupAttrReplyList,
    GroupCmdReply,
    GroupCmdReplyList,
    GroupReply,
    GroupReplyList,
)
from tangoterm.client.handle import Handle
from tangoterm.client.plans import attributes, commands
from tangoterm.client.steps import Perform, Plan
from tangoterm.client.system import control_system
from tangoterm.client.together import NOT_YET

_ORIGIN = "Group"


class Member:
    """A device of a group."""

    def __init__(self, device: Handle) -> None:
        self.device = device
        self.enabled = True

    def name_matches(self, pattern: str) -> bool:
        """Whether the device's name is `pattern`, or fits it."""
        return wildcard(pattern).match(self.device.name) is not None


class Asked(NamedTuple):
    """What a group was asked: the devices in their order, the names that each has a reply for, and their plans."""

    kind: type[GroupReply]
    replies: type[GroupReplyList[Any]]
    members: list[Member]
    enabled: list[bool]
    objects: tuple[str, ...]
    plans: list[Plan[Any]]


class GroupTree:
    """A group's place in its hierarchy, and its devices and groups in the order in which they were added.

    Names compare in any case; a group's full name has the names of the groups above before it: `gauges.cell-01`.
    `forward` says whether a request goes to the groups below too.
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"a group is named by a text, not by {name!r}")
        self._handle: GroupTree = self
        self._name = name
        self._enabled = True
        self._above: GroupTree | None = None
        self._elements: list[Member | Self] = []
        self._requests: dict[int, tuple[Asked, Any]] = {}

    # ---- names

    def get_name(self) -> str:
        """The group's name."""
        return self._name

    def get_fully_qualified_name(self) -> str:
        """The name with those of the groups above before it, separated by dots."""
        return self._name if self._above is None else f"{self._above.get_fully_qualified_name()}.{self._name}"

    def name_equals(self, name: str) -> bool:
        """Whether this is the group's name or full name."""
        return name.lower() in (self._name.lower(), self.get_fully_qualified_name().lower())

    def name_matches(self, pattern: str) -> bool:
        """Whether the group's name or full name fits; `*` stands for any characters."""
        matches = wildcard(pattern).match
        return bool(matches(self._name) or matches(self.get_fully_qualified_name()))

    # ---- what is in it

    def _groups(self) -> Iterator[Self]:
        return (element for element in self._elements if isinstance(element, type(self)))

    def _members(self, forward: bool = True, enabled: bool = True) -> Iterator[tuple[Member, bool]]:
        """The devices, each with whether it takes part: it and the groups it is in are enabled."""
        for element in self._elements:
            if isinstance(element, Member):
                yield element, enabled and element.enabled
            elif forward:
                yield from element._members(True, enabled and element._enabled)

    def _elements_below(self, forward: bool) -> Iterator[Member | Self]:
        for element in self._elements:
            yield element
            if forward and isinstance(element, type(self)):
                yield from element._elements_below(True)

    def _first(self, pattern: str, forward: bool = True) -> Member | Self | None:
        return next((each for each in self._elements_below(forward) if each.name_matches(pattern)), None)

    def get_size(self, forward: bool = True) -> int:
        """How many devices there are."""
        return sum(1 for _ in self._members(forward))

    def get_device_list(self, forward: bool = True) -> list[str]:
        """The names of the devices."""
        return [member.device.name for member, _ in self._members(forward)]

    def contains(self, pattern: str, forward: bool = True) -> bool:
        """Whether the group is called so, or has such a device or group; `*` stands for any characters."""
        return self.name_matches(pattern) or self._first(pattern, forward) is not None

    def get_group(self, group_name: str) -> Self | None:
        """The group of this name or full name, this one included; None when there is none."""
        if self.name_equals(group_name):
            return self
        return next((found for group in self._groups() if (found := group.get_group(group_name))), None)

    def _device(self, name_or_index: str | int) -> Handle:
        members = [member for member, _ in self._members()]
        if isinstance(name_or_index, int):
            if 0 < name_or_index <= len(members):
                return members[name_or_index - 1].device
        else:
            for member in members:
                if member.name_matches(name_or_index):
                    return member.device
        raise KeyError(f"Group does not have device {name_or_index}")

    def __contains__(self, pattern: str) -> bool:
        return self.contains(pattern)

    def __len__(self) -> int:
        return self.get_size()

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"Group({self._name})"

    # ---- changing it

    def _add_group(self, group: Self, timeout_ms: int) -> None:
        above: GroupTree | None = self
        while above is not None:
            if above is group:
                raise WrongData.of(
                    Reason.API_MethodArgument, f"Group {group._name} cannot be in itself", f"{_ORIGIN}.add"
                )
            above = above._above
        if any(each.name_equals(group._name) for each in self._groups()):
            return
        group._above = self
        self._elements.append(group)
        if timeout_ms != -1:
            group.set_timeout_millis(timeout_ms)

    def _add_device(self, device: Handle, timeout_ms: int) -> None:
        here = (member.device for member, _ in self._members())
        known = next((each for each in here if each.full_name == device.full_name), None)
        if known is None:
            self._elements.append(Member(device))
            known = device
        if timeout_ms != -1:
            known.timeout_millis = timeout_ms

    def remove(self, patterns: str | Sequence[str], forward: bool = True) -> None:
        """Take out the devices and groups with these names; `*` stands for any characters."""
        names = (patterns,) if isinstance(patterns, str) else tuple(patterns)
        self._elements = [each for each in self._elements if not any(each.name_matches(name) for name in names)]
        if forward:
            for group in self._groups():
                group.remove(names)

    def __delitem__(self, pattern: str) -> None:
        self.remove(pattern)

    def remove_all(self) -> None:
        """Take out everything."""
        self._elements.clear()

    def set_timeout_millis(self, timeout_ms: int) -> None:
        """Let the calls of all devices take so many ms; as `DeviceProxy.set_timeout_millis`."""
        for member, _ in self._members():
            member.device.timeout_millis = timeout_ms

    def enable(self, dev_name: str | None = None, forward: bool = True) -> None:
        """Let the first device or group of this name take part again, or this group in the one above."""
        self._set_enabled(dev_name, forward, True)

    def disable(self, dev_name: str | None = None, forward: bool = True) -> None:
        """Leave the first device or group of this name out of all requests, or this group out of those that go to the
        one above: its devices have replies that say so."""
        self._set_enabled(dev_name, forward, False)

    def is_enabled(self, device_name: str, forward: bool = True) -> bool:
        """Whether the first device or group of this name takes part; False when there is none."""
        found = self._first(device_name, forward)
        return False if found is None else found.enabled if isinstance(found, Member) else found._enabled

    def _set_enabled(self, name: str | None, forward: bool, value: bool) -> None:
        found = self if name is None else self._first(name, forward)
        if isinstance(found, Member):
            found.enabled = value
        elif found is not None:
            found._enabled = value

    # ---- asking

    def _ask(
        self,
        kind: type[GroupReply],
        replies: type[GroupReplyList[Any]],
        objects: tuple[str, ...],
        plan: Callable[[Handle, int], Plan[Any]],
        forward: bool,
    ) -> Asked:
        asked = list(self._members(forward))
        plans = [plan(member.device, place) for place, (member, enabled) in enumerate(asked) if enabled]
        return Asked(kind, replies, [each for each, _ in asked], [enabled for _, enabled in asked], objects, plans)

    def _command(self, cmd_name: str, param: Any, forward: bool) -> Asked:
        argument = self._values(param, isinstance(param, DeviceDataList), forward)
        return self._ask(
            GroupCmdReply,
            GroupCmdReplyList,
            (cmd_name,),
            lambda device, place: commands.command_inout_raw(device, cmd_name, argument(place)),
            forward,
        )

    def _reading(self, names: Sequence[str], forward: bool) -> Asked:
        wanted = tuple(names)
        return self._ask(
            GroupAttrReply,
            GroupAttrReplyList,
            wanted,
            lambda device, place: attributes.read_attributes(device, wanted),
            forward,
        )

    def _writing(self, attr_name: str, value: Any, forward: bool, multi: bool) -> Asked:
        written = self._values(value, multi, forward)
        return self._ask(
            GroupReply,
            GroupReplyList[GroupReply],
            (attr_name,),
            lambda device, place: attributes.write_attribute(device, attr_name, written(place)),
            forward,
        )

    def _values(self, value: Any, one_each: bool, forward: bool) -> Callable[[int], Any]:
        """What the device at each place is sent: `value`, or its own part of it."""
        if not one_each:
            return lambda place: value
        size = self.get_size(forward)
        if len(value) != size:
            raise WrongData.of(
                Reason.API_MethodArgument,
                "the size of the input argument list must equal the number of device in the group "
                f"[expected:{size} - got:{len(value)}]",
                _ORIGIN,
            )
        return lambda place: value[place]

    def _keep(self, asked: Asked, batch: Any) -> int:
        number = next(_ids)
        self._requests[number] = (asked, batch)
        return number

    def _take(self, number: int, kind: type[GroupReply]) -> tuple[Asked, Any]:
        """A request by its number, which is unknown from then on."""
        if number not in self._requests:
            raise DevFailed.of(Reason.API_BadAsynPollId, "Invalid asynch. request identifier specified", _ORIGIN)
        asked, batch = self._requests.pop(number)
        if asked.kind is not kind:
            wrong = DevFailed.of(Reason.API_BadAsynReqType, "Incompatible request type", _ORIGIN)
            batch.outcomes = [wrong] * len(asked.plans)
        return asked, batch


_ids = itertools.count(1)


def add(group: GroupTree, pattern_subgroup: str | Sequence[str] | GroupTree, timeout_ms: int = -1) -> Plan[None]:
    """Add devices by name, by a pattern of names in the database (`lab/*/1`), or a list of either; or a group.

    A device that the group or one below has already is not added twice. With `timeout_ms` that is the time-out of the
    devices. WrongNameSyntax for what is no device name; a device that is not defined says so when it is asked.
    """
    if isinstance(pattern_subgroup, type(group)):
        group._add_group(pattern_subgroup, timeout_ms)
        return
    if isinstance(pattern_subgroup, GroupTree) or not isinstance(pattern_subgroup, (str, Sequence)):
        raise TypeError(f"a group takes names, patterns of names and groups of its own kind, not {pattern_subgroup!r}")
    for pattern in (pattern_subgroup,) if isinstance(pattern_subgroup, str) else pattern_subgroup:
        for device in (yield from _devices(pattern)):
            group._add_device(device, timeout_ms)


def _devices(pattern: str) -> Plan[list[Handle]]:
    """The devices that a name or pattern means, in the database's order."""
    address = parse_device(pattern)
    if "*" in address.name:
        names = yield Perform(lambda: control_system(address.host).store.distinct("name", name=address.name))
        return [Handle(address._replace(name=name)) for name in names]
    device = Handle(address)
    with suppress(DevFailed):  # what is wrong with it comes in its replies
        yield from device.find()
    return [device]


def replies(asked: Asked, outcomes: list[Any]) -> GroupReplyList[Any]:
    """The replies of all devices: of those that were asked by what came of it, of the others that they were not."""
    found = asked.replies()
    answers = iter(outcomes)
    for member, enabled in zip(asked.members, asked.enabled, strict=True):
        outcome = next(answers) if enabled else None
        name = member.device.name
        for place, target in enumerate(asked.objects):
            errors, data = _content(name, outcome, place)
            found.append(asked.kind(name, target, enabled=enabled, errors=errors, data=data))
    return found


def _content(device: str, outcome: Any, place: int) -> tuple[tuple[DevError, ...], Any]:
    if outcome is NOT_YET:
        text = f"Device {device}: Reply for asynchronous call is not yet arrived"
        return AsynReplyNotArrived.of(Reason.API_AsynReplyNotArrived, text, _ORIGIN).errors, None
    if isinstance(outcome, DevFailed):
        return outcome.errors, None
    if isinstance(outcome, list):
        return outcome[place].get_err_stack(), outcome[place]
    return (), outcome
