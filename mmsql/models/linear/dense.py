"""The linear item–item model: EASE, pulled towards what content says, in closed form.

With X (users × items) the events, B (items × items) is found by

    min ‖X − X B‖² + (1 − s)·ρ·‖B‖² + s·ρ·‖B − S‖²   with  diag(B) = 0,

where ρ is the regularisation, s the share of it that pulls towards S, and S is the same model of the content
features F (items × size) in the place of X: min ‖Fᵀ − Fᵀ S‖² + φ·‖S‖², diag(S) = 0. With P = (XᵀX + ρI)⁻¹

    B = sρ·P S − P·diag((1 + sρ·diag(P S)) / diag(P))    off the diagonal.

s = 0 is EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019); S as a regulariser is L3AE
(Moon, Park & Lee, "LLM-enhanced linear autoencoders for recommendation", CIKM 2025): its λ = (1 − s)·ρ, β = s·ρ.
A user's score for item i is Σ_j X_uj B_ji, so B_ji is the weight of an edge from j to i.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from scipy.linalg import lapack

from mmsql.data.content import Content
from mmsql.errors import OptionError
from mmsql.models.edges import Edges, joined, scaled, strongest, strongest_of_block
from mmsql.models.linear.prior import Prior
from mmsql.models.linear.sparse import sparse_weights
from mmsql.models.threads import few_threads

DENSE_ITEMS = 15_000  # up to here in closed form: the one matrix of items × items is 0.9 GB
CONTENT_REGULARIZATION = 1.0  # φ, where each modality's rows are of length 1
FEATURE_SIZE = 256  # columns a modality is reduced to
OVERSAMPLING = 16
ITERATIONS = 4
BLOCK_CELLS = 1 << 24  # numbers held at a time


def linear_edges(
    interactions: sp.csr_matrix,
    features: np.ndarray | None = None,
    *,
    regularization: float,
    content_weight: float = 0.0,
    neighbors: int = 200,
    dense_items: int = DENSE_ITEMS,
) -> Edges:
    """Find the strongest positive weights of the linear model.

    In closed form up to ``dense_items`` items: items³ multiplications, one float32 matrix of items × items. Beyond,
    the weights towards an item are those of its most similar co-occurring items alone, which grows with the number
    of items; see :func:`~mmsql.models.linear.sparse.sparse_weights`. No edge then enters an item without events.

    Parameters
    ----------
    interactions : scipy.sparse.csr_matrix, (users, items)
        Weights of events, not negative.
    features : ndarray, float32, (items, size), optional
        Of :func:`content_features`.
    regularization : float
        ρ, above 0, on the scale of users an item.
    content_weight : float
        s, from 0 to 1; does nothing without features.
    neighbors : int
        Edges kept an item that they leave. Negative weights are not kept.
    dense_items : int
        Catalog size up to which the closed form is used.

    Raises
    ------
    OptionError
        When the regularisation is too small for the matrix to be inverted in float32.
    """
    with few_threads(interactions.shape[1]):
        prior = content_prior(features) if features is not None and content_weight > 0 else None
        if interactions.shape[1] > dense_items:
            weights = sparse_weights(interactions, prior, regularization, content_weight)
            return scaled(strongest(weights, neighbors))
        blocks = closed_form(interactions, prior, regularization, content_weight)
        return scaled(joined([strongest_of_block(weights, start, neighbors) for start, weights in blocks]))


def content_features(content: Content, size: int = FEATURE_SIZE) -> np.ndarray | None:
    """Put the modalities beside each other: features whose inner products are the sum of their cosines.

    Returns
    -------
    ndarray, float32, (items, at most size × modalities), optional
        Modalities wider than ``size`` are reduced to their leading singular vectors. None without content.
    """
    found = []
    for vectors in (content.comment, content.text, content.image, content.attribute):
        if vectors is None or not vectors.shape[1]:
            continue
        if size < min(vectors.shape):
            vectors = _reduced(vectors, size)
        found.append(np.asarray(sp.csr_matrix(vectors).todense() if sp.issparse(vectors) else vectors))
    return np.concatenate(found, axis=1).astype(np.float32) if found else None


def _reduced(vectors: np.ndarray | sp.csr_matrix, size: int) -> np.ndarray:
    """Project rows on their leading singular vectors."""
    return np.asarray(vectors @ leading_directions(vectors, size))


def leading_directions(vectors: np.ndarray | sp.csr_matrix, size: int) -> np.ndarray:
    """Find the leading right singular vectors by subspace iteration (Halko et al., 2011).

    Unlike Lanczos, it gives the same answer each time, and one at all, where there are fewer than ``size``.

    Parameters
    ----------
    vectors : ndarray or scipy.sparse.csr_matrix, float32, (rows, width)
    size : int
        How many are wanted.

    Returns
    -------
    ndarray, float32, (width, at most size)
        The strongest first.
    """
    width = min(size + OVERSAMPLING, *vectors.shape)
    basis = np.random.default_rng(0).standard_normal((vectors.shape[1], width), dtype=np.float32)
    with few_threads(0):
        for _ in range(ITERATIONS - 1):  # LU spans the same as QR, in a fraction of the time
            basis = scipy.linalg.lu(vectors.T @ (vectors @ basis), permute_l=True, check_finite=False)[0]
        basis = np.linalg.qr(vectors.T @ (vectors @ basis))[0]
        projected = np.asarray(vectors @ basis)
        values, inner = np.linalg.eigh(projected.T @ projected)
        return np.asarray(basis @ inner[:, np.argsort(-values, kind="stable")[:size]])


def content_prior(features: np.ndarray, regularization: float = CONTENT_REGULARIZATION) -> Prior:
    """Solve the model of content features in closed form, without a matrix of items × items.

    By Woodbury's identity (FFᵀ + φI)⁻¹ = (I − F M Fᵀ) / φ with M = (FᵀF + φI)⁻¹, so that
    S_ij = (F M Fᵀ)_ij / (1 − h_j) with h = diag(F M Fᵀ).

    Parameters
    ----------
    features : ndarray, float32, (items, size)
        Zero rows for items without content, which then have no weights.
    regularization : float
        φ, above 0.
    """
    if features.shape[1] > len(features):  # the same inner products, in fewer columns
        values, vectors = np.linalg.eigh(features @ features.T)
        features = vectors * np.sqrt(np.maximum(values, 0))
    exact = features.astype(np.float64)
    inverse = np.linalg.inv(exact.T @ exact + regularization * np.eye(features.shape[1]))
    turned = exact @ inverse
    leverage = np.einsum("ij,ij->i", exact, turned)
    rest = np.maximum(1 - leverage, np.finfo(np.float32).eps)
    return Prior(
        left=features.astype(np.float32),
        right=(turned / rest[:, None]).astype(np.float32),
        diagonal=(leverage / rest).astype(np.float32),
    )


def closed_form(
    interactions: sp.csr_matrix, prior: Prior | None, regularization: float, content_weight: float
) -> Iterator[tuple[int, np.ndarray]]:
    """Solve the model exactly.

    Parameters
    ----------
    interactions, regularization, content_weight
        As of :func:`linear_edges`.
    prior : Prior, optional
        Of :func:`content_prior`.

    Yields
    ------
    int, ndarray of float32, (rows, items)
        Where a block of rows of B begins, and the block.
    """
    inverse = _inverse(interactions, regularization)
    diagonal = inverse.diagonal().copy()
    pull = content_weight * regularization
    factor = -1 / diagonal
    if prior is not None:
        towards = inverse @ prior.left
        own = np.einsum("ij,ij->i", towards, prior.right) - diagonal * prior.diagonal
        factor = -pull * prior.diagonal - (1 + pull * own) / diagonal
    items = len(inverse)
    step = max(BLOCK_CELLS // max(items, 1), 1)
    for start in range(0, items, step):
        weights = inverse[start : start + step] * factor
        if prior is not None:
            weights += pull * (towards[start : start + step] @ prior.right.T)
        weights[np.arange(len(weights)), np.arange(start, start + len(weights))] = 0
        yield start, weights


def _inverse(interactions: sp.csr_matrix, regularization: float) -> np.ndarray:
    """Invert XᵀX + ρI by Cholesky, in the place of the one dense matrix: float32, (items, items)."""
    counts = interactions.astype(np.float32)
    gram: np.ndarray = sp.csr_matrix(counts.T @ counts).toarray()
    gram[np.diag_indices_from(gram)] += np.float32(regularization)
    # The transpose of a symmetric matrix in rows is itself in columns: LAPACK need not copy it.
    upper, failed = lapack.spotrf(gram.T, lower=0, clean=0, overwrite_a=1)
    if not failed:
        upper, failed = lapack.spotri(upper, lower=0, overwrite_c=1)
    if failed:
        raise OptionError(
            f"regularization := {regularization:g} is too small for these events: their item matrix cannot be "
            f"inverted. Type regularization := {10 * regularization:g}, or more."
        )
    found = upper.T  # its lower triangle is filled
    step = max(BLOCK_CELLS // max(len(found), 1), 1)
    for start in range(0, len(found), step):
        end = start + step
        own = found[start:end, start:end]
        own[:] = np.tril(own) + np.tril(own, -1).T
        found[start:end, end:] = found[end:, start:end].T
    return found
