"""Comment terms: the nouns of comments, from which aspects are made."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows

SAMPLED_COMMENTS = 2000
READ_LETTERS = 1000  # characters read of each comment
MIN_USERS = 3  # who wrote a term: a rarer term could identify a person
MAX_COMMENT_SHARE = 0.5  # of the comments with a term: a more frequent word is no aspect
MIN_NOUN_SHARE = 0.25  # of a word's occurrences that are a noun's
FREQUENT_SHARE = 0.4  # of all words that the frequent ones make up: in English about fifty words
MIN_ARTICLE_SHARE = 0.03  # of all words that are articles, in a language with articles

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
LETTERS = rf"[^\W\d_{HAN}]+"
TOKEN = re.compile(rf"{LETTERS}(?:['’]{LETTERS})?|[.!?。！？；，,;:\n]+")  # a word, or the end of a phrase
PHRASE_END = "."
HAN_RUN = re.compile(rf"[{HAN}]+")
# The articles of languages in Latin letters. A noun follows one directly, or with one word between.
ARTICLES = frozenset(
    (
        *("the", "a", "an", "my", "its", "their", "our", "no"),
        *("der", "die", "das", "den", "dem", "ein", "eine", "einen", "mein", "het", "een"),
        *("le", "la", "les", "un", "une", "mon", "el", "los", "las", "una", "il", "lo", "gli", "um", "uma"),
    )
)
MIN_LETTERS = 3  # of a word that can be a term
NOUN_TAGS = ("n", "vn")  # tags of jieba: nouns, and verbs used as nouns

TABLE = pa.schema([("term", pa.string()), ("share", pa.float64())])


def insert_comment_terms(con: duckdb.DuckDBPyConnection, model: str) -> None:
    """Store the terms of the comments for a model, in the transaction that stores it."""
    query = sqlfiles.query("training/texts", "sampled_comments")
    rows = con.execute(query, {"comments": SAMPLED_COMMENTS, "letters": READ_LETTERS}).fetchall()
    found = comment_terms(rows)
    if found:
        table = pa.table({"term": list(found), "share": list(found.values())}, TABLE)
        insert_rows(con, sqlfiles.query("training/state", "insert_comment_terms"), table, {"model": model})


def comment_terms(comments: list[tuple[str | None, str]]) -> dict[str, float]:
    """Find the nouns and two-word nouns of comments (after Hu & Liu, KDD 2004).

    In a language with articles, a word is a noun where it often ends a phrase or precedes one of the most frequent
    words, with an article one or two words before it. With an infrequent word before it, it is a two-word term. In a
    language without articles, every word that is not too frequent is a term. jieba segments Chinese and tags its
    nouns; without jieba, pairs of characters are terms.

    Parameters
    ----------
    comments : list of (str, str)
        Author and text of each comment.

    Returns
    -------
    dict of str to float
        Share of the comments with each term, for terms of at least ``MIN_USERS`` users.
    """
    words = _words([body for _, body in comments])
    nouns, frequent = _nouns(words)
    comment, term, names = _mentions(words, nouns, frequent)
    han = dict[str, int]()
    of_comment = [
        (n, han.setdefault(found, len(han))) for n, (_, body) in enumerate(comments) for found in _han(body)
    ]
    if of_comment:
        more = np.array(of_comment)
        comment, term = np.append(comment, more[:, 0]), np.append(term, more[:, 1] + len(names))
        names += han
    comment, term = _distinct(comment, term)
    mentions = np.bincount(term, minlength=len(names))
    users = dict[str | None, int]()
    user = np.array([users.setdefault(user, len(users)) for user, _ in comments], np.int64)
    by_user, _ = _distinct(term, user[comment])
    known = np.bincount(by_user, minlength=len(names)) >= MIN_USERS
    kept = np.flatnonzero(known & (mentions <= MAX_COMMENT_SHARE * len(comments)))
    return {names[n]: mentions[n] / len(comments) for n in kept.tolist()}


class Words(NamedTuple):
    """The words of all comments in order, as arrays (words,), and the list of their different spellings."""

    spelling: np.ndarray
    phrase: np.ndarray
    comment: np.ndarray
    spellings: list[str]


def _words(bodies: list[str]) -> Words:
    tokens: list[str] = []
    ends = np.zeros(len(bodies), np.int64)
    for n, body in enumerate(bodies):
        tokens += TOKEN.findall(body.lower())
        tokens.append(PHRASE_END)
        ends[n] = len(tokens)
    encoded = pa.array(tokens, pa.string()).dictionary_encode()
    known = encoded.dictionary.to_pylist()
    is_spelling = np.array([word[0].isalpha() for word in known], bool)
    number = np.where(is_spelling, np.cumsum(is_spelling) - 1, -1)
    spelling = number[encoded.indices.to_numpy()]
    is_word = spelling >= 0
    comment = np.repeat(np.arange(len(bodies)), np.diff(ends, prepend=0))
    spellings = [word for word, kept in zip(known, is_spelling, strict=True) if kept]
    return Words(spelling[is_word], np.cumsum(~is_word)[is_word], comment[is_word], spellings)


def _nouns(words: Words) -> tuple[np.ndarray, np.ndarray]:
    """Return the nouns among the spellings, as articles show them, and the most frequent ones: bool, (spellings,)."""
    size = len(words.spellings)
    counts = np.bincount(words.spelling, minlength=size)
    articles = np.array([word in ARTICLES for word in words.spellings], bool)
    order = np.argsort(-counts, kind="stable")
    frequent = articles.copy()
    frequent[order[np.cumsum(counts[order]) - counts[order] < FREQUENT_SHARE * len(words.spelling)]] = True
    has_article = np.zeros(len(words.spelling), bool)
    for step in (1, 2):
        has_article[step:] |= articles[words.spelling[:-step]] & (words.phrase[:-step] == words.phrase[step:])
    is_last = np.ones(len(words.spelling), bool)  # of its phrase, or before a frequent word
    is_last[:-1] = (words.phrase[:-1] != words.phrase[1:]) | frequent[words.spelling[1:]]
    noun_counts = np.bincount(words.spelling[has_article & is_last], minlength=size)
    # Russian, Turkish and Korean have no articles.
    has_articles = counts[articles].sum() >= MIN_ARTICLE_SHARE * len(words.spelling)
    open_words = np.array([len(word) >= MIN_LETTERS for word in words.spellings], bool) & ~articles
    return (open_words & (noun_counts >= MIN_NOUN_SHARE * counts) if has_articles else open_words), frequent


def _mentions(words: Words, nouns: np.ndarray, frequent: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the comment and term of each mention, arrays (mentions,), and the terms: spellings, then pairs."""
    first, second = words.spelling[:-1], words.spelling[1:]
    long = np.array([len(word) >= MIN_LETTERS for word in words.spellings], bool)
    paired = nouns[second] & ~frequent[second] & ~frequent[first] & long[first]
    paired &= words.phrase[:-1] == words.phrase[1:]
    size = len(words.spellings)
    pairs, pair = np.unique(first[paired] * size + second[paired], return_inverse=True)
    single = nouns[words.spelling]
    names = [
        f"{words.spellings[one]} {words.spellings[other]}" for one, other in (divmod(n, size) for n in pairs.tolist())
    ]
    return (
        np.append(words.comment[single], words.comment[:-1][paired]),
        np.append(words.spelling[single], pair + size),
        words.spellings + names,
    )


def _distinct(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each different pair of non-negative integers once."""
    size = int(other.max(initial=0)) + 1
    return np.divmod(np.unique(one * size + other), size)


def _han(body: str) -> Iterator[str]:
    for run in HAN_RUN.findall(body):
        if importlib.util.find_spec("rjieba") is None:
            yield from (first + second for first, second in pairwise(run))
            continue
        import rjieba

        yield from (word for word, tag in rjieba.tag(run) if len(word) > 1 and tag.startswith(NOUN_TAGS))
