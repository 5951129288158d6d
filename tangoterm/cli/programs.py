"""What the command line knows besides the table of commands; it loads nothing."""

PROGRAMS = {
    "demo": "A living control system on this machine, to look at.",
    "repl": "The control system at a prompt.",
    "tui": "The control system on the whole screen.",
    "serve": "Run a device server, registered and reachable.",
    "database": "Serve the embedded database as a TANGO_HOST.",
    "clone": "Serve a simulated twin of a device.",
    "web": "The full screen in a web browser.",
    "completion": "Print what makes a shell complete the words of this program.",
}
"""By name, what each does."""
