"""Forms and dialogs; each returns a typed result."""
