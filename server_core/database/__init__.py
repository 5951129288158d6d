"""Where names and properties live: the `Store` interface and its homes (SQLite, memory, a remote database)."""
