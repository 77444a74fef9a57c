"""The item graph: :class:`~mmsql.models.graph.model.Graph`. Importing it does not load torch."""

from __future__ import annotations

from mmsql.models.graph.model import Graph

__all__ = ["Graph"]
