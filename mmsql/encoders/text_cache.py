"""Encodes each different text once into ``mmsql.embedding_cache``, and commits after each batch."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pyarrow as pa

from mmsql import interrupts
from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows, to_arrow
from mmsql.encoders.adapters import MappedEncoder
from mmsql.encoders.base import Encoder
from mmsql.progress import progress

BATCH_ROWS = 4096


def encode_missing(con: duckdb.DuckDBPyConnection, encoder: Encoder) -> int:
    """Encode the texts of the training tables that the cache does not have for this encoder.

    The texts are in the temp table ``content_texts(content_hash, body)``. They are ordered by length, so the texts
    of a batch have similar lengths. Each batch is committed, so an interrupted run resumes where it stopped. For a
    mapped encoder, missing vectors of the base are encoded first and then mapped.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection that has the temp table, outside a transaction.
    encoder : Encoder
        Encoder of the texts.

    Returns
    -------
    int
        Number of encoded texts.
    """
    if isinstance(encoder, MappedEncoder):
        encoded = encode_missing(con, encoder.base)
        bound = {"encoder": encoder.name, "base": encoder.base.name}
        _fill(con, encoder.name, "missing_vectors", bound, lambda rows: encoder.mapped(_vectors(rows)))
        return encoded
    bound = {"encoder": encoder.name}
    return _fill(con, encoder.name, "missing_texts", bound, lambda rows: encoder.encode(rows["body"].to_pylist()))


def _fill(
    con: duckdb.DuckDBPyConnection,
    encoder: str,
    table: str,
    bound: dict[str, str],
    embed: Callable[[pa.Table], np.ndarray],
) -> int:
    """Embed the rows of a temp table ``(position, content_hash, …)``, which a query of the same name makes."""
    con.execute(sqlfiles.query("training/texts", table), bound)
    (total,) = con.execute(f"SELECT count(*) FROM {table}").fetchall()[0]
    if total:
        with progress(f"Encoding texts with {encoder}", total) as advance:
            for start in range(0, total, BATCH_ROWS):
                interrupts.check()
                rows = to_arrow(
                    con,
                    f"SELECT m.* FROM {table} m WHERE m.position > $start AND m.position <= $stop",
                    {"start": start, "stop": start + BATCH_ROWS},
                )
                store_vectors(con, encoder, rows["content_hash"], embed(rows))
                advance(rows.num_rows)
    con.execute(f"DROP TABLE {table}")
    return int(total)


def _vectors(rows: pa.Table) -> np.ndarray:
    return rows["vector"].combine_chunks().flatten().to_numpy().reshape(rows.num_rows, -1)


def store_vectors(
    con: duckdb.DuckDBPyConnection, encoder: str, hashes: pa.ChunkedArray | list[str], vectors: object
) -> None:
    """Add vectors of an encoder to the cache: float32, (hashes, dimension)."""
    batch = pa.table({"content_hash": hashes, "vector": vector_array(vectors)})
    statement = "INSERT INTO mmsql.embedding_cache SELECT n.content_hash, $encoder, n.vector FROM new_rows n"
    insert_rows(con, statement, batch, {"encoder": encoder})


def vector_array(vectors: object) -> pa.FixedSizeListArray:
    """Convert float32 (rows, size) to an Arrow array of fixed-size lists, without a copy."""
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])  # type: ignore[attr-defined]
