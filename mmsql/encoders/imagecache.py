"""Encode pictures into ``mmsql.embedding_cache``, each different picture once, committed batch by batch."""

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
from mmsql.encoders.cache import store_vectors
from mmsql.encoders.images import ImageEncoder, ImagesExtraError
from mmsql.encoders.pictures import (
    LONGEST_PATH,
    Given,
    UnreadablePictureError,
    file_of,
    find_picture,
    path_text,
    read_picture,
)
from mmsql.progress import progress

if TYPE_CHECKING:
    from PIL import Image

SHORT_ROWS = 64  # paths and small pictures looked at together
STREAM_ROWS = 16  # whole pictures in memory at a time
ENCODED_ROWS = 256  # pictures encoded and committed together

Picture = tuple[str, bytes]  # hash and bytes


@dataclass(frozen=True)
class EncodedImages:
    """What became of the pictures of a catalog.

    Attributes
    ----------
    encoded : int
        How many had to be encoded; the others came from the cache.
    rejects : int
        Rows that cannot be used, whose reasons are in ``mmsql.rejects``.
    note : str
        What to tell, in one line; empty where all is well.
    """

    encoded: int = 0
    rejects: int = 0
    note: str = ""


def make_content_images(con: duckdb.DuckDBPyConnection) -> int:
    """Make the temp table ``content_images`` of the pictures of catalog items, and return how many there are."""
    _make_view(con)
    con.execute(sqlfiles.query("training/images", "content_images"))
    return int(con.execute("SELECT count(*) FROM content_images").fetchall()[0][0])


def drop_content_images(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what :func:`make_content_images` made."""
    con.execute("DROP TABLE IF EXISTS temp.content_images")
    con.execute("DROP VIEW IF EXISTS temp.given_images")


def encode_missing_images(con: duckdb.DuckDBPyConnection, encoder: ImageEncoder) -> EncodedImages:
    """Encode every picture of ``content_images`` that the cache does not hold for this encoder.

    Pictures that cannot be used go to ``mmsql.rejects``. Each batch is committed, so that an interrupted run goes on
    where it stopped. Only a batch of pictures is in memory at a time.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection that holds the temp table, outside a transaction.
    encoder : ImageEncoder
        Whose vectors are wanted.
    """
    missing = [name for (name,) in _query(con, "missing_images", encoder)]
    (short,) = con.execute("SELECT count(*) FROM content_images i WHERE coalesce(i.bytes, 0) <= 4096").fetchall()[0]
    with progress(f"Encoding images with {encoder.name}", len(missing) + short) as advance:
        batches = _Batches(con, encoder)
        try:
            for picture in _short_pictures(con, batches):
                batches.add(*picture)
                advance(1)
            for picture in _whole_pictures(con, missing):
                batches.add(*picture)
                advance(1)
            batches.flush()
        except ImagesExtraError:
            note = (
                "Images are left out, since the packages that read them are not installed: "
                "run `pip install 'mmsql[images]'` and train again."
            )
            return EncodedImages(batches.encoded, _reject(con, batches.failed), note)
    return EncodedImages(batches.encoded, _reject(con, batches.failed))


def picture_files(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]]:
    """Return the files that ``mmsql.images`` names: path, time of the last change in ns since 1970, and bytes.

    Of files that cannot be read the last two are 0. Paths are in order, each once.
    """
    if not may_read_files(con):
        return []
    folder = database_folder(con)
    _make_view(con)
    values = con.execute(
        "SELECT DISTINCT g.image FROM given_images g WHERE octet_length(g.image) <= ?", [LONGEST_PATH]
    ).fetchall()
    con.execute("DROP VIEW temp.given_images")
    return sorted(_state(text, folder) for (value,) in values if (text := path_text(value)) is not None)


def _state(text: str, folder: Path | None) -> tuple[str, int, int]:
    try:
        found = file_of(text, folder).stat()
    except (OSError, ValueError):
        return text, 0, 0
    return text, found.st_mtime_ns, found.st_size


@dataclass(frozen=True)
class _Failure:
    reason: str
    position: int | None = None
    content_hash: str | None = None


class _Batches:
    """Pictures on their way into the cache, and those that cannot get there."""

    def __init__(self, con: duckdb.DuckDBPyConnection, encoder: ImageEncoder) -> None:
        self.con, self.encoder, self.encoded = con, encoder, 0
        self.failed: list[_Failure] = []
        self.seen: set[str] = set()
        self.waiting: list[tuple[str, Image.Image]] = []

    def add(self, content_hash: str, data: bytes) -> None:
        """Decode a picture, unless it was here before, and encode when enough are waiting."""
        if content_hash in self.seen:
            return
        self.seen.add(content_hash)
        try:
            self.waiting.append((content_hash, read_picture(data)))
        except UnreadablePictureError as error:
            self.failed.append(_Failure(str(error), content_hash=content_hash))
        if len(self.waiting) >= ENCODED_ROWS:
            self.flush()

    def flush(self) -> None:
        """Encode what is waiting."""
        if not self.waiting:
            return
        vectors = self.encoder.encode([picture for _, picture in self.waiting])
        store_vectors(self.con, self.encoder.name, [name for name, _ in self.waiting], vectors)
        self.encoded += len(self.waiting)
        self.waiting = []


def _make_view(con: duckdb.DuckDBPyConnection) -> None:
    """Make the view that shows ``mmsql.images`` as bytes, whether it holds bytes or paths."""
    ((_, kind, *_),) = con.execute("DESCRIBE SELECT g.image FROM mmsql.images g").fetchall()
    image = {"BLOB": "g.image", "VARCHAR": "encode(g.image)"}.get(kind, "CAST(NULL AS BLOB)")
    con.execute(f"CREATE OR REPLACE TEMP VIEW given_images AS SELECT g.item_id, {image} AS image FROM mmsql.images g")


def _short_pictures(con: duckdb.DuckDBPyConnection, batches: _Batches) -> Iterator[Picture]:
    """Look at paths and small pictures, note what they are, and yield those that are to be encoded."""
    folder, files, after = database_folder(con), may_read_files(con), 0
    while True:
        query = sqlfiles.query("training/images", "next_short_images")
        rows = con.execute(query, {"after": after, "rows": SHORT_ROWS}).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        found = [(position, find_picture(value, folder, files)) for position, value in rows]
        hashes = [_hash(given) for _, given in found]
        noted = pa.table(
            {
                "position": pa.array([position for position, _ in found], pa.int32()),
                "path": pa.array([given.path for _, given in found], pa.string()),
                "content_hash": pa.array(hashes, pa.string()),
            }
        )
        insert_rows(con, sqlfiles.query("training/images", "update_content_images"), noted, {})
        batches.failed += [
            _Failure(given.reason, position=position) for position, given in found if given.reason is not None
        ]
        known = known_hashes(con, [name for name in hashes if name is not None], batches.encoder.name)
        for content_hash, (_, given) in zip(hashes, found, strict=True):
            if content_hash is not None and given.data is not None and content_hash not in known:
                yield content_hash, given.data


def _whole_pictures(con: duckdb.DuckDBPyConnection, missing: list[str]) -> Iterator[Picture]:
    """Read the pictures of some hashes from the source, on a connection beside the one that writes."""
    if not missing:
        return
    beside = con.cursor()
    try:
        _make_view(beside)
        beside.register("wanted_hashes", pa.table({"content_hash": missing}))
        for batch in to_arrow_reader(beside, sqlfiles.query("training/images", "wanted_images"), rows=STREAM_ROWS):
            for value in batch["image"]:
                data = value.as_py()
                yield hashlib.md5(data, usedforsecurity=False).hexdigest(), data
    finally:
        beside.close()


def known_hashes(con: duckdb.DuckDBPyConnection, hashes: list[str], encoder: str) -> set[str]:
    """Return which of some hashes the cache holds for an encoder."""
    return {name for (name,) in _of_hashes(con, "known_images", hashes, encoder)}


def cached_vectors(con: duckdb.DuckDBPyConnection, hashes: list[str], encoder: str) -> dict[str, np.ndarray]:
    """Return the vectors of those of some hashes that the cache holds for an encoder."""
    found = _of_hashes(con, "cached_images", hashes, encoder)
    return {name: np.array(vector, np.float32) for name, vector in found}


def _of_hashes(con: duckdb.DuckDBPyConnection, query: str, hashes: list[str], encoder: str) -> list[tuple[Any, ...]]:
    """Run a query of the cache about some hashes."""
    if not hashes:
        return []
    con.register("wanted_hashes", pa.table({"content_hash": hashes}))
    rows = con.execute(sqlfiles.query("training/images", query), {"encoder": encoder}).fetchall()
    con.unregister("wanted_hashes")
    return rows


def database_folder(con: duckdb.DuckDBPyConnection) -> Path | None:
    """Return the folder of a connection's file, which relative paths of pictures start from; None in memory."""
    ((path,),) = con.execute(
        "SELECT d.path FROM duckdb_databases() d WHERE d.database_name = current_database()"
    ).fetchall()
    return Path(path).absolute().parent if path else None


def may_read_files(con: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the database may read files."""
    return bool(con.execute("SELECT current_setting('enable_external_access')").fetchall()[0][0])


def _hash(given: Given) -> str | None:
    return None if given.data is None else hashlib.md5(given.data, usedforsecurity=False).hexdigest()


def _reject(con: duckdb.DuckDBPyConnection, failed: list[_Failure]) -> int:
    """Write the rows of pictures that cannot be used to ``mmsql.rejects``, and return how many there are."""
    if not failed:
        return 0
    table = pa.table(
        {
            "position": pa.array([failure.position for failure in failed], pa.int32()),
            "content_hash": pa.array([failure.content_hash for failure in failed], pa.string()),
            "reason": [failure.reason for failure in failed],
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
