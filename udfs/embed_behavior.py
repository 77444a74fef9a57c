"""``embed_behavior(item_ids)``: the user vector of a history, by the deployed model's user tower."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from mmsql.columns import FUSED, TEXT
from mmsql.db.queries import to_arrow
from mmsql.db.session import Session
from mmsql.db.udf import VarcharList, Vector
from mmsql.store import records

if TYPE_CHECKING:
    from mmsql.models.base import UserTower


class Embedder(NamedTuple):
    """The items that a model has vectors of, by their ids, and the function that embeds lists of them."""

    positions: dict[str, int]
    embed: UserTower


def mmsql_embed_behavior(session: Session, item_ids: VarcharList) -> Vector:
    """Embed histories, oldest item first.

    With a model that has a user tower (``fusion``, ``blend``, ``ials``, ``jmf``, ``mvmf``) the vector is the tower's,
    times the model's ``vector_weight``: its product with a ``fused`` item vector is the vector term of the score, the
    ``fused`` contribution of ``explain``, of a user with this history. The history is given by item ids alone, so a
    tower of ``fusion`` or ``blend`` reads it as events without type and time, and no tower knows attributes of the
    user. With a model without a user tower (``graph``, ``ease``, ``popularity``) the vector is the mean of the items'
    text vectors by recency, of length 1; it is to be compared with ``text`` item vectors.

    Parameters
    ----------
    session : Session
        Of the database.
    item_ids : pyarrow.Array of list of string
        Items unknown to the model are passed over.

    Returns
    -------
    pyarrow.Array of list of float
        NULL for NULL, and for a history without any known item.

    Raises
    ------
    ModelError
        When no model is deployed, or its weights are not in the file, since it is a published copy.
    """
    if item_ids.null_count == len(item_ids):
        return pa.nulls(len(item_ids), pa.list_(pa.float32()))
    index, embed = _embedder(session)
    histories = [None if ids is None else [index[i] for i in ids if i in index] for ids in item_ids.to_pylist()]
    rows = [row for row, history in enumerate(histories) if history]
    answer: list[np.ndarray | None] = [None] * len(histories)
    if rows:
        vectors = embed([histories[row] or [] for row in rows])
        for row, vector in zip(rows, vectors, strict=True):
            answer[row] = vector
    return pa.array(answer, pa.list_(pa.float32()))


def _embedder(session: Session) -> Embedder:
    """Return the embedder of the deployed model, loaded once a model."""
    with session.lock, session.cursor() as con:
        record = records.find(con, None)
        if session.cache.get("embedder_of") != record.model:
            session.cache["embedder"] = _load(con, record)
            session.cache["embedder_of"] = record.model
        embedder: Embedder = session.cache["embedder"]
        return embedder


def _load(con: duckdb.DuckDBPyConnection, record: records.ModelRecord) -> Embedder:
    # A model without fused vectors has no user tower: its answers load no numerical library but numpy.
    fused = _catalog(con, record.model, FUSED)
    if fused["vector"].null_count < len(fused):
        from mmsql.models.registry import find_model

        if find_model(record.algorithm).has_user_tower:
            return _tower(con, record, fused)
    texts = _catalog(con, record.model, TEXT)
    vectors, decay = _vectors(texts), float(record.config.get("decay", 1.0))
    return Embedder(_index(texts), lambda histories: np.stack([_recent_mean(vectors[h], decay) for h in histories]))


def _tower(con: duckdb.DuckDBPyConnection, record: records.ModelRecord, catalog: pa.Table) -> Embedder:
    """Load the user tower of a model, scaled by its vector_weight."""
    from mmsql.models.base import TowerInputs
    from mmsql.models.registry import find_model
    from mmsql.store import versions

    ((weight, users),) = con.execute(
        "SELECT m.vector_weight, m.users FROM mmsql.models m WHERE m.model = ?", [record.model]
    ).fetchall()
    tower = find_model(record.algorithm).user_tower(
        TowerInputs(
            config=versions.config_of(record),
            weights=versions.load_weights(con, record.model),
            item_vectors=_vectors(catalog),
            item_events=catalog["events"].to_numpy(),
            users=users,
        )
    )
    return Embedder(_index(catalog), lambda histories: np.float32(weight) * tower(histories))


def _catalog(con: duckdb.DuckDBPyConnection, model: str, modality: str) -> pa.Table:
    """Return the catalog of a model with its item vectors of one modality: ``item_id, events, vector``."""
    return to_arrow(
        con,
        "SELECT CAST(c.item_id AS VARCHAR) AS item_id, c.events, v.vector FROM mmsql.catalog c "
        "LEFT JOIN mmsql.item_vectors v "
        "ON v.model = c.model AND v.item_id = c.item_id AND v.modality = $modality "
        "WHERE c.model = $model ORDER BY c.item_id",
        {"model": model, "modality": modality},
    )


def _index(catalog: pa.Table) -> dict[str, int]:
    """Return the positions of the items that have a vector, by their ids."""
    valid = catalog["vector"].is_valid().to_numpy()
    return {item: n for n, item in enumerate(catalog["item_id"].to_pylist()) if valid[n]}


def _vectors(catalog: pa.Table) -> np.ndarray:
    """Return the item vectors: float32, (items, size), zeros where an item has none."""
    column = catalog["vector"].combine_chunks()
    numbers, filled = column.flatten().to_numpy(), column.is_valid().to_numpy(zero_copy_only=False)
    rows = int(filled.sum())
    vectors = np.zeros((len(catalog), len(numbers) // max(rows, 1)), np.float32)
    vectors[filled] = numbers.reshape(rows, vectors.shape[1])
    return vectors


def _recent_mean(vectors: np.ndarray, decay: float) -> np.ndarray:
    """Return the mean of rows, oldest first, by decay^age and of length 1: float32, (size,)."""
    weights = decay ** np.arange(len(vectors) - 1, -1, -1)
    total = (weights[:, None] * vectors).sum(axis=0)
    return (total / max(float(np.linalg.norm(total)), 1e-12)).astype(np.float32)
