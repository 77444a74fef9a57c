"""Samples the items of a training step from a large catalog."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sample:
    """The items of one step.

    Attributes
    ----------
    rows : ndarray, int64, (sampled,)
        Item indices in ascending order: the candidates and the items of the histories.
    candidates : ndarray, int64, (candidates,)
        Positions of the candidates in ``rows``.
    correction : ndarray, float32, (candidates,)
        Logarithm of the sampling probability of each candidate.
    drawn : ndarray, bool, (candidates,)
        True for candidates that were drawn uniformly; the others are targets of the batch.
    """

    rows: np.ndarray
    candidates: np.ndarray
    correction: np.ndarray
    drawn: np.ndarray


def draw_sample(
    inputs: np.ndarray, targets: np.ndarray, target_shares: np.ndarray, negatives: int, random: np.random.Generator
) -> Sample:
    """Return the targets of a batch and items drawn uniformly from the catalog. All predictions share them.

    Parameters
    ----------
    inputs : ndarray, int64, (any,)
        Item indices in the histories of the batch.
    targets : ndarray, int64, (predictions,)
        Item indices of the targets.
    target_shares : ndarray, float64, (items,)
        Relative frequency of each item among all targets.
    negatives : int
        Number of uniform draws.
    random : numpy.random.Generator
        Source of the draws.
    """
    drawn = random.integers(0, len(target_shares), negatives)
    candidates = np.unique(np.concatenate([targets, drawn]))
    rows = np.union1d(candidates, inputs)
    log_missed = np.log1p(-np.minimum(target_shares[candidates], 1 - 1e-9)) * len(targets)
    log_missed += np.log1p(-1 / max(len(target_shares), 2)) * negatives
    correction = np.log(-np.expm1(log_missed)).astype(np.float32)
    return Sample(rows, np.searchsorted(rows, candidates), correction, np.isin(candidates, drawn))
