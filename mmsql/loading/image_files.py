"""Read images from files and zip archives into DuckDB as bytes, in batches."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import duckdb
import pyarrow as pa

from mmsql import columns
from mmsql.db.sqlfiles import query
from mmsql.errors import SourceError
from mmsql.loading.parsed_file import ParsedFile
from mmsql.loading.row_mapping import ROW, RowMapping, column

BATCH_ROWS = 512
BATCH_BYTES = 1 << 25
ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic")
PICTURES = ParsedFile(kind="pictures", columns={columns.ITEM: "VARCHAR", columns.IMAGE: "BLOB"}, has_errors=True)

FIELDS = {columns.ITEM: column(columns.ITEM), columns.IMAGE: column(columns.IMAGE)}

# Item id, bytes or None, the row as JSON, the reason why the row cannot be loaded or None.
Picture = tuple[str | None, bytes | None, str, str | None]
SCHEMA = pa.schema(
    [
        ("item_id", pa.string()),
        ("image", pa.large_binary()),
        ("load_line", pa.string()),
        ("load_error", pa.string()),
    ]
)


def read_pictures(
    con: duckdb.DuckDBPyConnection, path: Path, parsed: ParsedFile, mapping: RowMapping, kind: str
) -> tuple[ParsedFile, RowMapping]:
    """Make the image column of ``load_raw`` hold bytes: read the files whose paths it holds.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        In the transaction of a load, with ``load_raw``.
    path : Path
        The loaded file; paths in it are relative to its folder.
    parsed, mapping : ParsedFile, RowMapping
        The file as ``load_raw``, and the mapping of its columns.
    kind : str
        SQL type of the image column: bytes, a text, or a struct with ``bytes`` as in Hugging Face data sets.

    Returns
    -------
    (ParsedFile, RowMapping)
        The file as ``load_raw`` and its mapping, with bytes.

    Raises
    ------
    SourceError
        When the column is of another type.
    """
    image = mapping.fields[columns.IMAGE]
    if kind == "BLOB":
        return parsed, mapping
    if kind.startswith("STRUCT(") and "bytes BLOB" in kind.replace('"', ""):
        fields = mapping.fields | {columns.IMAGE: f"struct_extract({image}, 'bytes')"}
        return parsed, replace(mapping, fields=fields)
    if kind != "VARCHAR":
        raise SourceError(f"The column image of {path} is {kind}. It must hold bytes or the names of image files.")
    row = f"{ROW}.load_line" if parsed.has_errors else f"to_json({ROW})"
    bad = f"{ROW}.load_error" if parsed.has_errors else "CAST(NULL AS VARCHAR)"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE load_paths AS SELECT row_number() OVER () AS load_number, "
        f"{mapping.fields[columns.ITEM]} AS item_id, {image} AS path, {row} AS load_line, {bad} AS load_error "
        f"FROM load_raw {ROW}"
    )
    store_pictures(con, _named_pictures(con, path.parent))
    return replace(PICTURES, notes=parsed.notes), replace(mapping, fields=FIELDS)


def read_zip(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[ParsedFile, RowMapping]:
    """Make ``load_raw`` from a zip archive of images whose names are item ids: ``ITEM_ID.jpg``.

    Raises
    ------
    SourceError
        When the file is not a complete zip archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _is_picture(member)]
            others = sum(not member.is_dir() for member in archive.infolist()) - len(members)
            store_pictures(con, (_member(archive, member) for member in members))
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path} is a truncated or damaged zip archive ({error}). Download it again.") from error
    notes = (f"{others} other files of the archive are ignored",) if others else ()
    return replace(PICTURES, notes=notes), RowMapping(fields=FIELDS)


def _is_picture(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    return not member.is_dir() and name.suffix.lower() in ENDINGS and not name.name.startswith(".")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Picture:
    row = json.dumps({"image": member.filename}, ensure_ascii=False)
    item = PurePosixPath(member.filename).stem
    try:
        return item, archive.read(member), row, None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        return item, None, row, f"image cannot be unpacked: {type(error).__name__}"


def _named_pictures(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Picture]:
    """Read the files named in ``load_paths``, in batches."""
    start = 0
    while True:
        batch = con.execute(query("loading", "next_paths"), {"start": start, "stop": start + BATCH_ROWS}).fetchall()
        if not batch:
            return
        for item, name, row, bad in batch:
            image, problem = (None, bad) if bad else _file_bytes(folder, name)
            yield item, image, row, problem
        start += BATCH_ROWS


def _file_bytes(folder: Path, name: str | None) -> tuple[bytes | None, str | None]:
    if name is None or not name.strip():
        return None, "image is missing"
    if "://" in name:
        return None, "image is a web address: download it and name the file"
    try:
        return (folder / name).read_bytes(), None
    except FileNotFoundError:
        return None, "image names a file that does not exist"
    except (OSError, ValueError) as error:
        return None, f"image names a file that cannot be read: {type(error).__name__}"


def store_pictures(con: duckdb.DuckDBPyConnection, pictures: Iterable[Picture]) -> None:
    """Put pictures into the temp table ``load_pictures``, and make ``load_raw`` a view of it."""
    con.execute(query("loading", "create_pictures"))
    batch: list[Picture] = []
    size = 0
    for picture in pictures:
        batch.append(picture)
        size += len(picture[1] or b"")
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            _insert(con, batch)
            batch, size = [], 0
    _insert(con, batch)
    con.execute("CREATE OR REPLACE TEMP VIEW load_raw AS FROM load_pictures")


def _insert(con: duckdb.DuckDBPyConnection, batch: list[Picture]) -> None:
    if not batch:
        return
    arrays = [pa.array(values, kind) for values, kind in zip(zip(*batch, strict=True), SCHEMA.types, strict=True)]
    con.register("load_batch", pa.Table.from_arrays(arrays, schema=SCHEMA))
    con.execute("INSERT INTO load_pictures FROM load_batch")
    con.unregister("load_batch")
