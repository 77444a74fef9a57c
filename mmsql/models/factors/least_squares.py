"""Alternating least squares: exact solutions of many small systems at once, on any device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql.errors import OptionError

CELLS = 1 << 21  # number of cells in a batch
MIN_LENGTH_RATIO = 0.75  # rows of a batch have at least this share of its longest row, to reduce padding
INITIAL_SCALE = 0.1


@contextmanager
def half_the_cores() -> Iterator[None]:
    """Give torch half of the cores for a block, because idle threads spin and slow down a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // 2))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def initial_factors(rows: int, size: int, seed: int, device: torch.device) -> Tensor:
    """Draw normally distributed initial factors with a length of about :data:`INITIAL_SCALE`.

    Returns
    -------
    Tensor, float32, (rows, size)
    """
    drawn = np.random.default_rng(seed).standard_normal((rows, size), dtype=np.float32)
    return torch.from_numpy(drawn * np.float32(INITIAL_SCALE / np.sqrt(size))).to(device)


@dataclass(frozen=True)
class LeastSquaresTerm:
    """A matrix that is added to the systems of some rows.

    Attributes
    ----------
    matrix : Tensor, float32, (size, size)
        Symmetric matrix, such as the weight of the unobserved pairs.
    rows : Tensor, float32, (rows,)
        Factor of the matrix in the system of each row.
    """

    matrix: Tensor
    rows: Tensor


def half_step(
    events: sp.csr_matrix, other: Tensor, terms: Sequence[LeastSquaresTerm], ridge: Tensor, rhs: Tensor | None = None
) -> Tensor:
    """Solve the normal equations of every row with events, with the other side fixed.

    For row n with events E_n of weights c: (Σ_E c·v vᵀ + Σ_terms rows_n·matrix + ridge_n·I) x = Σ_E c·v + rhs_n,
    where v are the rows of ``other``.

    Parameters
    ----------
    events : scipy.sparse.csr_matrix, (rows, columns)
        Weights c, above 0.
    other : Tensor, float32, (columns, size)
        Factors of the other side.
    terms : sequence of LeastSquaresTerm
        Matrices that the systems share.
    ridge : Tensor, float32, (rows,)
        Regularisation, above 0.
    rhs : Tensor, float32, (rows, size), optional
        Added to the right-hand side.

    Returns
    -------
    Tensor, float32, (rows, size)
        Zero rows for rows without events.

    Raises
    ------
    OptionError
        If the regularisation is too small to solve a system in float32.
    """
    size = other.shape[1]
    found = torch.zeros((events.shape[0], size), dtype=torch.float32, device=other.device)
    for chosen, columns, weights in _batches(events, size):
        row_index, column_index, weight = (
            torch.from_numpy(array).to(other.device) for array in (chosen, columns, weights)
        )
        vectors = other[column_index]
        weighted = vectors * weight.unsqueeze(-1)
        system = weighted.transpose(1, 2) @ vectors
        for term in terms:
            system += term.rows[row_index, None, None] * term.matrix
        system.diagonal(dim1=1, dim2=2).add_(ridge[row_index, None])
        rhs_sum = weighted.sum(dim=1) if rhs is None else weighted.sum(dim=1) + rhs[row_index]
        found[row_index] = _solve(system, rhs_sum.unsqueeze(-1)).squeeze(-1)
    return found


def shared_step(matrix: Tensor, ridge: float, rhs: Tensor) -> Tensor:
    """Solve systems that differ in their right-hand sides only: (matrix + ridge·I) x = rhs_n.

    Parameters
    ----------
    matrix : Tensor, float32, (size, size)
    ridge : float
        Above 0.
    rhs : Tensor, float32, (rows, size)

    Returns
    -------
    Tensor, float32, (rows, size)

    Raises
    ------
    OptionError
        As in :func:`half_step`.
    """
    system = matrix + ridge * torch.eye(len(matrix), dtype=torch.float32, device=matrix.device)
    return _solve(system, rhs.T).T.contiguous()


def squared_error(events: sp.csr_matrix, left: Tensor, right: Tensor) -> float:
    """Return Σ_E c·(1 − ⟨left, right⟩)² over the events, computed in blocks."""
    row = np.repeat(np.arange(events.shape[0]), np.diff(events.indptr))
    step = max(CELLS // left.shape[1], 1)
    total = 0.0
    for start in range(0, len(row), step):
        block = slice(start, start + step)
        row_index, column_index, weight = (
            torch.from_numpy(array).to(left.device)
            for array in (row[block], events.indices[block].astype(np.int64), events.data[block].astype(np.float32))
        )
        total += float((weight * (1 - (left[row_index] * right[column_index]).sum(dim=1)) ** 2).sum())
    return total


def _solve(system: Tensor, rhs: Tensor) -> Tensor:
    try:
        factor = torch.linalg.cholesky(system)
    except torch.linalg.LinAlgError as error:
        raise OptionError(
            "The regularization is too small for these events: the linear systems of the factors cannot be "
            "solved. Type a larger one, such as regularization := 3.5."
        ) from error
    return torch.cholesky_solve(rhs, factor)


def _batches(events: sp.csr_matrix, size: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield batches of rows of similar length: row indices, column indices and weights.

    Padded cells have an arbitrary column and weight 0. Rows without events are left out.
    """
    lengths = np.diff(events.indptr)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    end = len(order)
    while end:  # the longest rows come first, so memory peaks at once and not after minutes
        longest = int(lengths[order[end - 1]])
        similar = end - int(np.searchsorted(lengths[order], MIN_LENGTH_RATIO * longest))
        count = min(max(CELLS // (size * max(longest, size)), 1), similar)
        chosen = np.sort(order[end - count : end])
        cells = events.indptr[chosen][:, None] + np.arange(longest)
        is_event = np.arange(longest) < lengths[chosen][:, None]
        cells[~is_event] = 0
        weights = np.where(is_event, events.data[cells], 0).astype(np.float32)
        yield chosen, events.indices[cells].astype(np.int64), weights
        end -= count
