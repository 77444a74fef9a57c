"""Configurations of training, evaluation and tuning, one module a family."""

from __future__ import annotations

from mmsql.config.base import DEVICES, Config, ModelConfig, configure, option_names, restore
from mmsql.config.blend import BlendConfig
from mmsql.config.evaluation import SPLITS, EvaluationConfig
from mmsql.config.factors import IalsConfig, JmfConfig, MvmfConfig
from mmsql.config.finetuning import FINETUNINGS, TextConfig
from mmsql.config.fusion import BEHAVIOR_ENCODERS, DIVERSITIES, FusionConfig
from mmsql.config.graph import GraphConfig
from mmsql.config.linear import EaseConfig
from mmsql.config.popularity import PopularityConfig
from mmsql.config.tuning import TuningConfig

__all__ = [
    "ALGORITHMS",
    "ALGORITHM_CONFIGS",
    "AUTO",
    "BEHAVIOR_ENCODERS",
    "DEVICES",
    "DIVERSITIES",
    "FINETUNINGS",
    "SPLITS",
    "BlendConfig",
    "Config",
    "EaseConfig",
    "EvaluationConfig",
    "FusionConfig",
    "GraphConfig",
    "IalsConfig",
    "JmfConfig",
    "ModelConfig",
    "MvmfConfig",
    "PopularityConfig",
    "TextConfig",
    "TuningConfig",
    "configure",
    "option_names",
    "restore",
]

ALGORITHM_CONFIGS: dict[str, type[ModelConfig]] = {
    "popularity": PopularityConfig,
    "graph": GraphConfig,
    "fusion": FusionConfig,
    "blend": BlendConfig,
    "ease": EaseConfig,
    "ials": IalsConfig,
    "jmf": JmfConfig,
    "mvmf": MvmfConfig,
}
AUTO = "auto"
ALGORITHMS = (AUTO, *ALGORITHM_CONFIGS)
