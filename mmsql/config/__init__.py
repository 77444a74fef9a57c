"""Configuration of training and evaluation, one file a family."""

from __future__ import annotations

from mmsql.config.base import DEVICES, Config, ModelConfig, configure, option_names, restore
from mmsql.config.classic import PopularityConfig
from mmsql.config.evaluation import SPLITS, EvaluationConfig
from mmsql.config.fusion import BEHAVIOR_ENCODERS, DIVERSITIES, FusionConfig
from mmsql.config.graph import GraphConfig

__all__ = [
    "ALGORITHMS",
    "ALGORITHM_CONFIGS",
    "AUTO",
    "BEHAVIOR_ENCODERS",
    "DEVICES",
    "DIVERSITIES",
    "SPLITS",
    "Config",
    "EvaluationConfig",
    "FusionConfig",
    "GraphConfig",
    "ModelConfig",
    "PopularityConfig",
    "configure",
    "option_names",
    "restore",
]

ALGORITHM_CONFIGS: dict[str, type[ModelConfig]] = {
    "popularity": PopularityConfig,
    "graph": GraphConfig,
    "fusion": FusionConfig,
}
AUTO = "auto"
ALGORITHMS = (AUTO, *ALGORITHM_CONFIGS)
