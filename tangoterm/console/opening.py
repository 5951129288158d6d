"""A session as the settings want it, for every face."""

from __future__ import annotations

from tangoterm.client.read_only import refuse_changes
from tangoterm.console.asking import Question, terminal_reader
from tangoterm.console.changes.journal import user_journal
from tangoterm.console.session import Session
from tangoterm.console.settings import PRODUCTION, Settings, load_settings


def open_session(settings: Settings, face: str, *, lasting: bool = False) -> Session:
    """A session whose changes are guarded and recorded; `face` is cli, repl or tui.

    With `read_only` the whole process refuses changes from now on, in Python too.
    """
    session = Session(settings.host, settings.timeout, lasting=lasting)
    changes = session.changes
    changes.face = face
    changes.read_only = settings.read_only
    changes.dry_run = settings.dry_run
    tag_changes(session, settings)
    changes.journal = user_journal()
    changes.record = changes.journal.record
    changes.confirm = Question(session.address, changes.tag, yes=settings.yes, read=terminal_reader())
    if settings.read_only:
        refuse_changes()
    return session


def tag_changes(session: Session, settings: Settings | None = None) -> None:
    """Treat changes as the control system's tag says; `settings` are those of the user's file by default."""
    changes = session.changes
    changes.tag = (settings or load_settings({})).tag_of(session.place)
    changes.production = changes.tag == PRODUCTION
