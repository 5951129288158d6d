"""Which setting applies."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_core.database.remote import RemoteStore
from tangoterm.console.render import Output
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings, SettingsError, config_path, load_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(file: Path, flags: dict[str, object] | None = None, **environ: str) -> Settings:
    return load_settings(flags or {}, environ | {"TANGOTERM_CONFIG": str(file)})


def test_without_anything_the_defaults_apply(file: Path) -> None:
    assert load(file) == Settings(None, 3.0, None, None)


def test_flag_beats_environment_beats_file(file: Path) -> None:
    file.write_text('host = "file:1"\ntimeout = 7\noutput = "json"\ncolor = "always"\n')
    assert load(file) == Settings("file:1", 7.0, Output.JSON, True)
    assert load(file, TANGO_HOST="Env:2").host == "env:2"
    assert load(file, {"host": "flag:3", "timeout": None}, TANGO_HOST="env:2") == Settings(
        "flag:3", 7.0, Output.JSON, True
    )
    assert load(file, NO_COLOR="1").color is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timeout = -1", "timeout: -1 is not a number of seconds above 0"),
        ('output = "xml"', "output: 'xml' is none of table, plain, json, ndjson, csv, and no template"),
        ("colour = 1", "colour is not a setting (host, timeout, "),
        ("= 1", "Invalid statement"),
    ],
)
def test_a_wrong_file_is_refused_by_its_name(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert str(file) in str(caught.value)
    assert message in str(caught.value)


def test_a_wrong_variable_or_flag_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match="TANGO_HOST: 'a:b' is not a control system address"):
        load(file, TANGO_HOST="a:b")
    with pytest.raises(SettingsError, match="--timeout: 'soon' is not a number of seconds"):
        load(file, {"timeout": "soon"})


def test_the_file_lies_in_the_platforms_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path({}).name == "config.toml"
    assert config_path({"TANGOTERM_CONFIG": "~/x.toml"}) == Path.home() / "x.toml"


def test_the_time_for_answers_is_also_the_database_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--timeout`, and `set timeout` at the prompt: a property of many elements can take a database long."""
    given: list[float] = []
    monkeypatch.setattr(RemoteStore, "set_timeout", lambda store, seconds: given.append(seconds))
    session = Session("127.0.0.1:1", 7.5)
    assert session.store.address == "127.0.0.1:1"
    session.set_timeout(9.0)
    assert session.store.address == "127.0.0.1:1"
    assert given == [7.5, 9.0]
