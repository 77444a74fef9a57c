"""Evaluation: train on the earlier part, rank the whole catalog, keep the lists for the metric macros."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmsql import modelstore, sources, sqlfiles, store
from mmsql.config import (
    ALGORITHM_CONFIGS,
    EvaluationConfig,
    ModelConfig,
    PopularityConfig,
    configure,
)
from mmsql.content import Content, read_content
from mmsql.dataset import Dataset
from mmsql.encoders.cache import vector_array
from mmsql.encoders.chosen import choose_encoder
from mmsql.errors import OptionError, unknown_option
from mmsql.models.base import Fitted, no_log
from mmsql.models.registry import find_model
from mmsql.scoring import rank_all
from mmsql.splits import split

LIST_DEPTH = 20  # lists are kept at least this long, so that metrics(k) can be asked for other k


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is evaluated: a model of the file trained again on less, or an algorithm."""

    label: str
    algorithm: str
    config: ModelConfig
    encoder: str | None = None


@modelstore.one_at_a_time
def evaluate(
    con: duckdb.DuckDBPyConnection,
    *,
    model: str | None = None,
    algorithm: str | None = None,
    config: EvaluationConfig | None = None,
    options: dict[str, Any] | None = None,
) -> str:
    """Evaluate on events kept back, and store what ``mmsql.metrics`` reads.

    The model of the file is not what is measured, since it has seen everything: its algorithm is trained
    again, with its configuration, on the earlier part only. Popularity is ranked beside it.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.
    model : str, optional
        A model of the file; by default the deployed one.
    algorithm : str, optional
        Evaluate this algorithm instead, with its defaults and ``options``.
    config : EvaluationConfig, optional
        The split, list length and seed.
    options : dict, optional
        Options of the algorithm that differ from the model's configuration.

    Returns
    -------
    str
        The label to give to ``mmsql.metrics``: the model's name, or the algorithm's.

    Raises
    ------
    OptionError, ModelError, SourceError
        When an option, the model or the sources are not usable.
    """
    chosen = config or EvaluationConfig()
    subject = _subject(con, model, algorithm, options or {})
    seeded = dataclasses.replace(subject.config, seed=chosen.seed)
    sources.check_sources(con)
    modelstore.check_id_types(con)
    started = perf_counter()
    with split(con, chosen.split, seed=chosen.seed, test_share=chosen.test_share) as dataset:
        content = read_content(dataset, choose_encoder(con, subject.encoder))
        lists = {subject.algorithm: _lists(dataset, content, subject.algorithm, seeded, chosen.k)}
        if subject.algorithm != "popularity":
            lists["popularity"] = _lists(dataset, content, "popularity", PopularityConfig(), chosen.k)
        with store.transaction(con):
            modelstore.adopt_id_types(con)
            _store(con, subject, chosen, dataset, content, lists, perf_counter() - started)
    return subject.label


def _subject(
    con: duckdb.DuckDBPyConnection, model: str | None, algorithm: str | None, options: dict[str, Any]
) -> Subject:
    if algorithm is not None:
        if model is not None:
            raise OptionError("Name a model or an algorithm to evaluate, not both.")
        if algorithm not in ALGORITHM_CONFIGS:
            raise unknown_option("algorithm", algorithm, ALGORITHM_CONFIGS)
        config = configure(ALGORITHM_CONFIGS[algorithm], options, algorithm)
        return Subject(label=algorithm, algorithm=algorithm, config=config)
    record = modelstore.find(con, model)
    return Subject(
        label=record.model,
        algorithm=record.algorithm,
        config=modelstore.config_of(record, options),
        encoder=record.encoder,
    )


def _lists(dataset: Dataset, content: Content, algorithm: str, config: ModelConfig, k: int) -> pa.Table:
    fitted: Fitted = find_model(algorithm).fit(dataset, content, config, no_log)
    users = dataset.con.execute(
        "SELECT DISTINCT u.user_index FROM kept_back k JOIN train_users u ON u.user_id = k.user_id "
        "ORDER BY u.user_index"
    ).fetchnumpy()["user_index"]
    blocks = [ranked.to_arrow() for ranked in rank_all(dataset, fitted, max(k, LIST_DEPTH), users)]
    return pa.concat_tables(blocks)


def _store(
    con: duckdb.DuckDBPyConnection,
    subject: Subject,
    config: EvaluationConfig,
    dataset: Dataset,
    content: Content,
    lists: dict[str, pa.Table],
    seconds: float,
) -> None:
    (number,) = con.execute("SELECT coalesce(max(e.evaluation), 0) + 1 FROM mmsql.evaluations e").fetchall()[0]
    _forget_same(con, subject.label, config.split)
    con.execute(
        "INSERT INTO mmsql.holdout SELECT ?, k.user_id, k.item_id, k.ts FROM kept_back k "
        "JOIN train_users u ON u.user_id = k.user_id",
        [number],
    )
    for algorithm, rows in lists.items():
        statement = sqlfiles.query("training", "insert_evaluation_lists")
        store.insert_rows(con, statement, rows, {"evaluation": number, "algorithm": algorithm})
    statement = sqlfiles.query("training", "insert_evaluation_items")
    store.insert_rows(con, statement, _item_rows(dataset, content), {"evaluation": number})
    con.execute(
        "INSERT INTO mmsql.evaluations "
        "SELECT ?, ?, ?, ?, ?, ?, count(DISTINCT h.user_id), ?, ?, ?, ?, now()::TIMESTAMP "
        "FROM mmsql.holdout h WHERE h.evaluation = ?",
        [
            number,
            subject.label,
            subject.algorithm,
            config.split,
            config.seed,
            max(config.k, LIST_DEPTH),
            dataset.items,
            dataset.users,
            dataset.events,
            seconds,
            number,
        ],
    )


def _forget_same(con: duckdb.DuckDBPyConnection, label: str, kind: str) -> None:
    """Drop the earlier evaluation of the same model on the same kind of split."""
    same = con.execute(
        "SELECT e.evaluation FROM mmsql.evaluations e WHERE e.model = ? AND e.split = ?", [label, kind]
    ).fetchall()
    for (number,) in same:
        for table in store.EVALUATION_TABLES:
            con.execute(f"DELETE FROM mmsql.{table} WHERE evaluation = ?", [number])


def _item_rows(dataset: Dataset, content: Content) -> pa.Table:
    index, vectors = np.arange(dataset.items, dtype=np.int32), content.pooled()
    rows = pa.table({"item_index": index, "events": dataset.item_counts()})
    if vectors is None:
        return rows.append_column("vector", pa.nulls(dataset.items, pa.list_(pa.float32())))
    missing = pa.array(np.abs(vectors).sum(axis=1) == 0)
    column = pa.compute.if_else(missing, None, vector_array(vectors).cast(pa.list_(pa.float32())))
    return rows.append_column("vector", column)


def metric_rows(con: duckdb.DuckDBPyConnection, label: str, k: int) -> pa.Table:
    """Return the rows of ``mmsql.metrics`` for a model or algorithm that was evaluated."""
    return store.to_arrow(con, "FROM mmsql.metrics(model := $label, k := $k)", {"label": label, "k": k})
