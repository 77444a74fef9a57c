"""MovieLens in the forms of RecBole and GroupLens."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from mmsql.errors import SourceError
from mmsql.loading.movielens import load_movielens

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
MOMENT = datetime(1997, 12, 4, 15, 55, 49)
EVENTS = [
    ("196", "1", "rate", 0.6, MOMENT),
    ("196", "2", "rate", 1.0, None),
    ("22", "1", "rate", 0.2, MOMENT),
]
RECBOLE = {
    "ml.inter": (
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        "196\t1\t3\t881250949\n196\t2\t5\t\n22\t1\t1\t881250949.0\n"
    ),
    "ml.item": (
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "1\tToy \"Story\t1995\tAnimation Children's\n2\tGoldenEye\tunknown\t\n"
    ),
    "ml.user": (
        "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n"
        "196\t24\tM\ttechnician\t00123\n22\t53\tF\tother\t94043\n"
    ),
}
CSV = {
    "ratings.csv": "userId,movieId,rating,timestamp\n196,1,3.0,881250949\n196,2,5.0,\n22,1,1.0,881250949\n",
    "movies.csv": (
        'movieId,title,genres\n1,"Toy ""Story (1995)",Animation|Children\'s\n2,GoldenEye,(no genres listed)\n'
    ),
    "tags.csv": "userId,movieId,tag,timestamp\n22,1,好看,881250949\n22,2,,881250949\n",
    "links.csv": "movieId,imdbId,tmdbId\n1,0114709,862\n",
}
DAT = {
    "ratings.dat": "196::1::3::881250949\n196::2::5::\n22::1::1::881250949\n",
    "movies.dat": ("1::Toy \"Story (1995)::Animation|Children's\n2::GoldenEye::\n3::Misérables, Les (1995)::Drama\n"),
    "users.dat": "196::M::24::7::00123\n22::F::53::0::94043\n",
}
FLAGS = "0|0|0|1|1" + "|0" * 14
OLD = {
    "u.data": "196\t1\t3\t881250949\n196\t2\t5\t\n22\t1\t1\t881250949\n",
    "u.item": f'1|Toy "Story (1995)|01-Jan-1995||http://x|{FLAGS}\n2|GoldenEye|||{"|0" * 19}\n',
    "u.user": "196|24|M|technician|00123\n22|53|F|other|94043\n",
}
MOVIES = [
    ("1", 'Toy "Story', "Animation", ["Animation", "Children's"], 1995),
    ("2", "GoldenEye", None, [], None),
]


@pytest.fixture
def folder(tmp_path: Path):
    def make(files: dict[str, str | bytes]) -> Path:
        path = tmp_path / "movielens"
        path.mkdir(exist_ok=True)
        for name, content in files.items():
            (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def plots(con, path: Path) -> None:
    con.execute(
        "COPY (SELECT 1::BIGINT AS item_id, 'A, B' AS director, 'Toys live.' AS plot UNION ALL "
        f"SELECT 9, NULL, 'Unknown film.') TO '{path / 'plots.parquet'}'"
    )


@pytest.mark.parametrize("files", [RECBOLE, CSV, DAT, OLD], ids=["recbole", "csv", "dat", "old"])
def test_forms(con, rows, everything, folder, files: dict[str, str]) -> None:
    path = folder(files)
    reports = {report.source: report for report in load_movielens(con, path)}
    assert rows("FROM mmsql.interactions") == EVENTS
    assert rows("SELECT item_id, title, category, genres, release_year FROM mmsql.items WHERE item_id < '3'") in (
        MOVIES,
        [MOVIES[0], (*MOVIES[1][:3], None, None)],  # a blank field instead of "no genres"
    )
    assert {report.rejected for name, report in reports.items() if name != "comments"} == {0}
    before = everything()
    for report in load_movielens(con, path):
        assert report.loaded == report.updated == 0
    assert everything() == before


def test_users_of_recbole(con, rows, folder) -> None:
    load_movielens(con, folder(RECBOLE))
    assert rows("SELECT user_id, age, gender, occupation, zip_code FROM mmsql.users") == [
        ("196", 24, "M", "technician", "00123"),
        ("22", 53, "F", "other", "94043"),
    ]


def test_an_unreadable_year_is_told(con, rejects, folder) -> None:
    items = load_movielens(con, folder(RECBOLE))[0]
    assert (items.loaded, items.flawed) == (2, 1)
    assert rejects() == [("items", "release_year cannot be read: the row was loaded without it")]


def test_users_and_latin_1_of_dat(con, rows, folder) -> None:
    files = DAT | {"movies.dat": DAT["movies.dat"].encode("latin-1")}
    load_movielens(con, folder(files))
    assert rows("SELECT title FROM mmsql.items WHERE item_id = '3'") == [("Misérables, Les",)]
    assert rows("SELECT age, zip_code FROM mmsql.users") == [(24, "00123"), (53, "94043")]


def test_utf_8_of_dat(con, rows, folder) -> None:
    load_movielens(con, folder(DAT))
    assert rows("SELECT title FROM mmsql.items WHERE item_id = '3'") == [("Misérables, Les",)]


def test_tags_become_comments(con, rows, rejects, folder) -> None:
    load_movielens(con, folder(CSV))
    assert rows("FROM mmsql.comments") == [("1", "22", "好看", None, MOMENT)]
    assert rejects() == [("comments", "body is blank")]


def test_further_columns_of_recbole(con, rows, folder) -> None:
    files = {
        "x.inter": "user_id:token\titem_id:token\treview:token_seq\nu\ti\tfine film\n",
        "x.item": "item_id:token\ttags:token_seq\tprice:float\tsize:token\ni\tred big\t1.5\t38\n",
    }
    reports = load_movielens(con, folder(files))
    assert reports[-1].notes == ("ignored columns: review:token_seq",)
    assert rows("FROM mmsql.interactions") == [("u", "i", "view", None, None)]
    assert rows("SELECT tags, price, size FROM mmsql.items") == [(["red", "big"], 1.5, 38)]


def test_plots_and_posters(con, rows, everything, folder) -> None:
    path = folder(RECBOLE)
    plots(con, path)
    with zipfile.ZipFile(path / "posters.zip", "w") as archive:
        archive.writestr("1.jpg", JPEG)
    reports = load_movielens(con, path)
    assert [(Path(r.file).name, r.loaded, r.updated) for r in reports] == [
        ("ml.item", 2, 0),
        ("ml.user", 2, 0),
        ("ml.inter", 3, 0),
        ("plots.parquet", 1, 1),
        ("posters.zip", 1, 0),
    ]
    assert rows("SELECT item_id, title, description, director FROM mmsql.items") == [
        ("1", 'Toy "Story', "Toys live.", ["A", "B"]),
        ("2", "GoldenEye", None, None),
        ("9", None, "Unknown film.", None),
    ]
    assert rows("FROM mmsql.images") == [("1", JPEG)]
    before = everything()
    assert {r.loaded + r.updated for r in load_movielens(con, path)} == {0}
    assert everything() == before


def test_a_changed_film_in_a_folder_with_plots(con, rows, folder) -> None:
    """Rows are replaced and columns added in one transaction, which DuckDB 1.5 minds in one order."""
    load_movielens(con, folder(RECBOLE))
    path = folder({"ml.item": RECBOLE["ml.item"].replace("GoldenEye", "Golden Eye")})
    plots(con, path)
    load_movielens(con, path)
    assert rows("SELECT title, description FROM mmsql.items WHERE item_id IN ('1', '2')") == [
        ("Golden Eye", None),
        ('Toy "Story', "Toys live."),
    ]


def test_bad_rows(con, rows, rejects, folder) -> None:
    files = RECBOLE | {"ml.inter": RECBOLE["ml.inter"] + "\t1\t3\t881250949\n5\t1\n5\t1\t3\tnever\n5\t1\tx\t\n"}
    for _ in range(2):
        report = load_movielens(con, folder(files))[-1]
        assert (report.read, report.rejected, report.flawed) == (7, 3, 1)
        assert [reason for source, reason in rejects() if source == "interactions"] == [
            "line has fewer columns than the header",
            "ts is not a time that can be read",
            "user_id is missing",
            "weight cannot be read: the row was loaded without it",
        ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"movies.csv": CSV["movies.csv"]},
            r"holds no ratings: none of \*.inter, ratings.csv.* It holds: movies.csv",
        ),
        ({}, r"It holds: nothing"),
        (RECBOLE | {"second.inter": RECBOLE["ml.inter"]}, r"holds several data sets: ml.inter, second.inter"),
        (
            {"x.inter": "uid:token\titem_id:token\n1\t2\n"},
            r"has no column user_id. It has: uid:token, item_id:token",
        ),
        (CSV | {"movies.csv": "title\nx\n"}, r"movies.csv has no column item_id"),
        (CSV | {"tags.csv": ""}, r"tags.csv is empty"),
        (CSV | {"posters.zip": b"PK\x03\x04"}, r"posters.zip is a truncated or damaged zip"),
        (CSV | {"plots.parquet": b"x"}, r"plots.parquet is not a Parquet file"),
    ],
)
def test_bad_folders_change_nothing(con, everything, folder, files: dict, message: str) -> None:
    before = everything()
    with pytest.raises(SourceError, match=message):
        load_movielens(con, folder(files))
    assert everything() == before


def test_plots_without_a_text(con, everything, folder) -> None:
    path = folder(RECBOLE)
    con.execute(f"COPY (SELECT 1 AS item_id, 'A' AS director) TO '{path / 'plots.parquet'}'")
    before = everything()
    with pytest.raises(SourceError, match=r"needs a column item_id and one of plot, .* It has: item_id, director"):
        load_movielens(con, path)
    assert everything() == before


def test_no_folder(con, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"does not exist. Name the directory"):
        load_movielens(con, tmp_path / "none")
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceError, match=r"is a file. Name the directory"):
        load_movielens(con, tmp_path / "file")


@pytest.mark.data
def test_movielens_100k(con, rows, data_dir: Path) -> None:
    path = data_dir / "movielens_100k"
    counts = {Path(report.file).suffix: report.loaded for report in load_movielens(con, path)}
    assert counts == {".item": 1682, ".user": 943, ".inter": 100_000, ".parquet": 0, ".zip": 1394}
    assert rows("SELECT count(description), count(release_year) FROM mmsql.items") == [(1615, 1680)]
    assert rows("SELECT min(weight), max(weight), min(ts) FROM mmsql.interactions") == [
        (0.2, 1.0, datetime(1997, 9, 20, 3, 5, 10))
    ]
    for report in load_movielens(con, path):
        assert report.loaded == report.updated == 0
