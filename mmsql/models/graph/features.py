"""What is known about items, as one vector an item: the product of two says how alike the items are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from mmsql.data.content import Content, unit_rows

WIDEST = 1000  # numbers an item: of more, texts and images keep some directions, and attributes are hashed
DIRECTIONS = 128  # that they keep
SAMPLED = 500  # items that tell the directions
LEAST_HOLDERS = 2  # items that have an attribute value which is to say anything about others
FLAT = 1e-9  # a modality whose vectors vary less tells nothing apart
TINY = 1e-6  # of the largest squared singular value: smaller ones are rounding

Vectors: TypeAlias = Any  # ndarray or scipy.sparse.csr_matrix, float32, (items, size)


class Features:
    """Joins the modalities of a catalog into one vector an item, each scaled by how much it is to count.

    Text vectors are whitened first, by their covariance shrunk half-way towards a multiple of the identity: most of
    what embeddings of long texts have in common tells nothing apart (Mu & Viswanath, All-but-the-Top: Simple and
    effective postprocessing for word representations, ICLR 2018). Image vectors are only centered: they are so long
    that few catalogs have the items to tell their covariance. So are those of words, whose weak directions are noise.
    Where all modalities together are wider than ``WIDEST``, texts and images are brought down to their ``DIRECTIONS``
    principal directions first, and attributes are hashed to the width that is left, which keeps products on average
    (Weinberger et al., Feature hashing for large scale multitask learning, ICML 2009).

    Parameters
    ----------
    content : Content
        Of the catalog.
    learned_from : ndarray, int, (known,)
        The items that say what is usual.
    weigh : callable
        Given these items' vectors of each modality, a list of (known, size), the weights of their products:
        float, (modalities,), not negative, of sum 1.

    Attributes
    ----------
    described : ndarray, bool, (items,)
        Whether anything is known about an item.
    """

    def __init__(
        self, content: Content, learned_from: np.ndarray, weigh: Callable[[list[Vectors]], np.ndarray]
    ) -> None:
        there = (content.comment, content.text, content.words, content.image, content.attribute)
        self.vectors: list[Vectors] = [vectors for vectors in there if vectors is not None]
        known = [vectors[learned_from] for vectors in self.vectors]
        plain = (content.words, content.image)
        self.forms = _forms(known, [all(vectors is not each for each in plain) for vectors in self.vectors])
        own = [form(part) for form, part in zip(self.forms, known, strict=True)]
        self.shares = np.sqrt(weigh(own)).astype(np.float32)
        self.described = np.any([_filled(vectors) for vectors in self.vectors], axis=0)

    def of(self, items: np.ndarray) -> np.ndarray:
        """Return the vectors of some items, at most of length 1: float32, (items, size).

        A modality of weight 0 is left out.
        """
        parts = []
        for vectors, form, share in zip(self.vectors, self.forms, self.shares, strict=True):
            if share:
                part = form(vectors[items])
                parts.append(share * (part.toarray() if sp.issparse(part) else part))
        return np.asarray(np.hstack(parts), dtype=np.float32)


def principal(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return squared singular values, rising, and right singular vectors, (values,) and (size, values), above 0."""
    wide = features.shape[1] > len(features)
    square = features @ features.T if wide else features.T @ features
    power, vectors = np.linalg.eigh(square)
    kept = power > TINY * max(float(power.max(initial=0)), TINY)
    power, vectors = power[kept], vectors[:, kept]
    return power, (features.T @ vectors) / np.sqrt(power) if wide else vectors


def _filled(vectors: Vectors) -> np.ndarray:
    return np.asarray(np.diff(vectors.indptr) > 0 if sp.issparse(vectors) else np.any(vectors != 0, axis=1))


def _forms(known: list[Vectors], whitened: list[bool]) -> list[Callable[[Vectors], Vectors]]:
    """Return, for each modality, what makes features of its rows."""
    telling = {place: _telling(part) for place, part in enumerate(known) if sp.issparse(part)}
    sizes = [len(telling[place]) if place in telling else part.shape[1] for place, part in enumerate(known)]
    few = sum(sizes) <= WIDEST
    dense = [size if few else min(size, DIRECTIONS) for place, size in enumerate(sizes) if place not in telling]
    return [
        _holding(telling[place], max(WIDEST - sum(dense), 1))
        if place in telling
        else _apart(part[_filled(part)], dense[place], whiten)
        for place, (part, whiten) in enumerate(zip(known, whitened, strict=True))
    ]


def _telling(attributes: sp.csr_matrix) -> np.ndarray:
    return np.flatnonzero(np.bincount(attributes.indices, minlength=attributes.shape[1]) >= LEAST_HOLDERS)


def _holding(telling: np.ndarray, width: int) -> Callable[[sp.csr_matrix], sp.csr_matrix]:
    """Return what takes the columns that tell something, each added to one of ``width`` where they are more."""
    if len(telling) <= width:
        return lambda rows: rows[:, telling]
    rng = np.random.default_rng(0)
    signs, places = rng.choice(np.array([-1, 1], np.float32), len(telling)), rng.integers(0, width, len(telling))
    hashed = sp.csr_matrix((signs, (np.arange(len(telling)), places)), shape=(len(telling), width))
    return lambda rows: rows[:, telling] @ hashed


def _apart(known: np.ndarray, directions: int, whiten: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Return what centers rows, turns them to principal directions, whitens them and scales them to length 1."""
    mean = known.mean(axis=0) if len(known) else np.zeros(known.shape[1], np.float32)
    basis = None
    if directions < known.shape[1]:
        sample = known[np.sort(np.random.default_rng(0).permutation(len(known))[:SAMPLED])]
        basis = principal(sample - mean)[1][:, -directions:]
    apart = _turned(known - mean, basis)
    if not apart.size or float((apart**2).mean()) < FLAT:
        return lambda rows: np.zeros((len(rows), directions), np.float32)
    root = _root(apart) if whiten else None

    def formed(rows: np.ndarray) -> np.ndarray:
        turned = _turned(np.where(_filled(rows)[:, None], rows - mean, 0), basis)
        return unit_rows(turned if root is None else scipy.linalg.solve_triangular(root, turned.T, lower=True).T)

    return formed


def _turned(rows: np.ndarray, basis: np.ndarray | None) -> np.ndarray:
    return rows if basis is None else rows @ basis


def _root(apart: np.ndarray) -> np.ndarray:
    """Return the Cholesky factor of the covariance, shrunk half-way towards a multiple of the identity."""
    size = apart.shape[1]
    covariance = apart.T @ apart / len(apart)
    return np.linalg.cholesky(covariance + np.trace(covariance) / size * np.eye(size, dtype=np.float32))
