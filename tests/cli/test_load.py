"""load: three kinds of files, counts on stdout, notes on stderr."""

from __future__ import annotations

import gzip
import json

import duckdb
import pytest

from mmsql.cli.exit_codes import ExitCode


@pytest.fixture
def events_file(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("customer,sku,when\nu1,a,2025-01-01\nu1,b,2025-01-02\n,c,2025-01-03\n", encoding="utf-8")
    return path


def rows_in(path, table):
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(f"FROM mmsql.{table} ORDER BY ALL").fetchall()


def test_a_file_with_columns_of_other_names(run, tmp_path, events_file):
    shop = tmp_path / "shop.duckdb"
    mapping = ["--map", "customer=user_id", "--map", "sku=item_id", "--map", "when=ts"]
    answer = run("load", "file", shop, "interactions", events_file, *mapping, "--format", "json")
    (row,) = answer.rows
    assert row["file"].endswith("orders.csv")
    assert (row["source"], row["read"], row["loaded"], row["rejected"]) == ("interactions", 3, 2, 1)
    assert "mmsql.rejects" in answer.talk
    assert len(rows_in(shop, "interactions")) == 2
    again = run("load", "file", shop, "interactions", events_file, *mapping, "--format", "json").rows[0]
    assert (again["loaded"], again["unchanged"]) == (0, 2)


def test_a_file_without_a_header(run, tmp_path):
    shop, log = tmp_path / "shop.duckdb", tmp_path / "behaviour.log"
    log.write_text("1|501|9|pv|1511544070\n1|502|9|buy|1511561733\n2|502|9|pv|1511561800\n", encoding="utf-8")
    refused = run("load", "file", shop, "interactions", log)
    assert refused.code == ExitCode.ERROR
    assert "--columns" in refused.talk
    named = ["--columns", "user_id, item_id, category, event, ts"]
    (row,) = run("load", "file", shop, "interactions", log, *named, "--format", "json").rows
    assert (row["read"], row["loaded"], row["rejected"]) == (3, 3, 0)


def test_amazon_reviews_with_metadata(run, tmp_path):
    reviews, meta = tmp_path / "reviews.json.gz", tmp_path / "meta.json"
    review = {
        "reviewerID": "A1",
        "asin": "B1",
        "overall": 5,
        "reviewText": "很好 👍",
        "unixReviewTime": 1393545600,
    }
    reviews.write_bytes(gzip.compress(json.dumps(review, ensure_ascii=False).encode()))
    meta.write_text(json.dumps({"asin": "B1", "title": "Card", "price": 10.0}), encoding="utf-8")
    shop = tmp_path / "shop.duckdb"
    answer = run("load", "amazon-reviews", shop, reviews, "--meta", meta, "--format", "json")
    assert {row["source"]: row["loaded"] for row in answer.rows} == {
        "interactions": 1,
        "comments": 1,
        "items": 1,
    }
    assert rows_in(shop, "comments")[0][2] == "很好 👍"


def test_amazon_metadata_with_and_without_relations(run, tmp_path):
    reviews, meta = tmp_path / "reviews.json", tmp_path / "meta.json"
    reviews.write_text(json.dumps({"reviewerID": "A1", "asin": "B1", "overall": 5, "unixReviewTime": 1393545600}))
    meta.write_text(json.dumps({"asin": "B1", "title": "Card", "also_buy": ["B2", "B1"], "also_view": ["B2"]}))
    given = ("load", "amazon-reviews", tmp_path / "shop.duckdb", reviews, "--meta", meta, "--format", "json")
    assert [row["source"] for row in run(*given, "--no-relations").rows] == ["interactions", "comments", "items"]
    answer = run(*given)
    row = answer.rows[-1]
    assert (row["source"], row["read"], row["loaded"], row["rejected"]) == ("relations", 3, 2, 1)
    assert "relations: Amazon counted also bought" in answer.flat_talk
    assert rows_in(tmp_path / "shop.duckdb", "relations") == [
        ("B1", "B2", "also_bought", None),
        ("B1", "B2", "also_viewed", None),
    ]


def test_a_file_of_relations_from_its_columns_to_the_answer(run, tmp_path):
    shop, events, belongs = tmp_path / "shop.duckdb", tmp_path / "events.csv", tmp_path / "belongs.csv"
    events.write_text(
        "user_id,item_id,event,ts\n"
        + "".join(f"u{u},i{(u + step) % 6},view,2025-01-0{step + 1}\n" for u in range(12) for step in range(3)),
        encoding="utf-8",
    )
    belongs.write_text(
        "sku,goes_with,how,strength\ni0,i3,accessory,2\ni1,i4,series,\ni2,i2,series,1\ni2,nowhere,series,1\n",
        encoding="utf-8",
    )
    run("load", "file", shop, "interactions", events)
    names = (("sku", "item_id"), ("goes_with", "related_id"), ("how", "relation"), ("strength", "weight"))
    mapping = [part for their, our in names for part in ("--map", f"{their}={our}")]
    for loaded in (3, 0):
        (row,) = run("load", "file", shop, "relations", belongs, *mapping, "--format", "json").rows
        assert (row["read"], row["loaded"], row["rejected"]) == (4, loaded, 1)
    off = [f"{name}_weight=0" for name in ("comment", "text", "attribute", "fresh")]
    options = [part for option in (*off, "search_steps=0", "relation_weight=1") for part in ("--option", option)]
    assert run("train", shop, "--algorithm", "graph", *options).code == 0
    reasons = [(source, reason) for source, reason, *_ in rows_in(shop, "rejects")]
    assert reasons == [
        ("relations", "an item is related to itself"),
        ("relations", "related_id is an unknown item: it has no event and is not in items"),
    ]
    (row,) = run("similar", shop, "i0", "-k", 1, "--modality", "relation", "--format", "json").rows
    assert (row["item_id"], row["source"]) == ("i3", "relation")
    told = run("explain", shop, "u4", "i1", "--format", "json").rows  # who had i4, i5 and i0
    assert [row["evidence_item"] for row in told if row["modality"] == "relation"] == ["i4"]


def test_movielens(run, tmp_path):
    folder = tmp_path / "ml"
    folder.mkdir()
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4.0,964982703\n", encoding="utf-8")
    (folder / "movies.csv").write_text("movieId,title,genres\n10,Toy (1995),Comedy|Drama\n", encoding="utf-8")
    answer = run("load", "movielens", tmp_path / "movies.duckdb", folder, "--format", "json")
    assert {row["source"]: row["loaded"] for row in answer.rows} == {"interactions": 1, "items": 1}


@pytest.mark.parametrize(
    "arguments",
    [
        ["amazon-reviews", "DB", "nothing.json"],
        ["movielens", "DB", "nothing"],
        ["file", "DB", "items", "nothing.csv"],
    ],
)
def test_nothing_to_load_makes_no_file(run, tmp_path, arguments):
    shop = tmp_path / "shop.duckdb"
    answer = run("load", *[shop if argument == "DB" else argument for argument in arguments])
    assert (answer.code, answer.out) == (1, "")
    assert "There is no nothing" in answer.talk
    assert not shop.exists()


def test_a_meta_that_is_not_there(run, tmp_path, events_file):
    answer = run("load", "amazon-reviews", tmp_path / "s.duckdb", events_file, "--meta", tmp_path / "no.json")
    assert (answer.code, answer.out) == (1, "")
    assert "There is no" in answer.talk


def test_a_file_that_is_not_json(run, tmp_path):
    path = tmp_path / "reviews.json"
    path.write_text("<html>Not found</html>", encoding="utf-8")
    answer = run("load", "amazon-reviews", tmp_path / "shop.duckdb", path)
    assert (answer.code, answer.out) == (1, "")
    assert "is not JSON" in answer.talk


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (["--map", "customer"], "'customer' is not of the form THEIR_COLUMN=OUR_COLUMN."),
        (["--map", "=user_id"], "'=user_id' is not of the form"),
        (["--map", "a=user_id", "--map", "a=item_id"], "a is given twice."),
    ],
)
def test_a_mapping_that_makes_no_sense(run, tmp_path, events_file, mapping, message):
    answer = run("load", "file", tmp_path / "shop.duckdb", "interactions", events_file, *mapping)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.flat_talk


def test_a_mapping_to_a_column_we_do_not_have(run, tmp_path, events_file):
    shop = tmp_path / "shop.duckdb"
    answer = run("load", "file", shop, "interactions", events_file, "--map", "customer=visitor")
    assert (answer.code, answer.out) == (1, "")
    assert "visitor" in answer.talk


def test_their_column_may_hold_an_equals_sign(run, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("a=b,item_id\nu1,i1\n", encoding="utf-8")
    answer = run(
        "load",
        "file",
        tmp_path / "s.duckdb",
        "interactions",
        path,
        "--map",
        "a=b=user_id",
        "--format",
        "json",
    )
    assert answer.rows[0]["loaded"] == 1


def test_an_unknown_source(run, tmp_path, events_file):
    answer = run("load", "file", tmp_path / "shop.duckdb", "orders", events_file)
    assert (answer.code, answer.out) == (2, "")
    assert "'orders' is not one of interactions, items, comments, images, users, relations." in answer.flat_talk
