"""How many threads linear algebra takes."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

SMALL_ITEMS = 4000
LATE = ("torch", "sklearn")  # bring libraries with threads of their own, and may be loaded after the first look


def few_threads(items: int) -> AbstractContextManager[object]:
    """Give the products of a small catalog one thread; the context ends that.

    More gain little on matrices of up to ``SMALL_ITEMS`` rows, and on a busy machine they wait for each other in a
    spin, which was seen to cost thirty times what the work does.
    """
    libraries = _libraries(tuple(name for name in LATE if name in sys.modules))
    return libraries.limit(limits=1 if items <= SMALL_ITEMS else None)


@cache
def _libraries(loaded: tuple[str, ...]) -> ThreadpoolController:  # noqa: ARG001
    """Look for the libraries that are loaded: it takes as long as training a tiny shop."""
    return ThreadpoolController()
