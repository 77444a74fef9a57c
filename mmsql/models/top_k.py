"""The k largest values of each row of a sparse or dense matrix; ties are in the order of columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from mmsql import interrupts

LOW_BITS = 0x7FFFFFFF
GROUPS_PER_VALUE = 4  # groups of a row's columns for each of its k values; see :func:`_thresholds`
MIN_GROUPS = 64
MAX_CANDIDATES = 3  # times k: a row with more candidates has ties at its threshold
CHUNK_CELLS = 1 << 21  # cells of a dense block processed at a time, so that they fit in the processor's cache
NO_ENTRIES = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))


class Entries(NamedTuple):
    """Entries of a matrix.

    Attributes
    ----------
    row, column : ndarray, int64, (entries,)
    value : ndarray, float32, (entries,)
    """

    row: np.ndarray
    column: np.ndarray
    value: np.ndarray


def best_of_rows(entries: Entries, k: int) -> tuple[Entries, np.ndarray]:
    """Return the k entries of each row with the largest values; of equal values the lower column comes first.

    Parameters
    ----------
    entries : Entries
        In any order; no two of the same row and column.
    k : int
        Entries a row at most.

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


def top_candidates(rows: sp.csr_matrix, k: int) -> Entries:
    """Return the entries above 0 that may be among the k largest of their row, and few others.

    Parameters
    ----------
    rows : scipy.sparse.csr_matrix, float32, (rows, columns)
        No entry twice.
    k : int
        Entries a row that are needed.

    Returns
    -------
    Entries
        In order of row.
    """
    counts = np.diff(rows.indptr)
    threshold = np.full(len(counts), np.finfo(np.float32).tiny, np.float32)
    groups = max(GROUPS_PER_VALUE * k, MIN_GROUPS)
    long = np.flatnonzero(counts > groups)
    if len(long):
        # The k-th largest of the maxima of a row's groups is at most the k-th largest value of the row.
        begins = rows.indptr[long, None] + np.arange(groups) * counts[long, None].astype(np.int64) // groups
        ends = rows.indptr[long + 1]
        between = np.ravel(np.column_stack([begins, ends]))  # the entries between two long rows are a group too
        highest = np.maximum.reduceat(np.append(rows.data, np.float32(0)), between)
        highest = highest.reshape(len(long), groups + 1)[:, :groups]
        threshold[long] = np.maximum(threshold[long], np.partition(highest, groups - k, axis=1)[:, groups - k])
    positions = np.flatnonzero(rows.data >= np.repeat(threshold, counts))
    row = np.searchsorted(rows.indptr, positions, side="right") - 1
    return Entries(row, rows.indices[positions].astype(np.int64), rows.data[positions])


def best_of_block(values: np.ndarray, k: int, least: float | np.floating) -> tuple[Entries, np.ndarray]:
    """Return the k largest values of each row of a dense block; of equal values the lower column comes first.

    Parameters
    ----------
    values : ndarray, float32, (rows, columns)
    k : int
        Entries a row at most.
    least : float
        The smallest value that may be chosen.

    Returns
    -------
    chosen, rank
        As of :func:`best_of_rows`.
    """
    step = max(CHUNK_CELLS // max(values.shape[1], 1), 1)
    found = []
    for start in range(0, len(values), step):
        interrupts.check()
        part = values[start : start + step]
        threshold = np.maximum(_thresholds(part, k), np.float32(least))
        chosen, rank = best_of_rows(_candidates(part, threshold, k), k)
        found.append((chosen.row + start, chosen.column, chosen.value, rank))
    row, column, value, rank = (np.concatenate(arrays) for arrays in zip(*found or [NO_ENTRIES], strict=True))
    return Entries(row, column, value), rank


def _thresholds(values: np.ndarray, k: int) -> np.ndarray:
    """Return for each row a value that its k largest and few others are not below: float32, (rows,).

    Columns are dealt out to groups; the k-th largest of the groups' maxima is at most the k-th largest value. It
    takes a fifth of the time that the k-th largest value takes.
    """
    rows, columns = values.shape
    groups = max(GROUPS_PER_VALUE * k, MIN_GROUPS)
    if columns <= k:
        return np.full(rows, -np.inf, np.float32)
    highest = values[:, : min(groups, columns)].copy()
    for start in range(groups, columns, groups):
        part = values[:, start : start + groups]
        np.maximum(highest[:, : part.shape[1]], part, out=highest[:, : part.shape[1]])
    position = highest.shape[1] - k
    return np.asarray(np.partition(highest, position, axis=1)[:, position])


def _candidates(values: np.ndarray, threshold: np.ndarray, k: int) -> Entries:
    """Return the entries of a dense block from their row's threshold on, in order of row and column."""
    chosen = values >= threshold[:, None]
    if np.count_nonzero(chosen) > MAX_CANDIDATES * k * len(threshold):
        _drop_ties(chosen, values, threshold, k)
    positions = np.flatnonzero(chosen)
    row, column = np.divmod(positions, max(values.shape[1], 1))
    return Entries(row, column, values.ravel()[positions])


def _drop_ties(chosen: np.ndarray, values: np.ndarray, threshold: np.ndarray, k: int) -> None:
    """Drop most ties at the threshold beyond the first k of a row, in place."""
    width = MAX_CANDIDATES * k
    rows_left = np.flatnonzero(np.count_nonzero(chosen, axis=1) > width)
    while len(rows_left) and width < values.shape[1]:
        enough = np.count_nonzero(values[rows_left, :width] == threshold[rows_left, None], axis=1) >= k
        rows = rows_left[enough]
        chosen[rows, width:] = values[rows, width:] > threshold[rows, None]
        rows_left, width = rows_left[~enough], 2 * width


def _in_order(entries: Entries) -> Entries:
    """Put entries in the order of rows, values from the largest, and columns."""
    row, column, value = entries
    width = int(column.max()).bit_length()
    if int(row.max()).bit_length() + width > LOW_BITS.bit_length():
        order = np.lexsort((column, -value, row))
        return Entries(row[order], column[order], value[order])
    # One sort of an integer that packs all three is ten times quicker. The bits of floats are ordered as their values
    # above 0, and in reverse below; adding 0 turns -0 into 0.
    bits = (value + np.float32(0)).view(np.int32)
    falling = LOW_BITS - np.where(bits < 0, bits ^ LOW_BITS, bits).astype(np.int64)
    key = (((row.astype(np.int64) << 32) | falling) << width) | column
    key.sort()
    column, key = key & ((1 << width) - 1), key >> width
    bits = (LOW_BITS - (key & 0xFFFFFFFF)).astype(np.int32)
    return Entries(key >> 32, column, np.where(bits < 0, bits ^ LOW_BITS, bits).view(np.float32))
