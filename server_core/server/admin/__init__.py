"""The admin device that every server has, written as any other device: one part of its commands a file.

The parts check their arguments and leave the work to the process. Source: RFC 8; ADM-1..ADM-45.
"""
