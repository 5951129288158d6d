"""What can be asked of a device, declared once (`operations`), and the codecs that turn it into bytes and back.

Codecs and connections do no I/O: bytes in, values out. Imports `model` only.
"""
