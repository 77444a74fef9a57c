"""Errors of the disk, which DuckDB reports as those of a statement: a full disk, and a lack of permission."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from mmsql.errors import DatabaseError

FILE = re.compile(r'(?:file|directory) "([^"]+)"')
# What the operating system says, and what it means. The file of the message takes the place of {}.
REASONS = (
    (
        re.compile(r"No space left on device|out of disk|File too large|Disk quota exceeded", re.IGNORECASE),
        "The disk of {} is full, or a limit of the system is reached. What was stored is safe. Make room, and try "
        "again.",
    ),
    (
        re.compile(r"Read-only file system", re.IGNORECASE),
        "The disk of {} is mounted read-only. Copy the file to another disk, or read with `read_only=True`.",
    ),
    (
        re.compile(r"Permission denied|Operation not permitted", re.IGNORECASE),
        "Permission denied for {}. Give this user the right to the file and its folder, such as by `chmod u+rw`.",
    ),
)


def disk_error(error: BaseException, file: object = None) -> DatabaseError | None:
    """Return the error to raise instead of one that comes from the disk; None for any other.

    Parameters
    ----------
    error : BaseException
        What DuckDB or Python raised.
    file : str or Path, optional
        The file that was used, where the message names none.
    """
    if not isinstance(error, duckdb.Error | OSError):
        return None
    text = str(error)
    for pattern, words in REASONS:
        if pattern.search(text):
            named = FILE.search(text)
            path = named[1] if named else getattr(error, "filename", None) or file or "the database"
            return DatabaseError(f"{words.format(path)} ({text.splitlines()[0]})")
    return None


@contextmanager
def disk_errors_told() -> Iterator[None]:
    """Raise errors of the disk in a block as :class:`DatabaseError`."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        told = disk_error(error)
        if told is None:
            raise
        raise told from error
