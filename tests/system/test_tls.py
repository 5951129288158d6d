"""A control system over TLS alone: database and devices show certificates, and want one of every client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """An authority, a server's certificate for 127.0.0.1, a client's, and one of a stranger."""
    authority, stranger = trustme.CA(), trustme.CA()
    made = {
        "ca": authority.cert_pem,
        "server": authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem,
        "client": authority.issue_cert("operator@example.org").private_key_and_cert_chain_pem,
        "stranger": stranger.issue_cert("operator@example.org").private_key_and_cert_chain_pem,
    }
    for name, pem in made.items():
        pem.write_to_path(str(tmp_path / name))
    return {name: str(tmp_path / name) for name in made}


def test_only_clients_with_a_certificate_get_in(
    tangoterm: Callable[..., Any], files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    encryption = ("--tls-cert", files["server"], "--tls-client-ca", files["ca"])
    known = {"TANGOTERM_TLS_CA": files["ca"], "TANGOTERM_TLS_CERT": files["client"]}
    database = tangoterm("database", "--port", "0", *encryption)
    line = next(line for line in database.process.stdout if line.startswith("TANGO_HOST="))
    database.wait_ready()
    monkeypatch.setenv("TANGO_HOST", line.removeprefix("TANGO_HOST=").split()[0])
    tangoterm("serve", "TangoTest", "secret", "--device", "sys/tg_test/1", *encryption, env=known).wait_ready()

    code, output, errors = tangoterm("read", "--value", "sys/tg_test/1/ampli", env=known).finish()
    assert (code, output, errors) == (0, "0.0\n", "")
    for refused in (
        {},
        {"TANGOTERM_TLS_CA": files["ca"]},
        {"TANGOTERM_TLS_CA": files["ca"], "TANGOTERM_TLS_CERT": files["stranger"]},
    ):
        code, output, errors = tangoterm("read", "sys/tg_test/1/ampli", env=refused).finish()
        assert (code, output) == (1, "")
        assert "API_CantConnectToDatabase" in errors


def test_certificates_that_cannot_be_used_are_refused_at_start(
    tangoterm: Callable[..., Any], files: dict[str, str]
) -> None:
    code, _, errors = tangoterm("serve", "TangoTest", "x", "--tls-cert", files["ca"] + ".missing").finish()
    assert code == 2
    assert "missing" in errors
    code, _, errors = tangoterm("serve", "TangoTest", "x", "--tls-client-ca", files["ca"]).finish()
    assert code == 2
    assert "--tls-cert" in errors
