"""How many threads linear algebra takes."""

from __future__ import annotations

from threadpoolctl import threadpool_limits

SMALL_ITEMS = 4000


def few_threads(items: int) -> threadpool_limits:
    """Give the products of a small catalog one thread; the context ends that.

    More gain little on matrices of up to ``SMALL_ITEMS`` rows, and on a busy machine they wait for each other in a
    spin, which was seen to cost thirty times what the work does.
    """
    return threadpool_limits(1 if items <= SMALL_ITEMS else None)
