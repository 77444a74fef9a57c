"""What is known about items, as one vector an item: the product of two says how alike the items are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from mmsql.content import Content, unit_rows

WIDEST = 1000  # numbers an item: of more, each is added to one of so many, with a sign drawn for it
LEAST_HOLDERS = 2  # items that have an attribute value which is to say anything about others
FLAT = 1e-9  # a modality whose vectors vary less tells nothing apart

Vectors: TypeAlias = Any  # ndarray or scipy.sparse.csr_matrix, float32, (items, size)


class Features:
    """Joins the modalities of a catalog into one vector an item, scaled by how far each can be trusted.

    Text and image vectors are whitened first, by their covariance shrunk half-way towards a multiple of the identity:
    most of what embeddings of long texts have in common tells nothing apart (Mu & Viswanath, All-but-the-Top: Simple
    and effective postprocessing for word representations, ICLR 2018). Where all modalities together are wider than
    ``WIDEST``, they are hashed to that width, which keeps products on average (Weinberger et al., Feature hashing for
    large scale multitask learning, ICML 2009).

    Parameters
    ----------
    content : Content
        Of the catalog.
    learned_from : ndarray, int, (known,)
        The items that say what is usual.
    trust : callable
        Given a modality's vectors of these items, (known, size), how far it can be trusted: not negative.

    Attributes
    ----------
    described : ndarray, bool, (items,)
        Whether anything is known about an item.
    """

    def __init__(self, content: Content, learned_from: np.ndarray, trust: Callable[[Vectors], np.float32]) -> None:
        there = (content.comment, content.text, content.image, content.attribute)
        self.vectors: list[Vectors] = [vectors for vectors in there if vectors is not None]
        self.forms = [_form(vectors, learned_from) for vectors in self.vectors]
        own = [form(vectors[learned_from]) for form, vectors in zip(self.forms, self.vectors, strict=True)]
        trusts = np.array([trust(part) for part in own] if len(own) > 1 else [1.0] * len(own), np.float32)
        self.shares = np.sqrt(trusts / trusts.sum() if trusts.any() else np.full(len(own), 1 / len(own), np.float32))
        self.hashes = _hashes([part.shape[1] for part in own])
        self.described = np.any([_filled(vectors) for vectors in self.vectors], axis=0)

    def of(self, items: np.ndarray) -> np.ndarray:
        """Return the vectors of some items, at most of length 1: float32, (items, size)."""
        parts = []
        for vectors, form, share, hashed in zip(self.vectors, self.forms, self.shares, self.hashes, strict=True):
            part = form(vectors[items])
            part = part if hashed is None else part @ hashed
            parts.append(share * (part.toarray() if sp.issparse(part) else part))
        joined = np.hstack(parts) if self.hashes[0] is None else np.sum(parts, axis=0)
        return np.asarray(joined, dtype=np.float32)


def _filled(vectors: Vectors) -> np.ndarray:
    return np.asarray(np.diff(vectors.indptr) > 0 if sp.issparse(vectors) else np.any(vectors != 0, axis=1))


def _form(vectors: Vectors, learned_from: np.ndarray) -> Callable[[Vectors], Vectors]:
    """Return what makes features of rows of a modality."""
    known = vectors[learned_from]
    if sp.issparse(known):
        telling = np.flatnonzero(np.bincount(known.indices, minlength=known.shape[1]) >= LEAST_HOLDERS)
        return lambda rows: rows[:, telling]
    return _whitening(known[_filled(known)])


def _whitening(known: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return what centers rows, divides them by the shrunk covariance and scales them to length 1; zeros stay."""
    size = known.shape[1]
    mean = known.mean(axis=0) if len(known) else np.zeros(size, np.float32)
    apart = known - mean
    covariance = apart.T @ apart / max(len(known), 1)
    usual = np.trace(covariance) / size
    if usual < FLAT:
        return lambda rows: np.zeros_like(rows)
    root = np.linalg.cholesky(covariance + usual * np.eye(size, dtype=np.float32))

    def whitened(rows: np.ndarray) -> np.ndarray:
        centered = np.where(_filled(rows)[:, None], rows - mean, 0)
        return unit_rows(scipy.linalg.solve_triangular(root, centered.T, lower=True).T)

    return whitened


def _hashes(sizes: list[int]) -> list[sp.csr_matrix | None]:
    """Return, for each modality, what its numbers are added up by; None for all where they are few enough."""
    if sum(sizes) <= WIDEST:
        return [None] * len(sizes)
    rng = np.random.default_rng(0)
    return [
        sp.csr_matrix(
            (rng.choice(np.array([-1, 1], np.float32), size), (np.arange(size), rng.integers(0, WIDEST, size))),
            shape=(size, WIDEST),
        )
        for size in sizes
    ]
