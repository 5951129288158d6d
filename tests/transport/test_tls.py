"""TLS: the same calls and events, encrypted; strangers are turned away on both sides."""

from __future__ import annotations

import socket
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from server_core.model.enums import EventType
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout, Subscribe
from server_core.transport.aio import AsyncConnection
from server_core.transport.blocking import Connection
from server_core.transport.errors import CannotConnect
from server_core.transport.tls import ClientTls, ServerTls

VALUES = memoryview(array("d", range(100_000)))
ECHO = CommandInout("d", "Echo", TypedValue(CmdArgType.DevVarDoubleArray, VALUES))


class Authority:
    """Signs certificates and keeps them as files."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory / name
        self._directory.mkdir()
        self._authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.file = self._directory / "ca.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def files(self, identity: str) -> tuple[Path, Path]:
        """The certificate chain and the key of somebody."""
        certificate = self._authority.issue_cert(identity, key_type=trustme.KeyType.ECDSA)
        chain, key = self._directory / f"{identity}.pem", self._directory / f"{identity}.key"
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(chain, append=True)
        certificate.private_key_pem.write_to_path(key)
        return chain, key


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "theirs")


def test_calls_and_events_over_tls(
    start: Callable[..., Any], connect: Callable[..., Connection], ours: Authority
) -> None:
    site = start(tls=ServerTls(*ours.files("127.0.0.1")))
    connection = connect(site.endpoints["tls"], tls=ClientTls(ours.file))
    assert connection.call(ECHO, 5).value == VALUES
    events: list[Any] = []
    connection.subscribe(Subscribe("d", "a", EventType.CHANGE_EVENT), events.append, 5)
    site.bench.push(1)
    futures = [connection.submit(ECHO) for _ in range(5)]
    assert all(future.result(5).value == VALUES for future in futures)
    connection.unsubscribe(7, "d")
    assert [event.counter for event in events] == [1]


async def test_the_asyncio_client_over_tls(start: Callable[..., Any], ours: Authority) -> None:
    site = start(tls=ServerTls(*ours.files("127.0.0.1")))
    connection = await AsyncConnection.open(site.endpoints["tls"], ident=ClientIdent(), tls=ClientTls(ours.file))
    assert (await connection.call(ECHO, 5)).value == VALUES
    connection.close()


def test_a_client_certificate_where_the_server_requires_one(
    start: Callable[..., Any], connect: Callable[..., Connection], ours: Authority, theirs: Authority
) -> None:
    tls = ServerTls(*ours.files("127.0.0.1"), ca=ours.file, require_client_cert=True)
    endpoint = start(tls=tls).endpoints["tls"]
    known = connect(endpoint, tls=ClientTls(ours.file, *ours.files("client")))
    assert known.call(ECHO, 5).value == VALUES
    for stranger in (ClientTls(ours.file), ClientTls(ours.file, *theirs.files("stranger"))):
        with pytest.raises(CannotConnect):
            connect(endpoint, tls=stranger)
    assert known.call(ECHO, 5).value == VALUES


def test_required_client_certificates_need_an_authority(ours: Authority) -> None:
    with pytest.raises(ValueError, match="needs a ca"):
        ServerTls(*ours.files("x"), require_client_cert=True).context()


def test_a_server_that_is_not_trusted_or_has_another_name(
    start: Callable[..., Any], connect: Callable[..., Connection], ours: Authority, theirs: Authority
) -> None:
    with pytest.raises(CannotConnect, match="certificate verify failed"):
        connect(start(tls=ServerTls(*theirs.files("127.0.0.1"))).endpoints["tls"], tls=ClientTls(ours.file))
    with pytest.raises(CannotConnect, match="certificate verify failed"):
        connect(start(tls=ServerTls(*ours.files("10.0.0.1"))).endpoints["tls"], tls=ClientTls(ours.file))


def test_plain_and_encrypted_do_not_mix(
    start: Callable[..., Any], connect: Callable[..., Connection], ours: Authority
) -> None:
    encrypted = start(tls=ServerTls(*ours.files("127.0.0.1")))
    endpoint = encrypted.endpoints["tls"]
    with pytest.raises(CannotConnect, match="ClientTls"):
        connect(endpoint)
    with pytest.raises(CannotConnect, match="speaks TLS only"):
        connect(endpoint._replace(scheme="tcp"))
    with pytest.raises(CannotConnect):
        connect(start().endpoints["tcp"]._replace(scheme="tls"), tls=ClientTls(ours.file))
    assert connect(endpoint, tls=ClientTls(ours.file)).call(ECHO, 5).value == VALUES
    assert connect(encrypted.endpoints["unix"]).call(ECHO, 5).value == VALUES


def test_garbage_ends_only_its_own_connection(
    start: Callable[..., Any], connect: Callable[..., Connection], ours: Authority
) -> None:
    endpoint = start(tls=ServerTls(*ours.files("127.0.0.1"))).endpoints["tls"]
    connection = connect(endpoint, tls=ClientTls(ours.file))
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(100), b"TNGO\x00\x01"):
        with socket.create_connection((endpoint.host, endpoint.port), 5) as client:
            client.sendall(garbage)
            client.shutdown(socket.SHUT_WR)
            while client.recv(1000):
                pass
    assert connection.call(ECHO, 5).value == VALUES
