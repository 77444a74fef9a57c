"""Errors a user can meet: what happened, what was tried, and what to type."""

from __future__ import annotations

from collections.abc import Iterable


class MmsqlError(Exception):
    """Root of every error this package raises on purpose."""


class OptionError(MmsqlError, ValueError):
    """An option has a value outside what is allowed."""


class DatabaseError(MmsqlError):
    """The database file cannot be opened or does not fit this version."""


class SourceError(MmsqlError):
    """A source table, view or file cannot be read as what it should be."""


class ModelError(MmsqlError):
    """A model is missing, unknown or unusable."""


class EncoderError(MmsqlError):
    """An encoder cannot be loaded or used."""


def unknown_option(what: str, given: object, allowed: Iterable[object], hint: str = "") -> OptionError:
    """Build the error for a value that is not one of a known set.

    Parameters
    ----------
    what : str
        Name of the option.
    given : object
        The value that was given.
    allowed : iterable
        The values that would have worked.
    hint : str
        What to type instead, as a whole sentence.
    """
    choices = ", ".join(str(choice) for choice in allowed)
    return OptionError(f"Unknown {what} {given!r}. Allowed: {choices}. {hint}".rstrip())
