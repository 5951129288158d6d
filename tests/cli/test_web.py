"""The full screen in a browser, without a browser."""

from __future__ import annotations

import shlex
import sys
from types import ModuleType
from typing import Any

import pytest

from tangoterm.__main__ import main


def test_without_its_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert main(["web"]) == 2
    assert "pip install 'tangoterm[web]'" in capsys.readouterr().err


def test_every_page_has_a_screen_with_the_settings_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []

    class Server:
        def __init__(self, command: str, host: str, port: int, title: str) -> None:
            served.append((shlex.split(command), host, port))

        def serve(self) -> None:
            served.append("until Ctrl-C")

    package = ModuleType("textual_serve.server")
    monkeypatch.setattr(package, "Server", Server, raising=False)
    monkeypatch.setitem(sys.modules, "textual_serve", ModuleType("textual_serve"))
    monkeypatch.setitem(sys.modules, "textual_serve.server", package)
    assert main(["web", "sys/tg_test/1", "--host", "lab:10000", "--port", "8099", "--read-only"]) == 0
    (words, host, port), ended = served
    assert words[1:] == shlex.split("-m tangoterm tui --timeout 3 --host lab:10000 --read-only sys/tg_test/1")
    assert (host, port, ended) == ("127.0.0.1", 8099, "until Ctrl-C")
