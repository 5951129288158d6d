"""Words as they are written in a line of the prompt, so that they are read back as the same."""

from __future__ import annotations

import re

_BARE = re.compile(r"""(?!--|#)[^\s"'\\]+""")


def written(text: str) -> str:
    """`text` as one word of a line: in quotes where it needs them."""
    if _BARE.fullmatch(text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text).replace("\n", r"\n") + '"'


def joined(*words: str, **options: str | int | bool) -> str:
    """A line of words, each quoted where it needs it, and of options; one that is empty, 0 or false is left out."""
    line = " ".join(map(written, words))
    for name, value in options.items():
        if value:
            option = name.replace("_", "-")
            line += f" --{option}" if value is True else f" --{option} {written(str(value))}"
    return line
