"""The command line: one-shot commands for people and scripts.

stdout carries data, stderr everything said about it. Exit codes: 0 done, 1 a device or the control system refused, 2
the command line or a setting is wrong, 130 interrupted.
"""
