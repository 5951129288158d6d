"""Our device and PyTango's twin of it, seen by one PyTango client."""

from __future__ import annotations

import pytest

from tests.interop.twins import NAME, Twins
from tests.peers.client import PyTangoClient
from tests.peers.fixtures import Peers


@pytest.fixture(scope="session")
def twins(pytango_client: PyTangoClient, peers: Peers) -> Twins:
    """The device `test/alltypes/1` of both, to be left as it was found; nobody else has written to its attributes."""
    return Twins(pytango_client, peers.our_server().device(NAME), peers.pytango_server().device(NAME))
