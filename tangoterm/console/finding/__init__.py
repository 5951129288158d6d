"""Finding anything in a control system by a few letters: one engine for all faces.

tg1/dou         sys/tg_test/1/double_scalar: letters in order, part by part of the path
quad current    both words, in any order, in the name or in what is said beside it
pump !test      not with `test` in it
doubel          a slip of the keyboard, when nothing fits as it stands
"""

from tangoterm.console.finding.finder import Finder, things_of
from tangoterm.console.finding.index import Index
from tangoterm.console.finding.members import MemberBook, MemberNames
from tangoterm.console.finding.things import MEMBERS, Hit, Kind, Known, Thing
from tangoterm.console.finding.usage import Usage

__all__ = [
    "MEMBERS",
    "Finder",
    "Hit",
    "Index",
    "Kind",
    "Known",
    "MemberBook",
    "MemberNames",
    "Thing",
    "Usage",
    "things_of",
]
