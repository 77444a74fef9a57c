"""Options of popularity."""

from __future__ import annotations

from dataclasses import dataclass

from mmsql.config.base import ModelConfig


@dataclass(frozen=True, kw_only=True)
class PopularityConfig(ModelConfig):
    """Options of ``popularity``, which has none of its own."""
