"""Training: from the sources to a stored, deployed model."""

from __future__ import annotations

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
from mmsql.models.base import EpochLog, Fitted
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
        A text encoder, remembered in the file; by default the one it has.
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
    sources.check_sources(con)
    rejects = sources.reject_unusable(con)
    modelstore.adopt_id_types(con)
    text_encoder = choose_encoder(con, encoder)
    message = "As asked."
    if algorithm == AUTO:
        algorithm, message = _best(con, configs, text_encoder)
    config = configs[algorithm]
    with prepare(con, seed=config.seed) as dataset:
        content = read_content(dataset, text_encoder)
        model = modelstore.begin(con, algorithm, config, text_encoder.name)
        try:
            fitted = find_model(algorithm).fit(
                dataset, content, config, lambda row: modelstore.log_epoch(con, model, row)
            )
            save_fitted(con, model, dataset, content, fitted, deploy)
        except BaseException as error:
            modelstore.fail(con, model, error)
            raise
        return TrainResult(
            model=model,
            algorithm=algorithm,
            users=dataset.users,
            items=dataset.items,
            events=dataset.events,
            encoded=content.encoded,
            rejects=rejects,
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


def save_fitted(
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


def _best(
    con: duckdb.DuckDBPyConnection, configs: dict[str, ModelConfig], encoder: Encoder
) -> tuple[str, str]:
    """Try every family on each user's last item and return the best, with a line that says why."""
    seed = next(iter(configs.values())).seed
    try:
        with split(con, "leave_last_out", seed=seed) as dataset:
            content = read_content(dataset, encoder)
            figures = {
                name: validation_ndcg(dataset, find_model(name).fit(dataset, content, config, _quiet))
                for name, config in configs.items()
            }
    except SourceError:
        return "graph", "graph, unchecked: no user has two different items to compare the families on."
    best = max(figures, key=lambda name: figures[name])
    listed = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
    return best, f"{best} has the best NDCG@10 on each user's last item ({listed})."


def _quiet(row: EpochLog) -> None:
    """Log nothing: what is tried for comparison has no model row."""
