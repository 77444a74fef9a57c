"""Checks of a file before DuckDB reads it: existence, completeness and format.

DuckDB 1.5 reads a truncated gzip file up to its end without an error, so that half a file would be loaded. Compressed
files are therefore decompressed once before, to check them.
"""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from mmsql.errors import SourceError

HEAD_BYTES = 1 << 18
CHUNK_BYTES = 1 << 20

GZIP, PLAIN = "gzip", "none"
TEXT, JSON, PARQUET = "text", "json", "parquet"
FORMATS = {
    ".csv": TEXT,
    ".tsv": TEXT,
    ".tab": TEXT,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".parquet": PARQUET,
    ".pq": PARQUET,
}
WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")


def check_file(path: Path) -> Path:
    """Return the path of an existing file that is not empty.

    Raises
    ------
    SourceError
        When the file does not exist, is a directory, or is empty.
    """
    if path.is_dir():
        raise SourceError(f"{path} is a directory. Name a file in it.")
    if not path.exists():
        raise SourceError(f"There is no file {path}. Check the name and the folder it is in.")
    if path.stat().st_size == 0:
        raise SourceError(f"{path} is empty: it has 0 bytes. Nothing was loaded.")
    return path


def kind_of(path: Path) -> str:
    """Return the format of a file by its name, or by its first bytes where the name does not tell.

    Returns
    -------
    str
        ``text`` (delimited lines), ``json`` or ``parquet``.

    Raises
    ------
    SourceError
        When the file is a workbook.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".gzip"):
        suffixes.pop()
    ending = suffixes[-1] if suffixes else ""
    if ending in WORKBOOKS:
        raise SourceError(f"{path.name} is a workbook. Save its sheet as CSV (UTF-8), and load that file.")
    if ending in FORMATS:
        return FORMATS[ending]
    head = head_of(path, compression_of(path), size=64).lstrip()
    if head.startswith(b"PAR1"):
        return PARQUET
    return JSON if re.match(rb"\{\s*(['\"}]|u['\"])|\[\s*\{", head) else TEXT


def compression_of(path: Path) -> str:
    """Return the compression of a file by its first bytes, and check that the file is complete.

    Returns
    -------
    str
        ``gzip`` or ``none``, as DuckDB's readers name it.

    Raises
    ------
    SourceError
        When the file is damaged, truncated, or compressed with another program.
    """
    with path.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] == b"\x1f\x8b":
        _check_gzip(path)
        return GZIP
    for start, name, command in (
        (b"\x28\xb5\x2f\xfd", "zstd", f"zstd -d {path}"),
        (b"PK\x03\x04", "zip", f"unzip {path}"),
        (b"BZh", "bzip2", f"bunzip2 {path}"),
        (b"\xfd7zX", "xz", f"unxz {path}"),
    ):
        if magic.startswith(start):
            raise SourceError(
                f"{path} is compressed with {name}, which is not supported. "
                f"Decompress it with `{command}` and load the result."
            )
    return PLAIN


def _check_gzip(path: Path) -> None:
    try:
        with gzip.open(path) as stream:
            while stream.read(CHUNK_BYTES):
                pass
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(
            f"{path} is a truncated or damaged gzip file ({error}). Nothing was loaded. "
            f"Download it again; `gzip -t {path}` checks it."
        ) from error


def open_bytes(path: Path, compression: str) -> BinaryIO:
    """Open a file, decompressed."""
    return cast(BinaryIO, gzip.open(path) if compression == GZIP else path.open("rb"))


def head_of(path: Path, compression: str, size: int = HEAD_BYTES) -> bytes:
    """Return the first bytes of a file, decompressed and without a byte-order mark."""
    with open_bytes(path, compression) as stream:
        head = stream.read(size)
    return head.removeprefix(b"\xef\xbb\xbf")


def exact(path: Path) -> str:
    """Return a path in which DuckDB's readers take ``*?[`` literally."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))
