"""The first line of a text file: the names of its columns, or data already."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmsql.errors import SourceError

MAX_NAME = 500  # characters
DATA = re.compile(
    r"[+-]?[0-9]+([.,][0-9]+)?"  # numbers
    r"|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T].*)?"  # times
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}([ T].*)?"
)
DIGITS = re.compile("[0-9]+")


def names_of(fields: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the columns that a header names, and notes: unnamed ones get their position, repeated ones too.

    Raises
    ------
    SourceError
        When a field is too long for a name.
    """
    names, notes, seen = [], [], set()
    for position, field in enumerate(fields):
        name = field.strip() or f"column {position + 1}"
        if len(name) > MAX_NAME:
            raise SourceError(
                f"The first line must name the columns, but its field {position + 1} has {len(name):,} characters: "
                f"{name[:60]}… Give the file a header line, or name its columns in order with `--columns`."
            )
        if name.lower() in seen:
            notes.append(f"the header has {name!r} twice")
            name = f"{name}_{position + 1}"
        seen.add(name.lower())
        names.append(name)
    return names, tuple(notes)


def is_data(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Return whether the first line looks like the lines after it, and names no columns.

    A header has no numbers or times, and its fields do not recur below, neither as they are nor in their form (``u1``
    above ``u2``). Positions (``0,1,2`` …) are names.

    Parameters
    ----------
    first : sequence of str
        Fields of the first line.
    others : sequence of sequence of str
        Fields of some lines after it.
    """
    if list(first) in ([str(n) for n in range(len(first))], [str(n + 1) for n in range(len(first))]):
        return False
    if any(DATA.fullmatch(field.strip()) for field in first):
        return True
    below = [fields for fields in others if len(fields) == len(first)]
    return any(_recurs(field.strip(), [row[place].strip() for row in below]) for place, field in enumerate(first))


def _recurs(field: str, below: Sequence[str]) -> bool:
    if not field:
        return False
    if field in below:
        return True
    form = DIGITS.sub("0", field)
    return form != field and sum(DIGITS.sub("0", value) == form for value in below) * 2 > len(below)
