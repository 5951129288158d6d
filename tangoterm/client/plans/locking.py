"""Locking a device against other clients, through the admin device of its server (LOCK-1 to LOCK-22)."""

from __future__ import annotations

import os

from server_core.model.errors import DevFailed, Reason
from tangoterm.client.handle import Handle
from tangoterm.client.locker import LockerInfo, LockStatus
from tangoterm.client.locks import Keeper, keeper_of
from tangoterm.client.plans.admin import execute, execute_for, numbers_and_texts, text
from tangoterm.client.steps import Plan

DEFAULT_VALIDITY = 10
MIN_VALIDITY = 2

_ORIGIN = "DeviceProxy.lock"


def lock(device: Handle, lock_validity: int = DEFAULT_VALIDITY) -> Plan[None]:
    """Let nobody else change the device or execute its commands, until it is unlocked as often as it was locked.

    The lock belongs to this process; it is renewed in the background, and ends `lock_validity` seconds after the
    process does without saying so. DevFailed `API_MethodArgument` for less than 2 s, or another validity than this
    proxy locked with before; `API_DeviceLocked` when another client was faster; `API_DeviceUnlockable` for an admin
    device or database; NonDbDevice for a device without database.
    """
    validity = int(lock_validity)
    if validity < MIN_VALIDITY:
        raise DevFailed.of(
            Reason.API_MethodArgument, f"Lock validity can not be lower than {MIN_VALIDITY} seconds", _ORIGIN
        )
    if not device.target.dbase:
        yield from device.record()
    keeper, admin = yield from _keeper(device)
    if keeper.holds(device.name) and device.lock_validity not in (None, validity):
        raise DevFailed.of(
            Reason.API_MethodArgument,
            f"Device {device.name} is already locked with another lock validity ({device.lock_validity} sec)",
            _ORIGIN,
        )
    yield from execute(admin, "LockDevice", numbers_and_texts((validity,), device.name))
    device.lock_validity = validity
    keeper.hold(device.name, validity)


def unlock(device: Handle, force: bool = False) -> Plan[None]:
    """Give the lock back, once; nothing happens when the device is not locked.

    With `force` the device is unlocked, whoever locked it and how often; the client that held the lock is told so with
    its next call (DeviceUnlocked). Else DevFailed `API_DeviceLocked` when another client holds the lock.
    """
    keeper, admin = yield from _keeper(device)
    counter: int = yield from execute(admin, "UnLockDevice", numbers_and_texts((bool(force),), device.name))
    if not counter:
        keeper.forget(device.name)
        device.lock_validity = None


def locking_status(device: Handle) -> Plan[str]:
    """A sentence that says whether the device is locked, and by whom."""
    return (yield from _status(device)).text


def is_locked(device: Handle) -> Plan[bool]:
    """Whether the device is locked, by whomever."""
    return (yield from _status(device)).locked


def is_locked_by_me(device: Handle) -> Plan[bool]:
    """Whether this process has locked the device."""
    return (yield from _status(device)).is_of(os.getpid())


def get_locker(device: Handle, lockinfo: LockerInfo) -> Plan[bool]:
    """Whether the device is locked; then `lockinfo` is told by whom."""
    status = yield from _status(device)
    if status.locked:
        status.fill(lockinfo)
    return status.locked


def _keeper(device: Handle) -> Plan[tuple[Keeper, Handle]]:
    yield from device.find()
    admin = yield from device.admin()
    return keeper_of(admin), admin


def _status(device: Handle) -> Plan[LockStatus]:
    yield from device.find()
    numbers, texts = yield from execute_for(device, "DevLockStatus", text(device.name))
    return LockStatus(tuple(numbers), tuple(texts))
