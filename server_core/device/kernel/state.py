"""State and status of a device, with the alarms of its attributes (ATT-54..ATT-57, LIFE-20..LIFE-24)."""

from __future__ import annotations

from collections.abc import Sequence

from server_core.device.attribute_parts import AlarmFlags
from server_core.device.attributes import Attribute
from server_core.device.author import call
from server_core.device.kernel.base import KernelBase
from server_core.device.rules import NO_LABEL
from server_core.model.conversion import to_scalar
from server_core.model.enums import AttReqType, AttrQuality, DevState
from server_core.model.errors import DevFailed, python_error
from server_core.model.types import CmdArgType

_TROUBLE = (AttrQuality.ATTR_ALARM, AttrQuality.ATTR_WARNING)
_LINES = {
    AlarmFlags.MIN_ALARM: "Alarm : Value too low for ",
    AlarmFlags.MAX_ALARM: "Alarm : Value too high for ",
    AlarmFlags.RDS: "Alarm : Read too Different than Set (RDS) for ",
    AlarmFlags.MIN_WARNING: "Warning : Value too low for ",
    AlarmFlags.MAX_WARNING: "Warning : Value too high for ",
}


class StatePart(KernelBase):
    """Keeps what the author set, and evaluates what clients see.

    `stored_state` is the author's, except that an alarm found here turns ON into ALARM and back; `by_kernel` says whose
    the ALARM is, `previous_state` the author's before it. `stored_status` is None until the author sets one. `reserved`
    are the attributes State and Status;
    `fresh` those read already by the request that is being served.
    """

    stored_state: DevState = DevState.UNKNOWN
    previous_state: DevState = DevState.UNKNOWN
    stored_status: str | None = None
    by_kernel: bool = False
    reserved: tuple[Attribute, ...] = ()
    fresh: frozenset[Attribute] = frozenset()
    watched: tuple[Attribute, ...] = ()
    forced_to_alarm: bool = False

    def survey(self) -> None:
        """Note which attributes matter for the state; after every change of attributes or their configuration.

        Wrong configurations, failed memorised writes and forwarded attributes without root force the device to ALARM
        (ATT-56).
        """
        members = list(self.attributes.values())
        self.watched = tuple(attribute for attribute in members if attribute.watched)
        self.forced_to_alarm = any(attribute.memorised_failure or attribute.wrongly_configured for attribute in members)
        self.forced_to_alarm |= any(forwarding.problem is not None for forwarding in self.forwarded)

    def set_state(self, state: DevState) -> None:
        """The author's state."""
        if state is not self.stored_state:
            self.previous_state = self.stored_state
        self.stored_state = state
        self.by_kernel = False

    def state(self) -> DevState:
        """The state as clients see it; asks the device's `dev_state`, which the author may override."""
        result = call(self._dev_state)
        try:
            return DevState(to_scalar(CmdArgType.DevState, result))
        except (TypeError, ValueError) as error:
            raise python_error(error) from error

    def status(self) -> str:
        """The status as clients see it; asks the device's `dev_status`, which the author may override."""
        result = call(self._dev_status)
        try:
            return str(to_scalar(CmdArgType.DevString, result))
        except TypeError as error:
            raise python_error(error) from error

    def get_state(self) -> DevState:
        """The state for a request of its own, with the author's hook before it."""
        self.always_executed()
        return self.state()

    def get_status(self) -> str:
        """The status for a request of its own, with the author's hook before it."""
        self.always_executed()
        return self.status()

    def evaluated_state(self) -> DevState:
        """The state with the alarms of the attributes (ATT-55). Reads those that have limits and are not polled."""
        if self.stored_state is not DevState.FAULT and self.forced_to_alarm:
            return DevState.ALARM
        if self.stored_state not in (DevState.ON, DevState.ALARM):
            return self.stored_state
        self._read_watched()
        if any(attribute.quality in _TROUBLE for attribute in self.attributes.values()):
            if self.stored_state is DevState.ON:
                self.stored_state, self.by_kernel = DevState.ALARM, True
        elif self.by_kernel:
            self.stored_state, self.by_kernel = DevState.ON, False
        return self.stored_state

    def _read_watched(self) -> None:
        watched = [
            attribute
            for attribute in self.watched
            if attribute not in self.fresh and not self.host.is_cached(self.device, attribute.name)
        ]
        if not watched:
            return
        self.hardware(self._read_hardware, watched)
        for attribute in watched:
            if attribute.is_allowed is None or call(attribute.is_allowed, AttReqType.READ_REQ):
                try:
                    attribute.read()
                except DevFailed:
                    continue

    def status_text(self) -> str:
        """The author's status, or a sentence about the state, with a line per alarm (ATT-57)."""
        if self.stored_state is not DevState.FAULT and self.forced_to_alarm:
            return self._forced_text()
        text = self.stored_status
        if text is None:
            text = f"The device is in {self.stored_state} state."
        if self.stored_state is DevState.ALARM:
            text += "".join(self._alarm_lines())
        return text

    def _alarm_lines(self) -> list[str]:
        lines = []
        for attribute in self.attributes.values():
            subject = attribute.config.label
            if subject == NO_LABEL:
                subject = f"attribute {attribute.name}"
            lines += [f"\n{text}{subject}" for flag, text in _LINES.items() if flag in attribute.flags]
        for attribute in self.attributes.values():
            if attribute.quality in _TROUBLE and not attribute.flags:
                quality = attribute.quality
                word = "Alarm" if quality is AttrQuality.ATTR_ALARM else "Warning"
                lines.append(f"\n{word} : Quality factor set to {quality.label} for attribute {attribute.name}")
        return lines

    def _forced_text(self) -> str:
        text = "The device is in ALARM state."
        wrong = [attribute.name for attribute in self.attributes.values() if attribute.wrongly_configured]
        if wrong:
            verb = "Attribute {} has" if len(wrong) == 1 else "Attributes {} have"
            text += f"\n{verb.format(', '.join(wrong))} wrong configuration"
            text += "\nTry accessing the faulty attribute(s) to get more information"
        failed = [attribute.name for attribute in self.attributes.values() if attribute.memorised_failure]
        if failed:
            text += _failed_line(failed)
        return text + "".join(forwarding.status_lines for forwarding in self.forwarded)


def _failed_line(names: Sequence[str]) -> str:
    verb = "Memorized attribute {} has" if len(names) == 1 else "Memorized attributes {} have"
    return f"\n{verb.format(', '.join(names))} failed during device startup sequence"
