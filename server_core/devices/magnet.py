"""The plant behind the class PowerSupply: a water-cooled magnet on a regulated current source.

Pure physics in steps of a quarter of a second, no Tango. Copper warms up with the current and its resistance rises; the
water carries the heat away; the inductance shows in the voltage while the current ramps.
"""

from __future__ import annotations

import math
import random
from collections import deque
from enum import IntEnum

from server_core.devices.signals import Drift

STEP = 0.25
"""Seconds per step, and between the samples of the history."""

HISTORY = 240
"""Samples kept: one minute."""

_LONGEST_CATCH_UP = 300.0
"""Seconds simulated at most after a pause; everything has settled by then."""

_COPPER = 0.0039
_HEAT_CAPACITY = 4000.0  # J/K
_COOLING = 200.0  # W/K at full flow
_STILL_COOLING = 5.0  # W/K without flow
_WATER = 22.0  # degrees Celsius
_FULL_FLOW = 8.0  # l/min
_FLOW_LAG = 2.0  # s
_RIPPLE = 2e-5
_WOBBLE_DEPTH = 0.02
_WOBBLE_PERIOD = 20.0  # s
_CYCLE_HOLD = 5.0  # s
_CYCLE_FLOOR = 0.1
_SETTLED = 0.02  # A


class Mode(IntEnum):
    """What the current does once the output is on: stay at the set point, be modulated by 2 % around it, or go up and
    down between a tenth of it and the set point (to settle the hysteresis of the iron)."""

    NORMAL = 0
    WOBBLE = 1
    CYCLE = 2


class Magnet:
    """A magnet of `resistance` ohm at 25 degrees and `inductance` henry, at rest and cold.

    `set_point`, `ramp_rate`, `mode`, `valve` (0..1) and `energised` are the knobs, everything else follows with time.
    """

    def __init__(self, resistance: float, inductance: float) -> None:
        self.set_point = 0.0
        self.ramp_rate = 5.0
        self.mode = Mode.NORMAL
        self.valve = 1.0
        self.energised = False
        self.current = 0.0
        self.voltage = 0.0
        self.temperature = _WATER
        self.flow = _FULL_FLOW
        self.history: deque[float] = deque([0.0] * HISTORY, HISTORY)
        self._cold_resistance = resistance
        self._inductance = inductance
        self._offset = Drift(0.0, 2e-3, 60.0)
        self._clock = 0.0
        self._held = 0.0
        self._rising = True

    @property
    def resistance(self) -> float:
        """Ohm at the present temperature."""
        return self._cold_resistance * (1.0 + _COPPER * (self.temperature - 25.0))

    @property
    def goal(self) -> float:
        """The current that is aimed at now, in A."""
        if self.mode is Mode.WOBBLE:
            return self.set_point * (1.0 + _WOBBLE_DEPTH * math.sin(2 * math.pi * self._clock / _WOBBLE_PERIOD))
        if self.mode is Mode.CYCLE and not self._rising:
            return self.set_point * _CYCLE_FLOOR
        return self.set_point

    @property
    def ramping(self) -> bool:
        """Whether the current is still on its way."""
        return self.energised and abs(self.goal - self.current) > _SETTLED

    @property
    def measured_current(self) -> float:
        """The current as its transducer gives it: with ripple and a slowly moving offset."""
        return self.current * random.gauss(1.0, _RIPPLE) + self._offset.value

    @property
    def measured_flow(self) -> float:
        """The cooling water in l/min as its meter gives it."""
        return max(0.0, self.flow * random.gauss(1.0, 0.01))

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass; gives the number of whole steps made."""
        steps = int(min(seconds, _LONGEST_CATCH_UP) / STEP)
        for _ in range(steps):
            self._step()
        return steps

    def _step(self) -> None:
        self._clock += STEP
        before = self.current
        if self.energised:
            reach = self.ramp_rate * STEP
            self.current += min(reach, max(-reach, self.goal - self.current))
            self.voltage = self.resistance * self.current + self._inductance * (self.current - before) / STEP
        else:
            self.current *= math.exp(-STEP * self.resistance / self._inductance)
            self.voltage = 0.0
        self._turn_cycle()
        self._cool()
        self._offset.advance(STEP)
        self.history.append(self.measured_current)

    def _turn_cycle(self) -> None:
        """In CYCLE the direction changes after a rest at each end."""
        if self.mode is not Mode.CYCLE:
            self._rising, self._held = True, 0.0
        elif not self.ramping:
            self._held += STEP
            if self._held > _CYCLE_HOLD:
                self._rising, self._held = not self._rising, 0.0

    def _cool(self) -> None:
        kept = math.exp(-STEP / _FLOW_LAG)
        self.flow = self.flow * kept + _FULL_FLOW * self.valve * (1.0 - kept)
        conductance = _STILL_COOLING + _COOLING * self.flow / _FULL_FLOW
        heat = self.resistance * self.current**2 - conductance * (self.temperature - _WATER)
        self.temperature += heat * STEP / _HEAT_CAPACITY
