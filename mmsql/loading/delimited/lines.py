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
BLOCK_BYTES = 1 << 20
MAX_LINE = 1 << 28  # bytes
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
    quoted : bool
        Whether a quotation mark occurs.
    simple : bool
        Whether all lines end alike, so that DuckDB can read them.
    """

    lines: int
    quoted: bool
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


def count_lines(path: Path, compression: str) -> LineCounts:
    """Count the lines of a file in one pass over its bytes.

    Raises
    ------
    SourceError
        When the file is in another encoding than UTF-8, or has no line ends.
    """
    check_head(path, compression)
    lines = feeds = returns = pairs = 0
    quoted, readable = False, True
    with file_checks.open_bytes(path, compression) as stream:
        while block := stream.read(BLOCK_BYTES):
            block += stream.readline(MAX_LINE)
            if len(block) > MAX_LINE:
                raise SourceError(
                    f"{path} has a line of more than {MAX_LINE >> 20} MB, so it does not hold one record a line. "
                    f"Write it again with line ends."
                )
            quoted = quoted or b'"' in block
            readable = readable and _is_utf_8(block)
            feeds += block.count(b"\n")
            returns += block.count(b"\r")
            pairs += block.count(b"\r\n")
            lines += block.count(b"\n") + (not block.endswith(b"\n")) - _empty_lines(block)
    if not readable:
        _check_encoding(path, compression)
    return LineCounts(lines=lines, quoted=quoted, simple=returns == pairs and pairs in (0, feeds))


def _is_utf_8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _empty_lines(block: bytes) -> int:
    if block.startswith((b"\n", b"\r\n")) or b"\n\n" in block or b"\n\r\n" in block:
        return sum(line in (b"", b"\r") for line in block.split(b"\n")[:-1])
    return 0


def _check_encoding(path: Path, compression: str) -> None:
    """Raise where most lines beyond ASCII are not UTF-8; single ones are told with the rows."""
    beyond_ascii = 0
    unreadable: list[str] = []
    with open_lines(path, compression) as stream:
        for line in stream:
            if not line.isascii():
                beyond_ascii += 1
                if UNREADABLE.search(line):
                    unreadable.append(line[:SAMPLE_CHARACTERS] if len(unreadable) < MIN_UNREADABLE * 100 else "")
    if len(unreadable) >= MIN_UNREADABLE and 2 * len(unreadable) >= beyond_ascii:
        raise _other_encoding(path, "".join(unreadable), len(unreadable))


def count_unfit(path: Path, compression: str, delimiter: str) -> tuple[int, bool]:
    """Return the number of lines with another number of delimiters than the first, and whether one has an escape."""
    first, unfit, escaped = -1, 0, False
    with open_lines(path, compression) as stream:
        for line in stream:
            if line not in ENDS:
                found = line.count(delimiter)
                first = found if first < 0 else first
                unfit += found != first
                escaped = escaped or '\\"' in line
    return unfit, escaped


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
