"""What an asyncio group asks its devices; the group itself is in `tangoterm.client.aio`."""

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
from tangoterm.client.loops import awaitable, loop_runner
from tangoterm.client.plans import device
from tangoterm.client.together import AsyncBatch


class GroupCalls(GroupTree):
    """The requests of a group, awaited."""

    add = awaitable(add)

    async def ping(self, forward: bool = True) -> bool:
        """Whether all devices that take part answer."""
        asked = self._ask(GroupReply, GroupReplyList[GroupReply], ("ping",), lambda each, _: device.ping(each), forward)
        found = await self._reply(self._asynch(asked), GroupReply, 0)
        return not found.has_failed()

    async def command_inout(self, cmd_name: str, param: Any = None, forward: bool = True) -> GroupCmdReplyList:
        """Execute a command, with one argument for all or a `DeviceDataList` of one for each device."""
        return await self.command_inout_reply(self.command_inout_asynch(cmd_name, param, forward))

    def command_inout_asynch(self, cmd_name: str, param: Any = None, forward: bool = True) -> int:
        """Send a command; as `command_inout`."""
        return self._asynch(self._command(cmd_name, param, forward))

    async def command_inout_reply(self, req_id: int, timeout_ms: int = 0) -> GroupCmdReplyList:
        """The results of a command."""
        found: GroupCmdReplyList = await self._reply(req_id, GroupCmdReply, timeout_ms)
        return found

    async def read_attribute(self, attr_name: str, forward: bool = True) -> GroupAttrReplyList:
        """Read an attribute."""
        return await self.read_attribute_reply(self.read_attribute_asynch(attr_name, forward))

    def read_attribute_asynch(self, attr_name: str, forward: bool = True) -> int:
        """Ask for the readings of an attribute."""
        return self._asynch(self._reading((attr_name,), forward))

    async def read_attribute_reply(self, req_id: int, timeout_ms: int = 0) -> GroupAttrReplyList:
        """The readings that were asked for."""
        found: GroupAttrReplyList = await self._reply(req_id, GroupAttrReply, timeout_ms)
        return found

    async def read_attributes(self, attr_names: Sequence[str], forward: bool = True) -> GroupAttrReplyList:
        """Read several attributes: all replies of the first device, then those of the second."""
        return await self.read_attributes_reply(self.read_attributes_asynch(attr_names, forward))

    def read_attributes_asynch(self, attr_names: Sequence[str], forward: bool = True) -> int:
        """Ask for the readings of several attributes."""
        return self._asynch(self._reading(attr_names, forward))

    read_attributes_reply = read_attribute_reply

    async def write_attribute(
        self, attr_name: str, value: Any, forward: bool = True, multi: bool = False
    ) -> GroupReplyList[GroupReply]:
        """Write one value to an attribute of all devices, or with `multi` one value for each device."""
        return await self.write_attribute_reply(self.write_attribute_asynch(attr_name, value, forward, multi))

    def write_attribute_asynch(self, attr_name: str, value: Any, forward: bool = True, multi: bool = False) -> int:
        """Send values to write; as `write_attribute`."""
        return self._asynch(self._writing(attr_name, value, forward, multi))

    async def write_attribute_reply(self, req_id: int, timeout_ms: int = 0) -> GroupReplyList[GroupReply]:
        """Whether the writes worked."""
        found: GroupReplyList[GroupReply] = await self._reply(req_id, GroupReply, timeout_ms)
        return found

    def _asynch(self, asked: Asked) -> int:
        return self._keep(asked, AsyncBatch(asked.plans, loop_runner()))

    async def _reply(self, req_id: int, kind: type[GroupReply], timeout_ms: int) -> Any:
        asked, batch = self._take(req_id, kind)
        if asked.kind is kind:
            await batch.wait(timeout_ms / 1000 if timeout_ms else None)
        return replies(asked, batch.outcomes)
