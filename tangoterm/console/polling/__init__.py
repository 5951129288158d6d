"""Polling of devices: how it goes, what is wrong with it and what would help, and changing it."""

from tangoterm.console.polling.status import PollStatus, parse_poll_status

__all__ = ["PollStatus", "parse_poll_status"]
