"""What comments talk about: the terms that aspects are made of."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import duckdb
import pyarrow as pa

from mmsql import sqlfiles, store

SAMPLED = 2000  # comments that are counted
READ = 1000  # letters of each
LEAST_USERS = 3  # who wrote a term: of fewer, it would tell of one person
MOST_SHARE = 0.5  # of the comments that have a term: more often it is a word of the language
NOUN_SHARE = 0.25  # of a word's places that are a noun's
FREQUENT = 0.4  # of a text are the words that stand between nouns: in English about fifty
ARTICLE_SHARE = 0.03  # of the words, of a language with articles

SENTENCE_END = re.compile(r"[.!?。！？；,，;:\n]+")
HAN = "\u3400-\u4dbf\u4e00-\u9fff"
WORD = re.compile(rf"[^\W\d_{HAN}]+(?:['’][^\W\d_{HAN}]+)?")
HAN_RUN = re.compile(rf"[{HAN}]+")
# Words before a noun, or one word further before it, of languages written in Latin letters that have articles.
ARTICLES = frozenset(
    (
        *("the", "a", "an", "my", "its", "their", "our", "no"),
        *("der", "die", "das", "den", "dem", "ein", "eine", "einen", "mein", "het", "een"),
        *("le", "la", "les", "un", "une", "mon", "el", "los", "las", "una", "il", "lo", "gli", "um", "uma"),
    )
)
OPEN_WORDS = 3  # letters at least of a word that can be a term
NOUN_TAGS = ("n", "vn")  # of jieba: nouns, and verbs used as nouns

TABLE = pa.schema([("term", pa.string()), ("share", pa.float64())])


def insert_comment_terms(con: duckdb.DuckDBPyConnection, model: str) -> None:
    """Store the terms of the comments for a model, in the transaction that stores it."""
    query = sqlfiles.query("training", "sampled_comments")
    rows = con.execute(query, {"comments": SAMPLED, "letters": READ}).fetchall()
    found = comment_terms(rows)
    if found:
        table = pa.table({"term": list(found), "share": list(found.values())}, TABLE)
        store.insert_rows(con, sqlfiles.query("training", "insert_comment_terms"), table, {"model": model})


def comment_terms(comments: list[tuple[str | None, str]]) -> dict[str, float]:
    """Find the nouns, and pairs of words that are one, of comments (after Hu & Liu, KDD 2004).

    A word of a language with articles is a noun where it often stands at the end of its phrase, or before one of the
    most frequent words, with an article one or two words before; with a word before it that is not frequent it is a
    term of two words. Where there are no articles, every word that is not too frequent is a term. Chinese is
    segmented by jieba, which tells nouns; without it, pairs of characters are terms.

    Parameters
    ----------
    comments : list of (str, str)
        Who wrote it, and the text.

    Returns
    -------
    dict of str to float
        Share of the comments that have a term, for those of at least ``LEAST_USERS`` users.
    """
    phrases = [[WORD.findall(phrase.lower()) for phrase in SENTENCE_END.split(body)] for _, body in comments]
    nouns, frequent = _nouns([words for of_comment in phrases for words in of_comment])
    counts: Counter[str] = Counter()
    users: dict[str, set[str | None]] = defaultdict(set)
    for (user, body), of_comment in zip(comments, phrases, strict=True):
        terms = {word for words in of_comment for word in words if word in nouns}
        for words in of_comment:
            pairs = (pair for pair in pairwise(words) if pair[1] in nouns and frequent.isdisjoint(pair))
            terms.update(f"{first} {second}" for first, second in pairs if len(first) >= OPEN_WORDS)
        for run in HAN_RUN.findall(body):
            terms.update(_han_terms(run))
        counts.update(terms)
        for term in terms:
            if len(users[term]) < LEAST_USERS:
                users[term].add(user)
    limit = MOST_SHARE * len(comments)
    return {
        term: count / len(comments)
        for term, count in counts.items()
        if len(users[term]) >= LEAST_USERS and count <= limit
    }


def _nouns(phrases: list[list[str]]) -> tuple[set[str], set[str]]:
    """Return the words that are nouns, as far as articles tell, and the most frequent words."""
    places = Counter(word for words in phrases for word in words)
    frequent = set(ARTICLES)
    covered = 0
    for word, count in places.most_common():
        if covered >= FREQUENT * places.total():
            break
        frequent.add(word)
        covered += count
    noun_places: Counter[str] = Counter()
    for words in phrases:
        articles = [place for place, word in enumerate(words) if word in ARTICLES]
        led = {place + step for place in articles for step in (1, 2)}
        noun_places.update(
            words[place] for place in led if place < len(words) and frequent.issuperset(words[place + 1 : place + 2])
        )
    # Russian, Turkish, Korean have no articles.
    told = sum(places[word] for word in ARTICLES) >= ARTICLE_SHARE * places.total()
    nouns = {
        word
        for word, count in places.items()
        if len(word) >= OPEN_WORDS and word not in ARTICLES
        if not told or noun_places[word] >= NOUN_SHARE * count
    }
    return nouns, frequent


def _han_terms(run: str) -> Iterator[str]:
    if importlib.util.find_spec("rjieba") is None:
        yield from (first + second for first, second in pairwise(run))
        return
    import rjieba

    for word, tag in rjieba.tag(run):
        if len(word) > 1 and tag.startswith(NOUN_TAGS):
            yield word
