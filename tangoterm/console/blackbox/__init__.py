"""The blackboxes of devices: their lines in columns, several merged and followed, chosen from and counted."""

from tangoterm.console.blackbox.entry import BlackBoxEntry, parse_blackbox, parse_blackbox_line

__all__ = ["BlackBoxEntry", "parse_blackbox", "parse_blackbox_line"]
