"""Options of ``blend``, the sum of the item graph and the deep model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from mmsql.config.base import ModelConfig, number, option_names, restore
from mmsql.config.fusion import FusionConfig
from mmsql.config.graph import GraphConfig


@dataclass(frozen=True, kw_only=True)
class BlendConfig(ModelConfig):
    """Options of ``blend``: its own, and those of ``graph`` and ``fusion``.

    Attributes
    ----------
    fusion_weight : float
        Factor of the score of the deep model beside that of the graph, on the same scale.
    graph : GraphConfig
        Options of the graph.
    fusion : FusionConfig
        Options of the deep model.
    """

    fusion_weight: float = number(0.5, 0, 1000)
    graph: GraphConfig = field(default_factory=GraphConfig, metadata={"internal": True})
    fusion: FusionConfig = field(default_factory=FusionConfig, metadata={"internal": True})

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, kind in (("graph", GraphConfig), ("fusion", FusionConfig)):
            stored = getattr(self, name)
            if isinstance(stored, dict):
                object.__setattr__(self, name, restore(kind, stored))

    @classmethod
    def options(cls) -> list[str]:
        """Return the names of its own options and those of its members, each once."""
        return list(dict.fromkeys([*super().options(), *option_names(GraphConfig, FusionConfig)]))

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Give each option to all members that have it."""
        names = super().options()
        own = {name: value for name, value in given.items() if name in names}
        return cls(
            **own,
            fixed=tuple(own),
            graph=GraphConfig.of({name: value for name, value in given.items() if name in GraphConfig.options()}),
            fusion=FusionConfig.of({name: value for name, value in given.items() if name in FusionConfig.options()}),
        )
