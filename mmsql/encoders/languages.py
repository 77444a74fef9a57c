"""Tells whether texts are mostly English: by script, by common words, and by a language model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import duckdb

from mmsql.db import sqlfiles

SAMPLED_TEXTS = 1000  # number of texts that are read
MAX_LETTERS = 400  # letters read of each text
SEED = "language"
MIN_CHUNK = 400  # letters that language identification needs; titles alone are too short
MIN_LETTERS = 80  # fewer Latin letters in all show no language and are taken for English
COMMON_SHARE = 0.08  # minimum share of common words; English has about 0.15, other languages almost none

# Frequent in English, and rare in all other languages with Latin script.
COMMON = frozenset(("the", "and", "this", "that", "with", "you", "they", "have", "would", "which"))
LETTER = re.compile(r"[^\W\d_]")
LATIN = re.compile(r"[A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ]")
WORD = re.compile(r"[^\W\d_]+")


def mostly_non_english(con: duckdb.DuckDBPyConnection) -> bool:
    """Return whether more than half of a sample of the titles, descriptions and comments is not English.

    The sample depends on the texts only, so the same texts always give the same answer.
    """
    rows = con.execute(
        sqlfiles.query("training/texts", "sampled_texts"),
        {"seed": SEED, "texts": SAMPLED_TEXTS, "letters": MAX_LETTERS},
    ).fetchall()
    return non_english_share([text for (text,) in rows]) > 0.5


def non_english_share(texts: Iterable[str]) -> float:
    """Return the share of texts that are not English.

    A text with mostly non-Latin letters is not English. The other texts are concatenated to chunks that are long
    enough for language identification. A chunk is English if it has enough common words, or if langid.py says so.
    Fewer than ``MIN_LETTERS`` characters, such as a handful of titles, are taken for English.

    Parameters
    ----------
    texts : iterable of str
        Texts. Those without a letter are ignored.

    Returns
    -------
    float
        From 0 to 1; 0 if no text has a letter.

    References
    ----------
    Lui & Baldwin: langid.py, an off-the-shelf language identification tool. ACL 2012.
    """
    other = total = 0
    latin = []
    for text in texts:
        letters = LETTER.findall(text)
        if not letters:
            continue
        total += 1
        if 2 * len(LATIN.findall(text)) < len(letters):
            other += 1
        else:
            latin.append(text)
    if sum(map(len, latin)) >= MIN_LETTERS:
        other += sum(len(chunk) for chunk in _chunks(latin) if not _is_english(". ".join(chunk)))
    return other / total if total else 0.0


def _chunks(texts: list[str]) -> Iterator[list[str]]:
    """Group texts into chunks of at least ``MIN_CHUNK`` letters; the remainder joins the last chunk."""
    chunks: list[list[str]] = []
    size = MIN_CHUNK
    for text in texts:
        if size >= MIN_CHUNK:
            chunks.append([])
            size = 0
        chunks[-1].append(text)
        size += len(text)
    if size < MIN_CHUNK and len(chunks) > 1:
        remainder = chunks.pop()
        chunks[-1] += remainder
    yield from chunks


def _is_english(text: str) -> bool:
    words = WORD.findall(text.lower())
    if sum(word in COMMON for word in words) >= COMMON_SHARE * len(words):
        return True
    return str(_identifier().classify(text)[0]) == "en"


@cache
def _identifier() -> Any:
    """Load the language model. It takes as long as training a small dataset, so it is loaded only if needed."""
    import py3langid

    return py3langid
