"""The servers of a control system: which there are and how they are, starting and stopping them, defining them."""

from tangoterm.console.servers.control import ServerRecord, Servers, record_of

__all__ = ["ServerRecord", "Servers", "record_of"]
