"""Choosing what to train: options by each model's own search, the family by what users did last."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmsql.attributes import AttributeSchema
from mmsql.config import (
    ALGORITHM_CONFIGS,
    ALGORITHMS,
    AUTO,
    BlendConfig,
    FusionConfig,
    GraphConfig,
    ModelConfig,
    PopularityConfig,
    configure,
)
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import Dataset, Holdout
from mmsql.data.splits import hold_out_last
from mmsql.encoders.base import Encoder
from mmsql.encoders.images import ImageEncoder
from mmsql.errors import unknown_option
from mmsql.models.base import FittedModel, Run, SearchResult
from mmsql.models.blend import Blend
from mmsql.models.comparison import surely_better
from mmsql.models.graph.search import continued
from mmsql.models.linear.dense import DENSE_ITEMS
from mmsql.models.registry import find_model
from mmsql.models.scoring import holdout_ranks, ndcg_gains

EVENTS_A_SECOND = 3000.0  # that a deep model is trained on at the least, on one core
FEWEST_EPOCHS = 4  # that make a deep model worth its time
LINEAR_SECONDS = 600.0  # that auto must have to try the linear model on a catalog as large as its closed form takes
REFIT_SHARE = 0.03  # of the events: a deep model is not trained again for a smaller holdout
FEWEST_COMPARED = 100  # users with a new event, to compare two models by these only
STANDARD_ERRORS = 0.5  # by which the blend must be better than the better of its members


@dataclass(frozen=True)
class Choice:
    """The model to train.

    Attributes
    ----------
    algorithm : str
        Its algorithm.
    config : ModelConfig
        Its options, all chosen.
    message : str
        In one line, what was decided and why.
    fitted : FittedModel, optional
        The model of these options without the holdout, where that is as good as one with it.
    figures : dict of str to float
        NDCG@10 on the holdout, by algorithm.
    """

    algorithm: str
    config: ModelConfig
    message: str
    fitted: FittedModel | None = None
    figures: dict[str, float] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Deployed:
    """The recipe of the model that serves.

    Attributes
    ----------
    model, algorithm, config
        Its name, algorithm and options.
    compared : bool
        Whether what is trained is to serve only if it is as good on the same held-out events.
    updated : callable, optional
        Brings the model that serves up to date with a dataset, to be compared. By default a model of its options is
        trained.
    """

    model: str
    algorithm: str
    config: ModelConfig
    compared: bool
    updated: Callable[[Dataset], FittedModel] | None = None


def config_for(algorithm: str, options: dict[str, object]) -> ModelConfig:
    """Make the configuration of an algorithm; ``auto`` has that of ``blend``, which has all its members' options.

    Raises
    ------
    OptionError
        When the algorithm or an option is unknown, or a value not allowed.
    """
    if algorithm not in ALGORITHMS:
        raise unknown_option("algorithm", algorithm, ALGORITHMS, "Type algorithm := 'auto' to have it chosen.")
    return configure(BlendConfig if algorithm == AUTO else ALGORITHM_CONFIGS[algorithm], options, algorithm)


def choose(
    dataset: Dataset,
    encoder: Encoder,
    algorithm: str,
    config: ModelConfig,
    run: Run,
    deployed: Deployed | None = None,
    images: ImageEncoder | None = None,
    schema: AttributeSchema | None = None,
) -> Choice:
    """Choose the options of an algorithm, or for ``auto`` the algorithm, by the last events of users.

    Parameters
    ----------
    dataset : Dataset
        The training data; they are as before afterwards.
    encoder : Encoder
        For texts; those of comments on held-out events are left out.
    algorithm : str
        One of :data:`~mmsql.config.ALGORITHMS`.
    config : ModelConfig
        Of :func:`config_for`.
    run : Run
        Logs epochs.
    deployed : Deployed, optional
        Where the search for options of the graph begins, and what ``auto`` compares the best with if it is to serve.
    images : ImageEncoder, optional
        For pictures, which are left out without it.
    schema : AttributeSchema, optional
        How attributes are read; by default as the tables look today.
    """
    compared = deployed is not None and deployed.compared
    if algorithm != AUTO and not compared and not find_model(algorithm).searches(config):
        return Choice(algorithm, config, "As asked.")
    with hold_out_last(dataset, seed=config.seed) as (part, holdout):
        if not len(holdout.users):
            return _unchecked(algorithm, config)
        content = read_content(part, encoder, images, schema)
        config = _begin(algorithm, config, deployed, part.items)
        if algorithm == AUTO:
            assert isinstance(config, BlendConfig)
            choice = _best(part, content, config, holdout, run, deployed)
        else:
            choice = _searched(part, content, algorithm, config, holdout, run)
            if deployed is not None and compared:
                choice = _measured(part, content, choice, deployed, holdout, run)
    if len(holdout.users) > REFIT_SHARE * dataset.events:
        return dataclasses.replace(choice, fitted=None)
    return choice


def fit(dataset: Dataset, content: Content, choice: Choice, run: Run) -> FittedModel:
    """Train what was chosen on everything.

    A deep model that was trained on nearly everything while choosing keeps its weights, and embeds items and users
    with their whole histories.
    """
    model = find_model(choice.algorithm)
    if choice.fitted is not None and choice.fitted.weights:
        known = np.arange(dataset.items)
        return model.update(dataset, content, choice.config, choice.fitted.weights, known)
    return model.fit(dataset, content, choice.config, run)


def _unchecked(algorithm: str, config: ModelConfig) -> Choice:
    if algorithm != AUTO:
        return Choice(algorithm, config, "As asked; no user has two different items to choose options by.")
    assert isinstance(config, BlendConfig)
    return Choice(
        "graph", config.graph, "graph, unchecked: no user has two different items to compare the families on."
    )


def _begin(algorithm: str, config: ModelConfig, deployed: Deployed | None, items: int) -> ModelConfig:
    """Return where the search is to begin: for the graph at the options that the deployed model's search found."""
    if isinstance(config, BlendConfig):
        graph = config.graph
        linear = algorithm == AUTO and config.fusion.time_budget >= LINEAR_SECONDS
        if linear and "ease_items" not in graph.fixed:
            graph = dataclasses.replace(graph, ease_items=DENSE_ITEMS)
        return dataclasses.replace(config, graph=_continued(graph, deployed, items))
    return _continued(config, deployed, items) if isinstance(config, GraphConfig) else config


def _continued(config: GraphConfig, deployed: Deployed | None, items: int) -> GraphConfig:
    served = deployed.config if deployed is not None else None
    served = served.graph if isinstance(served, BlendConfig) else served
    return continued(config, served, items) if isinstance(served, GraphConfig) else config


def _searched(
    part: Dataset, content: Content, algorithm: str, config: ModelConfig, holdout: Holdout, run: Run
) -> Choice:
    found = find_model(algorithm).search(part, content, config, holdout, run)
    return Choice(algorithm, found.config, "As asked.", found.fitted)


def _measured(
    part: Dataset, content: Content, choice: Choice, deployed: Deployed, holdout: Holdout, run: Run
) -> Choice:
    """Add the figures of what was found and of what serves, on the held-out events that are new to the latter."""
    new = _new_events(part, deployed.model)
    fitted = choice.fitted or find_model(choice.algorithm).fit(part, content, choice.config, run)
    figures = {choice.algorithm: float(ndcg_gains(holdout_ranks(part, fitted, holdout))[new].mean())}
    if deployed.updated is not None:
        gains = ndcg_gains(holdout_ranks(part, deployed.updated(part), holdout))
        figures["deployed"] = float(gains[new].mean())
    else:
        figures["deployed"] = _of_deployed(part, content, deployed, holdout, run, figures)
    return dataclasses.replace(choice, figures=figures)


def _new_events(part: Dataset, model: str) -> np.ndarray:
    """Return which held-out events came after a model's user vectors: its weights have learned the others.

    All of them where the model has no vectors, or where fewer than ``FEWEST_COMPARED`` are new.
    """
    new = part.con.execute(
        "SELECT v.as_of IS NULL OR p.ts > v.as_of AS is_new FROM validation_pairs p "
        "LEFT JOIN mmsql.user_vectors v ON v.user_id = p.user_id AND v.model = ? ORDER BY p.user_index",
        [model],
    ).fetchnumpy()["is_new"]
    new = np.ma.filled(new, True).astype(bool)
    return new if new.sum() >= FEWEST_COMPARED else np.ones(len(new), bool)


def _best(
    part: Dataset,
    content: Content,
    config: BlendConfig,
    holdout: Holdout,
    run: Run,
    deployed: Deployed | None,
) -> Choice:
    """Try every family that the time allows, and return the best, with a line that says why."""
    budget = config.fusion.time_budget
    deep = part.events / EVENTS_A_SECOND * FEWEST_EPOCHS <= budget / 2
    found, figures = _families(part, content, config, holdout, run, deep)
    names = list(figures)
    best = max(names, key=lambda name: float(figures[name].mean()))
    if best == "blend" and not _blend_is_better(figures):
        best = max((name for name in names if name != "blend"), key=lambda name: float(figures[name].mean()))
    means = {name: float(values.mean()) for name, values in figures.items()}
    listed = ", ".join(f"{name} {value:.4f}" for name, value in means.items())
    message = f"{best} has the best NDCG@10 on each user's last item ({listed})."
    if not deep:
        message += f" The deep model was left out: it would take more than time_budget := {budget:g} allows."
    if deployed is not None and deployed.compared:
        means["deployed"] = _of_deployed(part, content, deployed, holdout, run, means)
    return Choice(best, _with_budget(found[best].config, budget), message, found[best].fitted, means)


def _families(
    part: Dataset, content: Content, config: BlendConfig, holdout: Holdout, run: Run, deep: bool
) -> tuple[dict[str, SearchResult], dict[str, np.ndarray]]:
    """Search in every family; return what was found, and NDCG@10 of every user held back, by family."""
    plain = PopularityConfig(seed=config.seed, history_length=config.history_length)
    found = {"popularity": SearchResult(plain)}
    figures = {"popularity": _gains(part, content, "popularity", plain, holdout, run)}
    if deep:
        half = dataclasses.replace(config.fusion, time_budget=config.fusion.time_budget / 2)
        members = Blend().members(part, content, dataclasses.replace(config, fusion=half), holdout, run)
        return found | members.found, figures | members.gains
    found["graph"] = find_model("graph").search(part, content, config.graph, holdout, run)
    figures["graph"] = _gains(part, content, "graph", found["graph"].config, holdout, run)
    return found, figures


def _gains(
    part: Dataset, content: Content, algorithm: str, config: ModelConfig, holdout: Holdout, run: Run
) -> np.ndarray:
    fitted = find_model(algorithm).fit(part, content, config, run)
    return ndcg_gains(holdout_ranks(part, fitted, holdout))


def _blend_is_better(figures: dict[str, np.ndarray]) -> bool:
    """Tell whether the blend is better than the better of its members by more than chance."""
    single = max((figures["graph"], figures["fusion"]), key=lambda values: float(values.mean()))
    return surely_better(figures["blend"] - single, STANDARD_ERRORS)


def _of_deployed(
    part: Dataset, content: Content, deployed: Deployed, holdout: Holdout, run: Run, means: dict[str, float]
) -> float:
    """Return the figure of the recipe that serves, trained on the same part; NaN where that would take too long.

    A deep recipe is not trained a second time: what was just tried is the same family with the options asked for.
    """
    if find_model(deployed.algorithm).is_deep:
        return means.get(deployed.algorithm, float("nan"))
    return float(_gains(part, content, deployed.algorithm, deployed.config, holdout, run).mean())


def _with_budget(config: ModelConfig, seconds: float) -> ModelConfig:
    """Give a configuration the time that was asked for, instead of the half that the search had."""
    if isinstance(config, BlendConfig):
        return dataclasses.replace(config, fusion=dataclasses.replace(config.fusion, time_budget=seconds))
    return dataclasses.replace(config, time_budget=seconds) if isinstance(config, FusionConfig) else config
