"""The characters of a GIOP connection are those that its client has chosen."""

from __future__ import annotations

from server_core.model.errors import DevFailed
from server_core.protocol.giop.failures import Completion
from tests.protocol.giop.talking import asked, code_sets, joined, number, refusal, sent, server, text


def test_the_code_set_of_a_connection_is_remembered():
    """UTF-8 in both directions, once it was chosen (wire 2.6)."""
    there = server()
    (call,) = there.receive(asked("_get_name", contexts=code_sets(0x05010001)))
    assert joined(there.reply(call.id, "é"))[24:] == text("é".encode())
    (call,) = there.receive(asked("get_attribute_config", body=number(1) + text("é".encode())))
    assert call.request.names == ("é",)
    assert joined(there.reply(call.id, DevFailed.of("é", "Ω"))).count("Ω".encode()) == 1
    answer = sent(there.receive(asked("get_attribute_config", body=number(1) + text(b"\xe9"))))
    assert refusal(answer) == ("DATA_CONVERSION", 0x41540029, Completion.NO)


def test_without_a_code_set_strings_are_latin_1():
    for contexts, minor in ((b"\0\0\0\0", 2), (code_sets(0x00010001), 2), (code_sets(0x05010001), 0)):
        (call,) = server().receive(
            asked("get_attribute_config", contexts=contexts, body=number(1) + text(b"\xe9"), minor=minor)
        )
        assert call.request.names == ("é",)


def test_a_code_set_lasts_until_another_is_chosen():
    """wire 2.6: other contexts do not end it; each connection has its own, also for requests that others sent."""
    other = number(1) + number(9) + number(0)
    body = number(1) + text(b"\xc3\xa4") + bytes(1) + number(1) + number(0) + number(7)
    ask = asked("read_attributes_4", body=body)
    for _ in range(2):  # the second time requests are recognised
        assert server().receive(ask)[0].request.names == ("Ã¤",)
        there = server()
        for number_of_request, contexts in enumerate((code_sets(0x05010001), other, bytes(4)), 1):
            (call,) = there.receive(asked("_get_name", request_id=number_of_request, contexts=contexts))
            assert joined(there.reply(call.id, "é"))[24:] == text("é".encode())
        assert there.receive(ask)[0].request.names == ("ä",)


def test_an_unknown_code_set():
    answer = sent(server().receive(asked("ping", contexts=code_sets(0x00010002))))
    assert refusal(answer) == ("BAD_INV_ORDER", 0x41540018, Completion.NO)
