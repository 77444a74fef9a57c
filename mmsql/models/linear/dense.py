"""The linear item–item model in closed form: EASE, regularised towards content.

X (users × items) are the events. B (items × items) is the solution of

    min ‖X − X B‖² + (1 − s)·ρ·‖B‖² + s·ρ·‖B − S‖²   with  diag(B) = 0,

ρ is the regularisation, and s is its share towards S. S is the same model with the content features F (items × size)
instead of X: min ‖Fᵀ − Fᵀ S‖² + φ·‖S‖², diag(S) = 0. With P = (XᵀX + ρI)⁻¹,

    B = sρ·P S − P·diag((1 + sρ·diag(P S)) / diag(P))    off the diagonal.

s = 0 is EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019). S as a regulariser is L3AE
(Moon, Park & Lee, "LLM-enhanced linear autoencoders for recommendation", CIKM 2025), with λ = (1 − s)·ρ and β = s·ρ.
A user's score for item i is Σ_j X_uj B_ji, so B_ji is the weight of the edge from j to i.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from scipy.linalg import lapack

from mmsql import interrupts
from mmsql.data.content import Content
from mmsql.errors import OptionError
from mmsql.models.edges import Edges, concatenate, scaled, top_neighbors, top_neighbors_of_block
from mmsql.models.linear.prior import Prior
from mmsql.models.linear.sparse import sparse_weights
from mmsql.models.threads import few_threads

DENSE_ITEMS = 15_000  # largest catalog for the closed form; its one matrix of items × items then takes 0.9 GB
CONTENT_REGULARIZATION = 1.0  # φ; the rows of each modality have length 1
FEATURE_SIZE = 256  # maximum number of columns of a modality
OVERSAMPLING = 16
ITERATIONS = 4
BLOCK_CELLS = 1 << 24  # number of cells in memory at once


def linear_edges(
    interactions: sp.csr_matrix,
    features: np.ndarray | None = None,
    *,
    regularization: float,
    content_weight: float = 0.0,
    neighbors: int = 200,
    dense_items: int = DENSE_ITEMS,
) -> Edges:
    """Return the largest positive weights of the linear model as edges.

    Up to ``dense_items`` items, the closed form is used: items³ multiplications and one float32 matrix of
    items × items. For larger catalogs, the weights towards an item are solved among its most similar co-occurring
    items only; see :func:`~mmsql.models.linear.sparse.sparse_weights`. The work then grows linearly with the number
    of items, and no edge enters an item without events.

    Parameters
    ----------
    interactions : scipy.sparse.csr_matrix, (users, items)
        Weights of the events, not negative.
    features : ndarray, float32, (items, size), optional
        Result of :func:`content_features`.
    regularization : float
        ρ, above 0, on the scale of users per item.
    content_weight : float
        s, from 0 to 1. Ignored without features.
    neighbors : int
        Maximum number of edges that leave an item. Negative weights are dropped.
    dense_items : int
        Largest catalog for the closed form.

    Raises
    ------
    OptionError
        If the regularisation is too small to invert the matrix in float32.
    """
    with few_threads(interactions.shape[1]):
        prior = content_prior(features) if features is not None and content_weight > 0 else None
        if interactions.shape[1] > dense_items:
            weights = sparse_weights(interactions, prior, regularization, content_weight)
            return scaled(top_neighbors(weights, neighbors))
        blocks = closed_form(interactions, prior, regularization, content_weight)
        return scaled(concatenate([top_neighbors_of_block(weights, start, neighbors) for start, weights in blocks]))


def content_features(content: Content, size: int = FEATURE_SIZE) -> np.ndarray | None:
    """Concatenate the modalities, so that inner products are the sum of the cosines over the modalities.

    Returns
    -------
    ndarray, float32, (items, at most size × modalities), optional
        Modalities wider than ``size`` are projected on their leading singular vectors. None without content.
    """
    found = []
    for vectors in (content.comment, content.text, content.image, content.attribute):
        if vectors is None or not vectors.shape[1]:
            continue
        if size < min(vectors.shape):
            vectors = _reduce(vectors, size)
        found.append(np.asarray(sp.csr_matrix(vectors).todense() if sp.issparse(vectors) else vectors))
    return np.concatenate(found, axis=1).astype(np.float32) if found else None


def _reduce(vectors: np.ndarray | sp.csr_matrix, size: int) -> np.ndarray:
    """Project rows on their leading singular vectors."""
    return np.asarray(vectors @ leading_directions(vectors, size))


def leading_directions(vectors: np.ndarray | sp.csr_matrix, size: int) -> np.ndarray:
    """Return the leading right singular vectors, by subspace iteration (Halko et al., 2011).

    Unlike the Lanczos method, it is deterministic and works if the rank is below ``size``.

    Parameters
    ----------
    vectors : ndarray or scipy.sparse.csr_matrix, float32, (rows, width)
    size : int
        Number of singular vectors.

    Returns
    -------
    ndarray, float32, (width, at most size)
        Ordered by singular value, largest first.
    """
    width = min(size + OVERSAMPLING, *vectors.shape)
    basis = np.random.default_rng(0).standard_normal((vectors.shape[1], width), dtype=np.float32)
    with few_threads(0):
        for _ in range(ITERATIONS - 1):  # LU spans the same space as QR and is several times faster
            basis = scipy.linalg.lu(vectors.T @ (vectors @ basis), permute_l=True, check_finite=False)[0]
        basis = np.linalg.qr(vectors.T @ (vectors @ basis))[0]
        projected = np.asarray(vectors @ basis)
        values, inner = np.linalg.eigh(projected.T @ projected)
        return np.asarray(basis @ inner[:, np.argsort(-values, kind="stable")[:size]])


def content_prior(features: np.ndarray, regularization: float = CONTENT_REGULARIZATION) -> Prior:
    """Solve the model of the content features in closed form, without a matrix of items × items.

    By Woodbury's identity, (FFᵀ + φI)⁻¹ = (I − F M Fᵀ) / φ with M = (FᵀF + φI)⁻¹. So
    S_ij = (F M Fᵀ)_ij / (1 − h_j) with h = diag(F M Fᵀ).

    Parameters
    ----------
    features : ndarray, float32, (items, size)
        Zero rows for items without content; their weights are 0.
    regularization : float
        φ, above 0.
    """
    if features.shape[1] > len(features):  # reduce the columns and keep the inner products
        values, vectors = np.linalg.eigh(features @ features.T)
        features = vectors * np.sqrt(np.maximum(values, 0))
    exact = features.astype(np.float64)
    inverse = np.linalg.inv(exact.T @ exact + regularization * np.eye(features.shape[1]))
    projected = exact @ inverse
    leverage = np.einsum("ij,ij->i", exact, projected)
    rest = np.maximum(1 - leverage, np.finfo(np.float32).eps)
    return Prior(
        left=features.astype(np.float32),
        right=(projected / rest[:, None]).astype(np.float32),
        diagonal=(leverage / rest).astype(np.float32),
    )


def closed_form(
    interactions: sp.csr_matrix, prior: Prior | None, regularization: float, content_weight: float
) -> Iterator[tuple[int, np.ndarray]]:
    """Solve the model exactly.

    Parameters
    ----------
    interactions, regularization, content_weight
        As in :func:`linear_edges`.
    prior : Prior, optional
        Result of :func:`content_prior`.

    Yields
    ------
    int, ndarray of float32, (rows, items)
        Index of the first row of a block of B, and the block.
    """
    inverse = _inverse(interactions, regularization)
    diagonal = inverse.diagonal().copy()
    pull = content_weight * regularization
    factor = -1 / diagonal
    if prior is not None:
        inverse_times_left = inverse @ prior.left
        product_diagonal = np.einsum("ij,ij->i", inverse_times_left, prior.right) - diagonal * prior.diagonal
        factor = -pull * prior.diagonal - (1 + pull * product_diagonal) / diagonal
    items = len(inverse)
    step = max(BLOCK_CELLS // max(items, 1), 1)
    for start in range(0, items, step):
        interrupts.check()
        weights = inverse[start : start + step] * factor
        if prior is not None:
            weights += pull * (inverse_times_left[start : start + step] @ prior.right.T)
        weights[np.arange(len(weights)), np.arange(start, start + len(weights))] = 0
        yield start, weights


def _inverse(interactions: sp.csr_matrix, regularization: float) -> np.ndarray:
    """Invert XᵀX + ρI in place by Cholesky decomposition: float32, (items, items)."""
    counts = interactions.astype(np.float32)
    gram: np.ndarray = sp.csr_matrix(counts.T @ counts).toarray()
    gram[np.diag_indices_from(gram)] += np.float32(regularization)
    # A symmetric matrix in row order is the same matrix in column order, so LAPACK makes no copy.
    upper, failed = lapack.spotrf(gram.T, lower=0, clean=0, overwrite_a=1)
    if not failed:
        upper, failed = lapack.spotri(upper, lower=0, overwrite_c=1)
    if failed:
        raise OptionError(
            f"regularization := {regularization:g} is too small for these events: their item matrix cannot be "
            f"inverted. Type regularization := {10 * regularization:g}, or more."
        )
    found = upper.T  # only its lower triangle is valid
    step = max(BLOCK_CELLS // max(len(found), 1), 1)
    for start in range(0, len(found), step):
        interrupts.check()
        end = start + step
        block = found[start:end, start:end]
        block[:] = np.tril(block) + np.tril(block, -1).T
        found[start:end, end:] = found[end:, start:end].T
    return found
