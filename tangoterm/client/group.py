"""`Group`: devices asked together, with calls that wait. `tangoterm.client.aio` has its twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tangoterm.client.group_replies import (
    GroupAttrReply,
    GroupAttrReplyList,
    GroupCmdReply,
    GroupCmdReplyList,
    GroupReply,
    GroupReplyList,
)
from tangoterm.client.group_tree import Asked, GroupTree, add, replies
from tangoterm.client.plans import device
from tangoterm.client.proxy import DeviceProxy
from tangoterm.client.threads import blocking, thread_runner
from tangoterm.client.together import Batch


class Group(GroupTree):
    """Devices and other groups, asked together: each request is sent to all devices before the first answer is awaited.

    Requests give one reply for each device, in the order of `get_device_list`, also for those that failed or are
    disabled. `*_asynch` sends and gives a number; `*_reply` fetches the replies, which can be done once: DevFailed
    `API_BadAsynPollId` for an unknown number. `timeout_ms` 0 waits until all have come or timed out; after more,
    devices whose answer is not there have `API_AsynReplyNotArrived` in their reply.
    """

    add = blocking(add)

    def get_device(self, name_or_index: str | int) -> DeviceProxy:
        """A device by name or pattern, or by its place from 1 on, with the settings it has in the group; KeyError."""
        return DeviceProxy._of(self._device(name_or_index))

    def ping(self, forward: bool = True) -> bool:
        """Whether all devices that take part answer."""
        asked = self._ask(GroupReply, GroupReplyList[GroupReply], ("ping",), lambda each, _: device.ping(each), forward)
        return not self._reply(self._asynch(asked), GroupReply, 0).has_failed()

    # ---- commands

    def command_inout(self, cmd_name: str, param: Any = None, forward: bool = True) -> GroupCmdReplyList:
        """Execute a command: with one argument for all, or with a `DeviceDataList` of one for each device; WrongData
        `API_MethodArgument` when that has another length."""
        return self.command_inout_reply(self.command_inout_asynch(cmd_name, param, forward))

    def command_inout_asynch(self, cmd_name: str, param: Any = None, forward: bool = True) -> int:
        """Send a command; as `command_inout`."""
        return self._asynch(self._command(cmd_name, param, forward))

    def command_inout_reply(self, req_id: int, timeout_ms: int = 0) -> GroupCmdReplyList:
        """The results of a command."""
        found: GroupCmdReplyList = self._reply(req_id, GroupCmdReply, timeout_ms)
        return found

    # ---- attributes

    def read_attribute(self, attr_name: str, forward: bool = True) -> GroupAttrReplyList:
        """Read an attribute."""
        return self.read_attribute_reply(self.read_attribute_asynch(attr_name, forward))

    def read_attribute_asynch(self, attr_name: str, forward: bool = True) -> int:
        """Ask for the readings of an attribute."""
        return self._asynch(self._reading((attr_name,), forward))

    def read_attribute_reply(self, req_id: int, timeout_ms: int = 0) -> GroupAttrReplyList:
        """The readings that were asked for."""
        found: GroupAttrReplyList = self._reply(req_id, GroupAttrReply, timeout_ms)
        return found

    def read_attributes(self, attr_names: Sequence[str], forward: bool = True) -> GroupAttrReplyList:
        """Read several attributes: all replies of the first device, then those of the second."""
        return self.read_attributes_reply(self.read_attributes_asynch(attr_names, forward))

    def read_attributes_asynch(self, attr_names: Sequence[str], forward: bool = True) -> int:
        """Ask for the readings of several attributes."""
        return self._asynch(self._reading(attr_names, forward))

    read_attributes_reply = read_attribute_reply

    def write_attribute(
        self, attr_name: str, value: Any, forward: bool = True, multi: bool = False
    ) -> GroupReplyList[GroupReply]:
        """Write one value to an attribute of all devices, or with `multi` one value for each device; WrongData
        `API_MethodArgument` when there are more or fewer of them."""
        return self.write_attribute_reply(self.write_attribute_asynch(attr_name, value, forward, multi))

    def write_attribute_asynch(self, attr_name: str, value: Any, forward: bool = True, multi: bool = False) -> int:
        """Send values to write; as `write_attribute`."""
        return self._asynch(self._writing(attr_name, value, forward, multi))

    def write_attribute_reply(self, req_id: int, timeout_ms: int = 0) -> GroupReplyList[GroupReply]:
        """Whether the writes worked."""
        found: GroupReplyList[GroupReply] = self._reply(req_id, GroupReply, timeout_ms)
        return found

    def _asynch(self, asked: Asked) -> int:
        return self._keep(asked, Batch(asked.plans, thread_runner()))

    def _reply(self, req_id: int, kind: type[GroupReply], timeout_ms: int) -> Any:
        asked, batch = self._take(req_id, kind)
        if asked.kind is kind:
            batch.wait(timeout_ms / 1000 if timeout_ms else None)
        return replies(asked, batch.outcomes)

    def __getitem__(self, name_or_index: str | int) -> Group | DeviceProxy:
        """The group of this name, else the device of this name or at this place."""
        found = self.get_group(name_or_index) if isinstance(name_or_index, str) else None
        return found or self.get_device(name_or_index)
