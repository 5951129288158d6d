"""The property file: its text, and the store that keeps a server's properties in it (PROP-20..PROP-24)."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.database.families import CLASS, CLASS_ATTRIBUTE, DEVICE, DEVICE_ATTRIBUTE, FREE
from server_core.database.file_store import FileStore
from server_core.database.property_file import Contents, Property, parse, render
from server_core.database.store import DeviceExport
from server_core.model.errors import ConnectionFailed, DevFailed
from tests.captured import sections

WRITTEN_BY_TANGO = [
    next(case.data["out"][2] for case in sections("model")["file_database_and_nodb"] if case.id == "FILE-4"),
    *(case.data["output"] for case in sections("server")["lifecycle"] if case.name.startswith("-file database")),
]


@pytest.mark.parametrize("text", WRITTEN_BY_TANGO)
def test_files_that_tango_wrote_are_read_and_written_alike(text: str) -> None:
    """PROP-21, PROP-23: the 9.3.4 server leaves out the block of free properties at the end."""
    free = "#############################################\n# FREE OBJECT attributes\n\n"
    assert render(parse(text, "x")).removesuffix(free).rstrip() == text.removesuffix(free).rstrip()
    assert render(parse(text, "x")).endswith(free)


def only(text: str) -> tuple[str, ...]:
    """The values of the one property in a file."""
    (entry,) = parse(f"S/i/DEVICE/C: a/b/c\n{text}", "x").properties.values()
    return entry.values


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("a/b/c->p: 1", ("1",)),
        ("a/b/c->p:1", ("1",)),
        ("a/b/c->p: 1, 2,3", ("1", "2", "3")),
        ("a/b/c->p: 1,\\\n     2 ,\\\n\t3", ("1", "2", "3")),
        ('a/b/c->p: "hello, world", "c d"', ("hello, world", "c d")),
        ("a/b/c->p: unquoted#nocomment # and a comment", ("unquoted#nocomment",)),
        ("# comment: not, read\n\n  # another\na/b/c->p: a/b", ("a/b",)),
        ("a/b/c->p: http://host:1/->#", ("http://host:1/->#",)),
        ('a/b/c->p: "say \\"hi\\""', ('say "hi"',)),
        ('a/b/c->p: "a#b"', ("a#b",)),
        ('a/b/c->p: ""', ("NULL",)),
        ('a/b/c->p: "b\\\\c"', ("bc",)),
        ('a/b/c->"my prop": "x"\r\n', ("x",)),
    ],
)
def test_the_grammar_of_values(line: str, values: tuple[str, ...]) -> None:
    """PROP-21"""
    assert only(line) == values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a/b", "a/b"),
        ("#x", '"#x"'),
        ("x#", "x#"),
        ("a,b", '"a,b"'),
        ("a b", '"a b"'),
        ('"', '"\\""'),
        ("é", '"é"'),
        ("\1", '"\1"'),
    ],
)
def test_quotes_only_where_they_are_needed(value: str, text: str) -> None:
    """PROP-21, PROP-23: where a Tango server would read something else without them."""
    contents = parse("S/i/DEVICE/C: a/b/c", "x")
    contents.put(Property(DEVICE, ("a/b/c",), "p", (value,)))
    assert f"a/b/c->p: {text}\n" in render(contents)


def test_what_cannot_be_kept_when_read_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """PROP-21: an empty value is read as NULL, a backslash is lost."""
    only('a/b/c->p: "", "b\\\\c"')
    assert [re.sub(r".*line", "line", record.getMessage()) for record in caplog.records] == [
        "line 2: an empty value is read as the text NULL",
        'line 2: a property file cannot hold the backslashes of "b\\\\c"',
    ]


def test_the_kinds_of_owners() -> None:
    """PROP-21: free properties are kept here, where the reference drops them."""
    text = (
        "Probe/x/device/Probe: test/a/1, test/a/2\nCLASS/Probe->k: 1\nCLASS/Probe/att->unit: mm\n"
        "test/a/1->d: 2\ntest/a/1/att->label: l\nFREE/CtrlSystem->f: 3\ndserver/Probe/x->polling_threads_pool_size: 4"
    )
    contents = parse(text, "x")
    assert (contents.server, contents.devices) == ("Probe/x", {"Probe": ["test/a/1", "test/a/2"]})
    assert [(each.family, each.key, each.name, each.values) for each in contents.properties.values()] == [
        (CLASS, ("Probe",), "k", ("1",)),
        (CLASS_ATTRIBUTE, ("Probe", "att"), "unit", ("mm",)),
        (DEVICE, ("test/a/1",), "d", ("2",)),
        (DEVICE_ATTRIBUTE, ("test/a/1", "att"), "label", ("l",)),
        (FREE, ("CtrlSystem",), "f", ("3",)),
        (DEVICE, ("dserver/Probe/x",), "polling_threads_pool_size", ("4",)),
    ]
    assert parse(render(contents), "x") == contents


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Error in file at line 1 in file f."),
        ("# nothing\n\n", "Error in file at line 3 in file f."),
        ("MiniDS/f/DEVICE/Mini test/file/1\n", "Error in file at line 1 in file f."),
        ('S/i/DEVICE/C: a/b/c\na/b/c->X: "unterminated\n', "String too long at line 2 in file f."),
        ("S/i/DEVICE/C: a/b/c\n\na/b/c->X: a b\n", "Error in file at line 3 in file f."),
        ("S/i/DEVICE/C: a/b/c\na/b/c->X: a,\nb\n", "Error in file at line 2 in file f."),
        ("S/i/DEVICE/C: a/b/c\na/b/c->X: a\\\nb\n", "Error in file at line 3 in file f."),
        ("S/i/DEVICE/C: a/b/c\na/b/c->X:\n", "Error in file at line 2 in file f."),
        ("S/i/DEVICE/C: a/b/c\na/b/c->X\n", "Error in file at line 2 in file f."),
        ("S/i/DEVICE/C: a/b/c\na/b->X: 1\n", "Error in file at line 2 in file f."),
        ("S/i/DEVICE/C: a/b/c\na/b/c->X: 1\nA/b/c->x: 2\n", "Error in file at line 3 in file f."),
        ("S/i/DEVICE/C: a/b/c,\\\n A/B/C\n", "Error in file at line 2 in file f."),
        ("S/i/DEVICE/C: a/b\n", "Error in file at line 1 in file f."),
        ("S/i/DEVICE/C: a/b/c\nT/i/DEVICE/C: a/b/d\n", "Error in file at line 2 in file f."),
    ],
)
def test_errors_name_the_line(text: str, message: str) -> None:
    """PROP-22"""
    with pytest.raises(DevFailed) as failure:
        parse(text, "f")
    assert failure.value.reason == "API_DatabaseFileError"
    assert failure.value.desc.startswith(f"File database: {message}\n")


# ---- what is written can be read

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    ["#x", "a b", "CLASS", "free", '"', "a->b", "x:y", "a,b", "-1", "%9.4f", "\\", "", "NULL", "\u2028", "\r"]
)
NAME = TEXT.filter(lambda text: text and not set(text) & set("/*\\\n"))
OWNER = st.tuples(NAME, NAME, NAME).map("/".join)


@st.composite
def contents(draw: Any) -> Contents:
    found = Contents(f"{draw(NAME)}/{draw(NAME)}")
    devices = draw(st.lists(OWNER, min_size=1, max_size=3, unique_by=str.lower))
    for device in devices:
        dev_class = draw(NAME)
        if not any(known.lower() == dev_class.lower() for known in found.devices):
            found.devices[dev_class] = [device]
    of_devices = st.sampled_from(devices)
    keys = {
        CLASS: st.tuples(NAME),
        FREE: st.tuples(NAME),
        DEVICE: st.tuples(of_devices),
        CLASS_ATTRIBUTE: st.tuples(NAME, NAME),
        DEVICE_ATTRIBUTE: st.tuples(of_devices, NAME),
    }
    for family in draw(st.lists(st.sampled_from(list(keys)), max_size=5)):
        values = draw(st.lists(TEXT, min_size=1, max_size=3))
        found.put(Property(family, draw(keys[family]), draw(NAME), tuple(values)))
    return found


@given(contents())
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_back_or_refused(before: Contents) -> None:
    """PROP-21, PROP-23: a property file loses nothing; what it cannot hold is refused with its owner and text."""
    values = [value for entry in before.properties.values() for value in entry.values]
    impossible = [value for value in values if not value or "\\" in value or "\n" in value]
    if impossible:
        with pytest.raises(DevFailed, match="API_DatabaseFileError") as failure:
            render(before)
        assert any(repr(value) in failure.value.desc for value in impossible)
        return
    after = parse(render(before), "x")
    assert {name.lower(): names for name, names in after.devices.items()} == {
        name.lower(): names for name, names in before.devices.items()
    }
    assert after.server == before.server
    assert {key: entry.values for key, entry in after.properties.items()} == {
        key: entry.values for key, entry in before.properties.items()
    }
    assert render(after) == render(parse(render(after), "x"))


# ---- the store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "props.txt"
    path.write_text("# mine\nS/i/DEVICE/C: lab/b/2, lab/a/1\nlab/a/1->One: 1\nlab/a/1->Two: 2\n")
    return path


def test_a_change_is_in_the_file_at_once(path: Path) -> None:
    """PROP-23: the whole file is written anew, a property stays in its place, comments are lost."""
    store = FileStore(path, "s/I")
    assert path.read_text().startswith("# mine")
    store.put_device_property("LAB/a/1", {"one": ["x", "y z"]})
    text = path.read_text()
    assert "# mine" not in text
    assert 'lab/a/1->one: x,\\\n             "y z"\nlab/a/1->Two: 2\n' in text
    again = FileStore(path, "S/i")
    assert again.get_device_property("lab/a/1", ["ONE", "Three"]) == {"ONE": ["x", "y z"]}
    again.put_device_attribute_property("lab/a/1", {"Amp": {"unit": ["A"], "label": ["amps"]}})
    again.put_device_attribute_property("lab/a/1", {"amp": {"unit": []}})
    assert again.get_device_attribute_property("lab/a/1", ["AMP", "x"]) == {"AMP": {"label": ["amps"]}, "x": {}}
    again.delete_device_attribute("lab/a/1", "amp")
    again.put_class_attribute_property("C", {"Amp": {"unit": ["A"]}})
    again.put_class_property("C", {"k": ["v"]})
    again.put_property("Free", {"k": ["v"]})
    again.delete_device_property("lab/a/1", ["o*"])
    final = FileStore(path, "S/i")
    assert final.get_device_property("lab/a/1", ["One", "Two"]) == {"Two": ["2"]}
    assert final.get_class_property("c", ["k"]) == {"k": ["v"]}
    assert final.get_property("free", ["k"]) == {"k": ["v"]}
    assert final.get_class_attribute_property("C", ["Amp"]) == {"Amp": {"unit": ["A"]}}
    assert final.get_device_attribute_property("lab/a/1", ["amp"]) == {"amp": {}}


def test_devices_in_the_order_of_the_file(path: Path) -> None:
    """PROP-20, PROP-24: with the admin device, and never exported."""
    store = FileStore(path, "S/i")
    assert [record.name for record in store.devices(server="s/i", dev_class="c")] == ["lab/b/2", "lab/a/1"]
    assert store.device("DSERVER/s/I").dev_class == "DServer"
    store.export_devices([DeviceExport("lab/a/1", "tcp://x:1", "x", 1, "5")])
    assert not store.device("lab/a/1").exported
    with pytest.raises(DevFailed, match="DB_DeviceNotDefined"):
        store.device("lab/a/9")
    store.add_server("S/i", [("dserver/S/i", "DServer"), ("lab/c/3", "D")])
    store.delete_device("lab/a/1")
    assert FileStore(path, "S/i").devices(name="lab/*") == store.devices(name="lab/*")
    assert "lab/a/1" not in path.read_text()
    store.delete_server("S/i")
    assert store.devices(dev_class="C") == []


def test_what_a_property_file_cannot_do(path: Path) -> None:
    """PROP-24"""
    store = FileStore(path, "S/i")
    calls: list[Any] = [
        lambda: store.put_device_alias("lab/a/1", "x"),
        lambda: store.alias_device("x"),
        lambda: store.device_aliases(),
        lambda: store.device_alias("lab/a/1"),
        lambda: store.attribute_alias("lab/a/1/x"),
        lambda: store.device_properties("lab/a/1", "*"),
        lambda: store.device_property_history("lab/a/1", "One"),
        lambda: store.class_attribute_property_history("C", "x", "One"),
        lambda: store.property_objects(),
        lambda: store.server_info("S/i"),
        lambda: store.distinct("host"),
    ]
    for call in calls:
        with pytest.raises(DevFailed) as failure:
            call()
        assert failure.value.errors[0][:2] == ("API_NotSupported", "Call to a Filedatabase not implemented.")


@pytest.mark.parametrize("value", ["", "a\\b", "two\nlines", "\ud800"])
def test_a_value_that_cannot_be_kept_changes_nothing(path: Path, value: str) -> None:
    """PROP-21: refused, neither in the file nor in memory."""
    store, before = FileStore(path, "S/i"), path.read_text()
    with pytest.raises(DevFailed, match="API_DatabaseFileError") as failure:
        store.put_device_property("lab/a/1", {"Three": ["3"], "One": [value]})
    assert repr(value) in failure.value.desc
    assert path.read_text() == before
    assert store.get_device_property("lab/a/1", ["One", "Three"]) == {"One": ["1"]}
    assert os.listdir(path.parent) == ["props.txt"]


def test_properties_of_a_device_that_is_not_in_the_file(path: Path) -> None:
    """PROP-22"""
    store = FileStore(path, "S/i")
    with pytest.raises(DevFailed, match="API_DatabaseAccess"):
        store.put_device_property("lab/x/1", {"p": ["1"]})
    path.write_text("S/i/DEVICE/C: lab/a/1\nlab/x/9->X: 1\n")
    with pytest.raises(DevFailed, match="API_DatabaseAccess"):
        FileStore(path, "S/i")
    with pytest.raises(DevFailed, match="API_DatabaseAccess"):
        FileStore(path, "Other/z")


def test_files_that_cannot_be_used(path: Path) -> None:
    """PROP-22"""
    with pytest.raises(ConnectionFailed, match="FILEDATABASE could not open file"):
        FileStore(path.parent / "absent", "S/i")
    path.write_bytes(b"S/i/DEVICE/C: lab/a/1\nlab/a/1->X: \xe9\n")
    with pytest.raises(DevFailed, match=r"at line 2 in file .*props\.txt"):
        FileStore(path, "S/i")


def test_a_new_file_is_made_on_demand(path: Path) -> None:
    store = FileStore(path.parent / "new", "S/i", create=True)
    store.add_server("S/i", [("lab/a/1", "C")])
    assert FileStore(path.parent / "new", "S/i").device("lab/a/1").dev_class == "C"


def test_a_write_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PROP-23: the file is replaced when the new one is complete, so a crash or full disk spoils nothing."""
    store, before = FileStore(path, "S/i"), path.read_text()
    path.chmod(0o640)

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(os, "fsync", full)
        with pytest.raises(DevFailed, match="No space left on device"):
            store.put_device_property("lab/a/1", {"One": ["9"]})
    assert path.read_text() == before
    assert os.listdir(path.parent) == ["props.txt"]
    store.put_device_property("lab/a/1", {"One": ["9"]})
    assert "lab/a/1->One: 9" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
