"""What lines at the prompt do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.waiting import until


def test_names_belong_to_the_device_in_use(talk: Any) -> None:
    assert talk.say("use sys/tg_test/1")[0]
    assert talk.say("write ampli 2.5")[0]
    done, out, _ = talk.say("read ampli")
    assert done
    assert out.split("\t")[:2] == ["sys/tg_test/1/ampli", "2.5"]
    assert talk.say('call . DevString "two words"')[1] == "two words\n"
    assert talk.say("use")[0]
    assert not talk.say("read ampli")[0]


def test_a_device_that_does_not_exist_cannot_be_used(talk: Any) -> None:
    done, _, err = talk.say("use sys/tg_test/7")
    assert not done
    assert "DB_DeviceNotDefined" in err
    assert talk.interpreter.session.current is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("frobnicate", ["frobnicate is not a command"]),
        ("raed x", ["did you mean read?"]),
        ("write sys/tg_test/1/ampli abc", ["'abc' is not a number"]),
        ("write sys/tg_test/1/ampli", ["missing"]),
        ("read sys/tg_test/1/amplo", ["API_AttrNotFound", "did you mean ampli"]),
        ("call sys/tg_test/1 DevLong 99999999999", ["outside", "DevLong"]),
        ('call sys/tg_test/1 DevString "open', ["not closed"]),
        ("stop 7", ["no job has the number 7"]),
        ("timeout -1", ["above 0"]),
        ("output xml", ["'xml' is none of table, plain, json"]),
        ("!1 +", ["invalid syntax"]),
        ("!dev('sys/tg_test/1').read_attribute('nope')", ["API_AttrNotFound"]),
        ("!1/0", ["ZeroDivisionError"]),
    ],
)
def test_what_cannot_be_done_is_said_and_the_conversation_goes_on(talk: Any, line: str, words: list[str]) -> None:
    done, _, err = talk.say(line)
    assert not done
    for word in words:
        assert word in err
    assert talk.say("ping sys/tg_test/1")[0]


def test_python_sees_the_devices(talk: Any) -> None:
    talk.say("use sys/tg_test/1")
    assert talk.say("!device.DevDouble(1.25) * 2")[1] == "2.5\n"
    assert talk.say("!_ + 1")[1] == "3.5\n"
    assert talk.say("!write('ampli', 0.5)")[:2] == (True, "")
    assert talk.say("!read('sys/tg_test/1/ampli')")[1] == "0.5\n"
    assert talk.say("!x = [1, 2]")[:2] == (True, "")
    assert talk.say("!sum(x)")[1] == "3\n"


def test_monitors_run_in_the_background_until_stopped(talk: Any) -> None:
    done, _, err = talk.say("monitor sys/tg_test/1/double_scalar --interval 0.05")
    assert done
    assert "[1]" in err
    until(lambda: talk.out.getvalue().count("double_scalar") >= 1)
    assert "monitor sys/tg_test/1/double_scalar" in talk.say("jobs")[1]
    assert talk.say("stop 1")[0]
    assert talk.interpreter.jobs.running == []
    assert talk.say("jobs")[1] == ""


def test_a_monitor_that_ends_by_itself_is_no_job_any_more(talk: Any) -> None:
    talk.say("monitor sys/tg_test/1/double_scalar --count 1")
    until(lambda: not talk.interpreter.jobs.running)


def test_results_take_the_chosen_form(talk: Any) -> None:
    talk.say("output json")
    assert '"attribute": "ampli"' in talk.say("read sys/tg_test/1/ampli")[1]
    talk.say("output table")
    assert talk.say("read sys/tg_test/1/ampli")[1].startswith("NAME")


def test_help_explains_every_command(talk: Any) -> None:
    listed = talk.say("help")[1]
    for name, command in talk.interpreter.commands.items():
        assert name in listed
        assert command.usage in talk.say(f"help {name}")[1]


def test_the_timeout_reaches_devices_in_use(talk: Any) -> None:
    talk.say("ping sys/tg_test/1")
    assert talk.say("timeout 1.5")[0]
    assert talk.interpreter.session.device("sys/tg_test/1").get_timeout_millis() == 1500


def test_comments_and_empty_lines_do_nothing(talk: Any) -> None:
    assert talk.say("") == (True, "", "")
    assert talk.say("  # a comment") == (True, "", "")


@pytest.mark.parametrize("word", ["exit", "quit"])
def test_leaving(talk: Any, word: str) -> None:
    assert talk.say(word)[0]
    assert talk.interpreter.done


def test_what_one_works_with_is_found_sooner(talk: Any) -> None:
    finder = talk.interpreter.session.finder
    talk.say("ls")
    talk.say("read sys/tg_test/1/ampli")
    talk.say("ping sys/tg_test/1")
    talk.say("ping sys/tg_test/7")
    assert finder.usage.boosts().keys() == {"sys/tg_test/1", "sys/tg_test/1/ampli"}
