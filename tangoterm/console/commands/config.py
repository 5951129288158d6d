"""The command that shows the settings: which apply, where they come from, and how the file is written."""

from __future__ import annotations

from tangoterm.console.commands.table import Parameter, Want, command
from tangoterm.console.result import Layout, Result, columns
from tangoterm.console.session import Session
from tangoterm.console.settings import SETTINGS, config_path, load_settings, origins

_ACTIONS = ("show", "path", "example")


@command(
    "config",
    Parameter("action", "what to show", Want.CHOICE, required=False, choices=_ACTIONS, default="show"),
    examples=("config", "config path", "config example"),
)
def config(session: Session, action: str) -> Result:
    """Show the settings that apply and where each comes from, the name of the file, or an example of it.

    Raises SettingsError for a setting that is not right.
    """
    if action == "path":
        return Result(columns("Value"), [{"value": str(config_path())}], Layout.VALUE)
    if action == "example":
        return Result(columns("Value"), [{"value": line} for line in example().splitlines()], Layout.VALUE)
    settings, places = load_settings({}), origins()
    rows = [
        {
            "setting": name,
            "value": _shown(getattr(settings, name)),
            "from": places.get(name),
            "what_it_is": setting.help,
        }
        for name, setting in SETTINGS.items()
    ]
    path = config_path()
    result = Result(columns("Setting", "Value", "From", "What it is"), rows)
    result.note = f"the file is {path}" + ("" if path.exists() else ", which is not there")
    return result


def example() -> str:
    """A settings file in which everything is commented out."""
    parts = (f"# {each.help}\n{_commented(name, each.example)}" for name, each in SETTINGS.items())
    return "\n\n".join(parts)


def _commented(name: str, example: str) -> str:
    text = example if example.startswith("[") and "\n" in example else f"{name} = {example}"
    return "\n".join(f"# {line}" for line in text.splitlines())


def _shown(value: object) -> str | None:
    if value is None or value == ():
        return None
    return str(value).lower() if isinstance(value, bool) else str(getattr(value, "value", value))
