"""Bad input in the sources: a clear error or a reject, never a crash, never a silent loss."""

from __future__ import annotations

import json

import duckdb
import pytest

import mmsql
from mmsql import columns
from mmsql.data import sources
from mmsql.errors import SourceError
from mmsql.jobs import training
from mmsql.jobs.checks import check

pytestmark = pytest.mark.usefixtures("counting_encoder")


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def train(con: duckdb.DuckDBPyConnection) -> training.TrainResult:
    return training.train(con.cursor(), "graph")


def into_view(con: duckdb.DuckDBPyConnection, source: str, select: str) -> None:
    """Put a view over the rows there are in the place of a source."""
    con.execute(f"CREATE TABLE main.own_{source} AS FROM mmsql.{source}; DROP TABLE mmsql.{source}")
    con.execute(f"CREATE VIEW mmsql.{source} AS SELECT {select} FROM main.own_{source}")


def assert_it_serves(con: duckdb.DuckDBPyConnection) -> None:
    """Train, and ask for everything that reads the sources."""
    train(con)
    user, item = rows(
        con, "SELECT user_id, item_id FROM interactions WHERE user_id IS NOT NULL AND item_id IS NOT NULL LIMIT 1"
    )[0]
    assert rows(con, "FROM recommend_each(k := 2)")
    for call in ("recommend(?, k := 2)", "audience(?, k := 2)", "similar_items(?, k := 2)"):
        rows(con, f"FROM {call}", user if "recommend" in call else item)
    rows(con, "FROM recommend(?, category := 'Media', brand := 'Acme', min_price := 1, max_price := 9)", user)
    assert rows(con, "FROM explain(?, ?)", user, item)
    for view in ("top_recommendations", "item_neighbors", "model_versions"):
        assert rows(con, f"FROM mmsql.{view}")


# --- rows


def test_rows_without_ids_are_rejected_once_and_counted(shop):
    shop.execute(
        "INSERT INTO interactions VALUES (NULL, 'i1', 'view', 1, NULL), ('u1', NULL, 'view', 1, NULL), "
        "(NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL)"
    )
    shop.execute("INSERT INTO items (item_id, title) VALUES (NULL, 'A title without an id')")
    shop.execute("INSERT INTO comments (item_id, body) VALUES (NULL, 'about nothing')")
    assert train(shop).rejects == 6
    found = rows(shop, 'SELECT source, reason, "row" FROM mmsql.rejects ORDER BY ALL')
    assert [row[:2] for row in found] == [
        ("comments", "item_id is NULL"),
        ("interactions", "item_id is NULL"),
        ("interactions", "user_id and item_id are NULL"),
        ("interactions", "user_id is NULL"),
        ("items", "item_id is NULL"),
    ]
    assert json.loads(found[3][2]) == {"user_id": None, "item_id": "i1", "event": "view", "weight": 1.0, "ts": None}
    assert json.loads(found[4][2])["title"] == "A title without an id"
    assert train(shop).rejects == 6
    assert len(rows(shop, "FROM mmsql.rejects")) == 5


def test_duplicate_items_in_a_view_are_reported_and_not_recommended_twice(shop):
    into_view(shop, "items", "*")
    shop.execute(
        "INSERT INTO main.own_items FROM main.own_items WHERE item_id IN ('i2', 'i3'); "
        "INSERT INTO main.own_items (item_id, title, available) VALUES ('i2', 'Another title', false)"
    )
    assert train(shop).rejects == 2
    assert rows(shop, "SELECT reason, \"row\" ->> '$.item_id' FROM mmsql.rejects ORDER BY ALL") == [
        ("item_id stands in 2 rows", "i3"),
        ("item_id stands in 3 rows", "i2"),
    ]
    items = [item for (item,) in rows(shop, "SELECT item_id FROM recommend('u0', k := 100, only_available := false)")]
    assert len(items) == len(set(items)) == 11
    assert ("i2",) not in rows(
        shop, "SELECT item_id FROM recommend('u0', k := 100)"
    )  # one row says it is not to be had


@pytest.mark.parametrize("weight", ["'nan'::DOUBLE", "'inf'::DOUBLE", "'-inf'::DOUBLE", "1e300"])
def test_a_weight_beyond_all_measure_is_reported_and_counts_as_one(shop, weight):
    train(shop)
    plain = rows(shop, "FROM recommend('u3')")
    shop.execute(f"UPDATE interactions SET weight = {weight} WHERE user_id IN ('u3', 'u4')")
    assert train(shop).rejects == 5
    assert rows(shop, "SELECT DISTINCT source, reason FROM mmsql.rejects") == [
        ("interactions", "weight is not finite or beyond 1e12, and counts as 1")
    ]
    assert rows(shop, "FROM recommend('u3')") == plain
    assert rows(shop, "SELECT count(*) FROM mmsql.item_edges WHERE NOT isfinite(weight)") == [(0,)]


@pytest.mark.parametrize("weight", ["-1", "0", "1e-300", "NULL", "1e12"])
def test_any_other_weight_is_taken(shop, weight):
    shop.execute(f"UPDATE interactions SET weight = {weight} WHERE user_id IN ('u3', 'u4')")
    assert train(shop).rejects == 0
    assert rows(shop, "SELECT count(*) FROM mmsql.item_edges WHERE NOT isfinite(weight) OR weight <= 0") == [(0,)]
    assert rows(shop, "SELECT count(*) FROM recommend('u3') WHERE isfinite(score)") == [(10,)]


def test_no_weight_of_any_worth(shop):
    shop.execute("UPDATE interactions SET weight = -1")
    (problem,) = [finding for finding in check(shop) if finding.level == "problem"]
    assert problem.finding.startswith("Of 119 events none can be used: ")
    with pytest.raises(SourceError, match="a row needs both ids and a weight that is NULL or above 0"):
        train(shop)


BEYOND = ["infinity", "-infinity", "290000-01-01", "0001-01-01", "290000-01-01 (BC)"]


@pytest.mark.parametrize("moment", [None, "infinity"])
def test_moments_that_no_calendar_knows(shop, moment):
    for user, some in enumerate([None, *BEYOND]):
        shop.execute("UPDATE interactions SET ts = ?::TIMESTAMP WHERE user_id = ?", [some, f"u{user}"])
    assert_it_serves(shop)
    shop.execute("UPDATE interactions SET ts = ?::TIMESTAMP", [moment])
    assert_it_serves(shop)


def test_an_event_of_tomorrow_is_the_latest(shop):
    shop.execute("INSERT INTO interactions VALUES ('u0', 'i7', 'view', 1, TIMESTAMP '2999-01-01')")
    train(shop)
    assert rows(shop, "SELECT item_id FROM recommend('u0', k := 1)") == [("i8",)]


# --- ids and texts

IDS = [
    "it's",
    'a "quoted" id',
    "semi; DROP TABLE mmsql.models; --",
    "🙂",
    "商品一号",
    "",
    " ",
    "a|b",
    "NULL",
    "%_\\",
    "x" * 5000,
    "e\u0301",
]


def test_ids_of_any_letters(tmp_path):
    with mmsql.connect(tmp_path / "shop.duckdb") as con:
        for place, item in enumerate(IDS):
            con.execute(
                "INSERT INTO items (item_id, title, category, brand) VALUES (?, ?, ?, ?)", [item, item, item, item]
            )
            con.execute("INSERT INTO comments (item_id, user_id, body) VALUES (?, ?, ?)", [item, item, item])
            for user in IDS[place:] if place % 2 else IDS[: place + 1]:
                con.execute("INSERT INTO interactions VALUES (?, ?, 'view', 1, NULL)", [user, item])
        train(con)
        for user in IDS:
            seen = {item for (item,) in rows(con, "SELECT item_id FROM interactions WHERE user_id = ?", user)}
            found = {item for (item,) in rows(con, "SELECT item_id FROM recommend(?, k := 100)", user)}
            assert found == set(IDS) - seen
            assert rows(con, "SELECT item_id FROM recommend('new', k := 9, candidates := [?])", user) == [(user,)]
            assert rows(con, "SELECT item_id FROM recommend('new', brand := ?)", user) == [(user,)]
            assert len(rows(con, "FROM similar_items(?, k := 100)", user)) == len(IDS) - 1
            assert rows(con, "SELECT sum(contribution) FROM explain(?, ?)", user, user) != [(None,)]
        assert len(rows(con, "CALL evaluate()")) == 14


def test_texts_of_any_letters_and_length(shop):
    for item, text in enumerate(
        ["🙂🙂", "很好吃，下次再来", "x" * 100_000, "word " * 20_000, "a\x00b", "\u202eright to left", " "]
    ):
        shop.execute(
            "UPDATE items SET title = ?, description = ?, brand = ? WHERE item_id = ?", [text, text, text, f"i{item}"]
        )
        shop.execute("INSERT INTO comments (item_id, body) VALUES (?, ?)", [f"i{item}", text])
    assert_it_serves(shop)
    assert rows(shop, "SELECT title FROM recommend('nobody', k := 100) WHERE item_id = 'i1'") == [
        ("很好吃，下次再来",)
    ]


def test_numbers_at_the_end_of_their_types(shop):
    shop.execute(
        "ALTER TABLE items ADD COLUMN size HUGEINT; UPDATE items SET size = "
        "170141183460469231731687303715884105727 - "
        "ltrim(item_id, 'i')::HUGEINT"
    )
    shop.execute(
        "UPDATE items SET price = CASE WHEN item_id = 'i1' THEN 'inf'::DOUBLE WHEN item_id = 'i2' THEN 'nan'::DOUBLE "
        "WHEN item_id = 'i3' THEN -5 ELSE price END"
    )
    assert_it_serves(shop)


# --- views


@pytest.mark.parametrize("source", columns.SOURCES)
@pytest.mark.parametrize("missing", [1, 99])
def test_a_view_that_lacks_a_column_is_told_what_to_add(shop, source, missing):
    declared = columns.SOURCES[source]
    lost = declared[-1:] if missing == 1 else declared[1:] or declared
    kept = [name for name in declared if name not in lost] or ["1 AS something"]
    into_view(shop, source, ", ".join(kept))
    with pytest.raises(SourceError) as caught:
        train(shop)
    assert str(caught.value) == (
        f"mmsql.{source} lacks the column{'s' if len(lost) > 1 else ''} {', '.join(lost)}. "
        f"Where your data has none, add to the view: {', '.join(f'NULL AS {name}' for name in lost)}."
    )


@pytest.mark.parametrize(
    ("source", "kept"),
    [("interactions", "user_id, item_id"), ("items", "item_id"), ("comments", "item_id, user_id, body")],
)
def test_what_the_message_says_to_add_works(shop, source, kept):
    added = [name for name in columns.SOURCES[source] if name not in kept.split(", ")]
    into_view(shop, source, f"{kept}, {', '.join(f'NULL AS {name}' for name in added)}")
    assert_it_serves(shop)
    assert len(rows(shop, "CALL evaluate()")) == 14


@pytest.mark.parametrize(
    ("source", "column", "expression", "wanted"),
    [
        ("interactions", "ts", "ts::VARCHAR", "CAST(ts AS TIMESTAMP) AS ts"),
        (
            "interactions",
            "ts",
            "epoch(ts)",
            r"make_timestamp(CAST(ts * 1e6 AS BIGINT)) AS ts for seconds since 1970",
        ),
        ("interactions", "weight", "'3'", "CAST(weight AS DOUBLE) AS weight"),
        ("interactions", "event", "3", "CAST(event AS VARCHAR) AS event"),
        ("items", "available", "1", "CAST(available AS BOOLEAN) AS available"),
        ("items", "available", "'yes'", "CAST(available AS BOOLEAN) AS available"),
        ("items", "price", "'12.50'", "CAST(price AS DOUBLE) AS price"),
        ("items", "category", "['Books']", "CAST(category AS VARCHAR) AS category"),
        ("items", "title", "17", "CAST(title AS VARCHAR) AS title"),
        ("items", "brand", "{'a': 1}", "CAST(brand AS VARCHAR) AS brand"),
        ("comments", "body", "17", "CAST(body AS VARCHAR) AS body"),
        ("comments", "ts", "0", "make_timestamp"),
        ("comments", "rating", "'five'", "CAST(rating AS DOUBLE) AS rating"),
    ],
)
def test_a_column_of_a_type_that_cannot_be_read_is_told_the_cast(shop, source, column, expression, wanted):
    into_view(shop, source, f"* REPLACE ({expression} AS {column})")
    with pytest.raises(SourceError) as caught:
        train(shop)
    assert f"{column} is " in str(caught.value)
    assert f"in mmsql.{source} and cannot be read as" in str(caught.value)
    assert wanted in str(caught.value)


def test_the_cast_for_seconds_works(shop):
    shop.execute("UPDATE interactions SET ts = ts + INTERVAL 250 MILLISECOND")
    into_view(shop, "interactions", "* REPLACE (epoch(ts) AS ts)")
    shop.execute(
        "CREATE OR REPLACE VIEW mmsql.interactions AS SELECT * REPLACE "
        "(make_timestamp(CAST(epoch(ts) * 1000000 AS BIGINT)) AS ts) "
        "FROM main.own_interactions"
    )
    assert rows(shop, "SELECT count(*) FROM mmsql.interactions v JOIN main.own_interactions o ON o.ts = v.ts") > [
        (0,)
    ]
    assert_it_serves(shop)


@pytest.mark.parametrize(
    ("source", "column", "expression"),
    [
        ("interactions", "ts", "ts::DATE"),
        ("interactions", "ts", "ts::TIMESTAMPTZ"),
        ("interactions", "ts", "ts::TIMESTAMP_NS"),
        ("interactions", "weight", "2"),
        ("interactions", "weight", "2.5::DECIMAL(4, 1)"),
        ("interactions", "weight", "127::TINYINT"),
        ("interactions", "event", "'view'::ENUM('view')"),
        ("items", "price", "price::DECIMAL(10, 2)"),
        ("items", "price", "price::UTINYINT"),
        ("items", "category", "category::ENUM('Media > Books', 'Media > Games')"),
    ],
)
def test_a_column_of_a_kindred_type_is_read(shop, source, column, expression):
    into_view(shop, source, f"* REPLACE ({expression} AS {column})")
    assert_it_serves(shop)
    if column == "ts":
        assert len(rows(shop, "CALL evaluate()")) == 14


@pytest.mark.parametrize(
    ("source", "column", "expression", "message"),
    [
        (
            "items",
            "item_id",
            "ltrim(item_id, 'i')::BIGINT",
            "item_id is BIGINT in mmsql.items and VARCHAR in mmsql.interactions. "
            "Cast one of them in its view: CAST(item_id AS VARCHAR) AS item_id.",
        ),
        (
            "comments",
            "user_id",
            "ltrim(user_id, 'u')::INTEGER",
            "user_id is INTEGER in mmsql.comments and VARCHAR in mmsql.interactions",
        ),
        (
            "interactions",
            "item_id",
            "ltrim(item_id, 'i')::BIGINT",
            "item_id is VARCHAR in mmsql.items and BIGINT in mmsql.interactions",
        ),
    ],
)
def test_ids_of_one_kind_in_one_place_and_another_elsewhere(shop, source, column, expression, message):
    into_view(shop, source, f"* REPLACE ({expression} AS {column})")
    with pytest.raises(SourceError) as caught:
        train(shop)
    assert message in str(caught.value)
    assert rows(shop, "SELECT count(*) FROM mmsql.models") == [(0,)]


@pytest.mark.parametrize("source", columns.SOURCES)
def test_a_view_whose_table_is_gone(trained, source):
    answer = rows(trained, "FROM recommend('u0')")
    into_view(trained, source, "*")
    trained.execute(f"ALTER TABLE main.own_{source} RENAME TO gone")
    with pytest.raises(
        SourceError,
        match=rf"mmsql.{source} cannot be read: .*own_{source} does not exist.* Create the table or view again",
    ):
        train(trained)
    trained.execute(f"ALTER TABLE main.gone RENAME TO own_{source}")
    assert rows(trained, "FROM recommend('u0')") == answer


def test_a_source_that_is_no_longer_there(trained):
    trained.execute("DROP TABLE mmsql.users")
    with pytest.raises(SourceError, match=r"mmsql.users cannot be read: .* Create the table or view again"):
        train(trained)


def test_columns_of_the_analysts_own_are_no_trouble(shop):
    into_view(shop, "interactions", "*, 'x' AS seen, 1 AS k, [1] AS users, 'u' AS visitor, NULL AS neighbor_id")
    into_view(shop, "items", "*, 'x' AS k, 5 AS score, 'y' AS rank, DATE '2024-01-01' AS model, 1 AS candidates")
    assert_it_serves(shop)


def test_sources_are_the_declared_ones(shop):
    assert sources.source_types(shop, "items")["price"] == "DOUBLE"
    assert set(columns.REQUIRED) == set(columns.SOURCES)
    for source, required in columns.REQUIRED.items():
        assert set(required) <= set(columns.SOURCES[source])
        assert list(sources.source_types(shop, source)) == list(columns.SOURCES[source])


@pytest.mark.parametrize("algorithm", ["graph", "ials"])
def test_a_view_without_times_serves_everything(shop, algorithm):
    into_view(shop, "interactions", "user_id, item_id, NULL AS event, NULL AS weight, NULL AS ts")
    assert [finding for finding in check(shop) if finding.level == "problem"] == []
    training.train(
        shop.cursor(), algorithm, options={"epochs": 1, "embedding_size": 4} if algorithm == "ials" else {}
    )
    assert rows(shop, "FROM what_if('u1', k := 5, remove := ['i1'], add := ['i7'])")
    assert len(rows(shop, "CALL evaluate()")) == 14
