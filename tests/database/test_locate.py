"""Which store a program gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_core.database import locate
from server_core.database.locate import embedded_path, open_store, tango_host, tango_host_place
from server_core.database.remote import RemoteStore
from server_core.database.sqlite import SqliteStore
from server_core.model.errors import ConnectionFailed, DevFailed


@pytest.fixture(autouse=True)
def only_the_user_s_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "SETTINGS_FILES", ("~/.tangorc",))


def test_without_a_host_the_embedded_file_is_used_and_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "down" / "names.sqlite"
    monkeypatch.setenv("TANGOTERM_DATABASE", str(path))
    store = open_store()
    assert isinstance(store, SqliteStore)
    assert (store.address, path.exists()) == (str(path), True)
    store.close()


def test_without_any_setting_the_file_is_in_the_user_s_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TANGOTERM_DATABASE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert embedded_path() == tmp_path / "tangoterm" / "database.sqlite"


def test_tango_host_leads_to_a_remote_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGO_HOST", "Database.Lab:10000,second:10001")
    store = open_store()
    assert isinstance(store, RemoteStore)
    assert store.address == "database.lab:10000,second:10001"
    store.close()


def test_an_argument_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGO_HOST", "database.lab:10000")
    assert open_store("other:1234").address == "other:1234"
    store = open_store(path=str(tmp_path / "names.sqlite"))
    assert isinstance(store, SqliteStore)
    store.close()


@pytest.mark.parametrize("text", ["TANGO_HOST=a.lab:10000", "# mine\nOTHER=1\n TANGO_HOST = 'a.lab:10000' \n"])
def test_the_settings_file_names_the_host(private_home: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TANGOTERM_DATABASE")
    assert (tango_host(), tango_host_place()) == (None, "")
    (private_home / ".tangorc").write_text(text)
    assert (tango_host(), tango_host_place()) == ("a.lab:10000", "~/.tangorc")
    monkeypatch.setenv("TANGO_HOST", "b.lab:10000")
    assert (tango_host(), tango_host_place()) == ("b.lab:10000", "the environment")


def test_an_embedded_file_of_the_environment_goes_before_the_settings_file(private_home: Path) -> None:
    (private_home / ".tangorc").write_text("TANGO_HOST=a.lab:10000")
    assert tango_host() is None


@pytest.mark.parametrize("host", ["host:port", ":10000", "a:1,b:99999", "a/b:1"])
def test_a_wrong_address_is_refused(host: str) -> None:
    with pytest.raises(DevFailed, match="not a control system address") as caught:
        open_store(host)
    assert caught.value.reason == "API_TangoHostNotSet"


def test_a_path_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConnectionFailed, match="file") as caught:
        open_store(path=str(tmp_path / "file" / "names.sqlite"))
    assert caught.value.reason == "API_CantConnectToDatabase"
