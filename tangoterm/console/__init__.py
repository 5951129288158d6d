"""What the command line, the prompt and the terminal program share.

Formatters, the typed argument parser, the table of commands, completion, the catalogue of the control system and the
settings. Nothing here draws a screen or reads a key. Import from the subject's module, so that a one-shot command loads
only what it uses.
"""
