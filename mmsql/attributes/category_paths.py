"""Paths such as ``A > B > C`` and lists such as ``a; b`` that are written as one text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from mmsql.config.attribute_kinds import HIERARCHY, LIST

SEPARATORS = (">", "»", "›", "→", "::", "\\", "/", "|", ";", ",", " - ", ".")
PATHS = ("»", "›", "→", "::", "\\", "/", "|")  # that may separate paths, besides >
DECLARED_PATHS = (" - ", ".")  # that do so in a declared category only
FILTERED = (">", *PATHS, *DECLARED_PATHS)  # with which filters find what is below a category
MIN_PATH_SHARE = 0.5  # of the rows with a value must have the separator of a path
MIN_AGREEMENT = 0.95  # of the values must have the form of paths where the separator is ambiguous
MIN_REPEATS = {"|": 1.5, ";": 1.5, ",": 3.0}  # mean number of times an entry of a list occurs, by separator
MAX_ENTRY_LENGTH = 40  # mean number of characters of an entry of a list
MIN_PATHS = 8  # different lists that must have the form of paths


def parts_of(value: str, separator: str) -> list[str]:
    """Split a text and drop empty parts.

    >>> parts_of("A > B  >C", ">")
    ['A', 'B', 'C']
    """
    return [part for part in (part.strip() for part in value.split(separator)) if part]


def split_kind(values: Sequence[str], shares: dict[str, float], declared: bool = False) -> tuple[str, str] | None:
    """Infer whether different texts are paths or lists, and their separator.

    ``>`` separates paths wherever most rows have it between two names. The others separate paths where each name is
    at one depth only and values share their roots; a dash or a dot does so only in a declared category. ``|`` and
    ``;`` separate lists whose entries repeat; a comma does only where entries repeat often and are short, since
    sentences have commas.

    Parameters
    ----------
    values : sequence of str
        Different values, or a part of them.
    shares : dict of str to float
        Share of the rows with each of :data:`SEPARATORS`.
    declared : bool
        Whether the attribute is a path by declaration. A name may then be below several others.

    Returns
    -------
    (str, str), optional
        Kind and separator; None for single values.
    """
    if shares.get(">", 0) >= MIN_PATH_SHARE and join_names(values, ">"):
        return HIERARCHY, ">"
    for separator in (*PATHS, *DECLARED_PATHS) if declared else PATHS:
        is_candidate = shares.get(separator, 0) >= MIN_PATH_SHARE
        if is_candidate and _are_paths(values, separator, declared or separator != "|"):
            return HIERARCHY, separator
    for separator, repeats in MIN_REPEATS.items():
        if shares.get(separator, 0) > 0 and _are_lists(values, separator, repeats):
            return LIST, separator
    return None


def join_names(values: Sequence[str], separator: str) -> bool:
    """Return whether most of the values with a separator have a name on both of its sides."""
    there = [value for value in values if separator in value]
    return 2 * sum(len(parts_of(value, separator)) > 1 for value in there) >= len(there) > 0


def _are_paths(values: Sequence[str], separator: str, several: bool) -> bool:
    there = [value for value in values if separator in value]
    split = [parts_of(value, separator) for value in there]
    plain = [
        parts
        for value, parts in zip(there, split, strict=True)
        if len(parts) == value.count(separator) + 1 and all(any(map(str.isalpha, part)) for part in parts)
    ]
    if len(there) < 2 or len(plain) < MIN_AGREEMENT * len(there):
        return False
    roots = {parts[0] for parts in plain}
    return len(roots) <= len(plain) / 2 and _one_depth(plain) >= MIN_AGREEMENT and (several or _one_parent(plain))


def _one_depth(paths: Iterable[Sequence[str]]) -> float:
    """Return the share of the names that are at one depth only."""
    depths: dict[str, set[int]] = {}
    for parts in paths:
        for depth, part in enumerate(parts):
            depths.setdefault(part, set()).add(depth)
    return sum(len(found) == 1 for found in depths.values()) / max(len(depths), 1)


def _one_parent(paths: Iterable[Sequence[str]]) -> bool:
    parents: dict[str, set[str]] = {}
    for parts in paths:
        for above, below in pairwise(parts):
            parents.setdefault(below, set()).add(above)
    return sum(len(found) == 1 for found in parents.values()) >= MIN_AGREEMENT * max(len(parents), 1)


def _are_lists(values: Sequence[str], separator: str, repeats: float) -> bool:
    entries = Counter(part for value in values for part in parts_of(value, separator))
    total = sum(entries.values())
    return (
        total > len(values)
        and total >= repeats * len(entries)
        and sum(len(entry) * count for entry, count in entries.items()) <= MAX_ENTRY_LENGTH * total
    )


def lists_are_paths(lists: Sequence[Sequence[str]]) -> bool:
    """Return whether different lists are paths from the root: every name has one parent and one depth.

    >>> roots = [["Toys", f"Toy {n}"] for n in range(5)] + [["Books", f"Book {n}"] for n in range(5)]
    >>> lists_are_paths(roots), lists_are_paths([["red", "S"], ["blue", "S"]] * 5)
    (True, False)
    """
    longer = [parts for parts in lists if len(parts) > 1]
    if len(longer) < max(MIN_PATHS, MIN_PATH_SHARE * len(lists)):
        return False
    roots = {parts[0] for parts in longer}
    return len(roots) <= len(longer) / 2 and _one_depth(lists) == 1 and _one_parent(longer)


def contradictions(paths: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """Find contradictions between paths: names that are both above and below each other.

    Parameters
    ----------
    paths : iterable of sequence of str
        The parts of each path, from the root.

    Returns
    -------
    list of (str, str)
        One pair of names of each cycle: the first is above the second in some path and below it in another, in one
        step or several. A name below itself, as in ``A > A``, does not count.
    """
    pairs = sorted({pair for parts in paths for pair in pairwise(parts) if pair[0] != pair[1]})
    names = sorted({name for pair in pairs for name in pair})
    index = {name: number for number, name in enumerate(names)}
    upper, lower = np.array([[index[name] for name in pair] for pair in pairs], dtype=np.int64).reshape(-1, 2).T
    graph = sp.csr_matrix((np.ones(len(upper)), (upper, lower)), shape=(len(names), len(names)))
    _, group = connected_components(graph, connection="strong")
    found: dict[int, tuple[str, str]] = {}
    for above, below in zip(upper, lower, strict=True):
        if group[above] == group[below]:
            found.setdefault(int(group[above]), (names[above], names[below]))
    return list(found.values())
