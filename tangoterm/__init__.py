"""The terminal for Tango Controls."""
