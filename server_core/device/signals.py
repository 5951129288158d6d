"""Signals of the operating system, for devices and classes that register for them (LIFE-40)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server_core.device.author import DONE

if TYPE_CHECKING:
    from server_core.device.kernel import DeviceKernel


class SignalsMixin:
    """What a device has to do with signals. They reach it in a server that is the program, as `run` starts it."""

    kernel: DeviceKernel

    def register_signal(self, signo: int, own_handler: bool = False) -> None:
        """Call `signal_handler` when the signal comes, in the thread of signals, before one that ends the server does;
        with `own_handler` in a thread of its own.

        Raises DevFailed `API_SignalOutOfRange` for a number that is no signal, and with `own_handler` for SIGINT,
        SIGTERM and SIGQUIT; `API_CantInstallSignal` for those that no program can handle.
        """
        kernel = self.kernel
        kernel.host.register_signal(self, kernel.method("signal_handler"), signo, own_handler=own_handler)

    def unregister_signal(self, signo: int) -> None:
        """Do so no longer; a signal that nobody is registered for has the system's effect again."""
        self.kernel.host.unregister_signal(self, signo)

    def signal_handler(self, signo: int) -> Any:
        """Called for the signals that the device is registered for."""
        return DONE
