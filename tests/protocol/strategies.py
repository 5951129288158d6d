"""What hypothesis draws for tests of both protocols."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from server_core.model.enums import DevState
from server_core.model.types import Kind, TangoType


def scalars(row: TangoType, text: st.SearchStrategy[str], octets: int) -> st.SearchStrategy[Any]:
    """Scalars of a type in canonical form; encoded data has at most so many octets."""
    match row.kind:
        case Kind.VOID:
            return st.none()
        case Kind.BOOLEAN:
            return st.booleans()
        case Kind.INTEGER | Kind.ENUM:
            return st.integers(row.low, row.high)
        case Kind.FLOAT:
            return st.floats(allow_nan=False, width=32 if row.typecode == "f" else 64)
        case Kind.STRING:
            return text
        case Kind.STATE:
            return st.sampled_from(DevState)
        case _:
            return st.tuples(text, st.binary(max_size=octets))
