"""Numbers as bins: where they are cut, and how much a number is in each."""

from __future__ import annotations

import math

import numpy as np

BINS = 8  # quantiles a number is cut into, once it has more different values than that
MINUTE = 1e-290  # gaps of numbers below it are not worth rounding


def bounds_of(lowest: float | None, quantiles: list[float], second: float | None) -> tuple[float, ...]:
    """Return where bins meet: quantiles, rounded down, all above the lowest value.

    Parameters
    ----------
    lowest : float, optional
        The lowest value.
    quantiles : list of float
        The values at each of ``BINS`` equal shares.
    second : float, optional
        The lowest value but one: where nearly all rows have the lowest, the others are the second bin.
    """
    if lowest is None:
        return ()
    bounds = sorted({bound for bound in quantiles if bound > lowest})
    if not bounds and second is not None:
        bounds = [second]
    return round_down(lowest, bounds)


def round_down(lowest: float, bounds: list[float]) -> tuple[float, ...]:
    """Round rising numbers down to 1, 2 or 5 times a power of ten, by less than half the gap to a neighbour.

    So a few new rows seldom move a bound: a bin keeps its name, and what a model knows of it.

    >>> round_down(7, [21, 25, 36, 51.7])
    (20.0, 24.0, 35.0, 50.0)
    """
    rounded = []
    for before, bound, after in zip([lowest, *bounds], bounds, [*bounds[1:], math.inf], strict=False):
        half = min(bound - before, after - bound) / 2
        down = bound
        if MINUTE < half < math.inf:
            power = math.floor(math.log10(half))
            step = max((digit * 10.0**power for digit in (1, 2, 5) if digit * 10.0**power <= half), default=half)
            down = round(math.floor(bound / step) * step, max(0, -power))
        rounded.append(float(down if before < down <= bound else bound))
    return tuple(rounded)


def memberships(
    numbers: np.ndarray, bounds: tuple[float, ...], step: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Say how much each number is in its bin and in the bin next to it, so that near numbers are alike.

    A number in the middle of a bin is in that bin alone, one where two bins meet is in both by half, and in
    between it goes over evenly: the triangular partition of fuzzy sets (Ruspini, A new approach to clustering,
    Information and Control 15, 1969). Middles are in the scale of the bins' widths, which are quantiles, so that
    prices over several powers of ten need no logarithm. The outer bins have no end: there, a number is alone in its
    bin once it is as far from the bound as the middle of the bin on the other side.

    Parameters
    ----------
    numbers : ndarray, float64, (rows,)
        Finite.
    bounds : tuple of float
        Where bins meet, rising; at least one.
    step : float
        How far apart values are, so that the middle of the years 1994 and 1995 is between these two.

    Returns
    -------
    own : ndarray, int64, (rows,)
        The bin of each number, from 0.
    other : ndarray, int64, (rows,)
        The bin next to it that is nearer.
    share : ndarray, float64, (rows,)
        How much it is in the other, from 0 to .5; in its own it is by the rest.

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
        place = np.clip((numbers + step / 2 - low) / (high - low), 0, 1)
    place = np.nan_to_num(place, nan=0.5)
    place = np.where(own == 0, np.maximum(place, 0.5), place)
    place = np.where(own == len(edges), np.minimum(place, 0.5), place)
    upward = (place > 0.5) | ((place == 0.5) & (own < len(edges)))
    return own, np.where(upward, own + 1, own - 1), np.abs(place - 0.5)
