"""Endpoints as text: what a server writes into the database is what a client reads there."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_core.protocol.giop.ior import device_ior
from server_core.transport.endpoint import (
    Endpoint,
    choose,
    format_endpoints,
    is_own_host,
    native_text,
    ordered,
    parse_endpoint,
    parse_endpoints,
)

_hosts = st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True) | st.sampled_from(["::1", "fe80::1:2"])
_network = st.builds(Endpoint, st.sampled_from(["tcp", "tls"]), _hosts, st.integers(1, 65535), st.just(""))
_unix = st.from_regex(r"/[A-Za-z0-9/._ -]{0,30}[A-Za-z0-9]", fullmatch=True).map(
    lambda path: Endpoint("unix", path=path)
)


@given(st.lists(_network | _unix, max_size=4))
def test_a_list_of_endpoints_survives_as_text(endpoints: list[Endpoint]) -> None:
    assert parse_endpoints(format_endpoints(endpoints)) == endpoints


def test_an_object_reference_names_the_endpoints() -> None:
    """wire 4: one that names none is of a server of another make, which has no native endpoint."""
    text = "tcp://host:2,unix:///run/a.sock"
    reference = device_ior("host", 2, b"a/b/c", text)
    assert native_text(reference) == native_text(text) == text
    assert parse_endpoints(reference) == [Endpoint("tcp", "host", 2), Endpoint("unix", path="/run/a.sock")]
    assert parse_endpoints(device_ior("host", 2, b"a/b/c", "")) == []


def test_what_is_of_another_kind_is_left_out() -> None:
    text = "IOR:010000002a, ws://host:1 ,tcp://host:2,nodb"
    assert parse_endpoints(text) == [Endpoint("tcp", "host", 2)]
    assert parse_endpoints("") == []


@pytest.mark.parametrize(
    "text", ["tcp://host", "tcp://host:0", "tcp://host:65536", "tcp://:1", "unix://relative", "unix://", "tcp://a:b"]
)
def test_a_malformed_endpoint_is_named_in_the_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not an endpoint") as caught:
        parse_endpoint(text)
    assert text in str(caught.value)


def test_a_unix_socket_is_preferred_where_it_exists_on_the_servers_host(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    tcp, unix = Endpoint("tcp", "10.0.0.1", 1), Endpoint("unix", path=str(path))
    assert choose([tcp, unix], socket.gethostname()) == tcp
    path.touch()
    assert ordered([tcp, unix], socket.gethostname()) == [unix, tcp]
    assert ordered([tcp, unix], "another-host") == [tcp]
    with pytest.raises(ValueError, match="no endpoint that can be reached"):
        choose([unix], "another-host")


def test_own_host_is_known_by_its_short_and_long_names() -> None:
    own = socket.gethostname().partition(".")[0]
    assert all(map(is_own_host, [own, own.upper(), f"{own}.example.org", "localhost", "127.0.0.1"]))
    assert not is_own_host(f"{own}x")
    assert not is_own_host("")
