"""what_if: the list after a change of history is the one that recommend gives once it is so."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmsql.db import serving
from mmsql.jobs import training

pytestmark = pytest.mark.core

K = 5
ITEMS = [f"i{n}" for n in range(13)]
LATER = "INSERT INTO interactions SELECT ?, a.i, 'other', NULL, TIMESTAMP '2026-01-01' + to_seconds(a.n) "


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def lists(con: duckdb.DuckDBPyConnection, user: str, remove: list[str], add: list[str]) -> tuple[list, list]:
    """Return the first five before and after, and check what each row says of its change."""
    found = rows(
        con,
        "SELECT item_id, rank_before, score_before, rank_after, score_after, change "
        f"FROM what_if(?, k := {K}, remove := ?, add := ?)",
        *(user, remove, add),
    )
    for _, before, _, after, _, change in found:
        was, stays = before is not None and before <= K, after is not None and after <= K
        moved = {-1: "down", 0: "same", 1: "up"}[(before > after) - (before < after)] if was and stays else None
        assert change == (moved or ("left" if was else "entered"))
        assert was or stays
    before = sorted(row[1:3] + row[:1] for row in found if row[1] is not None and row[1] <= K)
    after = sorted(row[3:5] + row[:1] for row in found if row[3] is not None and row[3] <= K)
    return before, after


def recommended(con: duckdb.DuckDBPyConnection, user: str) -> list[tuple]:
    return rows(con, f"SELECT rank, score, item_id FROM recommend(?, k := {K})", user)


def give_vectors(con: duckdb.DuckDBPyConnection, edge_weight: float) -> None:
    """Put vectors beside the edges, as a deep model has them."""
    con.execute(
        "INSERT INTO mmsql.item_vectors SELECT 'graph-1', item_id, 'fused', "
        "[(hash(item_id) % 7) / 7, (hash(item_id) % 11) / 11] FROM mmsql.catalog"
    )
    con.execute(
        "INSERT INTO mmsql.user_vectors SELECT 'graph-1', user_id, [(hash(user_id) % 5) / 5, 0.5], max(ts) "
        "FROM interactions GROUP BY user_id"
    )
    con.execute("UPDATE mmsql.models SET vector_weight = 0.5, edge_weight = ?", [edge_weight])
    serving.fill(con)


@given(
    user=st.sampled_from(["u0", "u3", "u17", "nobody"]),
    removing=st.lists(st.booleans(), min_size=4, max_size=4),
    add=st.lists(st.sampled_from(ITEMS), max_size=3, unique=True),
)
@settings(
    max_examples=settings.default.max_examples // 3, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_it_is_the_list_once_it_is_so(trained, user, removing, add):
    had = rows(trained, "SELECT DISTINCT item_id FROM interactions WHERE user_id = ? ORDER BY 1", user)
    remove = [item for (item,), gone in zip(had, removing, strict=False) if gone]
    before, after = lists(trained, user, remove, add)
    assert before == recommended(trained, user)
    trained.execute("BEGIN")
    trained.execute(
        "DELETE FROM interactions WHERE user_id = ? AND list_contains(?::VARCHAR[], item_id)", [user, remove]
    )
    trained.execute(LATER + "FROM (SELECT unnest(?::VARCHAR[]), generate_subscripts(?, 1)) a(i, n)", [user, add, add])
    assert after == recommended(trained, user)
    trained.execute("ROLLBACK")


@pytest.mark.parametrize("edge_weight", [1.0, 0.0])
def test_beside_a_vector_edges_speak_for_what_is_added(undone, edge_weight):
    give_vectors(undone, edge_weight)
    before, after = lists(undone, "u3", [], ["i9", "i7"])
    assert before == recommended(undone, "u3")
    undone.execute(LATER + "FROM (VALUES ('i9', 1), ('i7', 2)) a(i, n)", ["u3"])
    assert after == recommended(undone, "u3")
    # What came after the vector was made can be taken out again.
    assert lists(undone, "u3", ["i9", "i7"], [])[1] == before


def test_a_vector_does_not_unlearn(undone):
    give_vectors(undone, 0.0)
    before, after = lists(undone, "u3", ["i4"], [])
    assert before != recommended(undone, "u3")
    undone.execute("DELETE FROM mmsql.user_vectors")
    assert before == recommended(undone, "u3")
    undone.execute("DELETE FROM interactions WHERE user_id = 'u3' AND item_id = 'i4'")
    assert after == recommended(undone, "u3")


def test_what_cannot_be_removed_or_added_is_an_error(served):
    with pytest.raises(
        duckdb.Error, match=r"remove names items that are not in the history of u0: i7, x. Name items of mmsql.int"
    ):
        rows(served, "FROM what_if('u0', remove := ['i1', 'x', 'i7'])")
    with pytest.raises(
        duckdb.Error, match=r"add names items that the model does not know: x', y. Name items of its catalog"
    ):
        rows(served, "FROM what_if('u0', add := ['x''', 'i1', 'y'])")
    with pytest.raises(duckdb.Error, match="k must be a whole number of at least 1, 0 was given"):
        rows(served, "FROM what_if('u0', k := 0)")


def test_lists_are_bounded_and_their_items_count_once(served):
    once = served.execute("FROM what_if('u0', add := ['i3', 'i5'])").fetchall()
    many = ", ".join(["'i3'", "'i5'"] * 400)
    assert served.execute(f"FROM what_if('u0', add := [{many}])").fetchall() == once
    too_many = ", ".join(["'i3'"] * 1001)
    for option in ("add", "remove"):
        with pytest.raises(duckdb.Error, match=r"add and remove take at most 1000 items each, 1001 were given"):
            served.execute(f"FROM what_if('u0', {option} := [{too_many}])").fetchall()
    unknown = ", ".join(f"'x{n:03}'" for n in range(900))
    with pytest.raises(duckdb.Error, match=r"does not know: x000, x001, (x\d+, ){7}x009\. Name items"):
        served.execute(f"FROM what_if('u0', add := [{unknown}])").fetchall()
    session = ", ".join(["'i3'"] * 10_001)
    with pytest.raises(
        duckdb.Error, match=r"item_ids has 10001 items, at most 10000 are allowed\. Give the latest ones"
    ):
        served.execute(f"FROM recommend_session([{session}])").fetchall()


def test_nothing_given_is_nothing_changed(served):
    found = rows(served, "SELECT rank_before, item_id, score_after FROM what_if('u0', remove := NULL, add := NULL)")
    assert found == rows(served, "SELECT rank, item_id, score FROM recommend('u0')")
    assert rows(served, "SELECT DISTINCT change FROM what_if(NULL, k := 2)") == [("same",)]


def test_what_enters_from_far_below_has_no_rank_before(shop, counting_encoder):
    shop.execute("INSERT INTO items (item_id) SELECT 'z' || n FROM range(1200) t(n)")
    training.train(shop.cursor(), "popularity")
    shop.execute(
        "INSERT INTO mmsql.item_edges VALUES ('popularity-1', 'i7', 'z999', 'behavior', 5), "
        "('popularity-1', 'i7', 'i12', 'behavior', 4)"
    )
    serving.fill(shop)
    before = "SELECT rank FROM recommend('u0', k := 9999) WHERE item_id = '{}'"
    assert [rows(shop, before.format(item))[0][0] > 1000 for item in ("z999", "i12")] == [True, False]
    found = {row[0]: row[1:] for row in rows(shop, "FROM what_if('u0', k := 2, add := ['i7'])")}
    assert found["z999"][1:3] == (None, 1)
    assert found["i12"][1:3] == (*rows(shop, before.format("i12"))[0], 2)
    assert found["z999"][-1] == "entered"
