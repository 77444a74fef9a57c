"""Features of items from all modalities: one vector per item, whose inner products are similarities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from mmsql.data.content import Content, unit_rows

MAX_WIDTH = 1000  # maximum width of the features; wider modalities are projected or hashed
DIRECTIONS = 128  # principal directions that a projected modality keeps
MAX_SAMPLED = 500  # items that the principal directions are computed from
MIN_HOLDERS = 2  # attribute values with fewer items are dropped, because they say nothing about other items
MIN_VARIANCE = 1e-9  # a modality with a smaller variance becomes zero
RELATIVE_TOLERANCE = 1e-6  # smaller squared singular values, relative to the largest, are rounding errors

Vectors: TypeAlias = Any  # ndarray or scipy.sparse.csr_matrix, float32, (items, size)


class Features:
    """Combines the modalities of a catalog into one vector per item, each scaled by its weight.

    Text vectors are whitened by their covariance, which is shrunk half-way towards a multiple of the identity. The
    reason is that embeddings of long texts share large components that do not distinguish items (Mu & Viswanath,
    All-but-the-Top: Simple and effective postprocessing for word representations, ICLR 2018). Image vectors are only
    centered, because few catalogs have enough items to estimate their covariance. Word vectors are only centered
    too, because their weak directions are noise.

    If all modalities together are wider than ``MAX_WIDTH``, texts and images are first projected on their
    ``DIRECTIONS`` principal directions. Attributes are hashed to the remaining width, which preserves inner products
    in expectation (Weinberger et al., Feature hashing for large scale multitask learning, ICML 2009).

    Parameters
    ----------
    content : Content
        Content of the catalog.
    training_items : ndarray, int, (known,)
        Items that means, directions and covariances are estimated on.
    choose_weights : callable
        Maps the vectors of these items in each modality, a list of (known, size), to the weights of the modalities:
        float, (modalities,), not negative, with sum 1.

    Attributes
    ----------
    described : ndarray, bool, (items,)
        True for items with content in any modality.
    """

    def __init__(
        self, content: Content, training_items: np.ndarray, choose_weights: Callable[[list[Vectors]], np.ndarray]
    ) -> None:
        modalities = (content.comment, content.text, content.words, content.image, content.attribute)
        self.vectors: list[Vectors] = [vectors for vectors in modalities if vectors is not None]
        known = [vectors[training_items] for vectors in self.vectors]
        not_whitened = (content.words, content.image)
        self.transforms = _transforms(
            known, [all(vectors is not each for each in not_whitened) for vectors in self.vectors]
        )
        own = [transform(part) for transform, part in zip(self.transforms, known, strict=True)]
        self.scales = np.sqrt(choose_weights(own)).astype(np.float32)
        self.described = np.any([_filled(vectors) for vectors in self.vectors], axis=0)

    def of(self, items: np.ndarray) -> np.ndarray:
        """Return the vectors of some items: float32, (items, size), with length at most 1.

        Modalities with weight 0 are left out.
        """
        parts = []
        for vectors, transform, scale in zip(self.vectors, self.transforms, self.scales, strict=True):
            if scale:
                part = transform(vectors[items])
                parts.append(scale * (part.toarray() if sp.issparse(part) else part))
        return np.asarray(np.hstack(parts), dtype=np.float32)


def principal(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the positive squared singular values, ascending, and the right singular vectors: (size, values)."""
    wide = features.shape[1] > len(features)
    square = features @ features.T if wide else features.T @ features
    power, vectors = np.linalg.eigh(square)
    kept = power > RELATIVE_TOLERANCE * max(float(power.max(initial=0)), RELATIVE_TOLERANCE)
    power, vectors = power[kept], vectors[:, kept]
    return power, (features.T @ vectors) / np.sqrt(power) if wide else vectors


def _filled(vectors: Vectors) -> np.ndarray:
    return np.asarray(np.diff(vectors.indptr) > 0 if sp.issparse(vectors) else np.any(vectors != 0, axis=1))


def _transforms(known: list[Vectors], whitened: list[bool]) -> list[Callable[[Vectors], Vectors]]:
    """Return a function for each modality that converts its rows to features."""
    informative = {index: _informative_columns(part) for index, part in enumerate(known) if sp.issparse(part)}
    sizes = [len(informative[index]) if index in informative else part.shape[1] for index, part in enumerate(known)]
    few = sum(sizes) <= MAX_WIDTH
    dense = [size if few else min(size, DIRECTIONS) for index, size in enumerate(sizes) if index not in informative]
    return [
        _column_selection(informative[index], max(MAX_WIDTH - sum(dense), 1))
        if index in informative
        else _dense_transform(part[_filled(part)], dense[index], whiten)
        for index, (part, whiten) in enumerate(zip(known, whitened, strict=True))
    ]


def _informative_columns(attributes: sp.csr_matrix) -> np.ndarray:
    return np.flatnonzero(np.bincount(attributes.indices, minlength=attributes.shape[1]) >= MIN_HOLDERS)


def _column_selection(informative: np.ndarray, width: int) -> Callable[[sp.csr_matrix], sp.csr_matrix]:
    """Return a function that selects the informative columns and hashes them to ``width`` if there are more."""
    if len(informative) <= width:
        return lambda rows: rows[:, informative]
    rng = np.random.default_rng(0)
    signs, columns = (
        rng.choice(np.array([-1, 1], np.float32), len(informative)),
        rng.integers(0, width, len(informative)),
    )
    hashed = sp.csr_matrix((signs, (np.arange(len(informative)), columns)), shape=(len(informative), width))
    return lambda rows: rows[:, informative] @ hashed


def _dense_transform(known: np.ndarray, directions: int, whiten: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that centers rows, projects them, whitens them and scales them to length 1."""
    mean = known.mean(axis=0) if len(known) else np.zeros(known.shape[1], np.float32)
    basis = None
    if directions < known.shape[1]:
        sample = known[np.sort(np.random.default_rng(0).permutation(len(known))[:MAX_SAMPLED])]
        basis = principal(sample - mean)[1][:, -directions:]
    centered = _project(known - mean, basis)
    if not centered.size or float((centered**2).mean()) < MIN_VARIANCE:
        return lambda rows: np.zeros((len(rows), directions), np.float32)
    root = _covariance_root(centered) if whiten else None

    def transformed(rows: np.ndarray) -> np.ndarray:
        projected = _project(np.where(_filled(rows)[:, None], rows - mean, 0), basis)
        return unit_rows(
            projected if root is None else scipy.linalg.solve_triangular(root, projected.T, lower=True).T
        )

    return transformed


def _project(rows: np.ndarray, basis: np.ndarray | None) -> np.ndarray:
    return rows if basis is None else rows @ basis


def _covariance_root(centered: np.ndarray) -> np.ndarray:
    """Return the Cholesky factor of the covariance, shrunk half-way towards a multiple of the identity."""
    size = centered.shape[1]
    covariance = centered.T @ centered / len(centered)
    return np.linalg.cholesky(covariance + np.trace(covariance) / size * np.eye(size, dtype=np.float32))
