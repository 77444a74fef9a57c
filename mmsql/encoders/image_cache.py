"""Encodes each different picture once into ``mmsql.embedding_cache``, and commits after each batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from mmsql.db import sqlfiles
from mmsql.db.queries import insert_rows, to_arrow_reader
from mmsql.encoders.image_reading import (
    MAX_PATH_BYTES,
    ImageValue,
    UnreadablePictureError,
    find_picture,
    path_text,
    read_picture,
    resolve_path,
)
from mmsql.encoders.images import ImageEncoder, ImagesExtraError
from mmsql.encoders.text_cache import store_vectors
from mmsql.progress import progress

if TYPE_CHECKING:
    from PIL import Image

SMALL_ROWS = 64  # number of paths and small pictures read at once
STREAM_ROWS = 16  # number of large pictures in memory at once
ENCODED_ROWS = 256  # number of pictures encoded and committed at once

Picture = tuple[str, bytes]  # hash and bytes


@dataclass(frozen=True)
class EncodedImages:
    """Result of encoding the pictures of a catalog.

    Attributes
    ----------
    encoded : int
        Number of pictures that were not in the cache.
    rejects : int
        Number of unusable rows, whose reasons are in ``mmsql.rejects``.
    note : str
        One line for the user; empty if nothing went wrong.
    """

    encoded: int = 0
    rejects: int = 0
    note: str = ""


def make_content_images(con: duckdb.DuckDBPyConnection) -> int:
    """Make the temp table ``content_images`` with the pictures of catalog items, and return their number."""
    _make_view(con)
    con.execute(sqlfiles.query("training/images", "content_images"))
    return int(con.execute("SELECT count(*) FROM content_images").fetchall()[0][0])


def drop_content_images(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables and views of :func:`make_content_images`."""
    con.execute("DROP TABLE IF EXISTS temp.content_images")
    con.execute("DROP VIEW IF EXISTS temp.given_images")


def encode_missing_images(con: duckdb.DuckDBPyConnection, encoder: ImageEncoder) -> EncodedImages:
    """Encode the pictures of ``content_images`` that the cache does not have for this encoder.

    Unusable pictures go to ``mmsql.rejects``. Each batch is committed, so an interrupted run resumes where it
    stopped. Only one batch of pictures is in memory at once.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection that has the temp table, outside a transaction.
    encoder : ImageEncoder
        Encoder of the pictures.
    """
    missing = [name for (name,) in _query(con, "missing_images", encoder)]
    (small,) = con.execute("SELECT count(*) FROM content_images i WHERE coalesce(i.bytes, 0) <= 4096").fetchall()[0]
    with progress(f"Encoding images with {encoder.name}", len(missing) + small) as advance:
        queue = _EncodingQueue(con, encoder)
        try:
            for picture in _paths_and_small_pictures(con, queue):
                queue.add(*picture)
                advance(1)
            for picture in _large_pictures(con, missing):
                queue.add(*picture)
                advance(1)
            queue.flush()
        except ImagesExtraError:
            note = (
                "Images are left out, because the packages that read them are not installed: "
                "run `pip install 'mmsql[images]'` and train again."
            )
            return EncodedImages(queue.encoded, _reject(con, queue.failures), note)
    return EncodedImages(queue.encoded, _reject(con, queue.failures))


def picture_files(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """Return the files that ``mmsql.images`` names: path, modification time in ns since 1970, and size in bytes.

    The last two are 0 for files that cannot be read. Paths are unique and sorted.
    """
    if not may_read_files(con):
        return []
    folder = database_folder(con)
    _make_view(con)
    values = con.execute(
        "SELECT DISTINCT g.image FROM given_images g WHERE octet_length(g.image) <= ?", [MAX_PATH_BYTES]
    ).fetchall()
    con.execute("DROP VIEW temp.given_images")
    return sorted(_file_state(text, folder) for (value,) in values if (text := path_text(value)) is not None)


def _file_state(text: str, folder: Path | None) -> tuple[str, int, int]:
    try:
        found = resolve_path(text, folder).stat()
    except (OSError, ValueError):
        return text, 0, 0
    return text, found.st_mtime_ns, found.st_size


@dataclass(frozen=True)
class _Failure:
    reason: str
    position: int | None = None
    content_hash: str | None = None


class _EncodingQueue:
    """Decoded pictures that wait to be encoded, and the failures."""

    def __init__(self, con: duckdb.DuckDBPyConnection, encoder: ImageEncoder) -> None:
        self.con, self.encoder, self.encoded = con, encoder, 0
        self.failures: list[_Failure] = []
        self.seen: set[str] = set()
        self.pending: list[tuple[str, Image.Image]] = []

    def add(self, content_hash: str, data: bytes) -> None:
        """Decode a picture, unless it was added before, and encode when the queue is full."""
        if content_hash in self.seen:
            return
        self.seen.add(content_hash)
        try:
            self.pending.append((content_hash, read_picture(data)))
        except UnreadablePictureError as error:
            self.failures.append(_Failure(str(error), content_hash=content_hash))
        if len(self.pending) >= ENCODED_ROWS:
            self.flush()

    def flush(self) -> None:
        """Encode the pending pictures."""
        if not self.pending:
            return
        vectors = self.encoder.encode([picture for _, picture in self.pending])
        store_vectors(self.con, self.encoder.name, [name for name, _ in self.pending], vectors)
        self.encoded += len(self.pending)
        self.pending = []


def _make_view(con: duckdb.DuckDBPyConnection) -> None:
    """Make a view of ``mmsql.images`` with bytes, whether the column has bytes or paths."""
    ((_, kind, *_),) = con.execute("DESCRIBE SELECT g.image FROM mmsql.images g").fetchall()
    image = {"BLOB": "g.image", "VARCHAR": "encode(g.image)"}.get(kind, "CAST(NULL AS BLOB)")
    con.execute(f"CREATE OR REPLACE TEMP VIEW given_images AS SELECT g.item_id, {image} AS image FROM mmsql.images g")


def _paths_and_small_pictures(con: duckdb.DuckDBPyConnection, queue: _EncodingQueue) -> Iterator[Picture]:
    """Resolve paths and small pictures, record the results, and yield the pictures that must be encoded."""
    folder, files, after = database_folder(con), may_read_files(con), 0
    while True:
        query = sqlfiles.query("training/images", "next_short_images")
        rows = con.execute(query, {"after": after, "rows": SMALL_ROWS}).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        found = [(position, find_picture(value, folder, files)) for position, value in rows]
        hashes = [_hash(image) for _, image in found]
        resolved = pa.table(
            {
                "position": pa.array([position for position, _ in found], pa.int32()),
                "path": pa.array([image.path for _, image in found], pa.string()),
                "content_hash": pa.array(hashes, pa.string()),
            }
        )
        insert_rows(con, sqlfiles.query("training/images", "update_content_images"), resolved, {})
        queue.failures += [
            _Failure(image.reason, position=position) for position, image in found if image.reason is not None
        ]
        known = known_hashes(con, [name for name in hashes if name is not None], queue.encoder.name)
        for content_hash, (_, image) in zip(hashes, found, strict=True):
            if content_hash is not None and image.data is not None and content_hash not in known:
                yield content_hash, image.data


def _large_pictures(con: duckdb.DuckDBPyConnection, missing: list[str]) -> Iterator[Picture]:
    """Read the pictures with the given hashes from the source, on a second connection."""
    if not missing:
        return
    reader = con.cursor()
    try:
        _make_view(reader)
        reader.register("wanted_hashes", pa.table({"content_hash": missing}))
        for batch in to_arrow_reader(reader, sqlfiles.query("training/images", "wanted_images"), rows=STREAM_ROWS):
            for value in batch["image"]:
                data = value.as_py()
                yield hashlib.md5(data, usedforsecurity=False).hexdigest(), data
    finally:
        reader.close()


def known_hashes(con: duckdb.DuckDBPyConnection, hashes: list[str], encoder: str) -> set[str]:
    """Return the hashes that the cache has for an encoder."""
    return {name for (name,) in _of_hashes(con, "known_images", hashes, encoder)}


def cached_vectors(con: duckdb.DuckDBPyConnection, hashes: list[str], encoder: str) -> dict[str, np.ndarray]:
    """Return the cached vectors of an encoder, by hash."""
    found = _of_hashes(con, "cached_images", hashes, encoder)
    return {name: np.array(vector, np.float32) for name, vector in found}


def _of_hashes(con: duckdb.DuckDBPyConnection, query: str, hashes: list[str], encoder: str) -> list[tuple[Any, ...]]:
    """Run a query of the cache for some hashes."""
    if not hashes:
        return []
    con.register("wanted_hashes", pa.table({"content_hash": hashes}))
    rows = con.execute(sqlfiles.query("training/images", query), {"encoder": encoder}).fetchall()
    con.unregister("wanted_hashes")
    return rows


def database_folder(con: duckdb.DuckDBPyConnection) -> Path | None:
    """Return the folder of the connection's file, which relative picture paths start from; None in memory."""
    ((path,),) = con.execute(
        "SELECT d.path FROM duckdb_databases() d WHERE d.database_name = current_database()"
    ).fetchall()
    return Path(path).absolute().parent if path else None


def may_read_files(con: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the database may read files."""
    return bool(con.execute("SELECT current_setting('enable_external_access')").fetchall()[0][0])


def _hash(image: ImageValue) -> str | None:
    return None if image.data is None else hashlib.md5(image.data, usedforsecurity=False).hexdigest()


def _reject(con: duckdb.DuckDBPyConnection, failures: list[_Failure]) -> int:
    """Write the rows of unusable pictures to ``mmsql.rejects``, and return their number."""
    if not failures:
        return 0
    table = pa.table(
        {
            "position": pa.array([failure.position for failure in failures], pa.int32()),
            "content_hash": pa.array([failure.content_hash for failure in failures], pa.string()),
            "reason": [failure.reason for failure in failures],
        }
    )
    con.register("failed_images", table)
    con.execute(sqlfiles.query("training/rejects", "unusable_images"))
    con.unregister("failed_images")
    con.execute(sqlfiles.query("training/rejects", "insert_rejects"))
    (count,) = con.execute("SELECT count(*) FROM unusable").fetchall()[0]
    con.execute("DROP TABLE IF EXISTS temp.unusable")
    return int(count)


def _query(con: duckdb.DuckDBPyConnection, name: str, encoder: ImageEncoder) -> list[tuple[str]]:
    return con.execute(sqlfiles.query("training/images", name), {"encoder": encoder.name}).fetchall()
