"""Errors for users, with the cause, the value and what to type."""

from __future__ import annotations

from collections.abc import Iterable


class MmsqlError(Exception):
    """Root of all errors of this package."""


class OptionError(MmsqlError, ValueError):
    """An option has a value that is not allowed."""


class DatabaseError(MmsqlError):
    """A database file cannot be opened, or does not fit this version."""


class SourceError(MmsqlError):
    """A source table, view or file cannot be read."""


class ModelError(MmsqlError):
    """A model is missing, unknown or unusable."""


class EncoderError(MmsqlError):
    """An encoder cannot be loaded or used."""


def unknown_option(what: str, given: object, allowed: Iterable[object], hint: str = "") -> OptionError:
    """Return the error for a value that is not one of a fixed set.

    Parameters
    ----------
    what : str
        Name of the option.
    given : object
        The given value.
    allowed : iterable
        The allowed values.
    hint : str
        What to type instead, as a sentence.
    """
    choices = ", ".join(str(choice) for choice in allowed)
    return OptionError(f"Unknown {what} {given!r}. Allowed: {choices}. {hint}".rstrip())
