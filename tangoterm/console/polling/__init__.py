"""Polling of devices: how it goes, what is wrong with it and what would help, and changing it."""

from tangoterm.console.polling.status import PollStatus, each_once, parse_poll_status

__all__ = ["PollStatus", "each_once", "parse_poll_status"]
