"""Alternating least squares: exact solutions for many small systems at once, on any device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from mmsql.errors import OptionError

CELLS = 1 << 21  # numbers of a batch
ALIKE = 0.75  # rows of one batch have at least this share of the longest one's length, to have little padding
INITIAL_SCALE = 0.1


@contextmanager
def half_the_cores() -> Iterator[None]:
    """Give torch half the cores for a block: on a busy machine, threads that spin while they wait cost more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // 2))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def initial_factors(rows: int, size: int, seed: int, device: torch.device) -> Tensor:
    """Draw factors to begin with: normal, with a length of about :data:`INITIAL_SCALE`.

    Returns
    -------
    Tensor, float32, (rows, size)
    """
    drawn = np.random.default_rng(seed).standard_normal((rows, size), dtype=np.float32)
    return torch.from_numpy(drawn * np.float32(INITIAL_SCALE / np.sqrt(size))).to(device)


@dataclass(frozen=True)
class Part:
    """A matrix that the systems of some rows contain.

    Attributes
    ----------
    matrix : Tensor, float32, (size, size)
        Symmetric, such as what unobserved pairs weigh.
    rows : Tensor, float32, (rows,)
        How often each row's system contains it.
    """

    matrix: Tensor
    rows: Tensor


def half_step(
    events: sp.csr_matrix, other: Tensor, parts: Sequence[Part], ridge: Tensor, right: Tensor | None = None
) -> Tensor:
    """Solve the normal equations of every row with events, the other side being fixed.

    Row n, with the events E_n of weights c: (Σ_E c·v vᵀ + Σ_parts rows_n·matrix + ridge_n·I) x = Σ_E c·v + right_n,
    where v are the rows of ``other``.

    Parameters
    ----------
    events : scipy.sparse.csr_matrix, (rows, columns)
        Weights c, above 0.
    other : Tensor, float32, (columns, size)
        Factors of the other side.
    parts : sequence of Part
        What systems have in common.
    ridge : Tensor, float32, (rows,)
        Regularisation, above 0.
    right : Tensor, float32, (rows, size), optional
        What is added on the right.

    Returns
    -------
    Tensor, float32, (rows, size)
        0 in rows without events.

    Raises
    ------
    OptionError
        When the regularisation is too small for a system to be solved in float32.
    """
    size = other.shape[1]
    found = torch.zeros((events.shape[0], size), dtype=torch.float32, device=other.device)
    for chosen, columns, weights in _batches(events, size):
        at, of, weight = (torch.from_numpy(array).to(other.device) for array in (chosen, columns, weights))
        vectors = other[of]
        weighted = vectors * weight.unsqueeze(-1)
        system = weighted.transpose(1, 2) @ vectors
        for part in parts:
            system += part.rows[at, None, None] * part.matrix
        system.diagonal(dim1=1, dim2=2).add_(ridge[at, None])
        side = weighted.sum(dim=1) if right is None else weighted.sum(dim=1) + right[at]
        found[at] = _solved(system, side.unsqueeze(-1)).squeeze(-1)
    return found


def shared_step(matrix: Tensor, ridge: float, right: Tensor) -> Tensor:
    """Solve rows whose systems differ in nothing but their right sides: (matrix + ridge·I) x = right_n.

    Parameters
    ----------
    matrix : Tensor, float32, (size, size)
    ridge : float
        Above 0.
    right : Tensor, float32, (rows, size)

    Returns
    -------
    Tensor, float32, (rows, size)

    Raises
    ------
    OptionError
        As of :func:`half_step`.
    """
    system = matrix + ridge * torch.eye(len(matrix), dtype=torch.float32, device=matrix.device)
    return _solved(system, right.T).T.contiguous()


def squared_error(events: sp.csr_matrix, left: Tensor, right: Tensor) -> float:
    """Return Σ_E c·(1 − ⟨left, right⟩)² over the events, in blocks."""
    row = np.repeat(np.arange(events.shape[0]), np.diff(events.indptr))
    step = max(CELLS // left.shape[1], 1)
    total = 0.0
    for start in range(0, len(row), step):
        part = slice(start, start + step)
        at, of, weight = (
            torch.from_numpy(array).to(left.device)
            for array in (row[part], events.indices[part].astype(np.int64), events.data[part].astype(np.float32))
        )
        total += float((weight * (1 - (left[at] * right[of]).sum(dim=1)) ** 2).sum())
    return total


def _solved(system: Tensor, side: Tensor) -> Tensor:
    try:
        factor = torch.linalg.cholesky(system)
    except torch.linalg.LinAlgError as error:
        raise OptionError(
            "The regularization is too small for these events: the systems that factors are found by cannot be "
            "solved. Type a larger one, such as regularization := 3.5."
        ) from error
    return torch.cholesky_solve(side, factor)


def _batches(events: sp.csr_matrix, size: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield rows of about equal length together: which, their columns, padded by any, and weights, padded by 0.

    Rows without events are left out.
    """
    lengths = np.diff(events.indptr)
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    end = len(order)
    while end:  # the longest first: memory is at its highest at once, and not after minutes
        longest = int(lengths[order[end - 1]])
        alike = end - int(np.searchsorted(lengths[order], ALIKE * longest))
        count = min(max(CELLS // (size * max(longest, size)), 1), alike)
        chosen = np.sort(order[end - count : end])
        cells = events.indptr[chosen][:, None] + np.arange(longest)
        there = np.arange(longest) < lengths[chosen][:, None]
        cells[~there] = 0
        weights = np.where(there, events.data[cells], 0).astype(np.float32)
        yield chosen, events.indices[cells].astype(np.int64), weights
        end -= count
