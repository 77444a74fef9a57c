"""Rows of a model in the state tables."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from mmsql.attributes import AttributeSchema
from mmsql.attributes.schema import insert_schema
from mmsql.data.dataset import Dataset
from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows
from mmsql.encoders.text_cache import vector_array
from mmsql.models.base import FittedModel
from mmsql.store import comment_terms, user_edges


def insert_state(
    con: duckdb.DuckDBPyConnection,
    model: str,
    dataset: Dataset,
    fitted: FittedModel,
    of_items: dict[str, np.ndarray | None],
    recommendations: pa.Table,
    schema: AttributeSchema,
    terms_of: str | None = None,
) -> None:
    """Insert the rows of a fitted model into the state tables.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction that stores the model.
    model : str
        Name of the model.
    dataset, fitted
        The training data and the fitted model.
    of_items : dict of str to ndarray
        Item vectors by modality, float32, (items, size); None and rows of zeros are not stored.
    recommendations : pyarrow.Table
        ``user_index, item_index, rank, score``.
    schema : AttributeSchema
        The schema by which the attributes were read.
    terms_of : str, optional
        A model of the same comments, whose comment terms are copied; by default they are computed.
    """
    counts, index = dataset.item_counts(), np.arange(dataset.items, dtype=np.int32)
    _insert(con, "catalog", model, pa.table({"item_index": index, "events": counts, "bias": fitted.bias}))
    _insert(con, "item_edges", model, by_item(fitted.edges))
    _insert(con, "recommendations", model, recommendations)
    insert_schema(con, model, schema)
    user_edges.insert_user_edges(con, model, schema)
    if terms_of is None:
        comment_terms.insert_comment_terms(con, model)
    else:
        con.execute(sqlfiles.query("training/state", "copy_comment_terms"), {"model": model, "terms_of": terms_of})
    events = {"event": list(fitted.event_weights), "weight": list(fitted.event_weights.values())}
    _insert(
        con, "event_weights", model, pa.table(events, pa.schema([("event", pa.string()), ("weight", pa.float64())]))
    )
    for modality, vectors in of_items.items():
        if vectors is not None:
            kept = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0).astype(np.int32)
            rows = pa.table({"item_index": kept, "vector": vector_array(vectors[kept])})
            _insert(con, "item_vectors", model, rows.append_column("modality", pa.array([modality] * len(kept))))
    if fitted.user_vectors is not None:
        users = np.arange(dataset.users, dtype=np.int32)
        _insert(
            con, "user_vectors", model, pa.table({"user_index": users, "vector": vector_array(fitted.user_vectors)})
        )


def _insert(con: duckdb.DuckDBPyConnection, table: str, model: str, rows: pa.Table) -> None:
    insert_rows(con, sqlfiles.query("training/state", f"insert_{table}"), rows, {"model": model})


def by_item(edges: pa.Table) -> pa.Table:
    """Sort edges by the item they leave, and keep the order within an item.

    The edges of each modality are already sorted, so this stable sort is a merge, which DuckDB would not do.
    """
    order = np.argsort(edges["item_index"].to_numpy(), kind="stable")
    return edges.unify_dictionaries().combine_chunks().take(order)


def known_items(con: duckdb.DuckDBPyConnection, model: str, dataset: Dataset) -> np.ndarray:
    """Return the position of a dataset's items in the catalog of a model: int64, (items,); -1 for new items."""
    found = con.execute(
        "SELECT t.item_index, c.position FROM train_catalog t JOIN ("
        "SELECT m.item_id, row_number() OVER (ORDER BY m.item_id) - 1 AS position FROM mmsql.catalog m "
        "WHERE m.model = ?"
        ") c ON c.item_id = t.item_id",
        [model],
    ).fetchnumpy()
    known = np.full(dataset.items, -1, dtype=np.int64)
    known[found["item_index"]] = found["position"]
    return known


def packed(weights: dict[str, np.ndarray]) -> bytes | None:
    """Return the tensors of a model in safetensors format; None without tensors."""
    if not weights:
        return None
    from safetensors.numpy import save as pack

    return pack({name: np.ascontiguousarray(values) for name, values in weights.items()})
