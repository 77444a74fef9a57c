"""The largest values of each row, with ties in a fixed order: of sparse entries and of dense blocks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

LOW_BITS = 0x7FFFFFFF
HEADS = 4  # of a row's columns, as many groups for each value that is wanted; see :func:`_borders`
LEAST_HEADS = 64
MANY = 3  # times k: a row with more candidates has ties at its border
CHUNK_CELLS = 1 << 21  # of a dense block looked through at a time, so that they stay near the processor
NOTHING = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))


class Entries(NamedTuple):
    """Entries of rows.

    Attributes
    ----------
    row, column : ndarray, int64, (entries,)
        Where they stand.
    value : ndarray, float32, (entries,)
        What they are worth.
    """

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray


def best_of_rows(entries: Entries, k: int) -> tuple[Entries, np.ndarray]:
    """Choose the k entries of each row with the largest values; of equal ones the lower column comes first.

    Parameters
    ----------
    entries : Entries
        In any order; no two at the same place.
    k : int
        How many a row at most.

    Returns
    -------
    chosen : Entries
        Row by row, best first.
    rank : ndarray, int64, (chosen,)
        Of each in its row, from 1.
    """
    if not len(entries.row):
        return entries, np.zeros(0, np.int64)
    row, column, value = _in_order(entries)
    counts = np.bincount(row)
    rank = np.arange(1, len(row) + 1) - (np.cumsum(counts) - counts)[row]
    kept = rank <= k
    return Entries(row[kept], column[kept], value[kept]), rank[kept]


def reaching(rows: sp.csr_matrix, k: int) -> Entries:
    """Return the entries above 0 that may be among the k largest of their row, few more than these.

    Parameters
    ----------
    rows : scipy.sparse.csr_matrix, float32, (rows, columns)
        No entry twice.
    k : int
        How many a row are wanted.

    Returns
    -------
    Entries
        In order of row.
    """
    counts = np.diff(rows.indptr)
    border = np.full(len(counts), np.finfo(np.float32).tiny, np.float32)
    heads = max(HEADS * k, LEAST_HEADS)
    long = np.flatnonzero(counts > heads)
    if len(long):
        # Of the largest values of so many parts of a row, the k-th largest is at most the k-th largest of all.
        parts = rows.indptr[long, None] + np.arange(heads) * counts[long, None].astype(np.int64) // heads
        ends = rows.indptr[long + 1]
        between = np.ravel(np.column_stack([parts, ends]))  # what lies between long rows is a part of its own
        highest = np.maximum.reduceat(np.append(rows.data, np.float32(0)), between)
        highest = highest.reshape(len(long), heads + 1)[:, :heads]
        border[long] = np.maximum(border[long], np.partition(highest, heads - k, axis=1)[:, heads - k])
    places = np.flatnonzero(rows.data >= np.repeat(border, counts))
    row = np.searchsorted(rows.indptr, places, side="right") - 1
    return Entries(row, rows.indices[places].astype(np.int64), rows.data[places])


def best_of_block(values: np.ndarray, k: int, least: float | np.floating) -> tuple[Entries, np.ndarray]:
    """Choose the k largest values of each row of a dense block; of equal ones the lower column comes first.

    Parameters
    ----------
    values : ndarray, float32, (rows, columns)
        Of rows after each other.
    k : int
        How many a row at most.
    least : float
        What a value must be to be chosen.

    Returns
    -------
    chosen, rank
        As of :func:`best_of_rows`.
    """
    step = max(CHUNK_CELLS // max(values.shape[1], 1), 1)
    found = []
    for start in range(0, len(values), step):
        part = values[start : start + step]
        border = np.maximum(_borders(part, k), np.float32(least))
        chosen, rank = best_of_rows(_reaching(part, border, k), k)
        found.append((chosen.row + start, chosen.column, chosen.value, rank))
    row, column, value, rank = (np.concatenate(arrays) for arrays in zip(*found or [NOTHING], strict=True))
    return Entries(row, column, value), rank


def _borders(values: np.ndarray, k: int) -> np.ndarray:
    """Return a value for each row that its k largest reach, and few others: float32, (rows,).

    Columns are dealt out to groups; where the maxima of k groups reach a value, k values do. Looking for the k-th
    largest maximum takes a fifth of the time that looking for the k-th largest value takes.
    """
    rows, columns = values.shape
    heads = max(HEADS * k, LEAST_HEADS)
    if columns <= k:
        return np.full(rows, -np.inf, np.float32)
    highest = values[:, : min(heads, columns)].copy()
    for start in range(heads, columns, heads):
        part = values[:, start : start + heads]
        np.maximum(highest[:, : part.shape[1]], part, out=highest[:, : part.shape[1]])
    place = highest.shape[1] - k
    return np.asarray(np.partition(highest, place, axis=1)[:, place])


def _reaching(values: np.ndarray, border: np.ndarray, k: int) -> Entries:
    """Return the entries of a dense block that reach their row's border, in order of row and column."""
    reach = values >= border[:, None]
    if np.count_nonzero(reach) > MANY * k * len(border):
        _drop_ties(reach, values, border, k)
    places = np.flatnonzero(reach)
    row, column = np.divmod(places, max(values.shape[1], 1))
    return Entries(row, column, values.ravel()[places])


def _drop_ties(reach: np.ndarray, values: np.ndarray, border: np.ndarray, k: int) -> None:
    """Take out of what reaches the border what equals it and stands behind k that do: of many equal ones, most."""
    many, width = np.flatnonzero(np.count_nonzero(reach, axis=1) > MANY * k), MANY * k
    while len(many) and width < values.shape[1]:
        enough = np.count_nonzero(values[many, :width] == border[many, None], axis=1) >= k
        rows = many[enough]
        reach[rows, width:] = values[rows, width:] > border[rows, None]
        many, width = many[~enough], 2 * width


def _in_order(entries: Entries) -> Entries:
    """Put entries in the order of rows, values from the largest, and columns."""
    row, column, value = entries
    width = int(column.max()).bit_length()
    if int(row.max()).bit_length() + width > LOW_BITS.bit_length():
        order = np.lexsort((column, -value, row))
        return Entries(row[order], column[order], value[order])
    # Sorting one integer of all three is ten times quicker. The bits of floats are in the order of their values above
    # 0, and in the reverse of it below; adding 0 makes one zero of two.
    bits = (value + np.float32(0)).view(np.int32)
    falling = LOW_BITS - np.where(bits < 0, bits ^ LOW_BITS, bits).astype(np.int64)
    key = (((row.astype(np.int64) << 32) | falling) << width) | column
    key.sort()
    column, key = key & ((1 << width) - 1), key >> width
    bits = (LOW_BITS - (key & 0xFFFFFFFF)).astype(np.int32)
    return Entries(key >> 32, column, np.where(bits < 0, bits ^ LOW_BITS, bits).view(np.float32))
