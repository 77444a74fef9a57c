"""mmsql: a multimodal recommender that lives inside a DuckDB file, trained and asked in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mmsql.errors import MmsqlError

if TYPE_CHECKING:
    from mmsql.connection import connect

__version__ = "0.1.0"
__all__ = ["MmsqlError", "__version__", "connect"]


def __getattr__(name: str) -> Any:
    """Load DuckDB with the first use of ``connect``, so that ``mmsql --help`` answers at once."""
    if name == "connect":
        from mmsql.connection import connect

        return connect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
