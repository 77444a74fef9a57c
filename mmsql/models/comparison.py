"""Comparison of two models on the same users: a difference counts when it is above its standard error."""

from __future__ import annotations

import numpy as np


def surely_better(gain: np.ndarray, standard_errors: float) -> bool:
    """Tell whether the mean of some differences is above 0 by more than chance.

    Parameters
    ----------
    gain : ndarray, float64, (users,)
        Difference of a metric for each user, or for each pair of texts.
    standard_errors : float
        Standard errors of the mean (the standard deviation over √n) that the mean must be above 0.

    Returns
    -------
    bool
        False for fewer than two differences, of which there is no standard error.
    """
    return len(gain) > 1 and bool(gain.mean() > standard_errors * gain.std() / np.sqrt(len(gain)))
