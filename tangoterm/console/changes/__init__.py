"""What is changed in a control system: every change asks here first, is kept in a journal, and can be taken back."""

from tangoterm.console.changes.change import Change, Danger, Entry, preview
from tangoterm.console.changes.guard import Changes, Declined

__all__ = ["Change", "Changes", "Danger", "Declined", "Entry", "preview"]
