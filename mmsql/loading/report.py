"""The report of a load."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """Counts of one source and file. Each row counts as loaded, unchanged, updated or rejected.

    Attributes
    ----------
    source : str
        The source that the rows were loaded into.
    file : str
        The file.
    read : int
        Number of rows of the file, without blank lines.
    loaded : int
        Number of new rows.
    unchanged : int
        Number of rows that the database has already, or that are in the file twice.
    updated : int
        Number of rows that changed rows in the database.
    rejected : int
        Number of rows that could not be loaded; ``mmsql.rejects`` has each with its reason.
    flawed : int
        Number of loaded, unchanged and updated rows without a field that could not be read. ``mmsql.rejects`` has
        them too.
    notes : tuple of str
        Remarks, for example on ignored columns.
    """

    source: str
    file: str
    read: int
    loaded: int = 0
    unchanged: int = 0
    updated: int = 0
    rejected: int = 0
    flawed: int = 0
    notes: tuple[str, ...] = ()
