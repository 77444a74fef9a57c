"""Which items a step looks at, where the catalogue is too large to look at all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sample:
    """The items of one step.

    Attributes
    ----------
    rows : ndarray, int64, (sampled,)
        Item indices, rising: candidates and the items that histories hold.
    candidates : ndarray, int64, (candidates,)
        Places in ``rows`` of what the softmax goes over.
    correction : ndarray, float32, (candidates,)
        Logarithm of each candidate's chance of being one.
    drawn : ndarray, bool, (candidates,)
        Which of them were drawn evenly; the others are wanted by the batch.
    """

    rows: np.ndarray
    candidates: np.ndarray
    correction: np.ndarray
    drawn: np.ndarray


def draw_sample(
    inputs: np.ndarray, targets: np.ndarray, shares: np.ndarray, negatives: int, random: np.random.Generator
) -> Sample:
    """Take a batch's own targets, shared by all its predictions, and items drawn evenly from the catalogue.

    Parameters
    ----------
    inputs : ndarray, int64, (any,)
        Item indices that the histories of the batch hold.
    targets : ndarray, int64, (predictions,)
        Item indices wanted.
    shares : ndarray, float64, (items,)
        Each item's share of all targets.
    negatives : int
        Even draws.
    random : numpy.random.Generator
        Draws them.
    """
    drawn = random.integers(0, len(shares), negatives)
    candidates = np.unique(np.concatenate([targets, drawn]))
    rows = np.union1d(candidates, inputs)
    missed = np.log1p(-np.minimum(shares[candidates], 1 - 1e-9)) * len(targets)
    missed += np.log1p(-1 / max(len(shares), 2)) * negatives
    correction = np.log(-np.expm1(missed)).astype(np.float32)
    return Sample(rows, np.searchsorted(rows, candidates), correction, np.isin(candidates, drawn))
