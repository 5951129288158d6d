"""The Tango device-server model in pure Python."""
