"""Encode texts into ``mmsql.embedding_cache``, each different text once, committed batch by batch."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from mmsql import sqlfiles
from mmsql.encoders.base import Encoder
from mmsql.progress import progress
from mmsql.store import insert_rows, to_arrow

BATCH_ROWS = 4096


def encode_missing(con: duckdb.DuckDBPyConnection, encoder: Encoder) -> int:
    """Encode every text of the training tables that the cache does not hold for this encoder.

    Reads the temp table ``content_texts(content_hash, body)``. Texts go in order of length, so that a batch
    holds texts of like length. Each batch is committed, so that an interrupted run goes on where it stopped.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection that holds the temp table, outside a transaction.
    encoder : Encoder
        Whose vectors are wanted.

    Returns
    -------
    int
        How many texts were encoded.
    """
    con.execute(sqlfiles.query("training", "missing_texts"), {"encoder": encoder.name})
    (total,) = con.execute("SELECT count(*) FROM missing_texts").fetchall()[0]
    if total:
        with progress(f"Encoding texts with {encoder.name}", total) as advance:
            for start in range(0, total, BATCH_ROWS):
                texts = to_arrow(
                    con,
                    "SELECT m.content_hash, m.body FROM missing_texts m WHERE m.place > $start AND m.place <= $stop",
                    {"start": start, "stop": start + BATCH_ROWS},
                )
                store_vectors(con, encoder.name, texts["content_hash"], encoder.encode(texts["body"].to_pylist()))
                advance(texts.num_rows)
    con.execute("DROP TABLE missing_texts")
    return int(total)


def store_vectors(
    con: duckdb.DuckDBPyConnection, encoder: str, hashes: pa.ChunkedArray | list[str], vectors: object
) -> None:
    """Add vectors to the cache: float32, (hashes, dimension), of an encoder of that name."""
    batch = pa.table({"content_hash": hashes, "vector": vector_array(vectors)})
    statement = "INSERT INTO mmsql.embedding_cache SELECT n.content_hash, $encoder, n.vector FROM new_rows n"
    insert_rows(con, statement, batch, {"encoder": encoder})


def vector_array(vectors: object) -> pa.FixedSizeListArray:
    """Turn float32 (rows, size) into an Arrow array of lists, without copying."""
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])  # type: ignore[attr-defined]
