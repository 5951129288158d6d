"""Which settings apply, and from where."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from server_core.database.memory import MemoryStore
from tangoterm.console.commands import COMMANDS
from tangoterm.console.commands.config import example
from tangoterm.console.session import Session
from tangoterm.console.settings import SETTINGS, SettingsError, config_path, load_settings


def test_each_setting_is_shown_with_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    path = config_path()
    path.parent.mkdir(parents=True)
    path.write_text('timeout = 7\noutput = "csv"\n')
    monkeypatch.setenv("TANGOTERM_OUTPUT", "json")
    result = COMMANDS["config"].run(Session(store=MemoryStore()), action="show")
    rows = {row["setting"]: (row["value"], row["from"]) for row in result.rows}
    assert rows["timeout"] == ("7.0", str(path))
    assert rows["output"] == ("json", "TANGOTERM_OUTPUT")
    assert rows["mouse"] == ("true", None)
    assert set(rows) == set(SETTINGS)


def test_the_example_is_a_file_that_is_understood(tmp_path: Path) -> None:
    lines = [line[2:] for line in example().splitlines() if line.startswith("# ")]
    helps = {setting.help for setting in SETTINGS.values()}
    text = "\n".join(line for line in lines if line not in helps)
    assert tomllib.loads(text).keys() == SETTINGS.keys()
    file = tmp_path / "config.toml"
    file.write_text(text)
    settings = load_settings({}, {"TANGOTERM_CONFIG": str(file)})
    assert settings.theme == "light"
    assert settings.tag_of("db.example.org:10000") == "production"
    assert [plugin.label for plugin in settings.plugin] == ["Reset"]


def test_a_number_is_no_host(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("host = 3\n")
    with pytest.raises(SettingsError, match="host: 3 is no text"):
        load_settings({}, {"TANGOTERM_CONFIG": str(file)})
