"""Whether the texts of a shop are mostly English: by script, by common words, and by a language model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import duckdb

from mmsql.db import sqlfiles

SAMPLED = 1000  # texts looked at
READ = 400  # letters of each
SEED = "language"
PIECE = 400  # letters that a language is told by: titles are too short to tell it alone
COMMON_SHARE = 0.08  # of the words; English has about .15, titles alone and other languages hardly any

# Frequent in English, and in no other language written in Latin letters.
COMMON = frozenset(("the", "and", "this", "that", "with", "you", "they", "have", "would", "which"))
LETTER = re.compile(r"[^\W\d_]")
LATIN = re.compile(r"[A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ]")
WORD = re.compile(r"[^\W\d_]+")


def mostly_foreign(con: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether more than half of a sample of the titles, descriptions and comments are not English.

    The sample depends on the texts alone, so that the answer is the same whenever they are.
    """
    rows = con.execute(
        sqlfiles.query("training/texts", "sampled_texts"), {"seed": SEED, "texts": SAMPLED, "letters": READ}
    ).fetchall()
    return foreign_share([text for (text,) in rows]) > 0.5


def foreign_share(texts: Iterable[str]) -> float:
    """Return the share of texts that are not English.

    A text that is mostly in other letters than Latin is not English. The others are put together to pieces long
    enough to tell: English where common words abound, else what the model of langid.py says.

    Parameters
    ----------
    texts : iterable of str
        Those without any letter do not count.

    Returns
    -------
    float
        From 0 to 1; 0 where no text has a letter.

    References
    ----------
    Lui & Baldwin: langid.py, an off-the-shelf language identification tool. ACL 2012.
    """
    foreign = total = 0
    latin = []
    for text in texts:
        letters = LETTER.findall(text)
        if not letters:
            continue
        total += 1
        if 2 * len(LATIN.findall(text)) < len(letters):
            foreign += 1
        else:
            latin.append(text)
    for piece in _pieces(latin):
        foreign += 0 if _is_english(". ".join(piece)) else len(piece)
    return foreign / total if total else 0.0


def _pieces(texts: list[str]) -> Iterator[list[str]]:
    """Put texts together until they are long enough; what is left at the end joins the last piece."""
    pieces: list[list[str]] = []
    size = PIECE
    for text in texts:
        if size >= PIECE:
            pieces.append([])
            size = 0
        pieces[-1].append(text)
        size += len(text)
    if size < PIECE and len(pieces) > 1:
        rest = pieces.pop()
        pieces[-1] += rest
    yield from pieces


def _is_english(text: str) -> bool:
    words = WORD.findall(text.lower())
    if sum(word in COMMON for word in words) >= COMMON_SHARE * len(words):
        return True
    return str(_identifier().classify(text)[0]) == "en"


@cache
def _identifier() -> Any:
    """Load the model, which takes as long as training a small shop: only where common words do not tell."""
    import py3langid

    return py3langid
