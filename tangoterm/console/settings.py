"""Settings: what the command line does not say comes from the environment, else from the user's file, else defaults.

The file is `config.toml` in the platform's configuration directory (`TANGOTERM_CONFIG` names another).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from server_core.model.errors import DevFailed
from server_core.model.names import parse_host_port
from tangoterm.console.plugins import Plugin, plugin_of
from tangoterm.console.render import Form, form_of

LONGEST = 2_147_483
"""The longest time to wait, in seconds: Tango counts time-outs as 32-bit milliseconds."""


LOCAL = "local"
"""What the embedded database is called where a control system is named."""

PRODUCTION = "production"
"""The tag of control systems in which every change is asked about."""


class TaggedSystem(NamedTuple):
    """A control system and its tag."""

    host: str
    tag: str


class SettingsError(ValueError):
    """A setting that is not right; the text names where it stands, the value and the rule."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What applies now.

    `host` is the control system, None for the embedded database; `timeout` in seconds for each request; `output` the
    form of results, None for a table on a terminal and tab-separated lines elsewhere; `color` whether to use colour,
    None for on a terminal; `headers` whether tables and CSV begin with the names of their columns; `quiet` leaves out
    remarks beside the results. `dangerous_commands` are asked about before they are executed, besides those
    that always are. With `read_only` nothing is changed, whatever is asked for. `control_system` are those of which the
    file tells something. `theme`, `mouse`, `keys` (by the name of the action) and `plugin` are of the full screen.

    Of one run: `dry_run` only shows what would change, `yes` answers all questions, `debug` shows whole error stacks.
    """

    host: str | None = None
    timeout: float = 3.0
    output: Form | None = None
    color: bool | None = None
    headers: bool = True
    quiet: bool = False
    dangerous_commands: tuple[str, ...] = ()
    read_only: bool = False
    control_system: tuple[TaggedSystem, ...] = ()
    theme: str | None = None
    mouse: bool = True
    keys: tuple[tuple[str, str], ...] = ()
    plugin: tuple[Plugin, ...] = ()
    dry_run: bool = False
    yes: bool = False
    debug: bool = False

    def tag_of(self, host: str | None) -> str:
        """What the file calls the control system at `host` (`host:port`, several with commas; None for the embedded
        one): `production`, or anything else; empty for nothing."""
        names = {name.strip().lower() for name in (host or LOCAL).split(",")}
        return next((each.tag for each in self.control_system if each.host.lower() in names), "")


class Setting(NamedTuple):
    """How one setting is read: from which environment variable (none: empty), what its text means, and what it is for.

    `example` is how it is written in the file.
    """

    variable: str
    convert: Callable[[Any], Any]
    help: str
    example: str


def _host(text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no text")
    try:
        return str(parse_host_port(text))
    except DevFailed as error:
        raise ValueError(error.desc) from None


def seconds(text: Any) -> float:
    """A time to wait, above 0 and at most `LONGEST`; raises ValueError otherwise."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is not a number of seconds") from None
    if not 0 < value < float("inf"):
        raise ValueError(f"{text} is not a number of seconds above 0")
    if value > LONGEST:
        raise ValueError(f"{text} is more than {LONGEST} seconds (24 days)")
    return value


def _switch(text: Any) -> bool:
    try:
        return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[str(text).lower()]
    except KeyError:
        raise ValueError(f"{text!r} is neither yes nor no") from None


def _color(text: Any) -> bool | None:
    try:
        return {"auto": None, "always": True, "never": False}[text]
    except KeyError:
        raise ValueError(f"{text!r} is none of auto, always, never") from None


def _names(value: Any) -> tuple[str, ...]:
    """A list of names, or names with commas between them."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{value!r} is no list of names")
    return tuple(name.strip() for name in names if name.strip())


def _systems(tables: Any) -> tuple[TaggedSystem, ...]:
    """The `[[control_system]]` tables."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError("a control system is a table of its own: [[control_system]]")
    found = []
    for table in tables:
        if set(table) != {"host", "tag"} or not all(isinstance(text, str) for text in table.values()):
            raise ValueError('a control system has a host and a tag: host = "HOST:PORT", tag = "production"')
        host = table["host"]
        found.append(TaggedSystem(host if host == LOCAL else _host(host), table["tag"].lower()))
    return tuple(found)


def _keys(table: Any) -> tuple[tuple[str, str], ...]:
    """The table `[keys]`: actions and the keys they have instead of their own."""
    if not isinstance(table, dict) or not all(isinstance(keys, str) for keys in table.values()):
        raise ValueError('keys is a table of texts: [keys] with lines such as "attributes.write" = "e"')
    return tuple(table.items())


def _plugins(tables: Any) -> tuple[Plugin, ...]:
    """The `[[plugin]]` tables."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ValueError("a plugin is a table of its own: [[plugin]]")
    return tuple(plugin_of(table) for table in tables)


SETTINGS: dict[str, Setting] = {
    "host": Setting("TANGO_HOST", _host, "the control system", '"db.example.org:10000"'),
    "timeout": Setting("TANGOTERM_TIMEOUT", seconds, "seconds that a request may take", "5"),
    "output": Setting(
        "TANGOTERM_OUTPUT",
        lambda text: form_of(str(text)),
        "form of results: table, plain, csv, json, ndjson, or a template; else table on a terminal, plain elsewhere",
        '"plain"',
    ),
    "color": Setting("TANGOTERM_COLOR", _color, "auto, always or never", '"never"'),
    "headers": Setting("TANGOTERM_HEADERS", _switch, "whether tables and CSV begin with names of columns", "false"),
    "quiet": Setting("TANGOTERM_QUIET", _switch, "leave out remarks beside the results", "true"),
    "dangerous_commands": Setting(
        "TANGOTERM_DANGEROUS_COMMANDS",
        _names,
        "commands of devices that are asked about before they are executed, besides those that always are",
        '["Off", "Move*"]',
    ),
    "read_only": Setting("TANGOTERM_READ_ONLY", _switch, "change nothing, whatever is asked for", "true"),
    "theme": Setting(
        "TANGOTERM_THEME", str, "colours of the full screen: dark, light, colour-blind, 16-colours, ...", '"light"'
    ),
    "mouse": Setting("TANGOTERM_MOUSE", _switch, "whether the full screen uses the mouse", "false"),
    "control_system": Setting(
        "",
        _systems,
        "what a control system is; one tagged production is red and asks about every change",
        '[[control_system]]\nhost = "db.example.org:10000"\ntag = "production"',
    ),
    "keys": Setting(
        "",
        _keys,
        "other keys for actions of the full screen, by the names in its table of keys",
        '[keys]\n"attributes.write" = "e"\n"global.find" = "slash,ctrl+g"',
    ),
    "plugin": Setting(
        "",
        _plugins,
        "a key of the full screen that runs a line of the console, or a program",
        '[[plugin]]\nkey = "ctrl+t"\nlabel = "Reset"\nrun = "call $DEVICE Reset"\ndangerous = true',
    ),
}
"""Every setting by name."""

FLAGS = ("dry_run", "yes", "debug")
"""What only a command line says."""

assert {*SETTINGS, *FLAGS} == {field.name for field in fields(Settings)}


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The settings file, whether it exists or not."""
    chosen = environ.get("TANGOTERM_CONFIG")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_config_path

    return user_config_path("tangoterm", appauthor=False) / "config.toml"


def state_path(name: str) -> Path:
    """A file of the user's that survives (histories); its directory is made."""
    from platformdirs import user_state_path

    return user_state_path("tangoterm", appauthor=False, ensure_exists=True) / name


def load_settings(flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings under `flags` (text or converted values, None for not given).

    Raises SettingsError for a value that breaks its rule and for a file that is no TOML or has unknown settings.
    """
    values = _from_file(config_path(environ))
    values |= _from_environment(environ)
    for name, value in flags.items():
        if value is not None:
            values[name] = _converted(f"--{name}", name, value) if isinstance(value, str) else value
    return Settings(**values)


def origins(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Where the settings come from that are no defaults: the name of a variable, or the file."""
    path = config_path(environ)
    found = dict.fromkeys(_from_file(path), str(path))
    return found | {name: SETTINGS[name].variable or "NO_COLOR" for name in _from_environment(environ)}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {
        name: _converted(setting.variable, name, environ[setting.variable])
        for name, setting in SETTINGS.items()
        if setting.variable and environ.get(setting.variable)
    }
    if environ.get("NO_COLOR"):
        found["color"] = False
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None
    unknown = content.keys() - SETTINGS.keys()
    if unknown:
        raise SettingsError(f"{path}: {min(unknown)} is not a setting ({', '.join(SETTINGS)})")
    return {name: _converted(f"{path}: {name}", name, value) for name, value in content.items()}


def _converted(place: str, name: str, value: Any) -> Any:
    try:
        return SETTINGS[name].convert(value)
    except ValueError as error:
        raise SettingsError(f"{place}: {error}") from None
