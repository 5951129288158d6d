"""New requests of devices as rows, for as long as somebody waits for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event as Flag
from threading import Thread
from typing import Any

from tangoterm.console.arrivals import Arrivals, Row
from tangoterm.console.blackbox.entry import BlackBoxEntry
from tangoterm.console.blackbox.selection import Selection
from tangoterm.console.blackbox.trace import BlackBoxTrace
from tangoterm.console.result import Failure
from tangoterm.console.session import Session


class BlackBoxFollow:
    """Looks at blackboxes every `interval` seconds, more often while requests get lost, and gives what is new as rows.

    What the devices received before the first look is not shown. A device that does not answer is a failure once, and
    asked on. `row` makes a row of an entry; the period of the looks stands with it.
    """

    def __init__(
        self,
        session: Session,
        devices: Sequence[str],
        interval: float,
        selection: Selection,
        row: Callable[[BlackBoxEntry], dict[str, Any]],
    ) -> None:
        self.failures: list[Failure] = []
        self._session = session
        self._trace = BlackBoxTrace(devices, interval)
        self._selection = selection
        self._row = row
        self._arrivals = Arrivals()
        self._stopped = Flag()
        self._trace.look(session)
        self._failed: set[str] = set()
        self._note_failures()
        self._looker = Thread(target=self._look, name="blackbox", daemon=True)
        self._looker.start()

    def rows(self, limit: int | None = None, seconds: float | None = None) -> Iterator[Row]:
        """What comes, as it comes; ends after `limit` rows, after `seconds`, or when `stop` is called."""
        return self._arrivals.rows(limit, seconds, self.close)

    def stop(self) -> None:
        """End `rows`, from any thread."""
        self._arrivals.stop()

    def close(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _look(self) -> None:
        while not self._stopped.wait(self._trace.period):
            for entry in self._trace.look(self._session):
                if self._selection.admits(entry):
                    self._arrivals.put(self._row(entry) | {"period_s": self._trace.period})
            self._note_failures()

    def _note_failures(self) -> None:
        failures = self._trace.failures
        self.failures += [Failure(name, error) for name, error in failures.items() if name not in self._failed]
        self._failed = set(failures)
