"""Several devices at once, as people name them.

    sys/tg_test/1   a device, or its alias        sys/*           every device that matches
    server:NAME     the devices of servers        class:NAME      of classes
    host:NAME       of all servers on a host      *               all

Names behind `server:`, `class:` and `host:` may contain `*`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from server_core.database.store import DeviceRecord
from server_core.model.names import wildcard
from tangoterm.console.catalogue import is_admin
from tangoterm.console.commands.table import UsageError
from tangoterm.console.session import Session

KINDS: dict[str, Callable[[DeviceRecord], str]] = {
    "server": lambda record: record.server,
    "class": lambda record: record.dev_class,
    "host": lambda record: record.host,
}
"""What a scope may name besides devices: the word before `:`, and what of a device is compared."""


def devices_in(session: Session, words: Iterable[str], *, running: bool = False) -> list[str]:
    """The devices that `words` name, each once, in their order; with `running` only those that are served.

    A plain name is taken as it is, even one that the catalogue does not know. Raises UsageError for a pattern or scope
    in which there is no device.
    """
    found: dict[str, str] = {}
    for word in words:
        for name in _devices_of(session, word, running):
            found.setdefault(name.lower(), name)
    return list(found.values())


def is_scope(word: str) -> bool:
    """Whether `word` may name several devices."""
    return "*" in word or word.partition(":")[0].lower() in KINDS


def _devices_of(session: Session, word: str, running: bool) -> Sequence[str]:
    if not is_scope(word):
        return [session.device_name(word)]
    kind, colon, name = word.partition(":")
    if colon and kind.lower() in KINDS:
        matches, value = wildcard(name).match, KINDS[kind.lower()]
        records = [each for each in session.catalogue.records if not is_admin(each) and matches(value(each))]
    else:
        records = session.catalogue.devices(word)
    if not records:
        raise UsageError(f"no device in {word}")
    return [record.name for record in records if record.exported or not running]
