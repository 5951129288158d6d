"""Which polling thread serves which device: the assignments captured from a real server (POLL-40..POLL-44)."""

from __future__ import annotations

import pytest

from server_core.server.polling import pool

DEVICES = [f"adm/b/{number}" for number in range(1, 7)]


def assign(size: int, conf: list[str]) -> list[list[str]]:
    stored = pool.repair(pool.join_lines(conf), DEVICES.__contains__, size)
    threads: list[list[str]] = []
    for device in DEVICES:
        place = pool.choose(threads, size, device, stored)
        if place == len(threads):
            threads.append([])
        threads[place].append(device)
    return threads


@pytest.mark.parametrize(
    ("size", "conf", "expected"),
    [
        (1, [], ["adm/b/1,adm/b/2,adm/b/3,adm/b/4,adm/b/5,adm/b/6"]),
        (3, [], ["adm/b/1,adm/b/6", "adm/b/2,adm/b/5", "adm/b/3,adm/b/4"]),
        (2, ["adm/b/1,adm/b/3", "adm/b/2"], ["adm/b/1,adm/b/3,adm/b/6", "adm/b/2,adm/b/4,adm/b/5"]),
        (2, ["adm/b/1", "adm/b/2", "adm/b/3", "adm/b/4"], ["adm/b/1,adm/b/3,adm/b/4", "adm/b/2,adm/b/5,adm/b/6"]),
        (3, ["adm/b/9,adm/b/1", "adm/b/2,adm/b/2"], ["adm/b/1,adm/b/6", "adm/b/2,adm/b/5", "adm/b/3,adm/b/4"]),
        (3, ["adm/b/1,adm/b/2", "adm/b/2,adm/b/3"], ["adm/b/1,adm/b/2", "adm/b/3,adm/b/6", "adm/b/4,adm/b/5"]),
        (100, [], DEVICES),
    ],
)
def test_the_assignment_at_start(size: int, conf: list[str], expected: list[str]) -> None:
    """POLL-42, POLL-44"""
    assert pool.split_lines(assign(size, conf)) == expected


def test_long_lines_are_stored_in_pieces_and_read_back() -> None:
    """POLL-41"""
    names = [f"domain/family/member-{number:03d}" for number in range(40)]
    stored = pool.split_lines([names, ["a/b/c"]])
    assert all(len(piece) <= 255 for piece in stored)
    assert len(stored) > 3
    assert [piece for piece in stored if not piece.endswith("\\")] == stored[-2:]
    assert pool.join_lines(stored) == [names, ["a/b/c"]]
