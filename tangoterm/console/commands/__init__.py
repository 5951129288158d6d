"""The table of commands; importing this room fills it, in the order in which help shows it.

from tangoterm.console.commands import COMMANDS
"""

# isort: off
from tangoterm.console.commands import system as system
from tangoterm.console.commands import values as values
from tangoterm.console.commands import attributes as attributes
from tangoterm.console.commands import observe as observe
from tangoterm.console.commands import log as log
from tangoterm.console.commands import polling as polling
from tangoterm.console.commands import locks as locks
from tangoterm.console.commands import servers as servers
from tangoterm.console.commands import devices as devices
from tangoterm.console.commands import prop as prop
from tangoterm.console.commands import lists as lists

# isort: on
from tangoterm.console.commands.table import COMMANDS, Command, Parameter, UsageError, Want

__all__ = ["COMMANDS", "Command", "Parameter", "UsageError", "Want"]
