"""All algorithms, in one tuple."""

from __future__ import annotations

from mmsql.config import ALGORITHM_CONFIGS
from mmsql.errors import unknown_option
from mmsql.models.base import Model
from mmsql.models.blend import Blend
from mmsql.models.factors.algorithms import Ials, Jmf, Mvmf
from mmsql.models.fusion import Fusion
from mmsql.models.graph import Graph
from mmsql.models.linear.ease import Ease
from mmsql.models.popularity import Popularity

MODELS: tuple[Model, ...] = (Popularity(), Graph(), Fusion(), Blend(), Ease(), Ials(), Jmf(), Mvmf())


def find_model(algorithm: str) -> Model:
    """Return an algorithm by name.

    Raises
    ------
    OptionError
        When there is none of that name.
    """
    for model in MODELS:
        if model.name == algorithm:
            return model
    raise unknown_option("algorithm", algorithm, ALGORITHM_CONFIGS)
