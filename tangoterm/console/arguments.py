"""Typed arguments: what a person writes, as the value a Tango type needs.

One `Argument` describes one place where a value is expected; the same object parses it, says where and why a text is
wrong, hints what is wanted and knows the words that complete it. Prompt, command line and forms share it.

    number        12   -0x1f   0b101   1_000   1.5e-3   inf   nan
    boolean       true false, yes no, on off, 1 0
    state, enum   its name or label (any case), or its number
    string        the text as it is, or quoted: "a \\"b\\"\\n"   'a b'
    array         [1, 2, 3]   or   1 2 3   or   1, 2, 3   or   @file; strings also one a line
    image         [[1, 2], [3, 4]]   or   @file   with one row a line
    pair          [1, 2] [one, "two words"]   or   [1, 2] one "two words"   or   [1,2][one,"two words"]
    encoded       format @file   or   format "text"   or   format b"\\x00\\xff"

Lists, tuples, strings and bytes as Python and JSON write them are read as well: `(1, 2)`, `["a", "b"]`, `True`,
`DevState.ON`, `([1, 2], ["a"])`, `("format", b"data")`, `{"format": "f", "data": "base64"}`.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server_core.model.config import NOT_SPECIFIED, AttributeConfig, CommandInfo
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import TYPES, CmdArgType, Kind
from tangoterm.console.elements import parse_element
from tangoterm.console.format import plural, quoted, unit_of
from tangoterm.console.tokens import ArgumentError, Token, TokenKind, tokenize


@dataclass(frozen=True, slots=True)
class Argument:
    """A value that is expected somewhere: its type and shape, and for attributes what the configuration says of it.

    `low` and `high` are the limits of the attribute, None without; `max_x` and `max_y` its largest dimensions, 0
    without limit.
    """

    type: CmdArgType
    data_format: AttrDataFormat = AttrDataFormat.SCALAR
    labels: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    max_x: int = 0
    max_y: int = 0
    description: str = ""

    @classmethod
    def of_attribute(cls, config: AttributeConfig) -> Argument:
        """The value to write to an attribute."""
        return cls(
            config.data_type,
            config.data_format,
            tuple(config.enum_labels),
            unit_of(config),
            _limit(config.min_value),
            _limit(config.max_value),
            config.max_dim_x,
            config.max_dim_y,
            config.description,
        )

    @classmethod
    def of_command(cls, info: CommandInfo) -> Argument:
        """The argument of a command; type DevVoid for a command without."""
        return cls(info.in_type, description=info.in_type_desc)

    @property
    def needed(self) -> bool:
        """Whether there is anything to give."""
        return self.type is not CmdArgType.DevVoid

    @property
    def many(self) -> bool:
        """Whether the value has elements: a spectrum, an image or an array argument."""
        return self.data_format is not AttrDataFormat.SCALAR or TYPES[self.type].kind is Kind.ARRAY

    @property
    def element(self) -> CmdArgType:
        """The type of the elements, or of the value itself when it has none."""
        return TYPES[self.type].element

    @property
    def hint(self) -> str:
        """What is wanted, on one line: `DevDouble, mm, -10 … 10`."""
        parts = [self._shape(), self.unit, self._range(), " | ".join(self.labels)]
        return ", ".join(part for part in parts if part)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that complete an element; empty when any text may be right."""
        kind = TYPES[self.element].kind
        if kind is Kind.ENUM:
            return self.labels
        if kind is Kind.STATE:
            return tuple(DevState.__members__)
        return ("true", "false") if kind is Kind.BOOLEAN else ()

    @property
    def example(self) -> str:
        """How such a value is written: `2.3, 4`, `[1, 2][A, "B C", D]`."""
        reader = self._reader()
        if reader == "pair":
            return f'[{_EXAMPLES[TYPES[self.element].kind][1]}][A, "B C", D]'
        if reader == "encoded":
            return 'utf8 "text" or jpeg @file'
        kind = TYPES[self.element].kind
        if self.choices and kind is not Kind.BOOLEAN:
            return ", ".join(self.choices[:2]) if self.many else f"{self.choices[0]} or 0" if self.labels else "ON"
        if reader == "image":
            return "[[1, 2], [3, 4]]"
        return _EXAMPLES.get(kind, ("", ""))[self.many]

    def parse(self, text: str, *, check_limits: bool = True) -> Any:
        """The value that `text` stands for, as `tangoterm.client` takes it.

        Raises ArgumentError with the place and the rule. With `check_limits` false the limits of the attribute are
        left for the device to judge.
        """
        if not self.needed:
            return _nothing(text)
        value = _READERS[self._reader()](self, text)
        if check_limits:
            self._check_limits(value, text)
        return value

    def parse_words(self, words: Sequence[str], *, check_limits: bool = True) -> Any:
        """The value given as words that a shell has split and unquoted already: a word is a scalar's whole text, or
        one element of an array."""
        return self.parse(self.joined(words), check_limits=check_limits)

    def joined(self, words: Sequence[str]) -> str:
        """The words of a shell as one text, each quoted where blanks or quotes in it belong to it."""
        reader = self._reader()
        if reader == "string":
            return quoted(" ".join(words)) if words else ""
        if reader == "pair":
            return " ".join(_pair_words(words))
        if reader == "encoded":
            return " ".join(word if word.startswith(_AS_IT_IS) else quoted(word) for word in words)
        textual = TYPES[self.element].kind in (Kind.STRING, Kind.ENUM, Kind.STATE)
        if textual and words and (not self.many or words[0][:1] not in ("[", "(", "@")):
            return " ".join(map(quoted, words))
        return " ".join(words)

    def _reader(self) -> str:
        kind = TYPES[self.type].kind
        if kind in (Kind.PAIR, Kind.ENCODED):
            return str(kind.value)
        if self.data_format is AttrDataFormat.IMAGE:
            return "image"
        if self.many:
            return "array"
        return "string" if kind is Kind.STRING else "scalar"

    def _shape(self) -> str:
        if self.data_format is AttrDataFormat.SPECTRUM:
            return f"{self.type}[{self.max_x}]"
        if self.data_format is AttrDataFormat.IMAGE:
            return f"{self.type}[{self.max_x} x {self.max_y}]"
        return str(self.type)

    def _range(self) -> str:
        if self.low is None and self.high is None:
            return ""
        if self.low is None:
            return f"≤ {self.high:g}"
        return f"≥ {self.low:g}" if self.high is None else f"{self.low:g} … {self.high:g}"

    def _check_limits(self, value: Any, text: str) -> None:
        if self.low is None and self.high is None:
            return
        for number in _flat(value):
            if self.low is not None and number < self.low:
                raise ArgumentError(f"{number!r} is below the lowest value, {self.low:g}", 0, len(text))
            if self.high is not None and number > self.high:
                raise ArgumentError(f"{number!r} is above the highest value, {self.high:g}", 0, len(text))


_EXAMPLES: dict[Kind, tuple[str, str]] = {
    Kind.INTEGER: ("10 or 0xa", "2, 10, 0xa"),
    Kind.FLOAT: ("2.3", "2.3, 4"),
    Kind.BOOLEAN: ("true or 1", "true, false or 1, 0"),
    Kind.STRING: ("Dance the TANGO", 'Dance, "the TANGO"'),
    Kind.ENUM: ("0", "0, 1"),
}
"""One value, and several."""


def _limit(text: str) -> float | None:
    """A limit property as a number; None when it is not set or no number."""
    if text in ("", NOT_SPECIFIED):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _flat(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [number for item in value for number in _flat(item)]


_AS_IT_IS = ("@", "(", "[", "{", "b'", 'b"')
"""How words of an encoded value begin that are more than text."""


def _pair_words(words: Sequence[str]) -> list[str]:
    """The words of a pair: the numbers in brackets as they are, then strings in brackets as they are or quoted."""
    if len(words) == 1 or (words and words[0].startswith(("(", "[[", "[("))):
        return list(words)
    for index, word in enumerate(words):
        if word.endswith("]"):
            numbers, strings = words[: index + 1], words[index + 1 :]
            bracketed = strings and strings[0].startswith("[")
            return [*numbers, *(strings if bracketed else map(quoted, strings))]
    return list(words)


# ---- whole arguments


def _nothing(text: str) -> None:
    if text.strip():
        raise ArgumentError("no argument is taken here", 0, len(text))


def _tokens(argument: Argument, text: str) -> list[Token]:
    """The tokens of a value with elements. In numbers parentheses are always brackets; among strings when the value
    begins and ends with them, for they may be part of a word."""
    stripped = text.strip()
    textual = TYPES[argument.element].kind in (Kind.STRING, Kind.ENUM) or TYPES[argument.type].kind is Kind.PAIR
    python = stripped.startswith(("(", "[(")) and stripped.endswith((")", "]"))
    return tokenize(text, round_brackets=python or not textual)


def _read_scalar(argument: Argument, text: str) -> Any:
    tokens = tokenize(text)
    if not tokens:
        raise ArgumentError(f"a value is missing: {argument.hint}", len(text), len(text), incomplete=True)
    if argument.type is CmdArgType.DevEnum and len(tokens) > 1 and tokens[0].kind is TokenKind.WORD:
        stripped = text.strip()
        return parse_element(argument, Token(TokenKind.WORD, stripped, tokens[0].start, tokens[-1].end))
    if len(tokens) > 1:
        raise tokens[1].error("one value is enough here")
    return parse_element(argument, tokens[0])


def _read_string(argument: Argument, text: str) -> str:
    """A string scalar is the whole text, unless it is one quoted string."""
    stripped = text.strip()
    if not stripped:
        raise ArgumentError(
            'a value is missing: a string ("" for the empty one)', len(text), len(text), incomplete=True
        )
    if stripped[0] not in "\"'":
        return stripped
    tokens = tokenize(text)
    if len(tokens) > 1:
        raise tokens[1].error("nothing can follow the quoted string")
    return tokens[0].text


def _read_array(argument: Argument, text: str) -> list[Any]:
    path = _file_name(text)
    if path is not None:
        return _array_of_file(argument, path, text)
    if TYPES[argument.element].kind is Kind.STRING and (lines := _lines(text)):
        return _fitting(argument, lines, text)
    tokens = _tokens(argument, text)
    if not tokens:
        raise ArgumentError("an array is missing ([] for the empty one)", len(text), len(text), incomplete=True)
    if argument.element is CmdArgType.DevUChar and len(tokens) == 1 and tokens[0].kind is TokenKind.BYTES:
        return _fitting(argument, list(tokens[0].text.encode("latin-1")), text)
    values, rest = _elements(argument, tokens)
    if rest:
        raise rest[0].error("nothing can follow the array")
    return _fitting(argument, values, text)


def _lines(text: str) -> list[str]:
    """Strings written one a line, quoted or as they are; none when the text is no more than one line, or brackets."""
    lines = text.strip("\n").splitlines()
    if len(lines) < 2 or text.lstrip().startswith(("[", "(")):
        return []
    found = []
    for line in map(str.strip, lines):
        if line[:1] in ("'", '"'):
            try:
                line, *more = (token.text for token in tokenize(line))
            except ArgumentError:
                return []  # a quote that spans lines
            if more:
                return []  # several words on a line
        found.append(line)
    return found


def _fitting(argument: Argument, values: list[Any], text: str) -> list[Any]:
    if argument.max_x and len(values) > argument.max_x:
        most = plural(argument.max_x, "element")
        raise ArgumentError(f"{plural(len(values), 'element')} given where {most} fit", 0, len(text))
    return values


def _elements(argument: Argument, tokens: Sequence[Token]) -> tuple[list[Any], Sequence[Token]]:
    """The elements of a bracketed group, or of all words when there is no bracket, and what follows them."""
    if not tokens or tokens[0].kind is not TokenKind.OPEN:
        return _separated(argument, tokens), ()
    for index, token in enumerate(tokens[1:], 1):
        if token.kind is TokenKind.CLOSE:
            return _separated(argument, tokens[1:index]), tokens[index + 1 :]
        if token.kind is TokenKind.OPEN:
            raise token.error("a bracket inside the brackets: the array has one dimension")
    raise tokens[0].error("the bracket is not closed", incomplete=True)


def _separated(argument: Argument, tokens: Sequence[Token]) -> list[Any]:
    """Elements with or without commas between them; a comma needs an element before it."""
    values = []
    after_element = False
    for token in tokens:
        if token.kind is TokenKind.COMMA:
            if not after_element:
                raise token.error("an element is missing before the comma")
            after_element = False
        else:
            values.append(parse_element(argument, token))
            after_element = True
    return values


def _read_image(argument: Argument, text: str) -> list[list[Any]]:
    path = _file_name(text)
    if path is not None:
        rows = [_separated(argument, tokenize(line)) for line in _file_text(path, text).splitlines() if line.strip()]
    else:
        rows = _rows(argument, _tokens(argument, text))
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ArgumentError(
                f"row {number} has {plural(len(row), 'element')}, the first has {len(rows[0])}", 0, len(text)
            )
        _fitting(argument, row, text)
    if argument.max_y and len(rows) > argument.max_y:
        raise ArgumentError(f"{plural(len(rows), 'row')} given where {argument.max_y} fit", 0, len(text))
    return rows


def _rows(argument: Argument, tokens: Sequence[Token]) -> list[list[Any]]:
    if not tokens:
        return []
    if tokens[0].kind is not TokenKind.OPEN:
        raise tokens[0].error("an image is written as rows in brackets: [[1, 2], [3, 4]]")
    rows, rest = [], tokens[1:]
    while rest and rest[0].kind in (TokenKind.OPEN, TokenKind.COMMA):
        if rest[0].kind is TokenKind.COMMA:
            rest = rest[1:]
            continue
        row, rest = _elements(argument, rest)
        rows.append(row)
    if not rest:
        raise tokens[0].error("the bracket is not closed", incomplete=True)
    if rest[0].kind is not TokenKind.CLOSE:
        raise rest[0].error("a row in brackets is expected here")
    if len(rest) > 1:
        raise rest[1].error("nothing can follow the image")
    return rows


def _read_pair(argument: Argument, text: str) -> list[Any]:
    tokens: Sequence[Token] = _tokens(argument, text)
    if not tokens or tokens[0].kind is not TokenKind.OPEN:
        raise ArgumentError("numbers in brackets come first: [1, 2] [one, two]", 0, len(text), incomplete=not tokens)
    if len(tokens) > 1 and tokens[1].kind is TokenKind.OPEN and tokens[-1].kind is TokenKind.CLOSE:
        tokens = tokens[1:-1]
    numbers, rest = _elements(argument, tokens)
    if rest and rest[0].kind is TokenKind.COMMA:
        rest = rest[1:]
    strings, surplus = _elements(Argument(CmdArgType.DevVarStringArray), rest)
    if surplus:
        raise surplus[0].error("nothing can follow the pair")
    return [numbers, strings]


def _read_encoded(argument: Argument, text: str) -> tuple[str, bytes]:
    if text.lstrip().startswith("{"):
        return _encoded_object(text)
    tokens = tokenize(text, round_brackets=text.lstrip().startswith("("))
    if len(tokens) > 2 and tokens[0].kind is TokenKind.OPEN and tokens[-1].kind is TokenKind.CLOSE:
        tokens = [token for token in tokens[1:-1] if token.kind is not TokenKind.COMMA]
    if len(tokens) != 2:
        raise ArgumentError(
            'an encoded value is a format and its data: format @file, or format "text"',
            0,
            len(text),
            incomplete=len(tokens) < 2,
        )
    encoding, data = tokens
    if data.kind is TokenKind.WORD and data.text.startswith("@"):
        return encoding.text, _file_bytes(data.text[1:], text)
    return encoding.text, data.text.encode("latin-1" if data.kind is TokenKind.BYTES else "utf-8")


def _encoded_object(text: str) -> tuple[str, bytes]:
    """An encoded value as it stands in JSON: `{"format": ..., "data": base64}`."""
    try:
        value = json.loads(text)
        return str(value["format"]), b64decode(value["data"], validate=True)
    except json.JSONDecodeError as error:
        incomplete = error.pos >= len(text.rstrip())
        raise ArgumentError(f"no JSON: {error.msg}", error.pos, len(text), incomplete=incomplete) from None
    except (KeyError, TypeError, ValueError):
        rule = 'an encoded value in JSON is {"format": ..., "data": base64}'
        raise ArgumentError(rule, 0, len(text)) from None


_READERS: dict[str, Callable[[Argument, str], Any]] = {
    "scalar": _read_scalar,
    "string": _read_string,
    "array": _read_array,
    "image": _read_image,
    "pair": _read_pair,
    "encoded": _read_encoded,
}


# ---- files


def _file_name(text: str) -> str | None:
    """The path behind `@`, which may be quoted; None when the text is no file argument."""
    stripped = text.strip()
    if not stripped.startswith("@"):
        return None
    name = stripped[1:]
    return tokenize(name)[0].text if name[:1] in ("'", '"') else name


def _array_of_file(argument: Argument, path: str, text: str) -> list[Any]:
    """Elements separated by blanks, commas or line ends, with or without brackets; strings are lines."""
    content = _file_text(path, text)
    if TYPES[argument.element].kind is Kind.STRING:
        return _fitting(argument, content.splitlines(), text)
    try:
        values, rest = _elements(argument, tokenize(content))
    except ArgumentError as error:
        line = content.count("\n", 0, error.start) + 1
        raise ArgumentError(f"{path}, line {line}: {error.rule}", 0, len(text)) from None
    if rest:
        raise ArgumentError(f"{path}: {rest[0].text!r} follows the array", 0, len(text))
    return _fitting(argument, values, text)


def _file_text(path: str, text: str) -> str:
    data = _file_bytes(path, text)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ArgumentError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}", 0, len(text)) from None


def _file_bytes(path: str, text: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        rule = f"{path or 'the file'} cannot be read: {reason}"
        raise ArgumentError(rule, 0, len(text), incomplete=True) from None
