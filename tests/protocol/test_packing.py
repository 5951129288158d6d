"""Messages are packed whole, whatever other threads and the garbage collector do meanwhile."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from server_core.model.enums import DevSource
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.native.frames import encode_frame, pack, unpack
from server_core.protocol.native.messages import Kind
from server_core.protocol.operations import ReadAttributes


@pytest.fixture
def restless() -> Iterator[None]:
    """The garbage collector runs at every occasion and lets other threads in, as a finalizer of anybody's may."""

    def yield_to_others(phase: str, info: dict[str, int]) -> None:
        time.sleep(0)

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(yield_to_others)
    gc.set_threshold(1)
    sys.setswitchinterval(1e-6)
    yield
    gc.callbacks.remove(yield_to_others)
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


def test_messages_of_several_threads_do_not_mix(restless: None) -> None:
    wrong: list[Any] = []

    def work(number: int) -> None:
        request = ReadAttributes(f"a/b/{number}", ("x",) * number, DevSource.DEV)
        kept = []
        for _ in range(2000):
            kept.append([number])
            packed = pack((Kind.REQUEST, number, 5, request, memoryview(b"123" * number)))
            try:
                found = unpack(packed)[3][0]
            except ProtocolError as error:
                found = error
            if found != request.device:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_a_message_that_cannot_be_packed_leaves_nothing_behind() -> None:
    with pytest.raises(ProtocolError, match="cannot be encoded"):
        encode_frame([1, "text", object()], [])
    assert unpack(pack([1, 2])) == [1, 2]
