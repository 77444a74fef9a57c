"""The fusion model: :class:`~mmsql.models.fusion.model.Fusion`. Importing it does not load torch."""

from __future__ import annotations

from mmsql.models.fusion.model import Fusion

__all__ = ["Fusion"]
