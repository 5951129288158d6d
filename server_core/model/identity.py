"""Who a client is: what travels with identified requests, and what the server sees of its connection.

Source: RFC 10; CLI-10, BBX-13, LOCK-20.
"""

from __future__ import annotations

from typing import NamedTuple

CPP_OR_PYTHON = "CPP/Python"
JAVA = "Java"


class ClientIdent(NamedTuple):
    """A client process: `language` (`CPP/Python` or `Java`), its pid, and for Java the main class and UUID."""

    language: str = CPP_OR_PYTHON
    pid: int = 0
    main_class: str = ""
    uuid: tuple[int, int] = (0, 0)

    @property
    def is_known(self) -> bool:
        """Whether the client says who it is."""
        return bool(self.pid or any(self.uuid))

    def __str__(self) -> str:
        if self.language == JAVA:
            return f"Java client with main class {self.main_class}"
        return f"CPP/Python client with PID {self.pid}"
