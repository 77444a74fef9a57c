"""Users without history: they get what users with the same attributes wanted, in plain DuckDB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import mmsql
from mmsql.db.schema import change_id_types
from mmsql.errors import DatabaseError
from mmsql.jobs import training
from mmsql.jobs.publishing import publish

pytestmark = pytest.mark.core

# Women want the even items, men the odd ones; the older, the higher its number.
KNOWN = """
CREATE OR REPLACE TABLE mmsql.users AS
SELECT 'u' || n AS user_id, CASE WHEN n % 2 = 0 THEN 'F' ELSE 'M' END AS gender, 20 + n AS age,
       ['shop', 'taste ' || n % 2] AS likes
FROM range(80) t(n)
"""
WANTED = """
INSERT INTO mmsql.interactions
SELECT 'u' || n, 'i' || (2 * ((n // 16 + s) % 6) + n % 2), 'view', NULL, TIMESTAMP '2025-01-01' + to_hours(n + s)
FROM range(80) t(n), range(2) r(s)
"""


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


@pytest.fixture(scope="module")
def known_path(tmp_path_factory) -> Path:
    """Give a shop of women and men of different ages, trained: a file not to be written to."""
    path = tmp_path_factory.mktemp("known") / "shop.duckdb"
    with mmsql.connect(path) as con:
        con.execute(KNOWN + ";" + WANTED)
        con.execute(
            "INSERT INTO mmsql.users VALUES ('woman', 'F', NULL, NULL), ('man', 'M', NULL, NULL), ('old', NULL, 98, "
            "NULL), ('child', NULL, 3, []), ('both', 'F', 21, ['taste 0']), ('strange', 'X', NULL, ['nothing'])"
        )
        training.train(con.cursor(), "graph")
    return path


@pytest.fixture
def known(known_path, tmp_path):
    """Give a connection to a copy of it."""
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(known_path.read_bytes())
    with mmsql.connect(copy) as con:
        yield con


def test_they_get_what_their_like_wanted(known):
    for user, parity in (("woman", 0), ("man", 1)):
        found = rows(known, "SELECT item_id, source FROM recommend(?, k := 6)", user)
        assert {int(item[1:]) % 2 for item, _ in found} == {parity}
        assert {source for _, source in found} == {"similar users"}
    # The oldest wanted the items from 2 · 4 on.
    assert {item for (item,) in rows(known, "SELECT item_id FROM recommend('old', k := 4)")} == {
        "i8",
        "i9",
        "i10",
        "i11",
    }
    assert {item for (item,) in rows(known, "SELECT item_id FROM recommend('child', k := 4)")} == {
        "i0",
        "i1",
        "i2",
        "i3",
    }


def test_all_that_is_known_adds_up(known):
    ((first, score),) = rows(known, "SELECT item_id, score FROM recommend('both', k := 1)")
    parts = rows(known, "SELECT modality, evidence_item, evidence, contribution FROM explain('both', ?)", first)
    assert sum(row[3] for row in parts) == pytest.approx(score, abs=1e-9)
    assert [row[:2] for row in parts] == [("user_attribute", None)] * 3 + [("popularity", None)]
    assert {row[2] for row in parts[:3]} == {
        "wanted by users with gender = F",
        "wanted by users with age below 25",
        "wanted by users with likes = taste 0",
    }
    evidence = "SELECT evidence FROM explain(?, ?) WHERE modality = 'user_attribute'"
    assert rows(known, evidence, "old", "i8") == [("wanted by users with age from 90",)]
    known.execute("UPDATE mmsql.users SET age = 30 WHERE user_id = 'old'")
    assert rows(known, evidence, "old", "i2") == [("wanted by users with age from 25 to below 35",)]


def test_the_weight_is_a_shrunk_share_times_the_root_of_its_lift(known):
    weights = dict(
        rows(known, "SELECT item_id, weight FROM mmsql.user_edges WHERE attribute = 'gender' AND value = 'F'")
    )
    share = {
        item: (count, women)
        for item, count, women in rows(
            known,
            "SELECT item_id, count(DISTINCT user_id), count(DISTINCT user_id) FILTER (gender = 'F') "
            "FROM mmsql.interactions JOIN mmsql.users USING (user_id) GROUP BY 1",
        )
    }
    expected = {}
    for item, (count, women) in share.items():
        if women:
            likely = (women + 20 * count / 80) / (40 + 20)
            expected[item] = likely * (likely / (count / 80)) ** 0.5
    scale = weights["i2"] / expected["i2"]
    assert weights == pytest.approx({item: scale * weight for item, weight in expected.items()})
    ((mean,),) = rows(
        known, "SELECT avg(w) FROM (SELECT max(weight) AS w FROM mmsql.user_edges GROUP BY attribute, value)"
    )
    assert mean == pytest.approx(1)


def test_a_value_of_few_users_says_nothing(known):
    known.execute("UPDATE mmsql.users SET gender = 'rare' WHERE user_id IN ('u0', 'u1', 'u2', 'u3')")
    training.train(known.cursor(), "graph")
    assert rows(
        known,
        "SELECT DISTINCT value FROM mmsql.user_edges WHERE attribute = 'gender' AND model = 'graph-2' ORDER BY 1",
    ) == [("F",), ("M",)]


def test_who_registers_after_training_is_served_at_once(known):
    assert rows(known, "SELECT DISTINCT source FROM recommend('late')") == [("popular",)]
    known.execute("INSERT INTO mmsql.users VALUES ('late', 'M', 25, ['taste 1'])")
    assert rows(known, "SELECT DISTINCT source FROM recommend('late', k := 6)") == [("similar users",)]
    known.execute("INSERT INTO mmsql.interactions VALUES ('late', 'i4', 'view', NULL, '2026-01-01')")
    assert rows(known, "SELECT source FROM recommend('late', k := 1)") == [("graph",)]
    assert rows(known, "SELECT count(*) FROM explain('late', 'i5') WHERE modality = 'user_attribute'") == [(0,)]


def test_users_with_history_are_as_they_were(known):
    before = rows(known, "FROM recommend_each(k := 12) ORDER BY ALL")
    known.execute("DELETE FROM mmsql.users; DELETE FROM mmsql.user_edges")
    assert rows(known, "FROM recommend_each(k := 12) ORDER BY ALL") == before


@pytest.mark.parametrize("user", ["strange", "nobody"])
def test_where_nothing_is_known_what_is_popular(known, user):
    assert rows(known, "SELECT item_id FROM recommend(?)", user) == rows(known, "SELECT item_id FROM popular_items()")
    assert rows(known, "SELECT DISTINCT source FROM recommend(?)", user) == [("popular",)]


def test_filters_and_many_users(known):
    each = rows(
        known, "SELECT user_id, rank, item_id, score FROM recommend_each(users := ['woman', 'u1', 'old'], k := 3)"
    )
    for user in ("woman", "u1", "old"):
        assert [row[1:] for row in each if row[0] == user] == rows(
            known, "SELECT rank, item_id, score FROM recommend(?, k := 3)", user
        )
    assert rows(known, "SELECT item_id, source FROM recommend('woman', candidates := ['i1', 'i2'], k := 2)") == [
        ("i2", "similar users"),
        ("i1", "popular"),
    ]
    assert rows(known, "SELECT DISTINCT source FROM recommend_session([])") == [("popular",)]


@pytest.mark.parametrize("algorithm", ["popularity", "fusion"])
def test_for_every_algorithm(known, algorithm):
    training.train(known.cursor(), algorithm)
    found = rows(known, "SELECT item_id, source FROM recommend('woman', k := 6)")
    assert {int(item[1:]) % 2 for item, _ in found} == {0}
    assert {source for _, source in found} == {"similar users"}


@pytest.mark.parametrize(
    "select",
    [
        "SELECT user_id FROM people",
        "SELECT user_id, gender FROM people",
        "SELECT user_id, gender, to_json(people) AS everything, [age] AS ages, {'a': age} AS s, NULL AS n, "
        "'x'::BLOB AS picture, age / 0 AS odd, now() AS at FROM people",
    ],
    ids=["ids only", "one column", "columns of all sorts"],
)
def test_users_may_be_a_view_with_any_columns(known, select):
    known.execute("CREATE TABLE people AS FROM mmsql.users; DROP TABLE mmsql.users")
    known.execute(f"CREATE VIEW mmsql.users AS {select}")
    expected = "similar users" if "gender" in select else "popular"
    assert rows(known, "SELECT source FROM recommend('woman', k := 1)") == [(expected,)]
    training.train(known.cursor(), "graph")
    assert rows(known, "SELECT source FROM recommend('woman', k := 1)") == [(expected,)]
    assert rows(known, "SELECT count(*) FROM recommend('u1', k := 3)") == [(3,)]


def test_ids_that_are_numbers(tmp_path):
    with mmsql.connect(tmp_path / "numbers.duckdb") as con:
        con.execute(KNOWN + ";" + WANTED)
        for table, ids in (("interactions", ("user_id", "item_id")), ("users", ("user_id",))):
            numbered = ", ".join(f"{name}[2:]::BIGINT AS {name}" for name in ids)
            con.execute(f"CREATE TABLE own_{table} AS SELECT * REPLACE ({numbered}) FROM mmsql.{table}")
            con.execute(f"DROP TABLE mmsql.{table}; CREATE VIEW mmsql.{table} AS FROM own_{table}")
        con.execute("INSERT INTO own_users VALUES (99, 'F', NULL, NULL)")
        training.train(con.cursor(), "graph")
        relation = con.sql("FROM recommend(99, k := 1)")
        assert str(relation.types[1]) == "BIGINT"
        assert relation.fetchall()[0][1] % 2 == 0
        assert rows(con, "SELECT source FROM recommend('99', k := 1)") == [("similar users",)]


def test_published_and_pruned_with_the_model(known, tmp_path):
    path = Path(rows(known, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")[0][0])
    expected = rows(known, "FROM mmsql.recommend('woman')")
    known.close()
    publish(path, tmp_path / "copy.duckdb")
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as con:
        assert rows(con, "FROM mmsql.recommend('woman')") == expected


READER = """
import json, sys
release, path, calls = sys.argv[1:]
sys.path.insert(0, release)
import duckdb
con = duckdb.connect(path, read_only=True)
print(json.dumps([con.execute(call).fetchall() for call in json.loads(calls)]))
"""


@pytest.mark.parametrize("release", ["1.4.4", "1.5.5", "2.0.0"])
def test_plain_duckdb_of_every_release_serves_them(known_path, release):
    folder = Path(__file__).parent.parent / ".duckdb" / release
    if not folder.is_dir():
        pytest.skip(f"no DuckDB {release} in {folder}: run `make test`")
    calls = [
        "FROM mmsql.recommend('both', k := 5)",
        "FROM mmsql.recommend_each(users := ['old', 'u1', 'nobody'], k := 3)",
        "FROM mmsql.explain('both', 'i2')",
        "FROM mmsql.recommend('nobody', k := 2)",
    ]
    with duckdb.connect(str(known_path), read_only=True) as con:
        expected = json.loads(json.dumps([rows(con, call) for call in calls]))
    done = subprocess.run(
        [sys.executable, "-S", "-c", READER, str(folder), str(known_path), json.dumps(calls)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    for answer, wanted in zip(json.loads(done.stdout), expected, strict=True):
        assert wanted
        for row, same in zip(answer, wanted, strict=True):
            assert [pytest.approx(value) if isinstance(value, float) else value for value in same] == row


@pytest.mark.parametrize("sql_type", ["VARCHAR", "BIGINT"])
def test_a_file_of_an_earlier_version(known, tmp_path, sql_type):
    path = Path(rows(known, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()")[0][0])
    known.execute("DROP TABLE mmsql.user_edges; UPDATE mmsql.settings SET value = 'older' WHERE key = 'objects'")
    change_id_types(known, [("item_edges", "item_id", sql_type)])
    known.close()
    with pytest.raises(DatabaseError, match=r"made by an earlier mmsql and has no user_edges\. Run `mmsql init"):
        publish(path, tmp_path / "copy.duckdb")
    with mmsql.connect(path) as con:
        assert rows(con, "SELECT typeof(e.item_id) FROM (SELECT 1) LEFT JOIN mmsql.user_edges e ON true") == [
            (sql_type,)
        ]
        assert str(con.sql("SELECT item_id FROM mmsql.user_edges").types[0]) == sql_type
