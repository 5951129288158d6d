"""The table of commands: which there are, in the order in which help shows them, and the module that declares each.

from tangoterm.console.commands import COMMANDS

A module is imported when one of its commands is asked for: a program that runs one command loads no others.
"""

from tangoterm.console.commands.table import COMMANDS, Command, Parameter, UsageError, Want

COMMANDS.declare_in("system", "ls", "info", "ping")
COMMANDS.declare_in("where", "where")
COMMANDS.declare_in("find", "find")
COMMANDS.declare_in("reading", "read")
COMMANDS.declare_in("values", "write", "call")
COMMANDS.declare_in("attributes", "attr")
COMMANDS.declare_in("pipes", "pipe")
COMMANDS.declare_in("history", "history")
COMMANDS.declare_in("blackbox", "blackbox")
COMMANDS.declare_in("observe", "monitor")
COMMANDS.declare_in("wait", "wait")
COMMANDS.declare_in("log", "log")
COMMANDS.declare_in("polling", "poll")
COMMANDS.declare_in("locks", "lock", "unlock")
COMMANDS.declare_in("servers", "server")
COMMANDS.declare_in("devices", "device")
COMMANDS.declare_in("prop", "prop")
COMMANDS.declare_in("journal", "journal", "undo")
COMMANDS.declare_in("lists", "bookmark", "watchlist")
COMMANDS.declare_in("config", "config")

__all__ = ["COMMANDS", "Command", "Parameter", "UsageError", "Want"]
