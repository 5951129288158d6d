"""Other makes of Tango in processes of their own: PyTango, its database, C++ servers.

`fixtures.py` gives them to tests: the fixtures at its end are one of each for a whole run; `peers` and `own_peers`
start more, for the run and for a test. `servers/AllTypes.py` is the device to try things with, for PyTango and for us.
"""
