"""GasAnalyser: a residual gas analyser, with an attribute for each mass that is being watched.

The masses are a property; AddMass and RemoveMass change it, and the device's attributes with it, while clients look on.
Readings are pushed as change events by the scanning thread.
"""

from __future__ import annotations

import threading
import time
from array import array
from typing import Any

from server_core import (
    AttrWriteType,
    DevFailed,
    Device,
    DevState,
    DispLevel,
    attribute,
    command,
    device_property,
)
from server_core.devices.vacuum import AXIS, HEAVIEST, LIGHTEST, Vessel, gases_at
from server_core.model.errors import Reason

_MBAR = "%8.2e"
_AIR_LIMIT = 1e-11
"""Argon is no usual residual gas: a signal of more than this many mbar at mass 40 means air."""


class GasAnalyser(Device):
    """A quadrupole mass spectrometer on a vacuum vessel."""

    Masses = device_property(
        dtype=(int,), default_value=[2, 18, 28, 32, 40, 44], doc="The masses to watch, in amu (1 to 50)"
    )
    ScanTime = device_property(dtype=float, default_value=1.0, doc="Seconds from one scan to the next")

    def init_device(self) -> None:
        """Make the attributes of the configured masses and start scanning."""
        super().init_device()
        self._stop = threading.Event()
        self._vessel = Vessel()
        self._forget_masses()
        self._scans = 0
        self._air_seen = False
        self._take_scan(0.0)
        for name in ("total_pressure", "leak", "spectrum", "scan_count"):
            self.set_change_event(name, True, True)
        for mass in self.Masses:
            self._watch(mass)
        self._start_scanning()

    def delete_device(self) -> None:
        """Stop scanning."""
        self._stop.set()
        super().delete_device()

    def _forget_masses(self) -> None:
        """Remove the attributes of masses that are no longer configured."""
        for mass in getattr(self, "_partials", ()):
            if mass not in self.Masses:
                self.remove_attribute(_name(mass))
        self._partials: dict[int, float] = {}

    # ---- scanning

    def _start_scanning(self) -> None:
        self._stop = threading.Event()
        threading.Thread(target=self._run, args=(self._stop,), name=f"scan {self.get_name()}", daemon=True).start()
        self.set_state(DevState.ON)
        self.set_status("Filament on, scanning.")

    def _run(self, stop: threading.Event) -> None:
        due = before = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            now = time.monotonic()
            due = max(due + self.ScanTime, now)
            try:
                with self.host.monitor(self):
                    if not stop.is_set():
                        self._take_scan(now - before)
                        self._publish()
            except DevFailed as failure:
                self.warn_stream(f"Scan lost: {failure.desc}")
            before = now

    def _take_scan(self, seconds: float) -> None:
        self._vessel.advance(seconds)
        self._scan = self._vessel.scan()
        self._partials = {mass: self._vessel.partial(mass) for mass in self._partials}
        self._total = self._vessel.total
        air_seen = self._vessel.partial(40) > _AIR_LIMIT
        if air_seen is not self._air_seen:
            self.warn_stream("air comes in" if air_seen else "no air comes in any more")
        self._air_seen = air_seen
        self._scans += 1
        self.debug_stream("scan %d, %.2e mbar", self._scans, self._total)

    def _publish(self) -> None:
        readings: dict[str, Any] = {_name(mass): value for mass, value in self._partials.items()}
        readings |= {
            "total_pressure": self._total,
            "leak": self._air_seen,
            "spectrum": self._scan,
            "scan_count": self._scans,
        }
        for name, value in readings.items():
            self.push_change_event(name, value)

    # ---- attributes of masses

    def _watch(self, mass: int) -> None:
        """Add the attribute of a mass."""
        if not LIGHTEST <= mass <= HEAVIEST:
            raise DevFailed.of(
                Reason.API_InvalidArgs,
                f"mass {mass} is outside {LIGHTEST}..{HEAVIEST} amu, the range of the spectrometer",
                "GasAnalyser.AddMass",
            )
        self._partials[mass] = self._vessel.partial(mass)
        gases = gases_at(mass)
        self.add_attribute(
            attribute(
                name=_name(mass),
                dtype=float,
                access=AttrWriteType.READ,
                label=f"{mass} amu" + (f" ({gases})" if gases else ""),
                unit="mbar",
                format=_MBAR,
                rel_change=5,
                doc=f"Partial pressure at mass {mass}" + (f", where {gases} shows" if gases else ""),
            ),
            self.read_mass,
        )
        self.set_change_event(_name(mass), True, True)

    def read_mass(self, attr: Any) -> float:
        """The partial pressure of the mass that an attribute stands for."""
        return self._partials[int(attr.get_name().rpartition("_")[2])]

    # ---- fixed attributes

    @attribute(
        label="Total pressure",
        unit="mbar",
        format=_MBAR,
        max_warning=3e-9,
        max_alarm=1e-8,
        rel_change=5,
        archive_rel_change=20,
    )
    def total_pressure(self) -> float:
        """Pressure of all gases together."""
        return self._total

    @attribute(dtype=(float,), label="Scan", unit="mbar", format=_MBAR, max_dim_x=len(AXIS), rel_change=5)
    def spectrum(self) -> Any:
        """Signal over the whole range of masses, from the last scan; the masses are in mass_axis."""
        return self._scan

    @attribute(
        dtype=(float,),
        label="Masses of the scan",
        unit="amu",
        format="%5.2f",
        max_dim_x=len(AXIS),
        display_level=DispLevel.EXPERT,
    )
    def mass_axis(self) -> array[float]:
        """The mass of each point of spectrum."""
        return AXIS

    @attribute(label="Scans", abs_change=1)
    def scan_count(self) -> int:
        """Scans since the device was initialised."""
        return self._scans

    @attribute(label="Air leak")
    def leak(self) -> bool:
        """Whether argon tells that air comes in."""
        return self._air_seen

    # ---- commands

    @command(doc_in="Mass in amu (1 to 50)")
    def AddMass(self, mass: int) -> None:
        """Watch one more mass from now on, and after a restart too."""
        if mass in self._partials:
            raise DevFailed.of(
                Reason.API_InvalidArgs, f"mass {mass} is watched already, see {_name(mass)}", "GasAnalyser.AddMass"
            )
        self._watch(mass)
        self._remember()

    @command(doc_in="Mass in amu")
    def RemoveMass(self, mass: int) -> None:
        """Watch a mass no longer; its attribute disappears."""
        if mass not in self._partials:
            raise DevFailed.of(
                Reason.API_InvalidArgs,
                f"mass {mass} is not watched (watched: {', '.join(map(str, self._partials)) or 'none'})",
                "GasAnalyser.RemoveMass",
            )
        self.remove_attribute(_name(mass))
        del self._partials[mass]
        self._remember()

    def _remember(self) -> None:
        masses = [str(mass) for mass in self._partials]
        self.host.properties.put_device_property(self.get_name(), {"Masses": masses})

    @command
    def On(self) -> None:
        """Switch the filament on and scan."""
        self._start_scanning()

    @command
    def Off(self) -> None:
        """Switch the filament off; the last scan stays readable."""
        self._stop.set()
        self.set_state(DevState.OFF)
        self.set_status("Filament off.")

    @command(display_level=DispLevel.EXPERT, doc_in="Seconds")
    def SimulateLeak(self, seconds: float) -> None:
        """Let air into the vessel for a while."""
        self._vessel.leak(seconds)

    def is_On_allowed(self) -> bool:
        """The filament must be off."""
        return self.get_state() == DevState.OFF

    def is_Off_allowed(self) -> bool:
        """The filament must be on."""
        return self.get_state() != DevState.OFF


def _name(mass: int) -> str:
    return f"mass_{mass}"
