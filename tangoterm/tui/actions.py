"""Every action of the screens, once: what it is called, which keys it has, what it does.

Bindings, footer, command palette and help all come from this table.
"""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType

from tangoterm.console.matching import FILTER_HELP


class Action(NamedTuple):
    """One action. `scope` says where it is bound; `shown` whether the footer names it; `changes` whether it changes the
    control system."""

    scope: str
    name: str
    keys: str
    label: str
    help: str
    shown: bool = True
    changes: bool = False

    @property
    def id(self) -> str:
        """How the settings name it: `attributes.write`."""
        return f"{self.scope}.{self.label.lower().replace(' ', '-')}"

    @property
    def bound(self) -> list[str]:
        """Its keys: those of the user's settings, else its own."""
        return CHOSEN_KEYS.get(self.id, self.keys).split(",")


CHOSEN_KEYS: dict[str, str] = {}
"""Keys by action that the user's settings give instead; `keymap.choose` fills it before the screens are loaded."""

SCOPES: dict[str, str] = {
    "tree": "Tree",
    "attributes": "Attributes",
    "attribute": "One attribute",
    "configuration": "Attribute configuration",
    "commands": "Commands",
    "overview": "Overview",
    "polling": "Polling",
    "pipes": "Pipes",
    "blackbox": "Blackbox",
    "watch": "Watch",
    "servers": "Servers",
    "properties": "Properties",
    "journal": "Journal",
    "events": "Events",
    "logs": "Logs",
    "global": "Everywhere",
}
"""Where actions are bound, with the titles in the help."""


def _filtering(scope: str, things: str) -> tuple[Action, Action]:
    """The actions of a list that can be filtered."""
    return (
        Action(scope, "filter", "slash", "Filter", f"Filter the {things}: {FILTER_HELP}"),
        Action(scope, "show_all", "escape", "Show all", f"Show all {things} again"),
    )


ACTIONS: tuple[Action, ...] = (
    Action("journal", "details", "d,enter", "Details", "All that is known of the change"),
    Action("journal", "undo", "u", "Undo", "Take the change back", changes=True),
    Action("journal", "export", "e", "Export", "Write the changes as a script"),
    Action("tree", "choose", "enter", "Open", "Open the group, or go into the device"),
    Action("tree", "open", "right,l", "Unfold", "Open the group, or go into the device", shown=False),
    Action("tree", "close", "left,h", "Fold", "Close the group, or go up to it", shown=False),
    Action("tree", "fold", "space", "Open or close", "Open or close the group", shown=False),
    Action("tree", "group", "t", "Group", "Arrange by name, server, class, host or alias"),
    Action("attributes", "write", "enter,w", "Write", "Write the attribute", changes=True),
    Action("attributes", "details", "d,enter", "Details", "Whole value, configuration and errors"),
    Action("attributes", "poll", "p", "Poll", "Let the server poll the attribute", changes=True),
    Action("attributes", "zoom", "z", "Zoom", "Give the plot the whole pane, and back"),
    Action("attributes", "pause", "space", "Pause", "Stop the values, and let them go on", shown=False),
    Action("attributes", "mark", "f", "Since", "Mark what changes from now on; again: no marks", shown=False),
    Action("attributes", "configure", "c", "Configure", "Change its properties", shown=False, changes=True),
    Action("attributes", "watch", "a", "Watch", "Watch it beside attributes of other devices (:watch)", shown=False),
    Action("attributes", "export", "e", "Export", "Write the table into a CSV or JSON file", shown=False),
    Action("attributes", "copy", "y", "Copy", "Copy name and value", shown=False),
    *_filtering("attributes", "attributes"),
    Action("watch", "open", "enter", "Open", "Open the device at the attribute"),
    Action("watch", "add", "a", "Add", "Add attributes: names, patterns, @lists"),
    Action("watch", "remove", "delete", "Remove", "Watch it no longer"),
    Action("watch", "shift(-1)", "shift+up,K", "Up", "Move the attribute up", shown=False),
    Action("watch", "shift(1)", "shift+down,J", "Down", "Move the attribute down", shown=False),
    Action("watch", "mark", "space", "Plot", "Draw it in the plot beside others, or no longer"),
    Action("watch", "save", "s", "Save", "Save as a list of a name"),
    Action("watch", "export", "e", "Export", "Write the table into a CSV or JSON file"),
    *_filtering("watch", "attributes"),
    Action("attribute", "cursor(-1, 0)", "left", "Left", "Cursor to the value before"),
    Action("attribute", "cursor(1, 0)", "right", "Right", "Cursor to the next value"),
    Action("attribute", "cursor(0, -1)", "shift+up", "Up", "Cursor up in an image"),
    Action("attribute", "cursor(0, 1)", "shift+down", "Down", "Cursor down in an image"),
    Action("attribute", "cursor(-1, 0, True)", "shift+left", "Far left", "Cursor a tenth of the picture to the left"),
    Action("attribute", "cursor(1, 0, True)", "shift+right", "Far right", "Cursor a tenth of the picture to the right"),
    Action("attribute", "zoom(2)", "plus,equals_sign", "Closer", "Zoom in, around the cursor"),
    Action("attribute", "zoom(0.5)", "minus", "Wider", "Zoom out"),
    Action("attribute", "all", "0", "All", "Show all, without cursor"),
    Action("attribute", "history", "h", "History", "The polling buffer in place of what was seen here, and back"),
    Action("attribute", "write", "w,enter", "Write", "Write the attribute", changes=True),
    Action("attribute", "configure", "c", "Configure", "Change the properties of the attribute", changes=True),
    Action("attribute", "export", "e", "Export", "Write trend, spectrum or image into a CSV or JSON file"),
    Action("attribute", "copy", "y", "Copy", "Copy the whole value"),
    Action("attribute", "leave", "escape,q,d", "Close", "Back to the table"),
    Action("configuration", "edit", "enter", "Edit", "Type another value"),
    Action("configuration", "reset('Not specified')", "l", "Library", "Reset to the default of the library"),
    Action("configuration", "reset('')", "c", "Code", "Reset to the default of the device's code, else of the library"),
    Action("configuration", "reset('NaN')", "n", "Class", "Reset to the default of the class, else of the code"),
    Action("configuration", "forget", "u,delete", "Forget", "Leave the property as it is"),
    Action("configuration", "set", "s,ctrl+s", "Set", "Set what is changed", changes=True),
    Action("configuration", "leave", "escape", "Leave", "Leave the line, or the editor"),
    Action("overview", "start", "s", "Start", "Start the server of a device that does not run", changes=True),
    Action("overview", "reference", "i", "Reference", "What the object reference of the device says"),
    Action("commands", "execute", "enter,x", "Execute", "Execute the command", changes=True),
    Action("commands", "details", "d,enter", "Details", "Whole result of the call, or the signature"),
    Action("commands", "poll", "p", "Poll", "Let the server poll the command", shown=False, changes=True),
    Action("commands", "many", "m", "Many", "Execute the command on several devices", changes=True),
    Action("commands", "again", "a", "Again", "Make the call once more, with the same argument", changes=True),
    Action("commands", "plot", "v", "Plot", "Plot the result of the call"),
    Action("commands", "copy", "y", "Copy", "Copy the last result", shown=False),
    *_filtering("commands", "commands"),
    Action(
        "polling",
        "period",
        "enter,p",
        "Period",
        "Change the period of the object, or of all marked ones",
        changes=True,
    ),
    Action("polling", "add", "n", "New", "Poll another attribute or command of the device", changes=True),
    Action("polling", "details", "d", "Details", "The status as the server words it, and how the periods spread"),
    Action("polling", "stop", "delete", "Stop", "Stop polling the object, or those that are marked", changes=True),
    Action(
        "polling",
        "problems",
        "exclamation_mark",
        "Problems",
        "Only what is not polled as it should be, or all",
        shown=False,
    ),
    Action("polling", "mark", "space", "Mark", "Mark the object, to change several at once", shown=False),
    Action("polling", "mark_all", "ctrl+a", "Mark all", "Mark everything in sight, or nothing", shown=False),
    Action("polling", "sort", "s", "Sort", "Sort by the next column", shown=False),
    Action("polling", "reverse", "S", "Reverse", "Sort the other way round", shown=False),
    Action("polling", "reset", "X", "Stop all", "Stop polling everything of the device", shown=False, changes=True),
    Action("polling", "depth", "b", "Buffer", "How many values the ring buffer keeps", shown=False, changes=True),
    Action("polling", "old_factor", "f", "Age limit", "How many periods old a value may be", shown=False, changes=True),
    Action("polling", "threads", "t", "Threads", "How many threads the server polls with", shown=False, changes=True),
    Action("polling", "copy", "y", "Copy", "Copy the status", shown=False),
    *_filtering("polling", "polled objects"),
    Action("blackbox", "routine", "h", "Routine", "Show or hide polling, looks at the blackbox, this program's reads"),
    Action("blackbox", "own", "o", "Own", "Hide or show everything that this program asked", shown=False),
    Action("blackbox", "top", "t", "Top", "Count by client, operation, member, device; then the list again"),
    Action("blackbox", "client", "c", "Client", "Show only this client, or all again"),
    Action("blackbox", "pause", "space", "Pause", "Hold the list still, or go on", shown=False),
    Action("blackbox", "pace(0.5)", "plus,equals_sign", "Faster", "Look twice as often", shown=False),
    Action("blackbox", "pace(2.0)", "minus", "Slower", "Look half as often", shown=False),
    Action("blackbox", "details", "enter,d", "Details", "The line as the device words it, and who the client is"),
    Action("blackbox", "open", "u", "Open client", "Open the device of the client, where it is a server", shown=False),
    Action("blackbox", "copy", "y", "Copy", "Copy the line", shown=False),
    *_filtering("blackbox", "requests"),
    Action("servers", "do('start')", "s", "Start", "Start the server, or those that are marked", changes=True),
    Action("servers", "do('stop')", "x", "Stop", "Stop the server, or those that are marked", changes=True),
    Action(
        "servers",
        "do('restart')",
        "R",
        "Restart",
        "Restart the server; in the list of devices, the device",
        shown=False,
        changes=True,
    ),
    Action(
        "servers", "do('kill')", "K", "Kill", "End the server's process without asking it", shown=False, changes=True
    ),
    Action("servers", "log", "l", "Output", "Follow what the server prints"),
    Action("servers", "mark", "space", "Mark", "Mark the server, to act on several", shown=False),
    Action("servers", "levels('start')", "S", "Levels", "Start all controlled servers, level by level", changes=True),
    Action(
        "servers", "levels('stop')", "X", "Stop levels", "Stop them, the other way round", shown=False, changes=True
    ),
    Action("servers", "details", "d,enter", "Details", "All that is known of the server", shown=False),
    Action(
        "servers",
        "level",
        "e",
        "Level",
        "The start-up level: under a Starter's control, or out of it",
        shown=False,
        changes=True,
    ),
    Action("servers", "create", "n", "New", "Define a new server with its devices", shown=False, changes=True),
    Action("servers", "add_device", "a", "Add device", "Define a new device of the server", shown=False, changes=True),
    Action(
        "servers",
        "wizard",
        "w",
        "Wizard",
        "The properties that the server's classes ask for",
        shown=False,
        changes=True,
    ),
    Action(
        "servers", "rename", "m", "Rename", "Rename the server, or the device; set its alias", shown=False, changes=True
    ),
    Action(
        "servers",
        "move",
        "M",
        "Move",
        "The server to another host; the device to another server",
        shown=False,
        changes=True,
    ),
    Action("servers", "delete", "delete", "Delete", "Delete the server, or the device", shown=False, changes=True),
    Action(
        "servers",
        "unexport",
        "U",
        "Unexport",
        "Tell the database that a dead server does not run",
        shown=False,
        changes=True,
    ),
    Action("servers", "init", "i", "Init", "Execute Init of the device", shown=False, changes=True),
    Action("servers", "host(-1)", "left", "Last host", "The servers of the host before", shown=False),
    Action("servers", "host(1)", "right", "Next host", "The servers of the next host", shown=False),
    Action("servers", "sort", "o", "Sort", "By name, state, level, uptime or host", shown=False),
    Action("servers", "refresh", "r", "Refresh", "Ask everything anew", shown=False),
    *_filtering("servers", "servers"),
    Action("properties", "edit", "enter,e", "Edit", "Edit the values, one element on each line", changes=True),
    Action("properties", "add", "a", "Add", "Add a property", changes=True),
    Action("properties", "rename", "n", "Rename", "Give the property another name", shown=False, changes=True),
    Action("properties", "delete", "delete", "Delete", "Delete the property", changes=True),
    Action("properties", "history", "h", "History", "What the property was before, and take that up again"),
    Action("properties", "copy", "y", "Copy", "Copy the property, to paste it elsewhere", shown=False),
    Action(
        "properties",
        "paste",
        "p",
        "Paste",
        "Give the property that was copied to this owner",
        shown=False,
        changes=True,
    ),
    Action("properties", "compare", "c", "Compare", "What another device has instead"),
    Action(
        "properties",
        "restart",
        "R",
        "Restart",
        "Make the device anew, so that it takes up changes",
        changes=True,
    ),
    Action("properties", "init", "I", "Init", "Execute Init of the device", shown=False, changes=True),
    *_filtering("properties", "properties"),
    Action("events", "switch", "space,s", "On/off", "Unsubscribe, or subscribe again"),
    Action("events", "kind", "a", "Add kind", "Subscribe to other events of the attribute"),
    Action("events", "fix", "f", "Fix", "Run the command that makes the attribute send events", changes=True),
    Action("events", "pause", "p", "Pause", "Stand still; counting goes on"),
    Action("events", "details", "enter,d", "Details", "All of the subscription"),
    Action("events", "remove", "delete", "Remove", "Unsubscribe, and take the line away", shown=False),
    Action("events", "copy", "y", "Copy", "Copy the latest events", shown=False),
    *_filtering("events", "subscriptions"),
    Action("logs", "settings", "enter,s", "Levels", "Level and targets of the device, now and stored", changes=True),
    Action("logs", "level", "l", "Show level", "Show messages up to a level"),
    Action("logs", "pause", "p", "Pause", "Stand still; messages go on arriving"),
    Action("logs", "clear", "c", "Clear", "Forget the messages so far"),
    Action("logs", "save", "w", "Save", "Write the messages to a file", shown=False),
    Action("logs", "copy", "y", "Copy", "Copy the message", shown=False),
    *_filtering("logs", "messages"),
    Action("global", "find", "slash,ctrl+f", "Find", f"Find devices: {FILTER_HELP}"),
    Action("pipes", "write", "enter,w", "Write", "Write the pipe", changes=True),
    Action("pipes", "configure", "e", "Describe", "Change label and description of the pipe", changes=True),
    Action("pipes", "read", "u", "Read", "Read all pipes again"),
    Action("pipes", "details", "d", "Details", "The element at full length"),
    Action("pipes", "copy", "y", "Copy", "Copy the blob as JSON", shown=False),
    *_filtering("pipes", "pipes"),
    Action("global", "lock", "L", "Lock", "Lock the device, unlock it, or break a lock", shown=False, changes=True),
    Action("global", "tab('overview')", "1", "Overview", "Who the device is and how it is", shown=False),
    Action("global", "tab('attributes')", "2", "Attributes", "Live values", shown=False),
    Action("global", "tab('commands')", "3", "Commands", "Commands and their results", shown=False),
    Action("global", "tab('polling')", "4", "Polling", "What the server polls", shown=False),
    Action("global", "tab('blackbox')", "5", "Blackbox", "The last requests", shown=False),
    Action("global", "tab('properties')", "6", "Properties", "What the database keeps for the device", shown=False),
    Action("global", "tab('events')", "7", "Events", "Who sends which events, and how often", shown=False),
    Action("global", "tab('logs')", "8", "Logs", "What the device logs", shown=False),
    Action("global", "tab('pipes')", "9", "Pipes", "The pipes, of a device that has any", shown=False),
    Action("global", "next_tab(1)", "right_square_bracket", "Next tab", "The next tab", shown=False),
    Action("global", "next_tab(-1)", "left_square_bracket", "Last tab", "The tab before", shown=False),
    Action("global", "bookmark", "b", "Bookmark", "Bookmark the device or page, or take it away", shown=False),
    Action("global", "bookmark_row", "B", "Bookmark row", "Bookmark the attribute, or take it away", shown=False),
    Action("global", "step(-1)", "alt+left", "Back", "Back to where you were before", shown=False),
    Action("global", "step(1)", "alt+right", "Forward", "Forward again", shown=False),
    Action("global", "jump", "apostrophe", "Jump", "Letters over all places: type one to go there", shown=False),
    Action("global", "tree", "escape", "Tree", "Back to the tree"),
    Action("global", "refresh", "r", "Refresh", "Fetch everything again", shown=False),
    Action("global", "command_bar", "colon", "Go", "Go anywhere, or run a line of the console"),
    Action("global", "command_palette", "ctrl+p", "Menu", "Everything, by typing", shown=False),
    Action("global", "help", "question_mark,f1", "Help", "The keys that are of use here; all of them with a"),
    Action("global", "quit", "q,ctrl+q", "Quit", "Leave"),
)


CHANGING: frozenset[tuple[str, str]] = frozenset(
    (SCOPES[action.scope], action.name.partition("(")[0]) for action in ACTIONS if action.changes
)
"""The actions that change the control system, by the title of their scope and their name without parameters."""


def bindings(scope: str) -> list[BindingType]:
    """The bindings of one scope; the footer names the first key of an action."""
    return [
        Binding(
            key,
            action.name,
            action.label,
            show=action.shown and number == 0,
            key_display=_KEY_WORDS.get(key),
            tooltip=action.help,
        )
        for action in ACTIONS
        if action.scope == scope
        for number, key in enumerate(action.bound)
    ]


_KEY_WORDS = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "enter": "⏎",
    "escape": "esc",
    "apostrophe": "'",
    "delete": "del",
    "space": "space",
    "exclamation_mark": "!",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "ctrl+a": "^a",
    "right": "→",
    "left": "←",
    "alt+left": "alt ←",
    "alt+right": "alt →",
}


def key_text(action: Action) -> str:
    """The keys of an action for people."""
    return " ".join(_KEY_WORDS.get(key, key) for key in action.bound)
