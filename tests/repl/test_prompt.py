"""The prompt, typed at through a pipe: completion, checks, history, keys, events above it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.validation import ValidationError

from tangoterm.console.settings import Settings
from tangoterm.repl import assistant
from tangoterm.repl.assistant import LineLexer, LineValidator
from tangoterm.repl.prompt import LineHistory, Prompt, run_prompt
from tests.waiting import until

F1, F4, F5 = "\x1bOP", "\x1bOS", "\x1b[15~"


class Typist:
    """A prompt and the pipe to type through."""

    def __init__(self, talk: Any, pipe: PipeInput) -> None:
        self.talk = talk
        self.pipe = pipe
        self.prompt = Prompt(talk.interpreter, Settings(), InMemoryHistory())

    def type(self, *keys: str) -> str:
        """Type, leave with Ctrl-D, and give what was shown."""
        for text in (*keys, "\x04"):
            self.pipe.send_text(text)
        self.prompt.run()
        return str(self.talk.out.getvalue())


@pytest.fixture
def typist(talk: Any) -> Iterator[Typist]:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        typist = Typist(talk, pipe)
        yield typist
        typist.prompt.state.close()


def offered(typist: Typist, text: str) -> list[str]:
    completions = typist.prompt.assistant.get_completions(Document(text), CompleteEvent())
    return [completion.text for completion in completions]


def test_lines_are_run(typist: Typist) -> None:
    out = typist.type("use sys/tg_test/1\r", "write ampli 7\r", "read --value ampli\r")
    assert out == "7.0\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("us", "use"),
        ("qu", "quit"),
        ("use sys/tg_test/", "sys/tg_test/1"),
        ("help mon", "monitor"),
        ("output j", "json"),
        ("read sys/tg_test/1/amp", "sys/tg_test/1/ampli"),
        ("call sys/tg_test/1 DevDoub", "DevDouble"),
        ("write sys/tg_test/1/boolean_scalar t", "true"),
    ],
)
def test_completion_comes_from_the_commands_and_the_live_system(typist: Typist, line: str, expected: str) -> None:
    assert expected in offered(typist, line)


def test_python_is_completed_as_python(typist: Typist) -> None:
    assert "read" in offered(typist, "!re")
    assert "sys/tg_test/1/ampli" in offered(typist, '!read("sys/tg_test/1/amp')


def test_the_wanted_type_is_known_while_typing(typist: Typist) -> None:
    line = "write sys/tg_test/1/short_scalar "
    offered(typist, line)
    advice = typist.prompt.assistant.advice(line)
    assert advice is not None
    assert "DevShort" in advice.argument.hint
    assert typist.prompt.assistant.problem(line + "70000") is not None
    assert typist.prompt.assistant.problem(line + "7") is None
    assert typist.prompt.assistant.advice("read sys/tg_test/1/short_scalar") is None


@pytest.mark.parametrize(
    ("line", "place", "rule"),
    [
        ("frobnicate", 10, "not a command"),
        ("read", 4, "missing"),
        ("write sys/tg_test/1/short_scalar 1.5", 33, "not an integer"),
        ("write sys/tg_test/1/short_spectrum [1, 2, x]", 42, "not an integer"),
        ('call sys/tg_test/1 DevString "a', 29, "not closed"),
    ],
)
def test_a_wrong_line_is_not_sent_and_the_cursor_goes_to_the_mistake(
    typist: Typist, line: str, place: int, rule: str
) -> None:
    offered(typist, line)
    validator = LineValidator(typist.talk.interpreter, typist.prompt.assistant)
    with pytest.raises(ValidationError, match=rule) as caught:
        validator.validate(Document(line))
    assert caught.value.cursor_position == place


@pytest.mark.parametrize("line", ["", "# note", "!1 +", "read sys/tg_test/1/ampli"])
def test_what_may_be_right_is_sent(typist: Typist, line: str) -> None:
    LineValidator(typist.talk.interpreter, typist.prompt.assistant).validate(Document(line))


def test_colours_never_change_the_text(typist: Typist) -> None:
    lexer = LineLexer(typist.talk.interpreter, typist.prompt.assistant)
    for line in ("", "  read   sys/tg_test/1/ampli --value", "write sys/tg_test/1/ampli  abc", "! x  = 1", "é €"):
        offered(typist, line)
        get_line: Any = lexer.lex_document(Document(line))
        assert "".join(piece[1] for piece in get_line(0)) == line


def test_the_wrong_part_of_a_value_is_marked(typist: Typist) -> None:
    line = "write sys/tg_test/1/short_spectrum [1, x]"
    offered(typist, line)
    get_line: Any = LineLexer(typist.talk.interpreter, typist.prompt.assistant).lex_document(Document(line))
    assert [piece[1] for piece in get_line(0) if piece[0] == "class:wrong"] == ["x"]


def test_a_device_that_hangs_during_completion_does_not_hold_up_the_line(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering = Event()
    monkeypatch.setattr(assistant, "PATIENCE", 0.05)
    typist.prompt = Prompt(typist.talk.interpreter, Settings(), InMemoryHistory())
    monkeypatch.setattr(typist.talk.interpreter.session, "members", lambda device: answering.wait(10))
    began = time.monotonic()
    assert offered(typist, "read sys/tg_test/1/amp") == []
    assert time.monotonic() - began < 5
    answering.set()


def test_keys(typist: Typist) -> None:
    out = typist.type(F5, "1 + 1\r", F5, F4, "read --value sys/tg_test/1/ampli\r", "ping", F1, "\x15")
    assert out.startswith("2\n")
    assert typist.talk.interpreter.terminal.output.value == "json"
    assert "ping DEVICE..." in out


def test_a_block_of_python_is_indented_and_ends_with_an_empty_line(typist: Typist) -> None:
    block = ("def twice(x):\r", "y = 2 * x\r", "return y\r", "\r", "twice(21)\r")
    shown = typist.type(F5, *block, "\x04", "!'Ctrl-D leaves Python, not the prompt'\r")
    assert shown.splitlines() == ["42", "'Ctrl-D leaves Python, not the prompt'"]


def test_ctrl_c_drops_the_line(typist: Typist) -> None:
    assert typist.type("read no/such/thing\x03", "!40 + 2\r") == "42\n"


def test_events_go_on_while_the_person_types(typist: Typist) -> None:
    typist.pipe.send_text("monitor sys/tg_test/1/double_scalar --interval 0.05\r")
    typist.pipe.send_text("!__import__('time').sleep(0.3)\r")
    out = typist.type("stop\r")
    assert "sys/tg_test/1/double_scalar" in out


def test_the_bar_shows_host_device_and_state(typist: Typist) -> None:
    typist.type("use sys/tg_test/1\r")
    typist.prompt.state.update()
    until(lambda: typist.prompt.state.state == "RUNNING")
    text = "".join(piece[1] for piece in typist.prompt._status())
    assert text.startswith("local · sys/tg_test/1 RUNNING")


def test_history_keeps_what_may_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = LineHistory(str(path))
    for line in ("ls", "ls", " secret", "", "read x"):
        history.append_string(line)
    assert list(LineHistory(str(path)).load_history_strings()) == ["read x", "ls"]


def test_a_home_that_takes_no_files_only_costs_the_history(
    talk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file" / "below"))
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text("ls\r\x04")
        assert run_prompt(Settings()) == 0
    output, errors = capsys.readouterr()
    assert "sys/tg_test/1" in output
    assert "the history of this conversation is not kept" in errors
    history = LineHistory(str(tmp_path / "file" / "below"))
    history.append_string("one")
    assert history.get_strings() == ["one"]
