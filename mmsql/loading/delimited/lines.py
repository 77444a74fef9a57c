"""The physical lines of a text file, and their encoding."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mmsql.errors import SourceError
from mmsql.loading import file_checks

UNREADABLE = re.compile("[\udc80-\udcff]")  # the bytes that are not UTF-8, as ``surrogateescape`` gives them
CHINESE = re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")
MIN_CHINESE = 0.8  # of the characters beyond ASCII must be Chinese for GB18030
MIN_UNREADABLE = 2  # lines, for the whole file to be in another encoding
SAMPLE_CHARACTERS = 100_000
ENDS = ("\n", "\r\n", "\r")
MAX_CONTROLS = 0.1  # of the first bytes of a text may be control characters
CONTROLS = bytes(set(range(32)) - {1, 9, 10, 12, 13, 27})
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True)
class LineCounts:
    """Counts of the lines of a file.

    Attributes
    ----------
    lines : int
        Lines that are not empty.
    fitting : int
        Of these, lines that have the delimiter as often as the first line.
    quoted, escaped : bool
        Whether a quotation mark, or one after a backslash, occurs.
    simple : bool
        Whether all lines end alike, so that DuckDB can read them.
    """

    lines: int
    fitting: int
    quoted: bool
    escaped: bool
    simple: bool


@contextmanager
def open_lines(path: Path, compression: str) -> Iterator[TextIO]:
    """Open a text file; lines end with any kind of line end, and bytes that are not UTF-8 are kept."""
    if compression == file_checks.GZIP:
        with gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as packed:
            yield packed
    else:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as plain:
            yield plain


def count_lines(path: Path, compression: str, delimiter: str) -> LineCounts:
    """Count the lines of a file in one pass.

    Raises
    ------
    SourceError
        When the file is in another encoding than UTF-8.
    """
    check_head(path, compression)
    lines = fitting = beyond_ascii = 0
    delimiters, quoted, escaped = -1, False, False
    unreadable: list[str] = []
    with open_lines(path, compression) as stream:
        for line in stream:
            if line in ENDS:
                continue
            lines += 1
            found = line.count(delimiter)
            if delimiters < 0:
                delimiters = found
            fitting += found == delimiters
            if '"' in line:
                quoted, escaped = True, escaped or '\\"' in line
            if not line.isascii():
                beyond_ascii += 1
                if UNREADABLE.search(line):
                    unreadable.append(line[:SAMPLE_CHARACTERS] if len(unreadable) < MIN_UNREADABLE * 100 else "")
        simple = is_simple(stream.newlines)
    if len(unreadable) >= MIN_UNREADABLE and 2 * len(unreadable) >= beyond_ascii:
        raise _other_encoding(path, "".join(unreadable), len(unreadable))
    return LineCounts(lines=lines, fitting=fitting, quoted=quoted, escaped=escaped, simple=simple)


def count_texts(path: Path, compression: str) -> tuple[int, bool]:
    """Return the number of lines that are not blank, and whether they all end alike, so that DuckDB can read them."""
    with open_lines(path, compression) as stream:
        count = sum(not line.isspace() for line in stream)
        return count, is_simple(stream.newlines)


def is_simple(newlines: str | tuple[str, ...] | None) -> bool:
    r"""Return whether all lines end with ``\n``, or all with ``\r\n``."""
    return newlines in (None, "\n", "\r\n")


def check_head(path: Path, compression: str) -> None:
    """Check that a file begins as UTF-8 text.

    Raises
    ------
    SourceError
        When it begins as UTF-16, or as no text.
    """
    head = file_checks.head_of(path, compression, 4096)
    if head.startswith(UTF_16) or head[1::2].count(0) > len(head) // 4 or head[::2].count(0) > len(head) // 4:
        order = "" if head.startswith(UTF_16) else "LE" if head[1::2].count(0) else "BE"
        raise _not_utf_8(path, "it looks like UTF-16", f"UTF-16{order}")
    if len(head) - len(head.translate(None, CONTROLS)) > MAX_CONTROLS * len(head):
        raise SourceError(f"{path} is not a text file. Export it as CSV, JSON or Parquet, and load that.")


def _other_encoding(path: Path, sample: str, count: int) -> SourceError:
    data = sample[:SAMPLE_CHARACTERS].encode("utf-8", errors="surrogateescape")
    return _not_utf_8(path, f"{count:,} lines hold other bytes", _likely_encoding(data))


def _not_utf_8(path: Path, finding: str, encoding: str) -> SourceError:
    return SourceError(
        f"{path} is not UTF-8 text: {finding}. Nothing was loaded. "
        f"Convert it first, for example with `iconv -f {encoding} -t UTF-8 {path.name} > utf8_{path.name}`."
    )


def _likely_encoding(data: bytes) -> str:
    """Return GB18030 where the bytes are Chinese text in it, and the western code page of Windows otherwise."""
    text = data.decode("gb18030", errors="replace")
    beyond = [character for character in text if ord(character) > 127]
    chinese = sum(bool(CHINESE.match(character)) for character in beyond)
    return "GB18030" if beyond and chinese >= MIN_CHINESE * len(beyond) else "CP1252"
