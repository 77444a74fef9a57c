"""Look at a file before DuckDB reads it: that it is there and whole, and what it holds.

DuckDB 1.5 reads a truncated gzip file up to where it breaks off and says nothing, so that half a file would
be loaded. Compressed files are therefore checked as a whole first, which costs one more pass of unpacking.
"""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from mmsql.errors import SourceError

HEAD_BYTES = 1 << 18
CHUNK_BYTES = 1 << 20

GZIP, PLAIN = "gzip", "none"
CSV, TSV, JSON, PARQUET = "csv", "tsv", "json", "parquet"
KINDS = {
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".parquet": PARQUET,
    ".pq": PARQUET,
}


def check_file(path: Path) -> Path:
    """Return the path of a file that is there and holds something.

    Raises
    ------
    SourceError
        When there is none, it is a directory, or it is empty.
    """
    if path.is_dir():
        raise SourceError(f"{path} is a directory. Name a file in it.")
    if not path.exists():
        raise SourceError(f"There is no file {path}. Check the name and the folder it is in.")
    if path.stat().st_size == 0:
        raise SourceError(f"{path} is empty: it has no byte. Nothing was loaded.")
    return path


def kind_of(path: Path) -> str:
    """Tell from its name what a file holds: ``csv``, ``tsv``, ``json`` or ``parquet``.

    Raises
    ------
    SourceError
        When the ending is none of the known ones.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".gzip"):
        suffixes.pop()
    if not suffixes or suffixes[-1] not in KINDS:
        raise SourceError(
            f"{path.name} has an unknown ending. Allowed: {', '.join(KINDS)}; text also with .gz. "
            f"Rename the file after what it holds, or convert it."
        )
    return KINDS[suffixes[-1]]


def compression_of(path: Path) -> str:
    """Tell from its first bytes how a file is compressed, and check that it is whole.

    Returns
    -------
    str
        ``gzip`` or ``none``, as DuckDB's readers call it.

    Raises
    ------
    SourceError
        When the file is damaged, truncated, or packed in a way whose damage could not be noticed.
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
                f"{path} is packed with {name}, which is not read here. "
                f"Unpack it with `{command}` and load what comes out."
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
            f"Fetch it again; `gzip -t {path}` says when it is whole."
        ) from error


def head_of(path: Path, compression: str, size: int = HEAD_BYTES) -> bytes:
    """Return the first bytes of a file, unpacked and without a byte-order mark."""
    if compression == GZIP:
        with gzip.open(path) as stream:
            head = stream.read(size)
    else:
        with path.open("rb") as plain:
            head = plain.read(size)
    return head.removeprefix(b"\xef\xbb\xbf")


def exact(path: Path) -> str:
    """Return a path so that DuckDB's readers take it for this one file, whatever ``*?[`` are in its name."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))
