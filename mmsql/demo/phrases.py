"""The form in which a language's phrases are kept."""

from __future__ import annotations

from dataclasses import dataclass

Choices = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """What people say about any product, in one language.

    Attributes
    ----------
    openers, short, closers, colours : dict
        By mood: ``good``, ``mixed``, ``bad``; colours without ``mixed``. Closers may be empty.
    strengths, second_strengths, faults, small_faults : tuple of str
        Frames around a clause about the product.
    fits : dict
        By how the product fits, see :data:`mmsql.demo.catalog.FITS`.
    prices : dict
        By price level and mood, as in ``budget good``.
    contexts : dict
        By department: who uses it, where and what for.
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
