"""All that can be found at one moment, and the search in it.

Devices and members are matched apart and put together only where both suit: ten thousand devices of a hundred
attributes are not a million names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import nlargest
from itertools import islice
from typing import NamedTuple

from server_core.model.names import ADMIN_DOMAIN
from tangoterm.console.catalogue import UNKNOWN_HOST
from tangoterm.console.finding.column import Column
from tangoterm.console.finding.members import MemberBook
from tangoterm.console.finding.things import MEMBERS, Hit, Kind, Known, Thing

LIMIT = 50
_BONUS = {
    Kind.PAGE: 8.0, Kind.BOOKMARK: 9.0, Kind.ALIAS: 6.0, Kind.DEVICE: 5.0, Kind.LIST: 4.0, Kind.SERVER: 3.0,
    Kind.CLASS: 3.0, Kind.HOST: 2.0, Kind.ATTRIBUTE: 2.0, Kind.COMMAND: 0.0, Kind.PROPERTY: -4.0,
}  # fmt: skip
"""What the kind of a thing adds to its score, between equals."""
_SERVED = 1.0
_ADMIN = -20.0
_USED = 5.0
_DEVICES_EACH = 12
_MEMBERS = 300
_PAIRS = 3000

Scores = dict[int, float]
Owner = tuple[bool, str]
"""Who has members: a class (False) or a device that differs from its class (True), by lower-case name."""


class Query(NamedTuple):
    """Words that must fit, words that must not occur, and the kinds that are wanted."""

    words: tuple[str, ...]
    forbidden: tuple[str, ...]
    kinds: frozenset[Kind]


class _Member(NamedTuple):
    kind: Kind
    name: str
    about: str
    owners: list[Owner]


class _Match(NamedTuple):
    """How one word fits: devices, members by themselves, members of certain devices (`device/member`), other things."""

    devices: Scores
    members: Scores
    head: str
    tails: Scores
    others: Scores

    @property
    def nothing(self) -> bool:
        return not (self.devices or self.members or self.tails or self.others)


class Index:
    """Devices, what they make up, the members known so far, and what else the face offers."""

    def __init__(self, devices: Iterable[Known], book: MemberBook | None = None, things: Iterable[Thing] = ()) -> None:
        self.devices: Sequence[Known] = tuple(devices)
        self._book = book or MemberBook()
        self._version = -1
        self._things = tuple(things)
        self._names = Column(
            [device.name for device in self.devices],
            [f"{device.alias} {device.dev_class} {device.server} {device.host}" for device in self.devices],
        )
        self._bonus = [_device_bonus(device) for device in self.devices]
        self._others = [*self._things, *_made_up(self.devices)]
        self._other_names = Column([thing.name for thing in self._others], [thing.about for thing in self._others])
        self._members: list[_Member] = []
        self._member_names = Column(())
        self._owned: dict[Owner, list[int]] = {}
        self.owners: Sequence[Owner] = ()
        self.first_devices: Mapping[Owner, Sequence[int]] = {}

    def find(
        self,
        text: str,
        *,
        kinds: Iterable[Kind] = Kind,
        limit: int = LIMIT,
        boosts: Mapping[str, float] | None = None,
    ) -> list[Hit]:
        """The best hits for `text`, best first; never raises. Without words what was used most.

        `boosts` is what use adds to the score of things, by name.
        """
        self._take_members()
        query = _query(text, kinds)
        boosts = boosts or {}
        if not query.words:
            return nlargest(limit, self._used(query, boosts), key=_order)
        used = _Used(self, boosts)
        matches = [self._match(word, used.devices, query) for word in query.words]
        if any(match.nothing for match in matches):
            matches = [
                self._slip(word) if match.nothing else match for word, match in zip(query.words, matches, strict=True)
            ]
        hits = [*self._found_devices(query, matches, used, limit), *self._found_others(query, matches, boosts)]
        if query.kinds & MEMBERS:
            hits += self._found_members(query, matches, used, limit)
        return nlargest(limit, hits, key=_order)

    # ---- words

    def _match(self, word: str, used: Iterable[int], query: Query) -> _Match:
        devices = self._names.scores(word, used)
        others = self._other_names.scores(word)
        if not query.kinds & MEMBERS:
            return _Match(devices, {}, "", {}, others)
        head, slash, tail = word.rpartition("/")
        tails = self._member_names.scores(tail) if slash and tail else {}
        return _Match(devices, self._member_names.scores(word), head, tails, others)

    def _slip(self, word: str) -> _Match:
        head, slash, tail = word.rpartition("/")
        tails = self._member_names.slips(tail) if slash else {}
        return _Match(
            self._names.slips(word), self._member_names.slips(word), head, tails, self._other_names.slips(word)
        )

    # ---- devices and other things

    def _found_devices(self, query: Query, matches: Sequence[_Match], used: _Used, limit: int) -> Iterator[Hit]:
        if Kind.DEVICE not in query.kinds:
            return
        scores = _all_of([match.devices for match in matches])
        if query.forbidden:
            keys, beside = self._names.keys, self._names.beside
            scores = {
                number: score
                for number, score in scores.items()
                if not _forbidden(query, f"{keys[number]} {beside[number]}")
            }
        boost = used.devices
        share = 1.0 / len(matches)
        bonus = self._bonus
        ranked = [(score * share + bonus[number] + boost.get(number, 0.0), -number) for number, score in scores.items()]
        for score, number in nlargest(limit, ranked):
            yield self._device_hit(-number, score)

    def _device_hit(self, number: int, score: float) -> Hit:
        device = self.devices[number]
        about = f"{device.dev_class}  {device.alias}" if device.alias else device.dev_class
        return Hit(Kind.DEVICE, device.name, about, device.name, score + _BONUS[Kind.DEVICE])

    def _found_others(self, query: Query, matches: Sequence[_Match], boosts: Mapping[str, float]) -> Iterator[Hit]:
        for number, score in _all_of([match.others for match in matches]).items():
            thing = self._others[number]
            if thing.kind in query.kinds and not _forbidden(query, f"{thing.name} {thing.about}".lower()):
                yield self._other_hit(thing, score / len(matches) + boosts.get(thing.name.lower(), 0.0))

    def _other_hit(self, thing: Thing, score: float) -> Hit:
        device = thing.about if thing.kind is Kind.ALIAS else ""
        return Hit(thing.kind, thing.name, thing.about, device, score + _BONUS[thing.kind])

    def _used(self, query: Query, boosts: Mapping[str, float]) -> Iterator[Hit]:
        """What was used, and all bookmarks."""
        used = _Used(self, boosts)
        if Kind.DEVICE in query.kinds:
            yield from (self._device_hit(number, boost) for number, boost in used.devices.items() if boost)
        for (device, number), boost in used.members.items():
            if self._members[number].kind in query.kinds:
                yield self._member_hit(number, device, boost)
        for thing in self._others:
            boost = boosts.get(thing.name.lower(), 0.0)
            if thing.kind in query.kinds and (boost or thing.kind is Kind.BOOKMARK):
                yield self._other_hit(thing, boost)

    # ---- members

    def _found_members(self, query: Query, matches: Sequence[_Match], used: _Used, limit: int) -> Iterator[Hit]:
        """Each member that fits a word, with the devices that have it and fit the other words."""
        worth: Scores = {}
        for match in matches:
            for number in match.members.keys() | match.tails.keys():
                best = max(match.members.get(number, 0.0), match.tails.get(number, 0.0))
                worth[number] = worth.get(number, 0.0) + best
        wanted = [number for number in worth if self._members[number].kind in query.kinds]
        wanted = nlargest(_MEMBERS, wanted, key=worth.__getitem__)
        share, boost, bonus = 1.0 / len(matches), used.members, self._bonus
        ranked = [
            ((worth[number] + score) * share + bonus[device] + boost.get((device, number), 0.0), -device, -number)
            for number, device, score in islice(self._pairs(query, matches, wanted, used), _PAIRS)
        ]
        for score, device, number in nlargest(limit, ranked):
            yield self._member_hit(-number, -device, score)

    def _pairs(
        self, query: Query, matches: Sequence[_Match], wanted: Sequence[int], used: _Used
    ) -> Iterator[tuple[int, int, float]]:
        """Members and devices that go together, with what the devices are worth."""
        devices = _Devices(self, matches, used)
        for number in wanted:
            needed = tuple(
                None if number in match.members else match.head if number in match.tails else place
                for place, match in enumerate(matches)
            )
            member = self._members[number]
            by_owner = devices.fitting(needed)
            for owner in member.owners:
                for device, score in by_owner.get(owner, ()):
                    if not query.forbidden or not _forbidden(query, self._whole_key(device, member)):
                        yield number, device, score

    def _whole_key(self, device: int, member: _Member) -> str:
        return f"{self._names.keys[device]}/{member.name.lower()}"

    def _member_hit(self, number: int, device: int, score: float) -> Hit:
        member, record = self._members[number], self.devices[device]
        name = f"{record.name}/{member.name}"
        return Hit(member.kind, name, member.about, record.name, score + _BONUS[member.kind])

    # ---- what is looked through

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each device by its lower-case name."""
        return {key: number for number, key in enumerate(self._names.keys)}

    def member_number(self, device: int, name: str) -> int | None:
        """The number of the member of a device, by its lower-case name."""
        for number in self._owned.get(self.owners[device], ()):
            if self._members[number].name.lower() == name:
                return number
        return None

    def _take_members(self) -> None:
        """Take over what the book has learned since the last search."""
        version = self._book.version
        if version == self._version:
            return
        self._version = version
        known: dict[tuple[Kind, str], _Member] = {}
        for own, book in ((False, self._book.of_class), (True, self._book.of_device)):
            for key, names in list(book.items()):
                for kind, members in names.by_kind():
                    for name, about in members:
                        member = known.setdefault((kind, name.lower()), _Member(kind, name, about, []))
                        member.owners.append((own, key))
        self._members = list(known.values())
        self._member_names = Column([member.name for member in self._members])
        self._owned = {}
        for number, member in enumerate(self._members):
            for owner in member.owners:
                self._owned.setdefault(owner, []).append(number)
        different = self._book.of_device
        self.owners = [
            (True, key) if key in different else (False, device.dev_class.lower())
            for key, device in zip(self._names.keys, self.devices, strict=True)
        ]
        first: dict[Owner, list[int]] = {}
        for number in sorted(range(len(self.devices)), key=lambda number: not self.devices[number].exported):
            row = first.setdefault(self.owners[number], [])
            if len(row) < _DEVICES_EACH:
                row.append(number)
        self.first_devices = first

    def scores_of(self, word: str) -> Scores:
        """How well each device fits a word."""
        return self._names.scores(word)


class _Used:
    """What use adds to devices and to pairs of device and member, by their numbers. A device whose member was used is
    among the devices, if with nothing."""

    def __init__(self, index: Index, boosts: Mapping[str, float]) -> None:
        self.devices: Scores = {}
        self.members: dict[tuple[int, int], float] = {}
        for name, boost in boosts.items():
            number = index.numbers.get(name)
            if number is not None:
                self.devices[number] = boost
                continue
            device, _, member = name.rpartition("/")
            number = index.numbers.get(device)
            if number is not None and (found := index.member_number(number, member)) is not None:
                self.devices.setdefault(number, 0.0)
                self.members[number, found] = boost


class _Devices:
    """The devices that fit certain words, the best of each owner of members, for one search."""

    def __init__(self, index: Index, matches: Sequence[_Match], used: _Used) -> None:
        self._index = index
        self._matches = matches
        self._used = used
        self._known: dict[tuple[int | str | None, ...], dict[Owner, list[tuple[int, float]]]] = {}

    def fitting(self, needed: tuple[int | str | None, ...]) -> dict[Owner, list[tuple[int, float]]]:
        """For each word of the query: None when the member fits it, else the number of the word that the device must
        fit, or what it must fit instead (the part before a slash)."""
        if needed not in self._known:
            self._known[needed] = self._grouped(needed)
        return self._known[needed]

    def _grouped(self, needed: tuple[int | str | None, ...]) -> dict[Owner, list[tuple[int, float]]]:
        asked = [
            self._matches[each].devices if isinstance(each, int) else self._index.scores_of(each)
            for each in needed
            if each not in (None, "")
        ]
        owners = self._index.owners
        grouped: dict[Owner, list[tuple[int, float]]] = {}
        if not asked:
            for number in self._used.devices:
                grouped.setdefault(owners[number], []).append((number, 0.0))
            for owner, numbers in self._index.first_devices.items():
                row = grouped.setdefault(owner, [])
                row += [(number, 0.0) for number in numbers if number not in self._used.devices]
            return grouped
        scores = _all_of(asked)
        ranked = [
            (score + (_USED if number in self._used.devices else 0.0), -number) for number, score in scores.items()
        ]
        ranked.sort(reverse=True)
        for _, number in ranked:
            row = grouped.setdefault(owners[-number], [])
            if len(row) < _DEVICES_EACH:
                row.append((-number, scores[-number]))
        return grouped


def _query(text: str, kinds: Iterable[Kind]) -> Query:
    words = text.lower().split()
    return Query(
        tuple(dict.fromkeys(word for each in words if not each.startswith("!") and (word := each.lstrip("~")))),
        tuple(word[1:].lstrip("~") for word in words if word.startswith("!") and word.strip("!~")),
        frozenset(kinds),
    )


def _device_bonus(device: Known) -> float:
    """What runs comes first, and what everybody looks for before the admin devices."""
    admin = device.name.lower().startswith(f"{ADMIN_DOMAIN}/")
    return (_SERVED if device.exported else 0.0) + (_ADMIN if admin else 0.0)


def _made_up(devices: Iterable[Known]) -> Iterator[Thing]:
    """What the records of the devices tell of other things: aliases, servers, classes, hosts."""
    counts: Counter[tuple[Kind, str]] = Counter()
    names: dict[tuple[Kind, str], str] = {}
    for device in devices:
        if device.alias:
            yield Thing(Kind.ALIAS, device.alias, device.name)
        for kind, name in ((Kind.SERVER, device.server), (Kind.CLASS, device.dev_class), (Kind.HOST, device.host)):
            if name and name != UNKNOWN_HOST:
                names.setdefault((kind, name.lower()), name)
                counts[kind, name.lower()] += 1
    for key, count in counts.items():
        yield Thing(key[0], names[key], f"{count} device{'' if count == 1 else 's'}")


def _all_of(scores: Sequence[Scores]) -> Scores:
    """The numbers that are in all of them, with the sum."""
    first, *others = sorted(scores, key=len)
    if not others:
        return first
    return {
        number: score + sum(each[number] for each in others)
        for number, score in first.items()
        if all(number in each for each in others)
    }


def _forbidden(query: Query, text: str) -> bool:
    return any(word in text for word in query.forbidden)


def _order(hit: Hit) -> tuple[float, int, int]:
    return hit.score, -len(hit.name), -_RANK[hit.kind]


_RANK = {kind: rank for rank, kind in enumerate(Kind)}
