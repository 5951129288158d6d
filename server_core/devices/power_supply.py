"""PowerSupply: a magnet power supply with ramps, limits, alarms and interlocks.

Closing the cooling valve of an energised magnet shows them all: warning, alarm, then a trip to FAULT that only Reset
leaves, and only when its cause is gone.
"""

from __future__ import annotations

from array import array
from time import monotonic, time
from typing import Any

from server_core import (
    AttrQuality,
    AttrWriteType,
    DevFailed,
    Device,
    DevState,
    DispLevel,
    attribute,
    command,
    device_property,
)
from server_core.devices.magnet import HISTORY, STEP, Magnet, Mode
from server_core.model.errors import Reason

_LOWEST_FLOW = 1.5
"""The flow interlock in l/min."""

_POWERED = (DevState.ON, DevState.MOVING, DevState.STANDBY)


class PowerSupply(Device):
    """A unipolar current source of up to 200 A for one magnet."""

    Resistance = device_property(dtype=float, default_value=0.12, doc="Resistance of the magnet at 25 °C in Ω")
    Inductance = device_property(dtype=float, default_value=0.05, doc="Inductance of the magnet in H")
    TripTemperature = device_property(
        dtype=float, default_value=80.0, doc="Coil temperature in °C that trips the output"
    )

    def init_device(self) -> None:
        """Start switched off; a memorised set point is written afterwards."""
        super().init_device()
        self._magnet = Magnet(self.Resistance, self.Inductance)
        self._simulated_until = monotonic()
        self._wanted = 0.0
        self._standby = False
        self._show_settings()
        self._enter(DevState.OFF, "Output off.")

    def _show_settings(self) -> None:
        """Let the set points be what is in use; memorised ones are written afterwards."""
        attributes = self.get_device_attr()
        attributes.get_w_attr_by_name("current").set_write_value(self._wanted)
        attributes.get_w_attr_by_name("ramp_rate").set_write_value(self.read_ramp_rate())
        attributes.get_w_attr_by_name("cooling_valve").set_write_value(self.read_cooling_valve())
        attributes.get_w_attr_by_name("mode").set_write_value(self.read_mode())

    def always_executed_hook(self) -> None:
        """Bring the simulation up to now."""
        self._simulate()

    def dev_state(self) -> Any:
        """The state as of now, alarms taken into account."""
        self._simulate()
        return super().dev_state()

    def dev_status(self) -> Any:
        """The status as of now."""
        self._simulate()
        return super().dev_status()

    # ---- the state machine

    def _enter(self, state: DevState, status: str) -> None:
        if state is not self.get_state():
            log = self.error_stream if state is DevState.FAULT else self.info_stream
            log("%s: %s", state.name, status)
        self.set_state(state)
        self.set_status(status)

    def _simulate(self) -> None:
        elapsed = monotonic() - self._simulated_until
        self._simulated_until += elapsed - elapsed % STEP
        self._magnet.advance(elapsed)
        if self._magnet.energised:
            self._watch()

    def _watch(self) -> None:
        """Trip on an interlock, else tell how far the current is."""
        reason = self._interlock_reason()
        if reason:
            self._magnet.energised = False
            self._enter(DevState.FAULT, f"Tripped: {reason}. Remove the cause, then Reset.")
        elif self._magnet.ramping:
            remaining = abs(self._magnet.goal - self._magnet.current) / self._magnet.ramp_rate
            self._enter(DevState.MOVING, f"Ramping to {self._magnet.goal:.2f} A, {remaining:.0f} s to go.")
        elif self._standby:
            self._enter(DevState.STANDBY, "Output on at zero current.")
        else:
            self._enter(DevState.ON, f"Regulating at {self._magnet.goal:.2f} A, mode {self._magnet.mode.name}.")

    def _interlock_reason(self) -> str:
        if self._magnet.flow < _LOWEST_FLOW:
            return f"cooling water below {_LOWEST_FLOW} l/min"
        if self._magnet.temperature > self.TripTemperature:
            return f"coil above {self.TripTemperature:.0f} °C"
        return ""

    # ---- attributes

    current = attribute(
        dtype=float,
        label="Current",
        unit="A",
        format="%8.4f",
        access=AttrWriteType.READ_WRITE,
        min_value=0,
        max_value=200,
        max_warning=180,
        max_alarm=195,
        abs_change=0.05,
        archive_abs_change=0.5,
        memorized=True,
        hw_memorized=True,
        polling_period=500,
        doc="Current in the magnet; the set point is approached at the ramp rate once the output is on",
    )

    def read_current(self) -> tuple[float, float, AttrQuality]:
        """The measured current, marked as changing while it ramps."""
        quality = AttrQuality.ATTR_CHANGING if self._magnet.ramping else AttrQuality.ATTR_VALID
        return self._magnet.measured_current, time(), quality

    def write_current(self, value: float) -> None:
        """Take a new set point; in STANDBY and OFF it is kept for the next On."""
        self._wanted = value
        if self._magnet.energised and not self._standby:
            self._magnet.set_point = value
            self._watch()

    @attribute(label="Voltage", unit="V", format="%7.3f", abs_change=0.05, polling_period=1000)
    def voltage(self) -> float:
        """Voltage at the output: resistive, and inductive while the current ramps."""
        return self._magnet.voltage

    @attribute(label="Power", unit="W", format="%8.1f", abs_change=10, polling_period=1000)
    def power(self) -> float:
        """Electrical power delivered to the magnet."""
        return self._magnet.voltage * self._magnet.current

    @attribute(label="Resistance", unit="mOhm", format="%7.2f", display_level=DispLevel.EXPERT)
    def resistance(self) -> float:
        """Resistance of the coil, which rises with its temperature."""
        return self._magnet.resistance * 1000.0

    @attribute(
        label="Coil temperature",
        unit="degC",
        format="%5.1f",
        max_warning=60,
        max_alarm=70,
        abs_change=0.2,
        polling_period=1000,
    )
    def temperature(self) -> float:
        """Temperature of the coil; it follows the current within half a minute."""
        return self._magnet.temperature

    @attribute(
        label="Cooling water",
        unit="l/min",
        format="%4.1f",
        min_warning=4,
        min_alarm=2,
        abs_change=0.2,
        polling_period=1000,
    )
    def cooling_flow(self) -> float:
        """Flow of the cooling water; below 1.5 l/min the output trips."""
        return self._magnet.measured_flow

    cooling_valve = attribute(
        dtype=float,
        label="Cooling valve",
        unit="%",
        format="%3.0f",
        access=AttrWriteType.READ_WRITE,
        min_value=0,
        max_value=100,
        display_level=DispLevel.EXPERT,
        doc="Opening of the valve in the cooling water; the flow follows within seconds",
    )

    def read_cooling_valve(self) -> float:
        """Opening of the valve in the cooling water."""
        return self._magnet.valve * 100.0

    def write_cooling_valve(self, value: float) -> None:
        """Move the valve; the flow follows within seconds."""
        self._magnet.valve = value / 100.0

    ramp_rate = attribute(
        dtype=float,
        label="Ramp rate",
        unit="A/s",
        format="%5.2f",
        access=AttrWriteType.READ_WRITE,
        min_value=0.1,
        max_value=50,
        memorized=True,
        hw_memorized=True,
        doc="How fast the current approaches its set point",
    )

    def read_ramp_rate(self) -> float:
        """How fast the current approaches its set point."""
        return self._magnet.ramp_rate

    def write_ramp_rate(self, value: float) -> None:
        """Take a new ramp rate, also for a ramp that is under way."""
        self._magnet.ramp_rate = value

    mode = attribute(
        dtype=Mode,
        label="Mode",
        access=AttrWriteType.READ_WRITE,
        polling_period=1000,
        doc="NORMAL: constant current; WOBBLE: modulated by 2 %; CYCLE: up and down between 10 % and the set point",
    )

    def read_mode(self) -> Mode:
        """What the current does."""
        return self._magnet.mode

    def write_mode(self, value: int) -> None:
        """Change what the current does."""
        self._magnet.mode = Mode(value)

    @attribute(label="Interlock", polling_period=1000)
    def interlock(self) -> bool:
        """Whether a condition exists that forbids to switch the output on."""
        return bool(self._interlock_reason())

    @attribute(
        dtype=(float,), label="Current, last minute", unit="A", format="%8.4f", max_dim_x=HISTORY, polling_period=1000
    )
    def current_history(self) -> Any:
        """The measured current of the last 60 s, four samples a second, oldest first."""
        return array("d", self._magnet.history)

    def is_current_allowed(self, request: Any) -> bool:
        """A tripped supply takes no set point."""
        return int(request) == 0 or self.get_state() != DevState.FAULT

    # ---- commands

    @command
    def On(self) -> None:
        """Switch the output on and ramp to the set point."""
        self._energise(self._wanted, standby=False)

    @command
    def Off(self) -> None:
        """Switch the output off at once; the current dies away through the magnet."""
        self._magnet.energised = False
        self._enter(DevState.OFF, "Output off.")

    @command
    def Standby(self) -> None:
        """Ramp to zero and stay there with the output on; the set point is kept."""
        self._energise(0.0, standby=True)

    @command
    def Reset(self) -> None:
        """Leave FAULT; refused while the cause of the trip exists."""
        self._refuse_with_interlock()
        self._enter(DevState.OFF, "Output off.")

    def is_On_allowed(self) -> bool:
        """A tripped supply must be reset first."""
        return self.get_state() != DevState.FAULT

    def is_Standby_allowed(self) -> bool:
        """The output must be on."""
        return self.get_state() in _POWERED

    def is_Off_allowed(self) -> bool:
        """A tripped supply is off already."""
        return self.get_state() != DevState.FAULT

    def is_Reset_allowed(self) -> bool:
        """There must be something to reset."""
        return self.get_state() == DevState.FAULT

    def _energise(self, set_point: float, *, standby: bool) -> None:
        self._refuse_with_interlock()
        self._standby = standby
        self._magnet.set_point = set_point
        self._magnet.energised = True
        self._watch()

    def _refuse_with_interlock(self) -> None:
        reason = self._interlock_reason()
        if reason:
            raise DevFailed.of(
                Reason.API_CommandNotAllowed, f"{self.get_name()}: interlock, {reason}", "PowerSupply.interlock"
            )
