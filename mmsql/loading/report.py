"""What a load did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """Counts of one source of one file. Every row read is in exactly one of the next four.

    Attributes
    ----------
    source : str
        Which of mmsql's sources the rows went to.
    file : str
        The file they came from.
    read : int
        Rows of the file; blank lines are none.
    loaded : int
        Rows that are new in the database.
    unchanged : int
        Rows that were there already, or stand in the file twice.
    updated : int
        Rows that changed what was there.
    rejected : int
        Rows that could not be loaded; ``mmsql.rejects`` holds each with its reason.
    flawed : int
        Rows among the loaded, unchanged and updated that lack a field, since it could not be read.
        ``mmsql.rejects`` holds them too.
    notes : tuple of str
        What else there is to say, such as columns that were ignored.
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
