"""Training: from the sources to a stored, deployed model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import duckdb
import pyarrow as pa

from mmsql import modelstore, sources
from mmsql.config import ALGORITHM_CONFIGS, ALGORITHMS, AUTO, ModelConfig, configure, option_names
from mmsql.content import Content, read_content
from mmsql.dataset import Dataset, prepare
from mmsql.encoders import Encoder
from mmsql.encoders.chosen import choose_encoder
from mmsql.errors import OptionError, SourceError, unknown_option
from mmsql.models.base import Fitted, no_log
from mmsql.models.registry import find_model
from mmsql.scoring import rank_all, validation_ndcg
from mmsql.splits import split

STORED_DEPTH = 20  # length of the precomputed lists
AUTO_CANDIDATES = ("popularity", "graph", "fusion")


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What ``CALL train()`` answers, one row.

    Attributes
    ----------
    model, algorithm : str
        Name of the version, and what it is.
    users, items, events : int
        Trained on, the catalog's items included that have no event.
    encoded : int
        Texts that had to be encoded; the others came from the cache.
    rejects : int
        Rows of the sources that could not be used; see ``mmsql.rejects``.
    seconds : float
        Wall time.
    message : str
        In one line, what was decided and why.
    """

    model: str
    algorithm: str
    users: int
    items: int
    events: int
    encoded: int
    rejects: int
    seconds: float
    message: str


@modelstore.one_at_a_time
def train(
    con: duckdb.DuckDBPyConnection,
    algorithm: str = AUTO,
    *,
    encoder: str | None = None,
    deploy: bool = True,
    options: dict[str, Any] | None = None,
) -> TrainResult:
    """Train a model on everything in the sources, store it, and let it serve.

    A run that fails or is killed leaves the deployed model as it was.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.
    algorithm : str
        One of :data:`~mmsql.config.ALGORITHMS`. ``auto`` tries the families on a validation split and
        trains the best on everything.
    encoder : str, optional
        A text encoder, the file's own from the moment the model serves; by default the one it has.
    deploy : bool
        Whether the model serves from now on.
    options : dict, optional
        Options of the algorithm, such as ``epochs``; None stands for the default.

    Raises
    ------
    OptionError, SourceError, EncoderError
        When an option, a source or the encoder is not usable.
    """
    started = perf_counter()
    configs = configs_for(algorithm, options or {})
    if not isinstance(deploy, bool):
        raise OptionError(f"deploy must be true or false; {deploy!r} was given.")
    rejects = _prepare_sources(con)
    if not deploy:
        modelstore.check_id_types(con)
    text_encoder = choose_encoder(con, encoder)
    message = "As asked."
    if algorithm == AUTO:
        algorithm, message = _best(con, configs, text_encoder)
    run = Run(algorithm=algorithm, config=configs[algorithm], encoder=text_encoder, deploy=deploy, rejects=rejects)

    def fit(dataset: Dataset, content: Content, model: str) -> Fitted:
        return find_model(algorithm).fit(
            dataset, content, run.config, lambda row: modelstore.log_epoch(con, model, row)
        )

    return _run(con, run, fit, started, message)


@modelstore.one_at_a_time
def refresh(con: duckdb.DuckDBPyConnection) -> TrainResult:
    """Bring the deployed model up to date with the sources, with its configuration, as a new version.

    What can be counted is counted again; a deep model keeps its weights and embeds items and users again,
    items it has never seen from their content. Texts that are in the cache are not encoded again.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.

    Raises
    ------
    ModelError
        When no model is deployed.
    SourceError
        When a source is not usable, or ids are of another type than the model's.
    """
    started = perf_counter()
    record = modelstore.find(con, None)
    rejects = _prepare_sources(con)
    modelstore.check_id_types(con)
    run = Run(
        algorithm=record.algorithm,
        config=modelstore.config_of(record),
        encoder=choose_encoder(con, record.encoder),
        rejects=rejects,
    )
    weights = modelstore.load_weights(con, record.model)

    def update(dataset: Dataset, content: Content, model: str) -> Fitted:  # noqa: ARG001
        known = modelstore.known_items(con, record.model, dataset)
        return find_model(run.algorithm).update(dataset, content, run.config, weights, known)

    return _run(con, run, update, started, f"{record.model} brought up to date.")


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run is to make, once everything is chosen."""

    algorithm: str
    config: ModelConfig
    encoder: Encoder
    rejects: int
    deploy: bool = True


def _prepare_sources(con: duckdb.DuckDBPyConnection) -> int:
    sources.check_sources(con)
    return sources.reject_unusable(con)


def _run(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    fit: Callable[[Dataset, Content, str], Fitted],
    started: float,
    message: str,
) -> TrainResult:
    """Read the sources, fit, and store; a failure is written to the model's row."""
    with prepare(con, seed=run.config.seed) as dataset:
        content = read_content(dataset, run.encoder)
        model = modelstore.begin(con, run.algorithm, run.config, run.encoder)
        try:
            _save(con, model, dataset, content, fit(dataset, content, model), run.deploy)
        except BaseException as error:
            modelstore.fail(con, model, error)
            raise
        return TrainResult(
            model=model,
            algorithm=run.algorithm,
            users=dataset.users,
            items=dataset.items,
            events=dataset.events,
            encoded=content.encoded,
            rejects=run.rejects,
            seconds=round(perf_counter() - started, 2),
            message=message,
        )


def configs_for(algorithm: str, options: dict[str, Any]) -> dict[str, ModelConfig]:
    """Make the configurations of an algorithm, or of all that ``auto`` tries.

    Raises
    ------
    OptionError
        When the algorithm or an option is unknown, or a value not allowed.
    """
    if algorithm not in ALGORITHMS:
        raise unknown_option("algorithm", algorithm, ALGORITHMS, "Type algorithm := 'auto' to have it chosen.")
    if algorithm != AUTO:
        return {algorithm: configure(ALGORITHM_CONFIGS[algorithm], options, algorithm)}
    known = option_names(*(ALGORITHM_CONFIGS[name] for name in AUTO_CANDIDATES))
    for name in options:
        if name not in known:
            raise unknown_option("option of auto:", name, sorted(known))
    configs = {}
    for name in AUTO_CANDIDATES:
        names = option_names(ALGORITHM_CONFIGS[name])
        own = {key: value for key, value in options.items() if key in names}
        configs[name] = configure(ALGORITHM_CONFIGS[name], own, name)
    return configs


def _save(
    con: duckdb.DuckDBPyConnection, model: str, dataset: Dataset, content: Content, fitted: Fitted, deploy: bool
) -> None:
    """Rank for every user and store the model with its lists."""
    blocks = [ranked.to_arrow() for ranked in rank_all(dataset, fitted, STORED_DEPTH)]
    modelstore.save(
        con,
        model,
        dataset,
        fitted,
        text_vectors=content.pooled(),
        recommendations=pa.concat_tables(blocks),
        deploy_it=deploy,
    )


def _best(con: duckdb.DuckDBPyConnection, configs: dict[str, ModelConfig], encoder: Encoder) -> tuple[str, str]:
    """Try every family on each user's last item and return the best, with a line that says why."""
    seed = next(iter(configs.values())).seed
    try:
        with split(con, "leave_last_out", seed=seed) as dataset:
            content = read_content(dataset, encoder)
            figures = {
                name: validation_ndcg(dataset, find_model(name).fit(dataset, content, config, no_log))
                for name, config in configs.items()
            }
    except SourceError:
        return "graph", "graph, unchecked: no user has two different items to compare the families on."
    best = max(figures, key=lambda name: figures[name])
    listed = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
    return best, f"{best} has the best NDCG@10 on each user's last item ({listed})."
