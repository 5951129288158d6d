"""`ApiUtil`: what concerns all proxies of the process."""

from __future__ import annotations

import os

from server_core.transport.own import servers
from tangoterm.client.asynchronous import all_owners, asyn_req_type, deliver_replies
from tangoterm.client.callbacks import cb_sub_model, delivery
from tangoterm.client.closing import close_connections


class ApiUtil:
    """PyTango's singleton, by `ApiUtil.instance()`."""

    @staticmethod
    def instance() -> ApiUtil:
        """The one object."""
        return _instance

    @staticmethod
    def cleanup() -> None:
        """Close all connections; proxies connect again when they are used."""
        close_connections()

    @staticmethod
    def get_env_var(name: str) -> str | None:
        """A variable of the environment; None when it is not set."""
        return os.environ.get(name)

    def in_server(self) -> bool:
        """Whether this process is a device server too."""
        return bool(servers)

    # ---- asynchronous calls

    def get_asynch_cb_sub_model(self) -> cb_sub_model:
        """Who makes the callbacks of asynchronous calls run: PULL_CALLBACK unless set."""
        return delivery.model

    def set_asynch_cb_sub_model(self, model: cb_sub_model) -> None:
        """Have callbacks called by `get_asynch_replies` (pull), or from a thread as soon as the reply is there (push),
        also those of calls under way."""
        delivery.model = cb_sub_model(model)
        if delivery.model is cb_sub_model.PUSH_CALLBACK:
            for calls in all_owners():
                calls.push_all()

    def get_asynch_replies(self, timeout: int | None = None) -> None:
        """Call the callbacks of the replies that have arrived, of all devices; 0 waits for all, more waits so many
        ms and raises AsynReplyNotArrived when some have not come by then. Errors of calls go to the callbacks."""
        deliver_replies([due for calls in all_owners() for due in calls.with_callbacks()], timeout)

    def pending_asynch_call(self, req: asyn_req_type) -> int:
        """How many asynchronous calls, of all devices, have replies that were not fetched or called back."""
        return sum(calls.count(req) for calls in all_owners())


_instance = ApiUtil()
