"""The deep model: :class:`~mmsql.models.fusion.model.Fusion`. Importing it loads no torch."""

from __future__ import annotations

from mmsql.models.fusion.model import Fusion

__all__ = ["Fusion"]
