r"""The records of delimited lines, with and without quotation marks.

A record that cannot be taken apart is given as its first line, and reading goes on with the next line: a stray
quotation mark costs one line, and not all lines up to the next mark. Quotation marks follow RFC 4180: they enclose a
whole field, and are doubled within. ``\"`` within a field is read where a file has it throughout.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from typing import Any, NamedTuple, TextIO

from mmsql.loading.parsed_file import LINE_BYTES

QUOTE = '"'
PLAIN = ("\t", "\x01", "|")  # delimiters of programs that often write no quotation marks
Opened = Callable[[], AbstractContextManager[TextIO]]

MAX_LINES = 2000  # of one record; a quotation mark that is open for longer is a stray one


class Quoting(Enum):
    """The meaning of quotation marks in a file."""

    NONE = "characters as any other"
    FIELDS = "enclose fields, which do not cross lines"
    RECORDS = "enclose fields, which may cross lines"
    ESCAPED = "enclose fields, which may cross lines, and are escaped with a backslash"


class Record(NamedTuple):
    """Fields and text of a record; no fields where it cannot be taken apart."""

    fields: list[str] | None
    text: str


@contextmanager
def long_fields() -> Iterator[None]:
    """Let fields be as long as lines may be."""
    limit = csv.field_size_limit(LINE_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def split_records(lines: Iterator[str], delimiter: str, quoting: Quoting) -> Iterator[Record]:
    """Yield the records of lines. Empty lines between records are skipped.

    Parameters
    ----------
    lines : iterator of str
        Physical lines, each with its line end.
    delimiter : str
        One character, or several where the quoting is ``NONE``.
    quoting : Quoting
        The meaning of quotation marks.
    """
    if quoting is Quoting.NONE:
        return _unquoted(lines, delimiter)
    if quoting is Quoting.FIELDS:
        return _single_lines(lines, delimiter)
    return _quoted(lines, delimiter, escaped=quoting is Quoting.ESCAPED)


def _unquoted(lines: Iterator[str], delimiter: str) -> Iterator[Record]:
    for line in lines:
        text = line.rstrip("\r\n")
        if text:
            yield Record(text.split(delimiter), text)


def _single_lines(lines: Iterator[str], delimiter: str) -> Iterator[Record]:
    for line in lines:
        text = line.rstrip("\r\n")
        if text:
            try:
                yield Record(next(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True)), text)
            except csv.Error:
                yield Record([_unwrapped(field) for field in text.split(delimiter)], text)


def _unwrapped(field: str) -> str:
    inner = field.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == QUOTE:
        return inner[1:-1].replace(2 * QUOTE, QUOTE)
    return field


class _Lines:
    """Lines that can be handed back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES:
            raise csv.Error
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        return line

    def hand_back(self) -> None:
        """Hand back all lines that were taken but the first."""
        self._returned.extendleft(reversed(self.taken[1:]))


def _quoted(lines: Iterator[str], delimiter: str, *, escaped: bool) -> Iterator[Record]:
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True, skipinitialspace=True, **_form(escaped=escaped))
    width = None
    while True:
        source.taken.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = None
        if fields == []:
            continue
        crossing = len(source.taken) > 1
        width = width or (len(fields) if fields else None)
        if fields is None or (crossing and len(fields) != width):
            source.hand_back()
            yield Record(None, source.taken[0].rstrip("\r\n"))
        else:
            yield Record(fields, "".join(source.taken).rstrip("\r\n"))


def _form(*, escaped: bool) -> dict[str, Any]:
    return {"doublequote": not escaped, "escapechar": "\\" if escaped else None}


def quoting_of(opened: Opened, delimiter: str, *, unfit: int, escaped: bool, width: int) -> Quoting:
    """Return the meaning of quotation marks in a file that has some: the one under which fewest records are wrong.

    Parameters
    ----------
    opened : callable
        Opens the file, as a context that gives its lines.
    delimiter : str
        The delimiter.
    unfit : int
        Lines with another number of delimiters than the first line.
    escaped : bool
        Whether a quotation mark occurs after a backslash.
    width : int
        Number of fields of the first line.

    Notes
    -----
    Where every line has the fields of the first as it stands, quotation marks do not cross lines. Tabs, ``|`` and
    Ctrl-A rarely occur in fields, so programs that write them often do not quote: there, quotation marks are
    characters as any other unless they enclose whole fields throughout.
    """
    plain = delimiter in PLAIN
    if len(delimiter) > 1:
        return Quoting.NONE
    if unfit == 0 and (plain or width > 2):
        for quoting in [Quoting.FIELDS] + [Quoting.ESCAPED] * escaped:
            with opened() as lines:
                if all(_encloses(line, delimiter, quoting, width) for line in lines if QUOTE in line):
                    return quoting
        return Quoting.NONE if plain else Quoting.FIELDS
    candidates = [Quoting.NONE] * plain + [Quoting.RECORDS] + [Quoting.ESCAPED] * escaped
    if len(candidates) == 1:
        return candidates[0]
    wrong = {Quoting.NONE: unfit}
    for quoting in candidates:
        if quoting not in wrong:
            with opened() as lines:
                wrong[quoting] = _count_wrong(lines, delimiter, quoting, width)
    return min(candidates, key=wrong.__getitem__)


def _encloses(line: str, delimiter: str, quoting: Quoting, width: int) -> bool:
    form = _form(escaped=quoting is Quoting.ESCAPED)
    try:
        fields = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True, **form))
    except csv.Error:
        return False
    return len(fields) == width


def _count_wrong(lines: Iterator[str], delimiter: str, quoting: Quoting, width: int) -> int:
    records = split_records(lines, delimiter, quoting)
    return sum(record.fields is None or len(record.fields) != width for record in records)
