"""Limits the threads of linear algebra libraries."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

SMALL_CATALOG = 4000  # rows
LAZY_LIBRARIES = ("torch", "sklearn")  # have thread pools of their own and are loaded late


def few_threads(items: int) -> AbstractContextManager[object]:
    """Return a context in which linear algebra on a small catalog uses one thread.

    Up to ``SMALL_CATALOG`` rows, more threads gain little. On a busy machine idle threads spin, which made the work
    thirty times slower in a measurement.
    """
    libraries = _libraries(tuple(name for name in LAZY_LIBRARIES if name in sys.modules))
    return libraries.limit(limits=1 if items <= SMALL_CATALOG else None)


@cache
def _libraries(loaded: tuple[str, ...]) -> ThreadpoolController:  # noqa: ARG001
    """Find the loaded libraries. The search takes as long as training a tiny dataset, so it is cached."""
    return ThreadpoolController()
