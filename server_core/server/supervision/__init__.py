"""Servers of one host as processes: found, started with their output in a file, watched, stopped.

What the Starter does on a host, and `tangoterm server` for the user's own servers. A server runs on when the program
that started it ends.
"""
