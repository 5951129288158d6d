"""Queries from outside read and nothing else."""

from __future__ import annotations

import pytest

from server_core.database import query
from server_core.database.commands import COMMANDS
from server_core.database.sqlite import SqliteStore
from server_core.model.errors import DevFailed


@pytest.mark.parametrize(
    "sql",
    [
        "delete from property",
        "insert into property select 'o', 'n', 1, 'v'",
        "pragma user_version = 7",
        "update property set value = 'x' where name in (select name from property)",
        "with x as (select 1) delete from property",
        "attach database '/tmp/other' as other -- select",
        "/* select */ drop table property",
    ],
)
def test_nothing_can_be_changed(sqlite: SqliteStore, sql: str) -> None:
    """DB-113."""
    sqlite.put_property("o", {"p": ["1"]})
    with pytest.raises(DevFailed) as caught:
        sqlite.select(sql)
    assert caught.value.reason == "DB_SQLError"
    assert sqlite.get_property("o", ["p"]) == {"p": ["1"]}
    assert sqlite.property_objects() == ["o"]


def test_one_statement_only(sqlite: SqliteStore) -> None:
    with pytest.raises(DevFailed, match="SQL command not valid") as caught:
        sqlite.select("select 1; select 2")
    assert caught.value.reason == "DB_IncorrectArguments"


def test_a_query_that_takes_too_long_is_ended(sqlite: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "TIME_LIMIT", 0.05)
    with pytest.raises(DevFailed, match="interrupted"):
        sqlite.select(
            "select count(*) from (with recursive n(i) as (select 1 union all select i + 1 from n) select * from n)"
        )
    assert sqlite.select("1") == (1, [(1,)])


def test_nulls_are_flagged(sqlite: SqliteStore) -> None:
    """A328."""
    assert COMMANDS["DbMySqlSelect"].run(sqlite, "select 'a', null, 2") == ([1, 0, 1, 1, 3], ["a", "", "2"])
