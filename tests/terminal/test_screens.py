"""The screens in a real terminal: a change from the first key to the last, on our servers and on those of others."""

from __future__ import annotations

from typing import Any

from tests.peers.fixtures import Facility

OURS, OTHER, PY = "test/ours/1", "test/ours/2", "test/pytango/1"


def test_a_change_is_made_seen_and_taken_back(opens: Any, ours: Any) -> None:
    """At 80x24 and at 120x40: find, write, call, poll, look at what was done, undo, and leave no trace."""
    screen = opens(ours).sees("Welcome", "● 2  AllTypes")
    screen.press("/").sees("Next").type("ours2").sees("1 of").press("enter").sees(OTHER, "ON")
    screen.press(":").sees(": page").enter(OURS).sees(f"{OURS}  ", "All types")

    screen.press("2").sees("boolean_scalar").press("/").enter("double_sca").sees("double_scalar", "2.25")
    screen.press("w").sees("Write double_scalar").press("end", "ctrl+u").type("7.5").sees("→ 7.5").press("enter")
    screen.sees_no_more("Write double_scalar").sees("7.50")
    screen.press("p").sees("Poll double_scalar").press("end", "ctrl+u").enter("300").sees_no_more("Poll double_scalar")
    screen.resize(120, 40).sees("Source", "1 Overview")
    screen.press("4").sees("double_scalar", "300 ms")

    screen.press("3").sees("DevDouble").press("/").enter("DevDouble").press("x").sees("anything")
    screen.press("end", "ctrl+u").enter("3.5").sees("DevDouble(3.50)")
    screen.press("5").sees("Request").press("h", "/").enter("DevDouble").sees("command_inout_4", "DevDouble")

    screen.press(":").sees(": page").enter("journal").sees("Journal", "300 ms", "7.5")
    screen.press("down", "u").sees("4 changes").press("down", "u").sees("5 changes", "taken back")
    screen.press(":").sees(": page").enter(f"watch {OURS}/double_scalar").sees("Set point", "double_scalar", "0.00")
    screen.press("q")
    screen.ends()


def test_a_pytango_device_is_as_much_at_home(opens: Any, theirs: Any, facility: Facility) -> None:
    """Values with their events, a spectrum as a plot, a command, the blackbox."""
    screen = opens(theirs, size=(120, 40)).sees("Welcome", "pytango", "TangoTest")
    screen.press("/").sees("Next").type("test/pytango/1").sees("found").press("enter").sees(PY, "All types")
    screen.press("2").sees("boolean_scalar")
    facility.database.client(f"tango.DeviceProxy({PY!r}).double_spectrum = [1.0, 5.0, 2.0, 8.0]")
    screen.press("/").enter("double_spectrum").sees("[4]", "8.00", "┤")
    screen.resize(80, 24).press("d").sees(f"{PY}/double_spectrum", "DevDouble[1024] SPECTRUM", "zoom").press("escape")
    screen.sees_no_more("zoom").press("3").sees("DevDouble").press("/").enter("DevDouble").press("x").sees("anything")
    screen.press("end", "ctrl+u").enter("3.5").sees("DevDouble(3.50)")
    screen.press("5").sees("Request").press("h", "/").enter("DevDouble").sees("command_inout")
    screen.press("ctrl+q")
    screen.ends()


def test_what_may_not_be_changed_is_not(opens: Any, ours: Any) -> None:
    """With --read-only nothing opens that writes; a command line refuses, and says why."""
    screen = opens(ours, "--read-only", "tui", OTHER).sees("read-only", f"{OTHER}  ")
    screen.press("2").sees("uchar_scalar").press("/").enter("long_scalar").press("w")
    screen.press(":").sees(": page").enter(f"write {OTHER}/long_scalar 1").sees("API_ReadOnlyMode")
    screen.press("escape").sees_no_more("API_ReadOnlyMode").press("q")
    screen.ends()
    line = opens(ours, "--read-only", "write", f"{OTHER}/long_scalar", "1", size=(200, 24)).sees("read-only")
    line.ends(1)
    opens(ours, "read", "--value", f"{OTHER}/long_scalar").sees("-2000000000").ends()


def test_what_stops_a_server_is_asked_about(opens: Any, ours: Any) -> None:
    screen = opens(ours, size=(120, 40)).sees("Welcome", "AllTypes")
    screen.press(":").sees(": page").enter("servers AllTypes/ours").sees("tangoterm 0.", OTHER).press("K").sees(
        "Type AllTypes/ours"
    )
    screen.press("escape").sees_no_more("Type ").press("q")
    screen.ends()
    opens(ours, "ping", OURS).sees(OURS).ends()
