"""metrics(): its rows, which evaluation it speaks of, its errors, and the examples of all headers."""

from __future__ import annotations

import duckdb
import pytest

from mmsql import sqlfiles, store

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
]
MACROS = [place for place in store.MACROS if place[0] == "metrics" or place == ("macros", "metrics")]


@pytest.fixture
def worked(add_evaluation) -> int:
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
    return {metric: (value, popularity) for *_, metric, value, popularity in rows(con, arguments)}


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


def test_rows_are_in_order_and_labelled(con, worked) -> None:
    found = con.execute("FROM mmsql.metrics('graph-1', k := 2)")
    assert [column[0] for column in found.description] == [
        "model", "algorithm", "split", "users", "k", "metric", "value", "popularity"
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
    assert [row[6] for row in found if row[5] != "catalog_coverage"] == [None] * 10


def test_values_bind(con, worked) -> None:
    bound = con.execute("FROM mmsql.metrics(model := $model, k := $k)", {"model": "graph-1", "k": 2})
    assert bound.fetchall() == rows(con)


def test_ids_may_be_numbers(con, add_evaluation) -> None:
    for table, column in (("holdout", "user_id"), ("holdout", "item_id"), ("evaluation_lists", "user_id"),
                          ("evaluation_lists", "item_id"), ("evaluation_items", "item_id")):  # fmt: skip
        con.execute(f"ALTER TABLE mmsql.{table} ALTER COLUMN {column} SET DATA TYPE BIGINT")
    add_evaluation(held_out={"1": ["7"]}, lists={"1": ["8", "7"]}, popularity={"1": ["8", "9"]})
    assert figures(con)["mrr"] == (0.5, 0.0)


TABLE_MACROS = (
    "metrics", "user_hits", "item_exposure", "catalog_coverage", "novelty", "intra_list_diversity", "gini"
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
    assert con.execute(source.example).fetchall()


def test_every_metric_names_its_source() -> None:
    without = [name for folder, name in MACROS if "Source" not in sqlfiles.read(folder, name).sections]
    assert set(without) == {"_evaluated", "user_hits", "item_exposure", "metrics"}


def test_scores_of_the_rows_are_the_macros_over_user_hits(con, worked) -> None:
    for row, macro in (("map", "average_precision"), ("mrr", "reciprocal_rank"), ("ndcg", "ndcg")):
        by_hand = con.execute(
            f"SELECT avg(mmsql.{macro}(h.hit_ranks, h.held_out, 2)) FROM mmsql.user_hits(k := 2) h "
            "WHERE h.algorithm = 'graph'"
        ).fetchall()[0][0]
        assert figures(con)[row][0] == pytest.approx(by_hand)
