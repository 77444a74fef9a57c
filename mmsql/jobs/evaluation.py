"""Evaluation: train on the earlier part, rank the whole catalog, store the lists for the metric macros."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmsql.attributes import AttributeSchema, infer_schema
from mmsql.attributes.schema import stored_schema
from mmsql.config import EvaluationConfig, ModelConfig, PopularityConfig
from mmsql.data import id_types, sources
from mmsql.data.content import Content, read_content
from mmsql.data.dataset import Dataset
from mmsql.data.splits import COLD_ITEMS, split
from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows, to_arrow, transaction
from mmsql.db.schema import EVALUATION_TABLES
from mmsql.encoders import Encoder
from mmsql.encoders.encoder_choice import choose_base_encoder
from mmsql.encoders.images import ImageEncoder, choose_image_encoder
from mmsql.encoders.text_cache import vector_array
from mmsql.errors import OptionError
from mmsql.jobs.cold_items import ColdItems, category_popularity, read_cold_items
from mmsql.jobs.finetuning import adapt
from mmsql.jobs.selection import choose, config_for, fit
from mmsql.models.base import Run, no_log
from mmsql.models.scoring import RankedLists, rank_all
from mmsql.store import versions

POPULARITY = "popularity"  # the baseline, ranked in every evaluation
LIST_DEPTH = 20  # smallest length of the stored lists, so that metrics(k) works for other k


@dataclass(frozen=True, kw_only=True)
class EvaluationTarget:
    """The subject of an evaluation: a model of the file, trained again on less data, or an algorithm."""

    label: str
    algorithm: str
    config: ModelConfig
    encoder: str | None = None
    images: ImageEncoder | None = None
    schema: AttributeSchema | None = None  # the schema of the attributes; inferred where it is None


@versions.one_at_a_time
def evaluate(
    con: duckdb.DuckDBPyConnection,
    *,
    model: str | None = None,
    algorithm: str | None = None,
    config: EvaluationConfig | None = None,
    options: dict[str, Any] | None = None,
) -> str:
    """Evaluate a model or an algorithm on held-out events, and store the lists that ``mmsql.metrics`` reads.

    The model of the file has seen all events. So its algorithm is trained again, with its configuration, on the
    earlier part only. Popularity is ranked as the baseline.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection of its own, outside a transaction.
    model : str, optional
        A model of the file; the deployed one by default.
    algorithm : str, optional
        An algorithm to evaluate instead, with its defaults and ``options``.
    config : EvaluationConfig, optional
        Split, list length and seed.
    options : dict, optional
        Options that replace those of the model's configuration.

    Returns
    -------
    str
        The label for ``mmsql.metrics``: the name of the model or of the algorithm.

    Raises
    ------
    OptionError, ModelError, SourceError
        When an option, the model or a source is not usable.
    """
    chosen = config or EvaluationConfig()
    target = _target(con, model, algorithm, options or {})
    seeded = dataclasses.replace(target.config, seed=chosen.seed)
    sources.check_sources(con)
    versions.check_id_types(con)
    started = perf_counter()
    held_out = split(con, chosen.split, seed=chosen.seed, test_share=chosen.test_share, cold_share=chosen.cold_share)
    with held_out as dataset:
        encoder = adapt(dataset, choose_base_encoder(con, target.encoder), seeded, no_log).encoder
        schema = target.schema or infer_schema(con, target.config.attribute_kinds)
        content = read_content(dataset, encoder, target.images, schema)
        cold = _cold(chosen, dataset, content)
        run = EvaluationRun(dataset, content, encoder, target.images, max(chosen.k, LIST_DEPTH), cold)
        lists = {target.algorithm: run.lists(target.algorithm, seeded)}
        if target.algorithm != POPULARITY:
            lists[POPULARITY] = run.lists(POPULARITY, PopularityConfig())
        with transaction(con):
            id_types.adopt_id_types(con)
            _store(con, target, chosen, run, lists, perf_counter() - started)
    return target.label


def _target(
    con: duckdb.DuckDBPyConnection, model: str | None, algorithm: str | None, options: dict[str, Any]
) -> EvaluationTarget:
    if algorithm is not None:
        if model is not None:
            raise OptionError("Name a model or an algorithm to evaluate, not both.")
        return EvaluationTarget(
            label=algorithm,
            algorithm=algorithm,
            config=config_for(algorithm, options),
            images=choose_image_encoder(con, None),
        )
    record = versions.find(con, model)
    return EvaluationTarget(
        label=record.model,
        algorithm=record.algorithm,
        config=versions.config_of(record, options),
        encoder=record.encoder,
        images=versions.images_of(con, record),
        schema=stored_schema(con, record.model) if options.get("attribute_kinds") is None else None,
    )


def _cold(config: EvaluationConfig, dataset: Dataset, content: Content) -> ColdItems | None:
    return read_cold_items(dataset, content) if config.split == COLD_ITEMS else None


@dataclass(frozen=True)
class EvaluationRun:
    """The training data of an evaluation, and the items to rank: the catalog, or the cold items."""

    dataset: Dataset
    content: Content
    encoder: Encoder
    images: ImageEncoder | None
    depth: int
    cold: ColdItems | None

    def lists(self, algorithm: str, config: ModelConfig) -> pa.Table:
        """Train an algorithm and rank for every user with a held-out event."""
        users = self.dataset.con.execute(
            "SELECT DISTINCT u.user_index FROM held_out h JOIN train_users u ON u.user_id = h.user_id "
            "ORDER BY u.user_index"
        ).fetchnumpy()["user_index"]
        return pa.concat_tables([block.to_arrow() for block in self._ranked(algorithm, config, users)])

    def _ranked(self, algorithm: str, config: ModelConfig, users: np.ndarray) -> Iterator[RankedLists]:
        if self.cold is not None and algorithm == POPULARITY:
            scores = category_popularity(self.dataset, self.content, self.cold.items)
            return self.cold.rank_by_item(scores, self.depth, users)
        run = Run()
        choice = choose(
            self.dataset, self.encoder, algorithm, config, run, images=self.images, schema=self.content.schema
        )
        fitted = fit(self.dataset, self.content, choice, run)
        if self.cold is not None:
            return self.cold.rank(self.dataset, fitted, self.depth, users)
        return rank_all(self.dataset, fitted, self.depth, users)

    def item_rows(self) -> pa.Table:
        """Return the ranked items, with their training events and content vectors."""
        items = self.cold.items if self.cold is not None else np.arange(self.dataset.items, dtype=np.int32)
        rows = pa.table({"item_index": items, "events": self.dataset.item_counts()[items]})
        vectors = self.content.pooled()
        if vectors is None:
            return rows.append_column("vector", pa.nulls(len(items), pa.list_(pa.float32())))
        missing = pa.array(np.abs(vectors[items]).sum(axis=1) == 0)
        column = pa.compute.if_else(missing, None, vector_array(vectors[items]).cast(pa.list_(pa.float32())))
        return rows.append_column("vector", column)


def _store(
    con: duckdb.DuckDBPyConnection,
    target: EvaluationTarget,
    config: EvaluationConfig,
    run: EvaluationRun,
    lists: dict[str, pa.Table],
    seconds: float,
) -> None:
    (number,) = con.execute("SELECT coalesce(max(e.evaluation), 0) + 1 FROM mmsql.evaluations e").fetchall()[0]
    _drop_earlier(con, target.label, config.split)
    con.execute(
        "INSERT INTO mmsql.holdout SELECT ?, h.user_id, h.item_id, h.ts FROM held_out h "
        "JOIN train_users u ON u.user_id = h.user_id",
        [number],
    )
    for algorithm, rows in lists.items():
        statement = sqlfiles.query("training/evaluate", "insert_evaluation_lists")
        insert_rows(con, statement, rows, {"evaluation": number, "algorithm": algorithm})
    statement = sqlfiles.query("training/evaluate", "insert_evaluation_items")
    items = run.item_rows()
    insert_rows(con, statement, items, {"evaluation": number})
    con.execute(
        "INSERT INTO mmsql.evaluations "
        "SELECT ?, ?, ?, ?, ?, ?, count(DISTINCT h.user_id), ?, ?, ?, ?, now()::TIMESTAMP "
        "FROM mmsql.holdout h WHERE h.evaluation = ?",
        [
            number,
            target.label,
            target.algorithm,
            config.split,
            config.seed,
            run.depth,
            items.num_rows,
            run.dataset.users,
            run.dataset.events,
            seconds,
            number,
        ],
    )


def _drop_earlier(con: duckdb.DuckDBPyConnection, label: str, kind: str) -> None:
    """Drop the earlier evaluation of the same model on the same split."""
    earlier = con.execute(
        "SELECT e.evaluation FROM mmsql.evaluations e WHERE e.model = ? AND e.split = ?", [label, kind]
    ).fetchall()
    for (number,) in earlier:
        for table in EVALUATION_TABLES:
            con.execute(f"DELETE FROM mmsql.{table} WHERE evaluation = ?", [number])


def metric_rows(con: duckdb.DuckDBPyConnection, label: str, k: int) -> pa.Table:
    """Return the rows of ``mmsql.metrics`` for an evaluated model or algorithm."""
    return to_arrow(con, "FROM mmsql.metrics(model := $label, k := $k)", {"label": label, "k": k})
