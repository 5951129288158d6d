"""Logging of the process: a logger for each device, and the targets console, file and device.

Loggers let messages pass by level (`server_core.device.logger`); here they are made from properties and `-v`, and their
targets are opened, shared between devices and closed. Source: RFC 14; LOG-1..LOG-43.
"""
