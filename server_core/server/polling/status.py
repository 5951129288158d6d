"""The text that DevPollStatus answers for each polled object.

Source: POLL-60..POLL-64.
"""

from __future__ import annotations

from server_core.server.polling.ring import ALWAYS_ATTRIBUTES, Entry, PolledObject


def poll_status(polled: list[PolledObject], now: float, *, merged: bool = True) -> list[str]:
    """One block per object: first the commands, then the attributes, each in order of addition. State and Status have
    a block in both groups (POLL-60, POLL-63). `merged`: attributes of one period are read together (POLL-14)."""
    commands = []
    attributes = []
    for each in polled:
        block = "\n".join(_block(each, polled if merged else None, now))
        if each.command:
            commands.append(block)
            continue
        attributes.append(block)
        if each.key in ALWAYS_ATTRIBUTES:
            commands.append(block.replace("attribute", "command"))
    return commands + attributes


def _block(polled: PolledObject, others: list[PolledObject] | None, now: float) -> list[str]:
    latest = polled.latest
    lines = [
        f"Polled {polled.kind} name = {polled.name}",
        f"Polling period (mS) = {polled.period}" if polled.period else "Polling externally triggered",
        f"Polling ring buffer depth = {polled.depth}",
    ]
    if latest is None:
        return [*lines, "No data recorded yet"]
    lines += _last_try(polled, others, latest, now)
    deltas = polled.deltas()
    if deltas:
        lines.append("Delta between last records (in mS) = " + ", ".join(map(str, deltas)))
    return lines + _failure(polled, latest)


def _last_try(polled: PolledObject, others: list[PolledObject] | None, latest: Entry, now: float) -> list[str]:
    if polled.needed is None:
        return ["The polling buffer is externally filled in"]
    if not polled.period:
        return []
    return [
        f"Time needed for the last {_work(polled, others)} = {1000 * polled.needed:.3f}",
        f"Data not updated since {age_text(now - latest.start - polled.needed)}",
    ]


def _work(polled: PolledObject, others: list[PolledObject] | None) -> str:
    if polled.command:
        return "command execution (mS)"
    if others is None:
        return "attribute reading(ms)"
    group = [each.name for each in others if not each.command and each.period == polled.period]
    return f"attributes ({' + '.join(group)}) reading (mS)" if len(group) > 1 else "attribute reading (mS)"


def age_text(seconds: float) -> str:
    """An age as DevPollStatus words it (POLL-62)."""
    total = max(0, int(1000 * seconds))
    minutes, rest = divmod(total, 60_000)
    whole, ms = divmod(rest, 1000)
    if minutes:
        return f"{minutes} MN" + (f" ,{whole} S" if whole else "") + (f" and {ms} mS" if ms else "")
    return f"{whole} S and {ms} mS" if whole else f"{ms} mS"


def _failure(polled: PolledObject, latest: Entry) -> list[str]:
    errors = latest.outcome.errors
    if not errors:
        return []
    what = "command execution" if polled.command else "attribute read"
    first = errors[0]
    return [
        f"Last {what} FAILED :",
        f"\tReason = {first.reason}",
        f"\tDesc = {first.desc}",
        f"\tOrigin = {first.origin}",
    ]
