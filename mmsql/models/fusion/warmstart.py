"""Initial id embeddings from the spectrum of item co-occurrence."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mmsql.models.fusion.batches import Sequences

WINDOW = 10  # maximum distance, in positions, of two items that count as a pair
DECAY = 0.8  # weight of a pair relative to a pair that is one position closer
OVERSAMPLING = 16
ITERATIONS = 6


def nearby_pairs(sequences: Sequences) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of items that are near each other in a history.

    Returns
    -------
    first, second : ndarray, int64, (pairs,)
        Item indices, one pair per occurrence.
    weight : ndarray, float32, (pairs,)
        Weight that decays with the distance, divided by the square root of the history's length.
    """
    counts = np.diff(sequences.offsets)
    owner = np.repeat(np.arange(len(counts)), counts)
    first, second, weight = [], [], []
    for distance in range(1, min(WINDOW, int(counts.max(initial=0)) - 1) + 1):
        same = owner[distance:] == owner[:-distance]
        first.append(sequences.items[:-distance][same])
        second.append(sequences.items[distance:][same])
        weight.append(DECAY ** (distance - 1) / np.sqrt(counts[owner[distance:][same]]))
    if not first:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    return np.concatenate(first), np.concatenate(second), np.concatenate(weight).astype(np.float32)


def spectral_vectors(sequences: Sequences, items: int, size: int, seed: int) -> np.ndarray:
    """Return item vectors whose inner products approximate the normalised co-occurrence of items.

    They are the leading eigenvectors of D^-½ A D^-½, each scaled by the square root of its eigenvalue. The method is
    randomised subspace iteration (Halko, Martinsson & Tropp, 2011).

    Parameters
    ----------
    sequences : Sequences
        Training histories.
    items : int
        Number of items in the catalog.
    size : int
        Width of the vectors.
    seed : int
        Seed of the random start.

    Returns
    -------
    ndarray, float32, (items, size)
        Scaled so that the root mean square of the nonzero values is 1; zero rows for items without a pair.
    """
    first, second, weight = nearby_pairs(sequences)
    adjacency = sp.csr_matrix((weight, (first, second)), shape=(items, items), dtype=np.float32)
    adjacency = adjacency + adjacency.T
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    scale = sp.diags(np.divide(1, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0))
    adjacency = sp.csr_matrix(scale @ adjacency @ scale)
    width = min(size + OVERSAMPLING, items)
    basis = adjacency @ np.random.default_rng(seed).standard_normal((items, width)).astype(np.float32)
    for _ in range(ITERATIONS):
        basis = adjacency @ np.linalg.qr(basis)[0]
    basis = np.linalg.qr(basis)[0]
    values, inner = np.linalg.eigh(basis.T @ (adjacency @ basis))
    best = np.argsort(-values)[:size]
    vectors = np.zeros((items, size), np.float32)
    vectors[:, : len(best)] = (basis @ inner[:, best]) * np.sqrt(np.maximum(values[best], 0))
    vectors[degree == 0] = 0
    level = np.sqrt(np.square(vectors).sum() / max(np.count_nonzero(vectors), 1))
    return vectors / np.float32(max(level, 1e-12))
