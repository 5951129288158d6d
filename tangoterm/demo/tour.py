"""The guided tour: what a control system does, shown on the running demo in print.

Each stop does one thing through the client library and prints what came back.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any, TextIO

from tangoterm.client import CmdArgType, Database, DevFailed, DeviceProxy, EventType
from tangoterm.console.blackbox import parse_blackbox
from tangoterm.console.format import Display, clipped, clock_text, command_text, period_text, quality_text, value_text
from tangoterm.console.polling import parse_poll_status
from tangoterm.demo.system import DOCUMENTED

_EVENTS = 4
_ENTRIES = 8
_EVENT_TIMEOUT = 5.0
_MAGNET = "sr/magnet/quad-1"
_CAMERA = "sr/diag/screen-1"


def tour(host: str, out: TextIO) -> int:
    """Print the tour of the control system at `host`; 0, or 1 with the reason when a stop fails."""
    print(f"A control system at {host}", file=out)
    stops = (
        ("The tree: servers and their devices", _tree),
        ("A command with argument and result", _command),
        ("An attribute, read, written and read back", _attribute),
        ("A command that takes its time", _acquisition),
        ("Change events while a current ramps", _events),
        ("What the server polls for its clients", _polling),
        ("The blackbox: who asked the device for what", _blackbox),
    )
    for number, (title, stop) in enumerate(stops, 1):
        print(f"\n{number}. {title}", file=out)
        try:
            for line in stop(host):
                print(f"   {line}", file=out)
        except (DevFailed, queue.Empty) as failure:
            print(f"   failed: {failure or 'no event arrived'}", file=out)
            return 1
    print("\nThe same system in colour, keyboard and mouse: run `tangoterm demo` in a terminal.", file=out)
    return 0


def _device(host: str, name: str) -> DeviceProxy:
    return DeviceProxy(f"tango://{host}/{name}")


def _tree(host: str) -> Iterator[str]:
    database = Database(host)
    for server in database.get_server_list():
        yield server
        pairs = list(database.get_device_class_list(server))
        for name, dev_class in zip(pairs[::2], pairs[1::2], strict=True):
            yield f"    {name:<28} {dev_class:<12} {_device(host, name).state()}"


def _command(host: str) -> Iterator[str]:
    name, code = "DevVarLongStringArray", CmdArgType.DevVarLongStringArray
    argument = [[1, 2, 3], ["one", "two"]]
    result = _device(host, DOCUMENTED).command_inout(name, argument)
    yield f"{DOCUMENTED}/{name} {command_text(code, argument)} -> {command_text(code, result)}"


def _attribute(host: str) -> Iterator[str]:
    magnet = _device(host, _MAGNET)
    config = magnet.get_attribute_config("ramp_rate")
    yield f"{_MAGNET}/ramp_rate = {_shown(magnet, 'ramp_rate')}  (limits {config.min_value} and {config.max_value})"
    magnet.write_attribute("ramp_rate", 2.5)
    yield f"written 2.5, read back {_shown(magnet, 'ramp_rate')}"
    try:
        magnet.write_attribute("ramp_rate", 500.0)
    except DevFailed as refused:
        yield f"written 500, refused: {refused.args[0].reason}"
    yield f"{_MAGNET}/current = {_shown(magnet, 'current')}"


def _shown(device: DeviceProxy, name: str) -> str:
    """A reading with its unit and quality."""
    config = device.get_attribute_config(name)
    reading = device.read_attribute(name)
    text = value_text(config.data_type, config.data_format, reading.value, Display.of(config))
    return f"{text} [{quality_text(reading.quality)}]"


def _acquisition(host: str) -> Iterator[str]:
    camera = _device(host, _CAMERA)
    camera.command_inout("Acquire", 10)
    yield f"{_CAMERA}/Acquire 10: {camera.state()}, {camera.status()}"
    yield f"image = {_shown(camera, 'image')}"
    yield f"beam at {_shown(camera, 'beam_x')}, {_shown(camera, 'beam_y')}"


def _events(host: str) -> Iterator[str]:
    magnet = _device(host, _MAGNET)
    arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
    subscription = magnet.subscribe_event("current", EventType.CHANGE_EVENT, arrived.put)
    try:
        magnet.write_attribute("current", 100.0)
        for _ in range(_EVENTS):
            event = arrived.get(timeout=_EVENT_TIMEOUT)
            if event.err:
                raise DevFailed(*event.errors)
            reading = event.attr_value
            time = clock_text(reading.time.totime())
            yield f"{time}  current = {reading.value:8.4f} A  [{quality_text(reading.quality)}]"
    finally:
        magnet.unsubscribe_event(subscription)


def _polling(host: str) -> Iterator[str]:
    for polled in parse_poll_status(_device(host, _MAGNET).polling_status()):
        period, age = period_text(polled.period), polled.age or 0.0
        yield f"{polled.kind:<9} {polled.name:<16} every {period:>7}, last {age:.2f} s ago"


def _blackbox(host: str) -> Iterator[str]:
    for entry in parse_blackbox(_device(host, _MAGNET).black_box(_ENTRIES)):
        who = f"pid {entry.process} on {entry.client}" if entry.process else entry.client
        yield f"{entry.time:%H:%M:%S}  {who:<18} {entry.operation} {clipped(entry.objects, 60)}"
