"""The source relations: what becomes of its rows, from the file to the answer."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
import scipy.sparse as sp

import mmsql
from mmsql.errors import SourceError
from mmsql.jobs import checks, training
from mmsql.loading.single_file import load_file
from mmsql.models.graph.relations import MAX_EDGES, REVERSE_SHARE, relation_edges

pytestmark = pytest.mark.usefixtures("counting_encoder")

OFF = {"comment_weight": 0, "text_weight": 0, "attribute_weight": 0, "fresh_weight": 0, "search_steps": 0}


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


def train(con: duckdb.DuckDBPyConnection, **options: object) -> training.TrainResult:
    return training.train(con.cursor(), "graph", options={**OFF, "relation_weight": 1, **options})


def edges(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    found = rows(
        con,
        "SELECT item_id, neighbor_id, weight FROM mmsql.item_edges WHERE modality = 'relation' "
        "AND model = (SELECT model FROM models() WHERE deployed)",
    )
    return {(item, neighbor): round(weight, 4) for item, neighbor, weight in found}


def relate(con: duckdb.DuckDBPyConnection, *relations: tuple) -> None:
    con.executemany("INSERT INTO relations VALUES (?, ?, ?, ?)", [list(row) for row in relations])


# --- edges


def test_as_given_in_full_and_the_other_way_with_half():
    given = sp.csr_matrix(np.array([[0, 4, 0], [1, 0, 0], [0, 2, 0]], dtype=np.float64))
    found = relation_edges(given)
    weights = sp.csr_matrix((found.weight, (found.item_index, found.neighbor_index)), shape=(3, 3)).toarray()
    by_hand = np.array([[0, 4, 0], [2, 0, 1], [0, 2, 0]])  # 1 → 0 is given with less than half of 0 → 1
    assert REVERSE_SHARE == 0.5
    assert weights == pytest.approx(by_hand / np.mean([4, 2, 2]))


def test_a_million_relations_of_one_item():
    items = 1_000_001
    hub, others = np.zeros(items - 1, np.int64), np.arange(1, items)
    for leaves, enters in ((hub, others), (others, hub)):
        found = relation_edges(sp.csr_matrix((others.astype(float), (leaves, enters)), shape=(items, items)))
        of_hub = found.item_index == 0
        assert sorted(found.neighbor_index[of_hub]) == list(range(items - MAX_EDGES, items))
        assert len(found.weight) <= MAX_EDGES + items - 1


# --- training


def test_relations_become_edges_of_their_own(shop):
    relate(shop, ("i0", "i5", "accessory", 2), ("i3", "i12", "series", None))
    assert train(shop).rejects == 0
    # the strongest of i0, i5, i3 and i12: 2, 1, 1 and 0.5, 1.125 on average
    assert edges(shop) == pytest.approx(
        {("i0", "i5"): 2 / 1.125, ("i5", "i0"): 1 / 1.125, ("i3", "i12"): 1 / 1.125, ("i12", "i3"): 0.5 / 1.125},
        abs=1e-4,
    )


def test_what_is_said_twice_counts_once_and_different_relations_add_up(shop):
    relate(shop, ("i0", "i5", "series", 1), ("i0", "i5", "series", 3), ("i0", "i5", "accessory", None))
    relate(shop, ("i1", "i6", None, 2), ("i1", "i6", None, 2))
    train(shop)
    found = edges(shop)
    assert found["i0", "i5"] / found["i1", "i6"] == pytest.approx(2, abs=1e-3)  # (3 + 1) / 2


def test_weight_zero_leaves_them_out(shop):
    relate(shop, ("i0", "i5", "series", 1))
    train(shop, relation_weight=0)
    assert edges(shop) == {}


def test_an_item_without_events_is_reached_by_what_it_is_related_to(shop):
    relate(shop, ("i12", "i4", "accessory", 1))  # given from the new item only
    train(shop, relation_weight=2, decay=1)
    first = rows(shop, "SELECT item_id, source FROM recommend_session(['i4'], k := 3)")
    assert "i12" in [item for item, _ in first]
    assert rows(shop, "SELECT item_id, source FROM similar_items('i4', k := 1, modality := 'relation')") == [
        ("i12", "relation")
    ]
    evidence = rows(
        shop,
        "SELECT modality, evidence_item, evidence FROM explain('u2', 'i12') WHERE modality = 'relation'",
    )
    assert evidence == [("relation", "i4", "related to Book 4")]


@pytest.mark.core
def test_contributions_still_add_up(shop):
    relate(shop, *((f"i{n}", f"i{(n + 4) % 12}", "series", n + 1) for n in range(12)))
    train(shop)
    for item, score in rows(shop, "SELECT item_id, score FROM recommend('u1', k := 5)"):
        ((total,),) = rows(shop, "SELECT sum(contribution) FROM explain('u1', ?)", item)
        assert total == pytest.approx(score, abs=1e-5)


def test_the_search_finds_relations_that_say_what_comes_next(shop):
    relate(shop, *((f"i{n}", f"i{(n + 1) % 12}", "next", 1) for n in range(12)))
    training.train(shop.cursor(), "graph", options={"relation_weight": 0.2})
    assert edges(shop)
    ((config,),) = rows(shop, "SELECT config ->> 'relation_weight' FROM mmsql.models")
    assert float(config) >= 0.2


# --- bad rows


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("nowhere", "i1", "x", 1), "item_id is an unknown item: it has no event and is not in items"),
        (("i1", "nowhere", "x", 1), "related_id is an unknown item: it has no event and is not in items"),
        (("i1", "i1", "x", 1), "an item is related to itself"),
        ((None, "i1", "x", 1), "item_id is NULL"),
        (("i1", None, "x", 1), "related_id is NULL"),
        ((None, None, "x", 1), "item_id and related_id are NULL"),
        (("i1", "i2", "x", 0), "weight is not a number above 0 and up to 1e12"),
        (("i1", "i2", "x", -1), "weight is not a number above 0 and up to 1e12"),
        (("i1", "i2", "x", float("nan")), "weight is not a number above 0 and up to 1e12"),
        (("i1", "i2", "x", float("inf")), "weight is not a number above 0 and up to 1e12"),
        (("i1", "i2", "x", 1e300), "weight is not a number above 0 and up to 1e12"),
    ],
)
def test_rows_that_cannot_be_used_are_kept_with_the_reason(shop, row, reason):
    relate(shop, row, ("i3", "i4", "x", 1))
    for _ in range(2):
        assert train(shop).rejects == 1
        assert rows(shop, "SELECT source, reason FROM mmsql.rejects") == [("relations", reason)]
    assert set(edges(shop)) == {("i3", "i4"), ("i4", "i3")}


def test_a_view_over_own_tables(shop):
    shop.execute("CREATE TABLE belongs AS SELECT 'i0' AS one, 'i7' AS other")
    shop.execute("DROP TABLE mmsql.relations")
    shop.execute(
        "CREATE VIEW mmsql.relations AS SELECT one AS item_id, other AS related_id, NULL AS relation, "
        "NULL AS weight FROM main.belongs"
    )
    train(shop)
    assert set(edges(shop)) == {("i0", "i7"), ("i7", "i0")}
    shop.execute("CREATE OR REPLACE VIEW mmsql.relations AS SELECT one AS item_id FROM main.belongs")
    with pytest.raises(
        SourceError, match=r"mmsql\.relations lacks the columns related_id, relation, weight\..* NULL AS related_id"
    ):
        train(shop)


def test_ids_of_another_type_are_compared_as_they_are_written(tmp_path):
    with mmsql.connect(tmp_path / "numbers.duckdb") as con:
        con.execute("DROP TABLE mmsql.interactions")
        con.execute(
            "CREATE VIEW mmsql.interactions AS SELECT u AS user_id, (u + i) % 7 AS item_id, 'view' AS event, "
            "1.0 AS weight, TIMESTAMP '2025-01-01' + to_hours(i) AS ts FROM range(20) a(u), range(3) b(i)"
        )
        relate(con, ("1", "5", "x", 1), ("1", "5.5", "x", 1))
        assert train(con).rejects == 1
        assert set(edges(con)) == {(1, 5), (5, 1)}
        assert not [f for f in checks.check(con) if f.level == "problem" and "relations" in f.finding]


# --- check


def test_check_counts_them(shop):
    relate(shop, ("i0", "i5", "accessory", 2), ("i0", "i6", "series", None), ("i3", "i12", "series", 1))
    found = {finding.finding: finding.level for finding in checks.check(shop) if finding.source == "relations"}
    assert found == {"3 relations from 2 items (15 % of all items): series 2, accessory 1.": "ok"}
    assert any("relations" in f.finding for f in checks.check(shop) if f.source == "models")
    relate(shop, ("i0", "nowhere", None, 1), ("i1", "i1", "x", 1), ("i1", "i2", "x", -1), (None, "i1", "x", 1))
    (finding,) = [finding for finding in checks.check(shop) if finding.source == "relations"]
    assert finding.level == "warning"
    assert "; 4 rows cannot be used." in finding.finding
    assert "mmsql.rejects" in finding.advice


# --- files


def test_a_file_is_loaded_once_and_weights_are_brought_up_to_date(shop, tmp_path):
    path = tmp_path / "relations.csv"
    path.write_text(
        "sku,related_id,relation,weight\ni0,i5,series,1\ni0,i5,series,2\ni0,i6,,\ni1,,x,1\ni1,i2,x,much\ni1,i3,x,-1\n"
    )
    report = load_file(shop, "relations", path, {"sku": "item_id"})
    assert (report.read, report.loaded, report.rejected, report.flawed) == (6, 3, 2, 1)
    assert rows(shop, "FROM relations ORDER BY ALL") == [
        ("i0", "i5", "series", 2.0),
        ("i0", "i6", None, None),
        ("i1", "i2", "x", None),
    ]
    reasons = "SELECT reason FROM rejects WHERE source = 'relations' ORDER BY 1"
    expected = [
        "related_id is missing",
        "weight cannot be read: the row was loaded without it",
        "weight is not above 0",
    ]
    assert [reason for (reason,) in rows(shop, reasons)] == expected
    assert load_file(shop, "relations", path, {"sku": "item_id"}).loaded == 0
    path.write_text("item_id,related_id,relation,weight\ni0,i5,series,7\n")
    report = load_file(shop, "relations", path)
    assert (report.loaded, report.updated) == (0, 1)
    assert rows(shop, "SELECT weight FROM relations WHERE related_id = 'i5'") == [(7.0,)]
    assert [reason for (reason,) in rows(shop, reasons)] == expected


def test_whole_numbers_of_a_parquet_file(tmp_path):
    path = tmp_path / "relations.parquet"
    with mmsql.connect(tmp_path / "numbers.duckdb") as con:
        con.execute(f"COPY (SELECT 1 AS item_id, 2 AS related_id, 'x' AS relation, 1.5 AS weight) TO '{path}'")
        load_file(con, "relations", path)
        assert rows(con, "SELECT item_id, related_id FROM relations") == [(1, 2)]
        load_file(con, "relations", path)
        assert rows(con, "SELECT count(*) FROM relations") == [(1,)]
