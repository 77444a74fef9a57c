"""Model versions in the file: begun, saved in one transaction, deployed, rolled back."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import json
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import duckdb
import numpy as np
import pyarrow as pa

from mmsql import columns
from mmsql.attributes import AttributeSchema
from mmsql.config import ALGORITHM_CONFIGS, ModelConfig, configure, restore
from mmsql.data import id_types
from mmsql.data.dataset import Dataset
from mmsql.db import serving
from mmsql.db.queries import transaction
from mmsql.db.schema import STATE_TABLES
from mmsql.db.settings import get_setting
from mmsql.encoders.base import Encoder
from mmsql.encoders.images import ImageEncoder, choose_image_encoder
from mmsql.encoders.names import DEFAULT_IMAGE_ENCODER
from mmsql.errors import ModelError, SourceError
from mmsql.interrupts import interruptible, is_interrupt, shielded
from mmsql.models.base import EpochLog, FittedModel
from mmsql.models.registry import find_model
from mmsql.store.records import ModelRecord, find
from mmsql.store.state_tables import insert_state, packed

KEPT_VERSIONS = 5  # ready models whose state stays in the file, for rollback; the deployed one always stays
LIBRARIES = ("mmsql", "duckdb", "torch", "sentence-transformers", "numpy")

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
_running = threading.RLock()  # a refresh may train


def one_at_a_time(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let one run go at a time in a process: two would take each other for interrupted, and number things alike."""

    @functools.wraps(function)
    def alone(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with _running, interruptible(args[0]):  # type: ignore[arg-type]
            return function(*args, **kwargs)

    return alone


def begin(
    con: duckdb.DuckDBPyConnection,
    algorithm: str,
    config: ModelConfig,
    encoder: Encoder,
    images: ImageEncoder | None = None,
) -> str:
    """Write a row with status ``training`` and return the new model's name, such as ``graph-3``."""
    stored = _stored_config(config, encoder, images)
    with transaction(con):
        con.execute("UPDATE mmsql.models SET status = 'interrupted' WHERE status = 'training'")
        (number,) = con.execute(
            "SELECT coalesce(max(TRY_CAST(regexp_extract(m.model, '[0-9]+$') AS BIGINT)), 0) + 1 FROM mmsql.models m"
        ).fetchall()[0]
        model = f"{algorithm}-{number}"
        con.execute(
            "INSERT INTO mmsql.models (model, algorithm, status, seed, config, versions, created_at) "
            "VALUES (?, ?, 'training', ?, ?, ?, now()::TIMESTAMP)",
            [model, algorithm, config.seed, stored, json.dumps(_versions())],
        )
    return model


def decide(
    con: duckdb.DuckDBPyConnection,
    model: str,
    algorithm: str,
    config: ModelConfig,
    encoder: Encoder,
    images: ImageEncoder | None = None,
) -> None:
    """Write what a run has chosen to the row of its model."""
    con.execute(
        "UPDATE mmsql.models SET algorithm = ?, config = ? WHERE model = ?",
        [algorithm, _stored_config(config, encoder, images), model],
    )


def _stored_config(config: ModelConfig, encoder: Encoder, images: ImageEncoder | None) -> str:
    described: dict[str, Any] = {"encoder": encoder.name, "encoder_dimension": encoder.dimension}
    if images is not None:
        described |= {"image_encoder": images.name, "image_encoder_dimension": images.dimension}
    return json.dumps({**dataclasses.asdict(config), **described})


class EpochCounter:
    """A log of one model: epochs are numbered in the order they come, whatever trained them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, model: str) -> None:
        self.con, self.model, self.epochs = con, model, 0

    def __call__(self, row: EpochLog) -> None:
        """Write a row of ``training_log``, committed at once so that other connections see it."""
        self.epochs += 1
        self.con.execute(
            "INSERT INTO mmsql.training_log VALUES (?, ?, ?, ?, ?, ?, ?, now()::TIMESTAMP)",
            [
                self.model,
                self.epochs,
                row.loss,
                row.loss_precision,
                row.loss_diversity,
                row.validation_ndcg,
                row.seconds,
            ],
        )


def fail(con: duckdb.DuckDBPyConnection, model: str, error: BaseException) -> None:
    """Mark a model as failed, or as interrupted, with the reason; the deployed model is untouched."""
    status = "interrupted" if is_interrupt(error) else "failed"
    with shielded():
        con.interrupt()  # after Ctrl-C, threads of the statement may still run
        con.execute(
            "UPDATE mmsql.models SET status = ?, error = ?, finished_at = now()::TIMESTAMP WHERE model = ?",
            [status, f"{type(error).__name__}: {error}".removesuffix(": "), model],
        )


def save(
    con: duckdb.DuckDBPyConnection,
    model: str,
    dataset: Dataset,
    fitted: FittedModel,
    *,
    text_vectors: np.ndarray | None,
    image_vectors: np.ndarray | None = None,
    recommendations: pa.Table,
    schema: AttributeSchema,
    sources: str,
    deploy_it: bool,
    may_deploy: Callable[[str], bool] | None = None,
    terms_of: str | None = None,
) -> None:
    """Store a fitted model and, if wanted, deploy it: all in one transaction.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection that holds the dataset's temp tables.
    model : str
        Its name, from :func:`begin`.
    dataset, fitted
        The training data and the trained model.
    text_vectors : ndarray, float32, (items, size), optional
        Pooled text vectors, for ``search_items``.
    image_vectors : ndarray, float32, (items, size), optional
        Pooled vectors of pictures, for ``search_items``, where words share their space.
    recommendations : pyarrow.Table
        ``user_index, item_index, rank, score``.
    schema : AttributeSchema
        By which attributes were read.
    sources : str
        Fingerprint of the sources before they were read.
    deploy_it : bool
        Whether the model serves from now on.
    may_deploy : callable, optional
        Asked with the name of the stored model, within the transaction, whether it may be deployed.
    terms_of : str, optional
        A model of the same comments, whose terms are kept.
    """
    fingerprint = f"{_fingerprint(con)}:{sources}"
    with transaction(con):
        id_types.adopt_id_types(con)
        for table in STATE_TABLES:
            con.execute(f"DELETE FROM mmsql.{table} WHERE model = ?", [model])
        of_items = {columns.TEXT: text_vectors, columns.IMAGE: image_vectors, columns.FUSED: fitted.item_vectors}
        insert_state(con, model, dataset, fitted, of_items, recommendations, schema, terms_of)
        score = fitted.serving
        con.execute(
            "UPDATE mmsql.models SET status = 'ready', decay = ?, history_length = ?, edge_weight = ?, "
            "vector_weight = ?, fingerprint = ?, users = ?, items = ?, events = ?, weights = ?, "
            "error = NULL, finished_at = now()::TIMESTAMP WHERE model = ?",
            [
                score.decay,
                score.history_length,
                score.edge_weight,
                score.vector_weight,
                fingerprint,
                dataset.users,
                dataset.items,
                dataset.events,
                packed(fitted.weights),
                model,
            ],
        )
        if deploy_it and (may_deploy is None or may_deploy(model)):
            _deploy(con, model)
            serving.fill(con)
        _prune(con)


def _fingerprint(con: duckdb.DuckDBPyConnection) -> str:
    """Hash the training events, independent of their order in the table."""
    (total,) = con.execute(
        "SELECT sum(hash(e.user_index, e.item_index, e.ts, e.weight)::HUGEINT) FROM train_events e"
    ).fetchall()[0]
    return f"{int(total):x}"


@functools.cache
def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def _prune(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the state of old versions, so that the file does not grow with every training."""
    old = con.execute(
        "SELECT m.model FROM mmsql.models m WHERE m.status = 'ready' AND m.model NOT IN "
        "(SELECT d.model FROM mmsql.deployments d WHERE d.rolled_back_at IS NULL ORDER BY d.deployment DESC LIMIT 2) "
        "ORDER BY m.created_at DESC, m.model OFFSET ?",
        [KEPT_VERSIONS],
    ).fetchall()
    for (model,) in old:
        for table in STATE_TABLES:
            con.execute(f"DELETE FROM mmsql.{table} WHERE model = ?", [model])
        con.execute("UPDATE mmsql.models SET status = 'retired', weights = NULL WHERE model = ?", [model])


def load_weights(con: duckdb.DuckDBPyConnection, model: str) -> dict[str, np.ndarray]:
    """Return the tensors of a model; there are none for a model without weights.

    Raises
    ------
    ModelError
        When the model needs weights and the file has none, since it is a published copy; or when they are damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpack

    algorithm, weights = con.execute(
        "SELECT m.algorithm, m.weights FROM mmsql.models m WHERE m.model = ?", [model]
    ).fetchall()[0]
    if weights is None and find_model(algorithm).has_weights:
        raise ModelError(
            f"{model} has no weights in this file: it is a published copy. Use the file it was published from."
        )
    try:
        return unpack(weights) if weights else {}
    except SafetensorError as error:
        raise ModelError(
            f"The weights of {model} are damaged ({error}). Run `mmsql train` to make another model, or "
            f"CALL rollback() to serve the one before."
        ) from error


def images_of(con: duckdb.DuckDBPyConnection, record: ModelRecord) -> ImageEncoder | None:
    """Return the image encoder of a model; None for one that was made without images being known."""
    if record.image_encoder is None:
        return None
    known = get_setting(con, "image_encoder") or DEFAULT_IMAGE_ENCODER
    # The file's own is not loaded before a picture needs it: there may be none, and its packages may be missing.
    return choose_image_encoder(con, None if record.image_encoder == known else record.image_encoder)


def config_of(record: ModelRecord, options: dict[str, Any] | None = None) -> ModelConfig:
    """Return a model's configuration, with some options changed; None stands for no change."""
    changed = {name: value for name, value in (options or {}).items() if value is not None}
    kind = ALGORITHM_CONFIGS[record.algorithm]
    stored = restore(kind, record.config)
    if not changed:
        return stored
    fixed = tuple(dict.fromkeys((*stored.fixed, *configure(kind, changed, record.algorithm).fixed)))
    return dataclasses.replace(stored, **changed, fixed=fixed)


def deploy(con: duckdb.DuckDBPyConnection, model: str) -> str:
    """Let a model serve from now on and return its name.

    Raises
    ------
    ModelError
        When there is none of that name or it is not ready.
    """
    record = find(con, model)
    if record.status != "ready":
        raise ModelError(
            f"{record.model} cannot be deployed: its status is {record.status}. FROM models() lists what is ready."
        )
    with transaction(con):
        _deploy(con, record.model)
        serving.fill(con)
    return record.model


def _deploy(con: duckdb.DuckDBPyConnection, model: str) -> None:
    if serving.deployed_model(con) == model:
        return
    con.execute(
        "INSERT INTO mmsql.deployments SELECT coalesce(max(d.deployment), 0) + 1, ?, now()::TIMESTAMP, NULL "
        "FROM mmsql.deployments d",
        [model],
    )
    _use_encoder_of(con, model)


def _use_encoder_of(con: duckdb.DuckDBPyConnection, model: str) -> None:
    """Make a model's encoders the file's own, so that queries are embedded as the vectors they are compared with."""
    con.execute(
        "INSERT OR REPLACE INTO mmsql.settings SELECT k.key, m.config ->> k.key FROM mmsql.models m "
        "CROSS JOIN (VALUES ('encoder'), ('encoder_dimension'), ('image_encoder'), ('image_encoder_dimension')) "
        "k(key) WHERE m.model = ?",
        [model],
    )


def rollback(con: duckdb.DuckDBPyConnection) -> str:
    """Let the model serve that served before, and return its name.

    Raises
    ------
    ModelError
        When no earlier deployment is left.
    """
    with transaction(con):
        rows = con.execute(
            "SELECT d.deployment, d.model FROM mmsql.deployments d JOIN mmsql.models m ON m.model = d.model "
            "WHERE d.rolled_back_at IS NULL AND m.status = 'ready' AND d.model <> ? "
            "ORDER BY d.deployment DESC LIMIT 1",
            [serving.deployed_model(con)],
        ).fetchall()
        if not rows:
            raise ModelError("There is no earlier deployment to go back to. FROM models() lists what there is.")
        con.execute(
            "UPDATE mmsql.deployments SET rolled_back_at = now()::TIMESTAMP "
            "WHERE deployment > ? AND rolled_back_at IS NULL",
            [rows[0][0]],
        )
        _use_encoder_of(con, rows[0][1])
        serving.fill(con)
    return str(rows[0][1])


def is_rolled_back(con: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the last thing that happened to deployments is a rollback."""
    rows = con.execute(
        "SELECT d.rolled_back_at IS NOT NULL FROM mmsql.deployments d ORDER BY d.deployment DESC LIMIT 1"
    ).fetchall()
    return bool(rows and rows[0][0])


def check_id_types(con: duckdb.DuckDBPyConnection) -> None:
    """Check that ids are still of the type that the deployed model knows.

    Raises
    ------
    SourceError
        When they are not: what is to be stored would take the deployed model's place.
    """
    changes = id_types.id_type_changes(con)
    if changes and serving.deployed_model(con) is not None:
        table, column, sql_type = changes[0]
        (known,) = serving.column_types(con, [(table, column)])
        raise SourceError(
            f"{column} is {sql_type} in mmsql.interactions now, and {known} in the model "
            f"that serves. Run CALL train() to make a model of the new ids, or cast them in the view."
        )
