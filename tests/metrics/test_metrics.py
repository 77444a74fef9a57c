"""metrics(): its rows, which evaluation it speaks of, its errors, and the examples of all headers."""

from __future__ import annotations

from math import log

import duckdb
import pytest

from mmsql.db import sqlfiles
from mmsql.db.schema import MACROS

ORDER = [
    "precision",
    "recall",
    "f1",
    "hit_rate",
    "ndcg",
    "map",
    "mrr",
    "catalog_coverage",
    "novelty",
    "intra_list_diversity",
    "gini",
    "serendipity",
    "average_popularity",
    "calibration",
]
OF_USERS = [metric for metric in ORDER if metric not in ("catalog_coverage", "intra_list_diversity", "gini")]
MACROS = [place for place in MACROS if place[0] == "metrics" or place == ("macros/models", "metrics")]


@pytest.fixture
def worked(con, add_evaluation) -> int:
    # In training ann and bob had a (brand A, kind red) and b (brand B, kind blue), cem c (brand A, kind blue).
    con.execute(
        "INSERT INTO mmsql.items SELECT * FROM (VALUES ('a', NULL, NULL, 'red > dark', 'A', 1, true), "
        "('b', NULL, NULL, 'blue', 'B', 2, true), ('c', NULL, NULL, 'blue', 'A', 3, true), "
        "('d', NULL, NULL, NULL, NULL, NULL, true))"
    )
    con.execute(
        "INSERT INTO mmsql.interactions SELECT p.user_id, p.item_id, 'view', 1, NULL FROM (VALUES ('ann', 'a'), "
        "('ann', 'b'), ('ann', 'b'), ('bob', 'a'), ('bob', 'b'), ('bob', 'c'), ('cem', 'c'), ('dee', 'd'), "
        "('eve', 'a')) p(user_id, item_id)"
    )
    # Four users, k = 2. ann finds her item in place 1, bob his in place 2, cem has two and finds one in
    # place 1, dee has no list at all. Popularity shows everyone a, then b.
    return add_evaluation(
        held_out={"ann": ["a"], "bob": ["c"], "cem": ["b", "x"], "dee": ["d"]},
        lists={"ann": ["a", "b"], "bob": ["a", "c"], "cem": ["b", "c"]},
        popularity={user: ["a", "b"] for user in ("ann", "bob", "cem", "dee")},
        events={"a": 8, "b": 2, "c": 1, "d": 0},
        vectors={"a": [1.0, 0.0], "b": [0.0, 1.0], "c": [1.0, 0.0]},
        training_users=8,
    )


def rows(con: duckdb.DuckDBPyConnection, arguments: str = "k := 2") -> list[tuple]:
    return con.execute(f"FROM mmsql.metrics({arguments})").fetchall()


def figures(con: duckdb.DuckDBPyConnection, arguments: str = "k := 2") -> dict[str, tuple]:
    return {metric: (value, popularity) for *_, metric, value, popularity, _ in rows(con, arguments)}


def test_worked_by_hand(con, worked) -> None:
    found = figures(con)
    # By user: ann, bob, cem, dee.
    assert found["precision"] == pytest.approx(((0.5 + 0.5 + 0.5 + 0) / 4, (0.5 + 0 + 0.5 + 0) / 4))
    assert found["recall"] == pytest.approx(((1 + 1 + 0.5 + 0) / 4, (1 + 0 + 0.5 + 0) / 4))
    # 2 hits / (k + held_out): 2 / 3, 2 / 3, 2 / 4.
    assert found["f1"] == pytest.approx(((2 / 3 + 2 / 3 + 0.5) / 4, (2 / 3 + 0.5) / 4))
    assert found["hit_rate"] == pytest.approx((3 / 4, 2 / 4))
    # Place 2 is worth 1 / log2(3) = 0.6309298; cem's best list is worth 1 + 0.6309298.
    second, best_two = 0.6309297535714574, 1.6309297535714573
    assert found["ndcg"] == pytest.approx(((1 + second + 1 / best_two) / 4, (1 + second / best_two) / 4))
    # cem: 1 / 1 / min(2, 2), by popularity 1 / 2 / 2.
    assert found["map"] == pytest.approx(((1 + 0.5 + 0.5) / 4, (1 + 0.25) / 4))
    assert found["mrr"] == pytest.approx(((1 + 0.5 + 1) / 4, (1 + 0.5) / 4))
    assert found["catalog_coverage"] == pytest.approx((3 / 4, 2 / 4))
    # Bits: a 0, b 2, c 3. Lists of ann (0 + 2) / 2, bob (0 + 3) / 2, cem (2 + 3) / 2; dee has none.
    assert found["novelty"] == pytest.approx(((1 + 1.5 + 2.5) / 3, 1))
    # a-b and b-c are at right angles, a-c are alike.
    assert found["intra_list_diversity"] == pytest.approx(((1 + 0 + 1) / 3, 1))
    # Exposures d 0, then 2, 2, 2: (-1 + 1 + 3) · 2 / (4 · 6).
    # By popularity 0, 0, 4, 4: (1 + 3) · 4 / (4 · 8).
    assert found["gini"] == pytest.approx((6 / 24, 16 / 32))
    # Places among the counts of events: a 1, b 2, c 3; d has none. A list's first place is worth 4 / 4, its second
    # 3 / 4; p(a) = 4 / 4, p(b) = 3 / 4, p(c) = 2 / 4. bob finds c in place 2 and cem b in place 1, both a quarter
    # above; ann's a is as expected, and so is cem's b in place 2 by popularity.
    assert found["serendipity"] == pytest.approx(((0 + 1 / 4 / 2 + 1 / 4 / 2) / 3, 0))
    # (8 + 2) / 2, (8 + 1) / 2, (2 + 1) / 2.
    assert found["average_popularity"] == pytest.approx(((5 + 4.5 + 1.5) / 3, 5))
    # Held-out items do not count. ann's history is b, blue, and half of her list: ln(1 / (0.99 / 2 + 0.01)). bob's is
    # half red, half blue, as his lists. cem's is c, blue, as his list, but half of the popular one is red.
    assert found["calibration"] == pytest.approx((log(1 / 0.505) / 3, 2 * log(1 / 0.505) / 3))


def test_rows_are_in_order_and_labelled(con, worked) -> None:
    found = con.execute("FROM mmsql.metrics('graph-1', k := 2)")
    assert [column[0] for column in found.description] == [
        "model", "algorithm", "split", "users", "k", "metric", "value", "popularity", "slice"
    ]  # fmt: skip
    labels = found.fetchall()
    assert [row[5] for row in labels] == ORDER
    assert {row[:5] for row in labels} == {("graph-1", "graph", "leave_last_out", 4, 2)}


def test_k_cuts_the_lists(con, worked) -> None:
    # One place: ann and cem are right, bob's item stands in place 2.
    assert figures(con, "k := 1")["hit_rate"] == pytest.approx((2 / 4, 1 / 4))


def test_lists_may_be_shorter_than_k(con, worked) -> None:
    found = figures(con, "k := 20")
    assert found["precision"][0] == pytest.approx(3 / 20 / 4)
    assert found["recall"] == figures(con)["recall"]


def test_popularity_is_its_own_companion(con, add_evaluation) -> None:
    add_evaluation(held_out={"ann": ["b"]}, lists={"ann": ["a", "b"]}, model="popularity-1", algorithm="popularity")
    found = rows(con)
    assert [row[5] for row in found] == ORDER
    assert all(row[6] == row[7] for row in found)
    assert figures(con)["mrr"] == (0.5, 0.5)


def test_the_latest_evaluation_that_fits(con, add_evaluation) -> None:
    held_out = {"ann": ["a"]}
    add_evaluation(held_out=held_out, lists={"ann": ["a"]}, model="graph-1")
    add_evaluation(held_out=held_out, lists={"ann": ["b", "a"]}, model="graph-2", split="time")
    add_evaluation(held_out=held_out, lists={"ann": ["b"]}, model="ease-1", algorithm="ease")
    picked = {
        arguments: {(row[0], row[2], row[6]) for row in rows(con, arguments) if row[5] == "mrr"}
        for arguments in ("k := 2", "'graph', k := 2", "'graph-1', k := 2", "model := 'graph-2', k := 2")
    }
    assert picked == {
        "k := 2": {("ease-1", "leave_last_out", 0.0)},
        "'graph', k := 2": {("graph-2", "time", 0.5)},
        "'graph-1', k := 2": {("graph-1", "leave_last_out", 1.0)},
        "model := 'graph-2', k := 2": {("graph-2", "time", 0.5)},
    }


def test_an_evaluation_without_a_user_still_has_its_rows(con, add_evaluation) -> None:
    add_evaluation(held_out={}, lists={}, popularity={}, events={"a": 1})
    found = rows(con)
    assert [row[5] for row in found] == ORDER
    assert {row[3] for row in found} == {0}
    assert [row[6] for row in found if row[5] != "catalog_coverage"] == [None] * 13


def test_values_bind(con, worked) -> None:
    bound = con.execute("FROM mmsql.metrics(model := $model, k := $k)", {"model": "graph-1", "k": 2}).fetchall()
    expected = [(*row[:6], pytest.approx(row[6]), pytest.approx(row[7]), row[8]) for row in rows(con)]
    assert bound == expected


def test_ids_may_be_numbers(con, add_evaluation) -> None:
    for table, column in (("holdout", "user_id"), ("holdout", "item_id"), ("evaluation_lists", "user_id"),
                          ("evaluation_lists", "item_id"), ("evaluation_items", "item_id")):  # fmt: skip
        con.execute(f"ALTER TABLE mmsql.{table} ALTER COLUMN {column} SET DATA TYPE BIGINT")
    add_evaluation(held_out={"1": ["7"]}, lists={"1": ["8", "7"]}, popularity={"1": ["8", "9"]})
    assert figures(con)["mrr"] == (0.5, 0.0)


TABLE_MACROS = (
    "metrics", "user_hits", "item_exposure", "catalog_coverage", "novelty", "intra_list_diversity", "gini",
    "serendipity", "average_popularity", "calibration", "user_metrics", "metric_intervals",
)  # fmt: skip


@pytest.mark.parametrize("macro", TABLE_MACROS)
def test_error_when_nothing_was_evaluated(con, macro: str) -> None:
    message = r"Nothing has been evaluated\. Run CALL evaluate\(\) or `mmsql evaluate`\."
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"FROM mmsql.{macro}()").fetchall()


@pytest.mark.parametrize("macro", TABLE_MACROS)
def test_error_for_a_model_that_was_not_evaluated(con, worked, add_evaluation, macro: str) -> None:
    add_evaluation(held_out={"ann": ["a"]}, lists={"ann": ["a"]}, model="ease-1", algorithm="ease")
    message = r"fusion-7 has not been evaluated\. Evaluated are: ease-1, graph-1\. Name one of these, or run CALL"
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"FROM mmsql.{macro}('fusion-7')").fetchall()


@pytest.mark.parametrize("macro", TABLE_MACROS)
@pytest.mark.parametrize("k", ["0", "-1", "NULL", "2.5", "'many'", "'nan'::DOUBLE"])
def test_error_for_a_k_that_is_no_length(con, worked, macro: str, k: str) -> None:
    message = r"k must be a whole number of at least 1, .+ was given\. Type k := 10\."
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"FROM mmsql.{macro}(k := {k})").fetchall()


@pytest.mark.parametrize("macro", TABLE_MACROS)
@pytest.mark.parametrize("k", ["50", "100000000000"])
def test_error_for_a_k_beyond_the_evaluation(con, worked, macro: str, k: str) -> None:
    message = rf"graph-1 was evaluated to depth 20; run CALL evaluate\(k := {k}\)\."
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"FROM mmsql.{macro}(k := {k})").fetchall()


@pytest.mark.parametrize(("folder", "name"), MACROS)
def test_header_is_whole_and_its_example_runs(con, worked, folder: str, name: str) -> None:
    source = sqlfiles.read(folder, name)
    assert source.summary
    assert {"Parameters", "Returns", "Example"} <= set(source.sections)
    for statement in con.extract_statements(source.example):
        assert con.execute(statement).fetchall()


def test_every_metric_names_its_source() -> None:
    without = [name for folder, name in MACROS if "Source" not in sqlfiles.read(folder, name).sections]
    public = {name for name in without if not name.startswith("_")}
    assert public == {"user_hits", "user_metrics", "item_exposure", "metrics"}


def test_scores_of_the_rows_are_the_macros_over_user_hits(con, worked) -> None:
    for row, macro in (("map", "average_precision"), ("mrr", "reciprocal_rank"), ("ndcg", "ndcg")):
        by_hand = con.execute(
            f"SELECT avg(mmsql.{macro}(h.hit_ranks, h.held_out, 2)) FROM mmsql.user_hits(k := 2) h "
            "WHERE h.algorithm = 'graph'"
        ).fetchall()[0][0]
        assert figures(con)[row][0] == pytest.approx(by_hand)


def sliced(con: duckdb.DuckDBPyConnection, slice_: str, metric: str = "recall") -> dict[str, tuple[int, float]]:
    found = con.execute(f"FROM mmsql.metrics(k := 2, slice := '{slice_}') m WHERE m.metric = '{metric}'").fetchall()
    return {row[-1]: (row[3], row[6]) for row in found}


def test_slices_by_an_attribute_of_items(con, worked) -> None:
    # Held out are a (ann), c (bob), b and x (cem), d (dee): found but for x and d, which have no category.
    assert sliced(con, "category") == {"blue": (2, 1.0), "red": (1, 1.0), "red > dark": (1, 1.0)}
    assert sliced(con, "brand") == {"A": (2, 1.0), "B": (1, 1.0)}
    # bob finds c in place 2, cem b in place 1.
    assert sliced(con, "category", "mrr")["blue"] == (2, pytest.approx((1 / 2 + 1) / 2))
    # Metrics of lists are those of the slice's users: bob's list has (0 + 3) / 2 bits, cem's (2 + 3) / 2.
    assert sliced(con, "category", "novelty")["blue"] == (2, pytest.approx(2))


def test_slices_by_an_attribute_of_users(con, worked) -> None:
    con.execute("CREATE OR REPLACE TABLE mmsql.users AS FROM (VALUES ('ann', 'F', ['x', 'y']), ('bob', 'F', ['x']), "
                "('dee', 'M', [])) v(user_id, sex, likes)")  # fmt: skip
    assert sliced(con, "sex") == {"F": (2, 1.0), "M": (1, 0.0)}
    assert sliced(con, "users.sex") == sliced(con, "sex")
    assert sliced(con, "likes") == {"x": (2, 1.0), "y": (1, 1.0)}


def test_slices_by_popularity_and_activity(con, worked) -> None:
    # Of 11 events a has the first fifth and more, b, c and d are in the last. x is not in the catalog.
    assert sliced(con, "item_popularity") == {"head": (1, 1.0), "tail": (3, pytest.approx(2 / 3))}
    # Items before: ann 1 (b), bob 2 (a, b), cem 1 (c), dee 0.
    assert sliced(con, "user_activity") == {"low": (1, 0.0), "middle": (2, 0.75), "high": (1, 1.0)}


def test_slices_have_the_metrics_of_users_and_together_are_the_whole(con, worked) -> None:
    found = con.execute("FROM mmsql.metrics(k := 2, slice := 'user_activity')").fetchall()
    assert [row[5] for row in found] == OF_USERS * 3
    whole = figures(con)
    for metric in OF_USERS[:7]:
        parts = [(row[3], row[6]) for row in found if row[5] == metric]
        assert sum(users * value for users, value in parts) / 4 == pytest.approx(whole[metric][0])


def test_numbers_of_many_values_are_cut_into_ranges(con, add_evaluation) -> None:
    items = [f"i{n:02}" for n in range(40)]
    con.execute("INSERT INTO mmsql.items(item_id, price) SELECT unnest(?), unnest(range(40))", [items])
    add_evaluation(held_out={f"u{n}": [item] for n, item in enumerate(items)}, lists={"u1": ["i01"]})
    found = sliced(con, "price")
    assert {name: users for name, (users, _) in found.items()} == {
        "[0.0, 9.0)": 9, "[9.0, 19.0)": 10, "[19.0, 29.0)": 10, "[29.0, 39.0]": 11
    }  # fmt: skip


@pytest.mark.parametrize("given", ["colour", "", "it's", 'a"b', "; DROP TABLE mmsql.items", "items.sex", "item_id"])
def test_error_for_an_unknown_slice(con, worked, given: str) -> None:
    con.execute("CREATE OR REPLACE TABLE mmsql.users AS SELECT 'ann' AS user_id, 'F' AS sex")
    message = (
        r"Unknown attribute .*\. Allowed: available, brand, category, description, price, sex, title, "
        r"item_popularity, user_activity\."
    )
    with pytest.raises(duckdb.Error, match=message):
        con.execute("FROM mmsql.metrics(k := 2, slice := ?)", [given]).fetchall()
    assert con.execute("SELECT count(*) FROM mmsql.items").fetchall() == [(4,)]


def test_error_for_a_column_of_both(con, worked) -> None:
    con.execute("CREATE OR REPLACE TABLE mmsql.users AS SELECT 'ann' AS user_id, 'A' AS brand")
    with pytest.raises(duckdb.Error, match=r"Items and users have brand\. Type items\.brand or users\.brand\."):
        con.execute("FROM mmsql.metrics(k := 2, slice := 'brand')").fetchall()
    assert sliced(con, "items.brand") == {"A": (2, 1.0), "B": (1, 1.0)}
    assert sliced(con, "users.brand") == {"A": (1, 1.0)}


def test_a_column_of_any_name_is_an_attribute(con, worked) -> None:
    con.execute("""ALTER TABLE mmsql.items ADD COLUMN "it's $.a ""b" VARCHAR DEFAULT 'yes'""")
    assert set(sliced(con, """it''s $.a "b""")) == {"yes"}
