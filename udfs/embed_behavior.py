"""``embed_behavior(item_ids)``: the user vector of a history, by the deployed model's user tower."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa

from mmsql.columns import FUSED, TEXT
from mmsql.db.queries import to_arrow
from mmsql.db.session import Session
from mmsql.db.udf import VarcharList, Vector
from mmsql.store import versions

Embed = Callable[[list[list[int]]], np.ndarray]


def mmsql_embed_behavior(session: Session, item_ids: VarcharList) -> Vector:
    """Embed histories, oldest item first.

    With ``fusion`` the vector is the user tower's, to be multiplied with item vectors (``fused_score``). With
    a model without a user tower it is the mean of the items' text vectors, weighted by recency.

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
    """
    if item_ids.null_count == len(item_ids):
        return pa.nulls(len(item_ids), pa.list_(pa.float32()))
    index, embed = _tower(session)
    histories = [None if ids is None else [index[i] for i in ids if i in index] for ids in item_ids.to_pylist()]
    rows = [row for row, history in enumerate(histories) if history]
    answer: list[np.ndarray | None] = [None] * len(histories)
    if rows:
        vectors = embed([histories[row] or [] for row in rows])
        for row, vector in zip(rows, vectors, strict=True):
            answer[row] = vector
    return pa.array(answer, pa.list_(pa.float32()))


def _tower(session: Session) -> tuple[dict[str, int], Embed]:
    """Return the deployed model's items and user tower, loaded once a model."""
    with session.lock, session.cursor() as con:
        record = versions.find(con, None)
        if session.cache.get("tower_of") != record.model:
            session.cache["tower"] = _load(con, record)
            session.cache["tower_of"] = record.model
        return session.cache["tower"]


def _load(con: duckdb.DuckDBPyConnection, record: versions.ModelRecord) -> tuple[dict[str, int], Embed]:
    modality = FUSED if record.algorithm == "fusion" else TEXT
    rows = to_arrow(
        con,
        "SELECT CAST(v.item_id AS VARCHAR) AS item_id, v.vector FROM mmsql.item_vectors v "
        "WHERE v.model = $model AND v.modality = $modality ORDER BY v.item_id",
        {"model": record.model, "modality": modality},
    )
    index = {item: place for place, item in enumerate(rows["item_id"].to_pylist())}
    vectors = (
        rows["vector"].combine_chunks().flatten().to_numpy().reshape(len(index), -1) if index else np.zeros((0, 1))
    )
    if record.algorithm == "fusion":
        return index, _fusion_tower(con, record, vectors)
    decay = float(record.config.get("decay", 1.0))
    return index, lambda histories: np.stack([_weighted_mean(vectors[history], decay) for history in histories])


def _weighted_mean(vectors: np.ndarray, decay: float) -> np.ndarray:
    weights = decay ** np.arange(len(vectors) - 1, -1, -1)
    total = (weights[:, None] * vectors).sum(axis=0)
    return (total / max(float(np.linalg.norm(total)), 1e-12)).astype(np.float32)


def _fusion_tower(con: duckdb.DuckDBPyConnection, record: versions.ModelRecord, vectors: np.ndarray) -> Embed:
    from mmsql.models.fusion.embedding import embed_histories, load_towers

    towers = load_towers(versions.load_weights(con, record.model))
    return lambda histories: embed_histories(towers, vectors, histories)
