"""`TimeVal`: a moment, as PyTango's users know it (TYP-15)."""

from __future__ import annotations

from datetime import datetime


class TimeVal(float):
    """A moment as seconds since 1970, with PyTango's ways to look at it."""

    @property
    def tv_sec(self) -> int:
        """The whole seconds."""
        return int(self)

    @property
    def tv_usec(self) -> int:
        """The microseconds behind them."""
        return round((self - int(self)) * 1_000_000) % 1_000_000

    @property
    def tv_nsec(self) -> int:
        """Nanoseconds below a microsecond: none."""
        return 0

    def totime(self) -> float:
        """Seconds since 1970."""
        return float(self)

    def todatetime(self) -> datetime:
        """The local time."""
        return datetime.fromtimestamp(self)

    def isoformat(self, sep: str = "T") -> str:
        """The local time as ISO 8601 spells it."""
        return self.todatetime().isoformat(sep)

    def strftime(self, format: str) -> str:
        """The local time in a format of `time.strftime`."""
        return self.todatetime().strftime(format)

    @staticmethod
    def fromtimestamp(seconds: float) -> TimeVal:
        """The moment so many seconds after 1970."""
        return TimeVal(seconds)

    @staticmethod
    def fromdatetime(moment: datetime) -> TimeVal:
        """The moment that `moment` is."""
        return TimeVal(moment.timestamp())

    @staticmethod
    def now() -> TimeVal:
        """This moment."""
        return TimeVal(datetime.now().timestamp())
