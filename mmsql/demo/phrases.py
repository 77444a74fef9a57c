"""The phrases of one language, from which comments are composed."""

from __future__ import annotations

from dataclasses import dataclass

Choices = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """Phrases for comments on any product, in one language.

    Attributes
    ----------
    openers, short, closers, colours : dict
        By mood: ``good``, ``mixed``, ``bad``; colours without ``mixed``. Closers may be empty.
    strengths, second_strengths, faults, small_faults : tuple of str
        Frames around a statement about the product.
    fits : dict
        By the fit of the product, see :data:`mmsql.demo.catalog.FITS`.
    prices : dict
        By price level and mood, as in ``budget good``.
    contexts : dict
        By department: user, place and purpose.
    """

    openers: dict[str, Choices]
    short: dict[str, Choices]
    strengths: Choices
    second_strengths: Choices
    faults: Choices
    small_faults: Choices
    colours: dict[str, Choices]
    fits: dict[str, Choices]
    prices: dict[str, Choices]
    contexts: dict[str, Choices]
    closers: dict[str, Choices]
