"""Bins of numbers: their bounds, and the membership of a number in them."""

from __future__ import annotations

import math

import numpy as np

BINS = 8  # quantiles into which a number with more different values is cut
MIN_GAP = 1e-290  # smaller gaps between numbers are not rounded


def bounds_of(lowest: float | None, quantiles: list[float], second: float | None) -> tuple[float, ...]:
    """Return the bounds between bins: the quantiles above the lowest value, rounded down.

    Parameters
    ----------
    lowest : float, optional
        The lowest value.
    quantiles : list of float
        The ``BINS`` − 1 quantiles at equal shares.
    second : float, optional
        The second-lowest value. It is the only bound where nearly all rows have the lowest value.
    """
    if lowest is None:
        return ()
    bounds = sorted({bound for bound in quantiles if bound > lowest})
    if not bounds and second is not None:
        bounds = [second]
    return round_down(lowest, bounds)


def round_down(lowest: float, bounds: list[float]) -> tuple[float, ...]:
    """Round ascending numbers down to 1, 2 or 5 times a power of ten, by less than half the gap to a neighbor.

    A few new rows then seldom move a bound, so that a bin keeps its name and its weights in a model.

    >>> round_down(7, [21, 25, 36, 51.7])
    (20.0, 24.0, 35.0, 50.0)
    """
    rounded = []
    for before, bound, after in zip([lowest, *bounds], bounds, [*bounds[1:], math.inf], strict=False):
        half = min(bound - before, after - bound) / 2
        down = bound
        if MIN_GAP < half < math.inf:
            power = math.floor(math.log10(half))
            step = max((digit * 10.0**power for digit in (1, 2, 5) if digit * 10.0**power <= half), default=half)
            down = round(math.floor(bound / step) * step, max(0, -power))
        rounded.append(float(down if before < down <= bound else bound))
    return tuple(rounded)


def memberships(
    numbers: np.ndarray, bounds: tuple[float, ...], step: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the memberships of each number in its own bin and in the nearest other one.

    They make near numbers similar. The membership is 1 for a number in the middle of a bin and ½ in both bins at a
    bound, and linear between: the triangular partition of fuzzy sets (Ruspini, A new approach to clustering,
    Information and Control 15, 1969). Bins have equal shares of the rows, so that prices over several powers of ten
    need no logarithm. The outer bins have no end: a number in them has membership 1 once it is as far from the bound
    as the middle of the next bin.

    Parameters
    ----------
    numbers : ndarray, float64, (rows,)
        Finite.
    bounds : tuple of float
        The bounds between bins, ascending; at least one.
    step : float
        The distance of neighboring values: 1 for whole numbers, so that a bound lies between two of them.

    Returns
    -------
    own : ndarray, int64, (rows,)
        The bin of each number, from 0.
    other : ndarray, int64, (rows,)
        The nearest other bin.
    share : ndarray, float64, (rows,)
        Membership in the other bin, from 0 to 0.5; the membership in the own bin is 1 − share.

    Examples
    --------
    >>> own, other, share = memberships(np.array([25.0, 20.0, 28.0]), (20.0, 30.0, 40.0))
    >>> own.tolist(), other.tolist(), [round(float(part), 2) for part in share]
    ([1, 1, 1], [2, 0, 2], [0.0, 0.5, 0.3])
    """
    edges = np.asarray(bounds, dtype=np.float64)
    own = np.searchsorted(edges, numbers, side="right")
    with np.errstate(over="ignore", invalid="ignore"):
        widths = np.diff(edges) if len(edges) > 1 else np.maximum(np.abs(edges), 1)
        low = np.concatenate([edges[:1] - widths[0], edges])[own]
        high = np.concatenate([edges, edges[-1:] + widths[-1]])[own]
        offset = np.clip((numbers + step / 2 - low) / (high - low), 0, 1)
    offset = np.nan_to_num(offset, nan=0.5)
    offset = np.where(own == 0, np.maximum(offset, 0.5), offset)
    offset = np.where(own == len(edges), np.minimum(offset, 0.5), offset)
    upward = (offset > 0.5) | ((offset == 0.5) & (own < len(edges)))
    return own, np.where(upward, own + 1, own - 1), np.abs(offset - 0.5)
