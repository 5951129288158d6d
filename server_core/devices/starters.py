"""Telling the Starter of a host that something about its servers has changed (DB-225).

A Starter is the device `tango/admin/<host>` that starts and watches the servers of a host.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from server_core.database.store import DeviceRecord, Store
from server_core.model.errors import DevFailed
from server_core.model.names import ADMIN_DOMAIN, DATABASE_SERVER, admin_name
from server_core.model.values import VOID
from server_core.protocol.operations import CommandInout

log = logging.getLogger(__name__)

COMMAND = "UpdateServersInfo"
SWITCH = ("Default", "FireToStarter")
"""The free property that switches the notifications off when it is `false`."""

DOMAIN = ("Starter", "Domain")
"""The class property that names the domain and family of Starters."""

DEFAULT_DOMAIN = "tango/admin"
NOT_TOLD = ("starter", DATABASE_SERVER.partition("/")[0].lower())
"""Servers, in lower case, whose export is of no interest to a Starter."""

Send = Callable[[CommandInout], object]
"""Executes a request to another device."""


class Starters:
    """Tells Starters in the background, one after the other; failures are of no consequence."""

    def __init__(self, store: Store, send: Send) -> None:
        self._store = store
        self._send = send
        self._worker = ThreadPoolExecutor(1, "starter notices")

    def close(self) -> None:
        """Return when the last one has been told."""
        self._worker.shutdown(cancel_futures=True)

    def tell(self, hosts: set[str]) -> None:
        """Tell the Starters of `hosts`, where there are any."""
        if not hosts or self._switched_off():
            return
        domain = self._store.get_class_property(DOMAIN[0], [DOMAIN[1]]).get(DOMAIN[1], [DEFAULT_DOMAIN])[0]
        for host in sorted(hosts):
            starter = f"{domain}/{host.partition('.')[0]}"
            record = _found(self._store, starter)
            if record is not None and record.exported:
                try:
                    self._worker.submit(self._tell, record.name)
                except RuntimeError:
                    return  # the device is on its way out

    def _switched_off(self) -> bool:
        values = self._store.get_property(SWITCH[0], [SWITCH[1]]).get(SWITCH[1], [""])
        return values[0].strip().lower() == "false"

    def _tell(self, starter: str) -> None:
        try:
            self._send(CommandInout(starter, COMMAND, VOID))
        except DevFailed as failure:
            log.debug("the Starter %s is not told: %s", starter, failure)


def _found(store: Store, device: str) -> DeviceRecord | None:
    try:
        return store.device(device)
    except DevFailed:
        return None


# ---- whom a command concerns


def _of_server(store: Store, server: str) -> set[str]:
    """Where a server is to run, or else where it runs."""
    info = store.server_info(server)
    if info is not None and info.host.strip():
        return {info.host}
    record = _found(store, admin_name(server))
    return {record.host} if record is not None and record.exported else set()


def _exported(store: Store, argin: Sequence[str]) -> set[str]:
    domain, _, server = argin[0].lower().partition("/")
    if len(argin) < 3 or domain != ADMIN_DOMAIN or server.partition("/")[0] in NOT_TOLD:
        return set()
    return {argin[2]}


CONCERNED: dict[str, Callable[[Store, Sequence[str]], set[str]]] = {
    "DbPutServerInfo": lambda store, argin: {*_of_server(store, argin[0]), *argin[1:2]},
    "DbRenameServer": lambda store, argin: _of_server(store, argin[0]),
    "DbDeleteServer": lambda store, argin: _of_server(store, str(argin)),
    "DbExportDevice": _exported,
}
"""The hosts whose Starter must know, by command; asked before it is executed."""
