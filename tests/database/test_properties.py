"""Properties of every family and their history, the same in every home of a store."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.database.memory import MemoryStore
from server_core.database.store import Store
from server_core.model.errors import DevFailed
from server_core.model.names import wildcard

PLAIN = ("device_property", "class_property", "property")
LISTS = {"device_property": "device_properties", "class_property": "class_properties", "property": "properties"}
OF_MEMBERS = {
    "device_attribute": "device_attributes",
    "class_attribute": "class_attributes",
    "device_pipe": "device_pipes",
    "class_pipe": "class_pipes",
}


def method(store: Store, verb: str, family: str, suffix: str = "") -> Callable[..., Any]:
    return getattr(store, "_".join(filter(None, (verb, family, suffix))))  # type: ignore[no-any-return]


@pytest.mark.parametrize("family", PLAIN)
def test_properties_are_stored_by_name_in_any_case(store: Store, family: str) -> None:
    """PROP-1..PROP-3, NAME-4: answers are keyed as asked, absent ones are absent."""
    put, get = method(store, "put", family), method(store, "get", family)
    put("lab/ps/1", {"Host": ["10.0.0.1"], "Limits": ["1", "2.5", "-3"], "Blank": [""], "None": []})
    assert get("LAB/ps/1", ["host", "LIMITS", "Nope", "Blank", "None"]) == {
        "host": ["10.0.0.1"],
        "LIMITS": ["1", "2.5", "-3"],
        "Blank": [""],
    }
    assert get("lab/ps/1", []) == {}
    assert get("lab/ps/2", ["Host"]) == {}


@pytest.mark.parametrize("family", PLAIN)
def test_a_put_replaces_values_and_spelling(store: Store, family: str) -> None:
    """PROP-12, and an empty list deletes (PROP-2), which the history tells as a deletion (PROP-11)."""
    put, get = method(store, "put", family), method(store, "get", family)
    put("X", {"Host": ["a", "b", "c"], "Other": ["1"]})
    put("x", {"host": ["d"]})
    assert get("X", ["Host"]) == {"Host": ["d"]}
    assert getattr(store, LISTS[family])("X") == ["host", "Other"]
    put("X", {"HOST": [], "Never": []})
    assert getattr(store, LISTS[family])("X") == ["Other"]
    history = getattr(store, f"{family}_history")
    assert [change.values for change in history("X", "Host")] == [("a", "b", "c"), ("d",), ()]
    assert history("X", "Never") == []


@pytest.mark.parametrize("family", PLAIN)
def test_delete_by_name_and_wildcard(store: Store, family: str) -> None:
    """PROP-10; what is unknown is no error (DB-8)."""
    delete, names = method(store, "delete", family), getattr(store, LISTS[family])
    method(store, "put", family)("X", {name: ["1"] for name in ("aa", "ab", "b", "a_")})
    delete("x", ["B", "unknown"])
    assert names("X") == ["a_", "aa", "ab"]
    assert names("X", "*B") == ["ab"]
    assert names("X", "") == []
    delete("X", ["a_*"])
    assert names("X") == ["aa", "ab"]
    delete("X", ["*"])
    assert names("X") == []


@pytest.mark.parametrize("family", ["device_property", "property"])
def test_a_wildcard_gets_the_values_of_all_that_match(store: Store, family: str) -> None:
    """DB-66, PROP-10: A165, A206, B062."""
    method(store, "put", family)("X", {"Host": ["h"], "Limits": ["1", "2", "3"], "other": ["z"]})
    assert method(store, "get", family)("X", ["*i*"]) == {"*i*": ["1", "2", "3"]}
    assert method(store, "get", family)("X", ["*"]) == {"*": ["h", "1", "z", "2", "3"]}


@pytest.mark.parametrize("family", PLAIN)
def test_history_remembers_the_last_ten_changes(store: Store, family: str) -> None:
    """PROP-11, DB-213: A185..A201."""
    put, history = method(store, "put", family), getattr(store, f"{family}_history")
    for number in range(12):
        put("X", {"Hist": [f"v{number}"], "Pair": ["a", "b"]})
    changes = history("x", "hist")
    assert [change.values for change in changes] == [(f"v{number}",) for number in range(2, 12)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", change.date) for change in changes)
    method(store, "delete", family)("X", ["Hist", "Unknown"])
    changes = history("X", "h*")
    assert len(changes) == 10
    assert changes[-1][2:] == ((), True, "")
    assert changes[0].values == ("v3",)
    assert [change.values for change in history("X", "Pair")] == [("a", "b")] * 10
    assert history("X", "nope") == []


def test_free_properties_belong_to_objects(store: Store) -> None:
    """DB-78."""
    store.put_property("CtrlSystem", {"Services": ["a"]})
    store.put_property("MyObj", {"A": ["1"]})
    assert store.property_objects() == ["CtrlSystem", "MyObj"]
    assert store.property_objects("my*") == ["MyObj"]


@pytest.mark.parametrize("family", OF_MEMBERS)
def test_properties_of_attributes_and_pipes(store: Store, family: str) -> None:
    """DB-82..DB-85: every attribute asked is a key, only the named properties are replaced."""
    put, get = method(store, "put", family, "property"), method(store, "get", family, "property")
    put("X", {"current": {"unit": ["A"], "label": ["Current"]}, "voltage": {"unit": ["V"]}})
    put("X", {"Current": {"unit": ["mA"], "abs_change": ["-1", "1"], "gone": []}})
    assert get("x", ["CURRENT", "nope", "voltage"]) == {
        "CURRENT": {"abs_change": ["-1", "1"], "label": ["Current"], "unit": ["mA"]},
        "nope": {},
        "voltage": {"unit": ["V"]},
    }
    assert get("X", ["voltage"]) == {"voltage": {"unit": ["V"]}}
    assert get("X", []) == {}
    assert [name.lower() for name in getattr(store, OF_MEMBERS[family])("X")] == ["current", "voltage"]
    assert getattr(store, OF_MEMBERS[family])("X", "v*") == ["voltage"]


@pytest.mark.parametrize("family", OF_MEMBERS)
def test_deleting_properties_of_attributes_and_pipes(store: Store, family: str) -> None:
    """DB-86..DB-88: single ones leave an entry in the history, a whole attribute does not."""
    owner = "lab/ps/1"
    method(store, "put", family, "property")(owner, {"i": {"unit": ["A"], "label": ["I"]}, "u": {"unit": ["V"]}})
    method(store, "delete", family, "property")(owner, "i", ["UNIT", "unknown"])
    method(store, "delete", family)(owner, "u")
    assert method(store, "get", family, "property")(owner, ["i", "u"]) == {"i": {"label": ["I"]}, "u": {}}
    history = getattr(store, f"{family}_property_history")
    assert [(change.member, change.values, change.deleted) for change in history(owner, "*", "unit")] == [
        ("i", ("A",), False),
        ("u", ("V",), False),
        ("i", (), True),
    ]
    assert [change.values for change in history(owner, "u", "*")] == [("V",)]


def test_memorised_values_are_no_history(store: Store) -> None:
    store.put_device_attribute_property("lab/ps/1", {"i": {"__value": ["1.5"], "unit": ["A"]}})
    assert [change.name for change in store.device_attribute_property_history("lab/ps/1", "i", "*")] == ["unit"]


@pytest.mark.parametrize("name", ["", "n" * 256, "with\0null"])
def test_impossible_property_names_are_refused(store: Store, name: str) -> None:
    with pytest.raises(DevFailed, match="Property name"):
        store.put_device_property("lab/ps/1", {"Good": ["1"], name: ["1"]})
    assert store.device_properties("lab/ps/1") == []


@pytest.mark.parametrize(
    ("values", "text"), [("text", "one string"), ([1], "1 is not a string"), (["a", None], "None")]
)
def test_values_must_be_a_sequence_of_strings(store: Store, values: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        store.put_device_property("lab/ps/1", {"P": values})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(values=st.lists(TEXTS, max_size=6), name=st.from_regex(r"[A-Za-z][\w]{0,20}", fullmatch=True))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back(values: list[str], name: str) -> None:
    """PROP-13."""
    store = MemoryStore()
    store.put_device_property("a/b/c", {name: values})
    assert store.get_device_property("a/b/c", [name]) == ({name: values} if values else {})
    store.close()


PIECES = st.text(st.sampled_from("abA*%_?\\'"), max_size=6)


@given(names=st.sets(st.text(st.sampled_from("abA%_?\\'"), min_size=1, max_size=5), max_size=6), pattern=PIECES)
@settings(max_examples=150, deadline=None)
def test_filters_mean_the_same_as_everywhere(names: set[str], pattern: str) -> None:
    """DB-6: SQL's wildcards and escapes are ordinary characters."""
    store = MemoryStore()
    for name in names:
        store.put_property("obj", {name: ["1"]})
    expected = {name.lower() for name in names if wildcard(pattern).match(name)}
    assert {name.lower() for name in store.properties("obj", pattern)} == expected
    store.close()
