"""A result that goes on ends when nobody reads it any more."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

from tangoterm.console.reader import stopped_without_reader


def test_what_goes_on_is_stopped_when_the_reader_of_the_pipe_leaves() -> None:
    reading, writing = os.pipe()
    stopped = Event()
    with open(writing, "w") as stream, stopped_without_reader(stream, stopped.set):
        assert not stopped.wait(0.05)
        os.close(reading)
        assert stopped.wait(10)


def test_nothing_is_stopped_while_somebody_reads(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    stopped = Event()
    with open(writing, "w") as stream, stopped_without_reader(stream, stopped.set):
        stream.write("line\n")
    os.close(reading)
    with open(tmp_path / "file", "w") as stream, stopped_without_reader(stream, stopped.set):
        stream.write("line\n")
    assert not stopped.is_set()
