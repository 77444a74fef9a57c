"""Pictures: as bytes, as the names of files, and in a zip archive."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from mmsql.errors import SourceError
from mmsql.loading import image_files
from mmsql.loading.merging import load_rows, load_transaction
from mmsql.loading.single_file import load_file

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "


def load_zip(con, path: Path):
    with load_transaction(con, path, "images"):
        return load_rows(con, "images", path, *image_files.read_zip(con, path))


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_names_of_files(con, rows, rejects, write) -> None:
    write("pictures/a.jpg", JPEG)
    write("pictures/b [1].png", PNG)
    write("pictures/empty.jpg", b"")
    write("pictures/text.jpg", b"not a picture")
    path = write(
        "images.csv",
        "item_id,image\n1,pictures/a.jpg\n2,pictures/b [1].png\n3,pictures/none.jpg\n4,\n"
        "5,pictures/text.jpg\n"
        "6,https://example.org/a.jpg\n,pictures/a.jpg\n7,pictures/empty.jpg\n8,pictures\n",
    )
    for _ in range(2):
        report = load_file(con, "images", path)
        assert (report.read, report.rejected) == (9, 7)
        assert rows("FROM mmsql.images") == [("1", JPEG), ("2", PNG)]
        assert [reason for _, reason in rejects()] == [
            "image is a web address: download it and name the file",
            "image is missing",
            "image is not a picture in a known format",
            "image is not a picture in a known format",
            "image names a file that cannot be read: IsADirectoryError",
            "image names a file that does not exist",
            "item_id is missing",
        ]
    assert report.unchanged == 2


def test_absolute_names_and_mapping_and_json(con, rows, write) -> None:
    picture = write("elsewhere/a.jpg", JPEG)
    path = write("images.jsonl", json.dumps({"sku": 7, "photo": str(picture)}) + "\nnot json\n")
    report = load_file(con, "images", path, {"sku": "item_id", "photo": "image"})
    assert (report.loaded, report.rejected) == (1, 1)
    assert rows("FROM mmsql.images") == [("7", JPEG)]


def test_bytes_of_parquet(con, rows, tmp_path: Path) -> None:
    path = tmp_path / "images.parquet"
    con.execute(
        "COPY (SELECT unnest(['1', '2', NULL]) AS item_id, unnest($p::BLOB[]) AS image) TO '" + str(path) + "'",
        {"p": [JPEG, b"text", PNG]},
    )
    report = load_file(con, "images", path)
    assert (report.read, report.loaded, report.rejected) == (3, 1, 2)
    assert rows("FROM mmsql.images") == [("1", JPEG)]
    assert load_file(con, "images", path).unchanged == 1


def test_bytes_in_a_struct(con, rows, tmp_path: Path) -> None:
    path = tmp_path / "images.parquet"
    con.execute(
        "COPY (SELECT 1 AS item_id, {'bytes': $p::BLOB, 'path': 'a.png'} AS image) TO '" + str(path) + "'",
        {"p": PNG},
    )
    load_file(con, "images", path)
    assert rows("FROM mmsql.images") == [(1, PNG)]


def test_numbers_are_no_pictures(con, tmp_path: Path) -> None:
    path = tmp_path / "images.parquet"
    con.execute(f"COPY (SELECT 1 AS item_id, 2 AS image) TO '{path}'")
    with pytest.raises(SourceError, match=r"The column image of .* is INTEGER. It must hold bytes or the names"):
        load_file(con, "images", path)


def test_an_item_has_the_pictures_of_its_last_file(con, rows, write) -> None:
    write("a.jpg", JPEG)
    write("b.png", PNG)
    write("c.webp", WEBP)
    load_file(con, "images", write("first.csv", "item_id,image\n1,a.jpg\n1,b.png\n1,a.jpg\n2,a.jpg\n"))
    assert rows("FROM mmsql.images") == [("1", PNG), ("1", JPEG), ("2", JPEG)]
    report = load_file(con, "images", write("second.csv", "item_id,image\n1,c.webp\n1,a.jpg\n3,a.jpg\n"))
    assert (report.loaded, report.updated, report.unchanged) == (1, 1, 1)
    assert rows("FROM mmsql.images") == [("1", WEBP), ("1", JPEG), ("2", JPEG), ("3", JPEG)]


def test_zip(con, rows, rejects, tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "posters.zip",
        {
            "1.jpg": JPEG,
            "more/00123.PNG": PNG,
            "readme.txt": b"x",
            "__MACOSX/._1.jpg": b"x",
            "2.jpg": b"text",
        },
    )
    for _ in range(2):
        report = load_zip(con, path)
        assert (report.read, report.rejected) == (3, 1)
        assert report.notes == ("2 other files of the archive are ignored",)
        assert rows("FROM mmsql.images") == [("00123", PNG), ("1", JPEG)]
        assert rejects() == [("images", "image is not a picture in a known format")]


def test_a_damaged_picture_in_a_zip(con, rejects, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "posters.zip", {"1.jpg": JPEG, "2.jpg": JPEG + b"second"})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"second", b"sEcond"))
    report = load_zip(con, path)
    assert (report.loaded, report.rejected) == (1, 1)
    assert rejects() == [("images", "image cannot be unpacked: BadZipFile")]


def test_a_truncated_zip(con, everything, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "posters.zip", {"1.jpg": JPEG})
    path.write_bytes(path.read_bytes()[:-10])
    before = everything()
    with pytest.raises(SourceError, match="truncated or damaged zip archive"):
        load_zip(con, path)
    assert everything() == before


def test_more_pictures_than_a_batch(con, rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_files, "BATCH_ROWS", 3)
    members = {f"{n}.jpg": JPEG + bytes([n]) for n in range(10)}
    assert load_zip(con, make_zip(tmp_path / "posters.zip", members)).loaded == 10
    for name, content in members.items():
        (tmp_path / name).write_bytes(content)
    listing = tmp_path / "images.csv"
    listing.write_text("item_id,image\n" + "".join(f"{n},{n}.jpg\n" for n in range(10)))
    assert load_file(con, "images", listing).unchanged == 10
    assert rows("SELECT count(DISTINCT image) FROM mmsql.images") == [(10,)]
