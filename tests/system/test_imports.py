"""Programs load only what they use: a console on a small host starts at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

HEAVY = {"asyncio", "numpy", "prompt_toolkit", "rich", "ssl", "textual", "zmq"}


def loaded(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after `code`."""
    script = (
        f"import sys, json\n{code}\nprint(); print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    )
    result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True, timeout=30)
    return set(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "module",
    [
        "server_core",
        "server_core.server.run",
        "server_core.transport.blocking",
        "tangoterm.client",
        "tangoterm.__main__",
    ],
)
def test_importing_a_room_loads_nothing_heavy(module: str) -> None:
    assert loaded(f"import {module}") & HEAVY == set()


def test_numpy_is_not_loaded_by_a_device_that_uses_scalars() -> None:
    code = "from server_core import Device, attribute\nclass D(Device):\n    a = attribute(dtype=float)"
    assert loaded(code) & HEAVY == set()


def test_reading_a_scalar_loads_nothing_heavy(serve: Callable[..., Any]) -> None:
    serve("TangoTest", "imports", "--device", "sys/tg_test/1")
    code = "from tangoterm.__main__ import main\nassert main(['read', 'sys/tg_test/1/ampli']) == 0"
    assert loaded(code) & HEAVY == set()


def test_the_prompt_does_not_load_the_tui_nor_the_tui_the_prompt() -> None:
    assert loaded("import tangoterm.repl.prompt") & {"textual", "numpy", "zmq"} == set()
    assert loaded("import tangoterm.tui.app") & {"prompt_toolkit", "numpy", "zmq"} == set()


def test_reading_loads_the_command_it_calls_alone(serve: Callable[..., Any]) -> None:
    serve("TangoTest", "imports2", "--device", "sys/tg_test/1")
    code = (
        "import sys\nfrom tangoterm.__main__ import main\nassert main(['read', 'sys/tg_test/1/ampli']) == 0\n"
        "unwanted = {'arguments', 'calling', 'completion', 'finding', 'lists', 'properties', 'servers', 'watch'}\n"
        "early = [name for name in unwanted if f'tangoterm.console.{name}' in sys.modules]\n"
        "assert not early, early\n"
        "loaded = {name for name in sys.modules if name.startswith('tangoterm.console.commands.')}\n"
        "assert loaded == {f'tangoterm.console.commands.{name}' for name in ('reading', 'table')}, loaded\n"
        "late = {'server_core.transport.zmq.offer', 'tangoterm.cli.processes', 'unittest'} & set(sys.modules)\n"
        "assert not late, late"
    )
    loaded(code)
