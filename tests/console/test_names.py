"""Names found by what a person has typed of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server_core.database.store import DeviceRecord
from tangoterm.console.catalogue import Catalogue
from tangoterm.console.names import NameStore, did_you_mean

STORE = NameStore(["sys/tg_test/1", "SYS/tg_test/2", "sr/magnet/quad-1", "sr/vacuum/rga", "dipole"])


def test_prefixes_ignore_case() -> None:
    assert STORE.starting("Sys/") == ["sys/tg_test/1", "SYS/tg_test/2"]
    assert "sys/TG_TEST/1" in STORE
    assert "sys" not in STORE


def test_names_are_offered_level_by_level() -> None:
    assert STORE.next_level("") == ["dipole", "sr/", "sys/"]
    assert STORE.next_level("sr/") == ["sr/magnet/", "sr/vacuum/"]
    assert STORE.next_level("sys/tg_test/") == ["sys/tg_test/1", "SYS/tg_test/2"]


def test_a_part_of_a_name_finds_it_best_first() -> None:
    assert STORE.matching("quad") == ["sr/magnet/quad-1"]
    assert STORE.matching("test") == ["sys/tg_test/1", "SYS/tg_test/2"]
    assert STORE.matching("ipol") == ["dipole"]
    assert STORE.matching("svrga") == ["sr/vacuum/rga"]
    assert STORE.matching("zzz") == []


def test_slips_of_the_keyboard_are_guessed() -> None:
    assert did_you_mean("sys/tg_tset/1", STORE.all()) == "did you mean sys/tg_test/1 or SYS/tg_test/2?"
    assert did_you_mean("x", STORE.all()) == ""


@given(st.lists(st.text("ab/", max_size=8), max_size=20), st.text("ab/", max_size=4))
def test_levels_and_prefixes_agree_with_looking_at_every_name(names: list[str], prefix: str) -> None:
    store = NameStore(names)
    wanted = {name for name in names if name.startswith(prefix)}
    assert set(store.starting(prefix)) == wanted
    cut = {name[: name.find("/", len(prefix)) + 1] or name for name in wanted}
    assert set(store.next_level(prefix)) == cut


def test_ten_thousand_devices_have_one_level_of_a_hundred_names() -> None:
    store = NameStore(f"dom{n // 100}/fam/mem{n}" for n in range(10_000))
    assert len(store.next_level("")) == 100
    assert len(store.matching("mem")) == 200


def test_the_catalogue_groups_servers_and_classes_and_hides_admin_devices() -> None:
    catalogue = Catalogue(
        [
            DeviceRecord("a/b/1", "Srv/x", "K", "one", exported=True),
            DeviceRecord("a/b/2", "Srv/x", "K"),
            DeviceRecord("dserver/Srv/x", "Srv/x", "DServer", exported=True),
        ]
    )
    assert [record.name for record in catalogue.devices()] == ["a/b/1", "a/b/2"]
    assert [record.name for record in catalogue.devices("ONE")] == ["a/b/1"]
    assert [record.name for record in catalogue.devices("dserver/*")] == ["dserver/Srv/x"]
    [server] = catalogue.servers()
    assert (server.name, len(server.devices), server.exported, server.running) == ("Srv/x", 2, 1, True)
    assert [group.name for group in catalogue.classes()] == ["K"]
    found = catalogue.find("One")
    assert found is not None
    assert found.name == "a/b/1"
    assert catalogue.find("nobody") is None
