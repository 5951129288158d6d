"""The admin device's commands about locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from server_core.device.command import command
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.names import DATABASE_CLASS
from server_core.model.types import CmdArgType
from server_core.server.admin.part import LONGS_STRINGS, STRING, STRINGS, AdminPart, LongsStrings, wrong_number
from server_core.server.admin.root_locks import lock_roots, renew_roots, unlock_roots
from server_core.server.caller import Caller, current_caller
from server_core.server.served import Served


class LockingCommands(AdminPart):
    """Who has which device locked. A lock belongs to the client process that asks."""

    @command(dtype_in=STRING, doc_in="Device name", dtype_out=LONGS_STRINGS, doc_out="Device locking status")
    def DevLockStatus(self, name: str) -> LongsStrings:
        """Whether a device is locked, and by whom (LOCK-20)."""
        return self._device(name).lock.status()

    @command(dtype_in=LONGS_STRINGS, doc_in="Str[0] = Device name. Lg[0] = Lock validity")
    def LockDevice(self, argin: LongsStrings) -> None:
        """Lock a device for its caller, or once more; its root devices too (LOCK-3, LOCK-15)."""
        numbers, names = argin
        if not len(numbers) or not names:
            raise wrong_number()
        served = self._device(names[0])
        _check_lockable(served, self.process.registry.admin)
        caller, validity = _identified(current_caller()), int(numbers[0])
        served.lock.lock(caller, validity)
        try:
            lock_roots(self.host.call_device, served.kernel.root_devices(), validity)
        except DevFailed:
            served.lock.unlock(caller, force=False)
            raise

    @command(dtype_in=STRINGS, doc_in="Device(s) name")
    def ReLockDevices(self, names: Sequence[str]) -> None:
        """Renew the caller's locks; one error for each device that it does not hold (LOCK-7, LOCK-8)."""
        caller = current_caller()

        def renew(name: str) -> None:
            served = self._named(name)
            served.lock.relock(caller)
            renew_roots(self.host.call_device, served.kernel.root_devices())

        _for_each(names, renew)

    @command(
        dtype_in=LONGS_STRINGS,
        doc_in="Str[x] = Device name(s). Lg[0] = Force flag",
        dtype_out=CmdArgType.DevLong,
        doc_out="Device global lock counter",
    )
    def UnLockDevice(self, argin: LongsStrings) -> int:
        """Give locks back, or break them; how often the device is still locked, 0 for several devices (LOCK-6)."""
        numbers, names = argin
        if not len(numbers) or not names:
            raise wrong_number()
        caller, force = current_caller(), bool(numbers[0])
        counter = 0

        def unlock(name: str) -> None:
            nonlocal counter
            served = self._device(name)
            before = served.lock.counter
            counter = served.lock.unlock(caller, force=force)
            unlock_roots(self.host.call_device, served.kernel.root_devices(), before - counter)

        _for_each(names, unlock)
        return counter if len(names) == 1 else 0

    def _device(self, name: str) -> Served:
        return self.process.registry.find_by_name_or_alias(name)

    def _named(self, name: str) -> Served:
        """The device; the failure begins with its name, so that clients know which one it is (LOCK-8)."""
        try:
            return self._device(name)
        except DevFailed as failure:
            raise DevFailed.of(Reason.API_DeviceNotFound, f"{name}: Device {name} not found", "DServer") from failure


def _for_each(names: Iterable[str], work: Callable[[str], object]) -> None:
    """Do `work` for all names, then raise what failed as one list of errors."""
    errors: list[DevError] = []
    for name in names:
        try:
            work(name)
        except DevFailed as failure:
            errors += failure.errors
    if errors:
        raise DevFailed(*errors)


def _check_lockable(served: Served, admin: Served | None) -> None:
    """DevFailed `API_DeviceUnlockable` for the admin device and for databases (LOCK-4)."""
    if served is admin:
        what = "device server administration device"
    elif served.kernel.class_name == DATABASE_CLASS:
        what = "database device"
    else:
        return
    raise DevFailed.of(Reason.API_DeviceUnlockable, f"Impossible to lock {what}", "DServer.LockDevice")


def _identified(caller: Caller) -> Caller:
    """The caller; DevFailed `API_ClientTooOld` when it does not say who it is (LOCK-4)."""
    if not caller.ident.is_known:
        raise DevFailed.of(
            Reason.API_ClientTooOld,
            "Your client cannot lock devices: it sends no identification",
            "DServer.LockDevice",
        )
    return caller
