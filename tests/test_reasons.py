"""explain and explain_each: the sentence that matters most, and many pairs at once."""

from __future__ import annotations

import duckdb
import pytest

import mmsql
from mmsql.db import serving
from mmsql.jobs import training

pytestmark = [pytest.mark.core, pytest.mark.usefixtures("counting_encoder")]

SAID = {
    "lamp": ["The battery life is long. The light is bright.", "The price is fair.", "The light is fine."],
    "torch": ["I like the battery life.", "The battery life is good."],
    "card": ["The price was low.", "The price is good."],
    "shirt": ["The colour is nice and the shirt fits me well."] * 3,
}


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


@pytest.fixture(scope="module")
def said_path(tmp_path_factory):
    """Give a shop where comments talk of battery life, light and price, and edges stand between three items."""
    path = tmp_path_factory.mktemp("said") / "shop.duckdb"
    con = mmsql.connect(path)
    for item, bodies in SAID.items():
        for n in range(8):
            user, body = f"{item} {n}", bodies[n % len(bodies)]
            con.execute("INSERT INTO comments (item_id, user_id, body) VALUES (?, ?, ?)", [item, user, body])
            con.execute("INSERT INTO interactions VALUES (?, ?, 'buy', NULL, NULL)", [user, item])
    con.execute(
        "INSERT INTO interactions VALUES ('walker', 'torch', 'buy', NULL, NULL), ('giver', 'card', 'buy', NULL, NULL)"
    )
    training.train(con.cursor(), "popularity")
    con.execute(
        "INSERT INTO mmsql.item_edges SELECT 'popularity-1', e.item_id, 'lamp', e.modality, 0.5 "
        "FROM (VALUES ('torch', 'comment'), ('torch', 'behavior'), ('card', 'text')) e(item_id, modality)"
    )
    serving.fill(con)
    con.close()
    return path


@pytest.fixture
def said(said_path):
    con = mmsql.connect(said_path, read_only=True)
    yield con
    con.close()


@pytest.mark.parametrize(
    ("user", "found"),
    [
        (
            "walker",
            {"comment": "The battery life is long.", "behavior": None, "popularity": "The battery life is long."},
        ),
        ("giver", {"text": "The price is fair.", "popularity": "The price is fair."}),
        ("shirt 1", {"popularity": "The light is bright."}),
        ("nobody", {"popularity": "The light is bright."}),
        (None, {"popularity": "The light is bright."}),
    ],
)
def test_the_sentence_is_about_what_the_user_had(said, user, found):
    assert dict(rows(said, "SELECT modality, sentence FROM explain(?, 'lamp')", user)) == found


def test_without_comments_there_is_no_sentence(said_path, tmp_path):
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(said_path.read_bytes())
    with mmsql.connect(copy) as con:
        con.execute("DELETE FROM comments WHERE item_id = 'lamp'")
        found = rows(con, "SELECT modality, sentence FROM explain('walker', 'lamp') ORDER BY ALL")
    assert found == [("behavior", None), ("comment", None), ("popularity", None)]


def test_explain_goes_along_a_table_of_pairs(served):
    found = rows(
        served,
        "SELECT p.u, e.* FROM (VALUES ('u1', 'i5'), ('u2', 'i6')) p(u, i), LATERAL (FROM explain(p.u, p.i)) e "
        "WHERE p.u = 'u2'",
    )
    assert sorted(row[1:] for row in found) == sorted(rows(served, "FROM explain('u2', 'i6')"))


NAME_OF_A_TABLE = "pairs; DROP TABLE items --"


@pytest.mark.parametrize(
    "pairs",
    [NAME_OF_A_TABLE, "seen_pairs", "mmsql.pairs", [{"item_id": f"i{n}", "user_id": f"u{n % 3}"} for n in range(6)]],
)
def test_many_pairs_have_the_reasons_of_each(undone, pairs):
    for name in (f'"{NAME_OF_A_TABLE}"', "mmsql.pairs"):
        undone.execute(
            f"CREATE TABLE {name} AS SELECT 'i' || n AS item_id, 'u' || n % 3 AS user_id FROM range(6) t(n) "
            "UNION ALL SELECT 'nothing', 'u0' UNION ALL SELECT 'i1', 'u1'"
        )
    undone.execute("CREATE VIEW seen_pairs AS FROM mmsql.pairs")
    found = rows(undone, "FROM explain_each(?)", pairs)
    one_by_one = [
        (f"u{n % 3}", f"i{n}", *row)
        for n in range(6)
        for row in rows(undone, "FROM explain(?, ?)", f"u{n % 3}", f"i{n}")
    ]
    assert sorted(found, key=str) == sorted(one_by_one, key=str)
    assert rows(undone, "SELECT count(*) FROM items") == [(13,)]


def test_sums_are_the_scores_of_lists(undone):
    undone.execute("CREATE TABLE lists AS FROM recommend_each(users := ['u1', 'u2', 'nobody'], k := 4)")
    sums = "SELECT e.user_id, e.item_id, sum(e.contribution) AS score FROM explain_each('lists') e GROUP BY ALL"
    (count, most) = rows(
        undone, f"SELECT count(*), max(abs(s.score - l.score)) FROM lists l JOIN ({sums}) s USING (user_id, item_id)"
    )[0]
    assert count == 12
    assert most < 1e-9


def test_no_pairs_and_pairs_of_nobody(served):
    assert rows(served, "FROM explain_each([])") == []
    assert rows(served, "FROM explain_each('mmsql.holdout')") == []
    (row,) = rows(served, "FROM explain_each([{'user_id': NULL, 'item_id': 'i2'}])")
    assert row[:4] == (None, "i2", "popularity", None)


@pytest.mark.parametrize(
    "pairs", ["NULL", "3", "['u1']", "[{'user_id': 'u1'}]", "{'user_id': 'u1', 'item_id': 'i1'}"]
)
def test_what_are_no_pairs_is_an_error(served, pairs):
    with pytest.raises(
        duckdb.Error, match="pairs must be the name of a table or view with user_id and item_id, or a"
    ):
        rows(served, f"FROM explain_each({pairs})")


def test_a_table_of_pairs_that_lacks_a_column_or_is_not_there(served):
    with pytest.raises(duckdb.Error, match='does not have a column named "user_id"'):
        rows(served, "FROM explain_each('mmsql.catalog')")
    with pytest.raises(duckdb.Error, match="Table with name nowhere does not exist"):
        rows(served, "FROM explain_each('nowhere')")
