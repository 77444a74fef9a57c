"""The item–item weights of content, towards which a linear model is regularised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Prior:
    """Item–item weights of content: S = ``left`` @ ``right``ᵀ − diag(``diagonal``), 0 on the diagonal.

    Attributes
    ----------
    left, right : ndarray, float32, (items, size)
    diagonal : ndarray, float32, (items,)
    """

    left: np.ndarray
    right: np.ndarray
    diagonal: np.ndarray
