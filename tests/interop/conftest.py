"""Our device and PyTango's twin of it, seen by one PyTango client."""

from __future__ import annotations

import pytest

from tests.interop.twins import NAME, Twins
from tests.peers.client import PyTangoClient
from tests.peers.process import Server


@pytest.fixture(scope="session")
def twins(pytango_client: PyTangoClient, our_all_types: Server, pytango_all_types: Server) -> Twins:
    """The device `test/alltypes/1` of both, to be left as it was found."""
    return Twins(pytango_client, our_all_types.device(NAME), pytango_all_types.device(NAME))
