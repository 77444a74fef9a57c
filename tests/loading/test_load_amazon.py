"""Amazon reviews of 2014, 2018 and 2023."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import pytest

from mmsql.errors import SourceError
from mmsql.loading.amazon import load_amazon_reviews

SECONDS = 1393545600
DAY = datetime(2014, 2, 28)
REVIEW_2014 = {
    "reviewerID": "A1",
    "asin": "0012345678",
    "reviewerName": "J",
    "helpful": [1, 2],
    "reviewText": "It works.",
    "overall": 5.0,
    "summary": "Good",
    "unixReviewTime": SECONDS,
    "reviewTime": "02 28, 2014",
}
REVIEW_2018 = {
    "overall": 4.0,
    "verified": True,
    "vote": "3",
    "reviewerID": "A1",
    "asin": "0012345678",
    "style": {"Size:": " L"},
    "reviewText": "It works.",
    "summary": "Good",
    "unixReviewTime": SECONDS,
}
REVIEW_2023 = {
    "rating": 3.0,
    "title": "Good",
    "text": "It works.",
    "images": [],
    "asin": "VARIANT",
    "parent_asin": "0012345678",
    "user_id": "A1",
    "timestamp": SECONDS * 1000 + 250,
    "helpful_vote": 0,
    "verified_purchase": True,
}
META_2014 = (
    "{'asin': '0012345678', 'title': \"Guitar's \\\"best\\\" strings\", 'price': 12.99, 'brand': 'Fender', "
    "'description': 'Six strings.', 'salesRank': {'Music': 5}, "
    "'categories': [['Music', 'Strings'], ['Gifts']]}"
)
META_2018 = {
    "asin": "0012345678",
    "title": "Strings",
    "price": "$1,012.99",
    "brand": "Fender",
    "main_cat": '<img src="x" alt="Music"/>',
    "description": ["Six strings.", ""],
    "feature": ["Bright tone"],
    "category": ["Music", "Strings", "Sounds bright."],
    "also_buy": ["B1"],
    "rank": [],
}
META_2023 = {
    "parent_asin": "0012345678",
    "main_category": "Music",
    "title": "Strings",
    "price": 12.99,
    "store": "Fender",
    "description": [],
    "features": ["Bright tone"],
    "categories": ["Music", "Strings"],
    "average_rating": 4.5,
    "rating_number": 10,
    "details": {"Brand": "Other", "Color": "Silver"},
}


def lines(*values: dict | str) -> str:
    return "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values) + "\n"


@pytest.mark.parametrize(
    ("name", "review", "weight", "ts"),
    [
        ("2014.json", REVIEW_2014, 1.0, DAY),
        ("2018.json", REVIEW_2018, 0.8, DAY),
        ("2023.jsonl", REVIEW_2023, 0.6, datetime(2014, 2, 28, 0, 0, 0, 250_000)),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_reviews(
    con, rows, everything, write, name: str, review: dict, weight: float, ts: datetime, packed: bool
) -> None:
    content = lines(review).encode()
    path = write(f"{name}.gz", gzip.compress(content)) if packed else write(name, content)
    events, comments = load_amazon_reviews(con, path)
    assert (events.source, events.read, events.loaded) == ("interactions", 1, 1)
    assert (comments.source, comments.read, comments.loaded) == ("comments", 1, 1)
    assert rows("FROM mmsql.interactions") == [("A1", "0012345678", "rate", weight, ts)]
    assert rows("FROM mmsql.comments") == [("0012345678", "A1", "Good. It works.", weight * 5, ts)]
    before = everything()
    assert [report.unchanged for report in load_amazon_reviews(con, path)] == [1, 1]
    assert everything() == before


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (META_2014, ('Guitar\'s "best" strings', "Six strings.", "Music > Strings", "Fender", 12.99, None)),
        (META_2018, ("Strings", "Six strings.\nBright tone", "Music > Strings", "Fender", 1012.99, "Music")),
        (META_2023, ("Strings", "Bright tone", "Music > Strings", "Fender", 12.99, "Music")),
    ],
    ids=["2014", "2018", "2023"],
)
def test_products(con, rows, everything, write, meta: dict | str, expected: tuple) -> None:
    reviews = write("reviews.json", lines(REVIEW_2018))
    products = write("meta.json", lines(meta, {"asin": "B2", "title": "Other", "main_cat": "Toys"}))
    report = load_amazon_reviews(con, reviews, products)[2]
    assert (report.source, report.file, report.loaded, report.flawed) == ("items", str(products), 2, 0)
    assert rows(
        "SELECT title, description, category, brand, price, main_category FROM mmsql.items "
        "WHERE item_id = '0012345678'"
    ) == [expected]
    assert rows("SELECT category, main_category, available FROM mmsql.items WHERE item_id = 'B2'") == [
        ("Toys", "Toys", None)
    ]
    before = everything()
    assert not any(r.loaded + r.updated for r in load_amazon_reviews(con, reviews, products))
    assert everything() == before


def test_products_without_price_are_no_flaw(con, rejects, write) -> None:
    meta = lines(META_2018 | {"price": ""}, META_2018 | {"asin": "B2", "price": ".a-box{}"}, '{"asin": "B3"}')
    report = load_amazon_reviews(con, write("r.json", lines(REVIEW_2018)), write("m.json", meta))[2]
    assert (report.loaded, report.flawed) == (3, 1)
    assert rejects() == [("items", "price cannot be read: the row was loaded without it")]


def test_products_twice(con, rows, write) -> None:
    meta = lines(META_2018, META_2018 | {"title": "Later"})
    report = load_amazon_reviews(con, write("r.json", lines(REVIEW_2018)), write("m.json", meta))[2]
    assert (report.loaded, report.rejected) == (1, 1)
    assert rows("SELECT title FROM mmsql.items") == [("Later",)]


RELATED_2014 = (
    "{'asin': '0012345678', 'title': 'Strings', 'related': {'also_bought': ['B1', 'B2'], 'also_viewed': ['B1'], "
    "'bought_together': ['B3'], 'buy_after_viewing': []}}"
)
RELATED_2018 = META_2018 | {"also_buy": ["B1", "B2"], "also_view": ["B1"]}
RELATED_2023 = META_2023 | {"bought_together": ["B3"]}


@pytest.mark.core
@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (
            RELATED_2014,
            [("B1", "also_bought"), ("B1", "also_viewed"), ("B2", "also_bought"), ("B3", "bought_together")],
        ),
        (RELATED_2018, [("B1", "also_bought"), ("B1", "also_viewed"), ("B2", "also_bought")]),
        (RELATED_2023, [("B3", "bought_together")]),
    ],
    ids=["2014", "2018", "2023"],
)
def test_relations(con, rows, rejects, everything, write, meta: dict | str, expected: list[tuple[str, str]]) -> None:
    reviews, products = write("r.json", lines(REVIEW_2018)), write("m.json", lines(meta, {"asin": "B2"}))
    report = load_amazon_reviews(con, reviews, products)[-1]
    assert (report.source, report.read, report.loaded) == ("relations", len(expected), len(expected))
    assert "over all time" in report.notes[0]
    assert rows("SELECT related_id, relation FROM mmsql.relations WHERE item_id = '0012345678'") == expected
    assert rows("SELECT count(*) FROM mmsql.relations WHERE weight IS NULL") == [(len(expected),)]
    assert rejects() == []
    before = everything()
    again = load_amazon_reviews(con, reviews, products)[-1]
    assert (again.loaded, again.updated, again.unchanged) == (0, 0, len(expected))
    assert everything() == before


def test_weights_of_ones_own_stay(con, rows, write) -> None:
    con.execute("INSERT INTO mmsql.relations VALUES ('0012345678', 'B1', 'also_bought', 3)")
    report = load_amazon_reviews(con, write("r.json", GOOD), write("m.json", lines(RELATED_2018)))[-1]
    assert (report.loaded, report.unchanged) == (2, 1)
    assert rows("SELECT weight FROM mmsql.relations WHERE weight IS NOT NULL") == [(3.0,)]


def test_relations_can_be_left_out(con, rows, write) -> None:
    reports = load_amazon_reviews(con, write("r.json", GOOD), write("m.json", lines(RELATED_2018)), relations=False)
    assert [report.source for report in reports] == ["interactions", "comments", "items"]
    assert rows("FROM mmsql.relations") == []


@pytest.mark.parametrize("field", [{}, {"also_buy": []}, {"also_buy": None, "also_view": ""}, {"related": {}}])
def test_products_without_relations(con, rejects, write, field: dict) -> None:
    meta = write("m.json", lines({"asin": "B1", **field}, {"title": "nothing", "also_buy": []}, "[1]"))
    reports = load_amazon_reviews(con, write("r.json", GOOD), meta)
    assert [report.source for report in reports] == ["interactions", "comments", "items"]
    assert {source for source, _ in rejects()} == {"items"}


def test_relations_that_cannot_be_used(con, rows, rejects, everything, write) -> None:
    meta = lines(
        {"asin": "B1", "also_buy": ["B1", "B2", "B2", None, " ", {"asin": "B3"}, ["B3"], 7], "also_view": "B2"},
        {"asin": "B2", "related": ["B1"]},
        {"asin": "B4", "related": "B1"},
        {"asin": "B3", "also_view": {"B1": 1}, "related": {"bought_together": "B1"}},
        {"asin": " ", "also_buy": ["B1", "B2"]},
    )
    reviews, products = write("r.json", lines(REVIEW_2018)), write("m.json", meta)
    for _ in range(2):
        report = load_amazon_reviews(con, reviews, products)[-1]
        assert (report.read, report.rejected, report.flawed) == (14, 10, 0)
        assert rows("SELECT item_id, related_id, relation FROM mmsql.relations") == [
            ("B1", "7", "also_bought"),
            ("B1", "B2", "also_bought"),
            ("B2", "B1", "related"),
        ]
        assert [reason for source, reason in rejects() if source == "relations"] == [
            "also_viewed is not a list",
            "also_viewed is not a list",
            "an item is related to itself",
            "bought_together is not a list",
            "item_id is missing",
            "related is not a list",
            "related_id is missing",
            "related_id is missing",
            "related_id is not an id",
            "related_id is not an id",
        ]
    kept = con.execute("""SELECT "row" FROM mmsql.rejects WHERE reason = 'an item is related to itself'""").fetchall()
    assert json.loads(kept[0][0]) == {"item_id": "B1", "relation": "also_bought", "related_id": "B1"}


def test_products_whose_relations_all_cannot_be_used_are_loaded(con, rows, write) -> None:
    meta = write("m.json", lines({"asin": "B1", "also_buy": ["B1"]}))
    *_, items, relations = load_amazon_reviews(con, write("r.json", GOOD), meta)
    assert (items.loaded, relations.loaded, relations.rejected) == (1, 0, 1)


def test_relations_of_ids_that_are_numbers(con, rows, write) -> None:
    for table in ("interactions", "comments", "items", "relations"):
        con.execute(f"ALTER TABLE mmsql.{table} ALTER item_id TYPE BIGINT")
    con.execute("ALTER TABLE mmsql.relations ALTER related_id TYPE BIGINT")
    meta = write("m.json", lines({"asin": "5", "also_buy": ["7", "B1"]}))
    report = load_amazon_reviews(con, write("r.json", lines(REVIEW_2018 | {"asin": "5"})), meta)[-1]
    assert (report.loaded, report.rejected) == (1, 1)
    assert rows("SELECT item_id, related_id FROM mmsql.relations") == [(5, 7)]


def test_reviews_twice_and_without_text(con, rows, write) -> None:
    silent = {"reviewerID": "A2", "asin": "B1", "overall": 2.0, "unixReviewTime": SECONDS}
    path = write("r.json", lines(REVIEW_2018, REVIEW_2018, REVIEW_2018 | {"unixReviewTime": SECONDS + 86400}, silent))
    events, comments = load_amazon_reviews(con, path)
    assert (events.read, events.loaded, events.unchanged, events.rejected) == (4, 3, 1, 0)
    assert (comments.read, comments.loaded, comments.unchanged) == (3, 2, 1)
    assert rows("SELECT count(*) FROM mmsql.comments WHERE user_id = 'A2'") == [(0,)]


def test_reviews_without_any_text(con, rows, write) -> None:
    silent = {"user_id": "A2", "parent_asin": "B1", "rating": 2.0, "timestamp": SECONDS}
    events, comments = load_amazon_reviews(con, write("r.json", lines(silent)))
    assert (events.loaded, comments.read) == (1, 0)


def test_bad_rows(con, rows, rejects, write) -> None:
    bad = (
        REVIEW_2018 | {"reviewerID": None},
        REVIEW_2018 | {"asin": " "},
        REVIEW_2018 | {"reviewerID": "A3", "unixReviewTime": "yesterday"},
        REVIEW_2018 | {"reviewerID": "A4", "overall": "five"},
        "{'broken': ",
        "[]",
    )
    path = write("r.json", lines(REVIEW_2018, *bad).encode() + b'{"reviewerID": "\xff"}\n')
    for _ in range(2):
        events, comments = load_amazon_reviews(con, path)
        assert (events.read, events.rejected, events.flawed) == (8, 6, 1)
        assert (comments.read, comments.rejected, comments.flawed) == (3, 0, 2)
        assert rejects() == [
            ("comments", "rating cannot be read: the row was loaded without it"),
            ("comments", "ts cannot be read: the row was loaded without it"),
            ("interactions", "item_id is missing"),
            ("interactions", "line is not UTF-8 text"),
            ("interactions", "line is not a JSON object"),
            ("interactions", "line is not valid JSON"),
            ("interactions", "ts is not a time that can be read"),
            ("interactions", "user_id is missing"),
            ("interactions", "weight cannot be read: the row was loaded without it"),
        ]
    kept = con.execute("""SELECT "row" FROM mmsql.rejects WHERE reason = 'user_id is missing'""").fetchall()
    assert json.loads(kept[0][0]) == bad[0]
    assert rows("SELECT user_id, weight FROM mmsql.interactions") == [("A1", 0.8), ("A4", None)]


def test_ids_of_numbers(con, rows, write) -> None:
    for table in ("interactions", "comments"):
        for column in ("user_id", "item_id"):
            con.execute(f"ALTER TABLE mmsql.{table} ALTER {column} TYPE BIGINT")
    good = REVIEW_2018 | {"reviewerID": "5", "asin": "7"}
    events, comments = load_amazon_reviews(con, write("r.json", lines(good, REVIEW_2018)))
    assert (events.loaded, events.rejected, comments.loaded) == (1, 1, 1)
    assert rows("SELECT user_id, item_id FROM mmsql.comments") == [(5, 7)]


GOOD = lines(REVIEW_2018)


@pytest.mark.parametrize(
    ("reviews", "meta", "message"),
    [
        (
            lines(META_2018),
            None,
            r"does not look like Amazon reviews: it has no field reviewerID or user_id.*with --meta",
        ),
        (
            lines({"customer": 1}),
            None,
            r"no field reviewerID or user_id. It has: customer. Load other files with `mmsql",
        ),
        ("user_id,item_id\nu,i\n", None, r"r.json is not JSON"),
        (gzip.compress(GOOD.encode() * 500)[:-30], None, r"r.json is a truncated or damaged gzip file"),
        ("", None, r"r.json is empty"),
        (
            GOOD,
            lines({"title": "x"}),
            r"m.json does not look like Amazon products: it has no field asin or parent_asin",
        ),
        (
            GOOD,
            gzip.compress(lines(META_2018).encode() * 500)[:-30],
            r"m.json is a truncated or damaged gzip file",
        ),
        (GOOD, "no json", r"m.json is not JSON"),
        (GOOD, "", r"m.json is empty"),
        (lines(REVIEW_2018 | {"reviewerID": ""}), None, r"None of the 1 rows .* user_id is missing"),
    ],
)
def test_bad_files_change_nothing(con, everything, write, reviews, meta, message: str) -> None:
    load_amazon_reviews(con, write("before.json", lines(REVIEW_2023)))
    before = everything()
    with pytest.raises(SourceError, match=message):
        load_amazon_reviews(con, write("r.json", reviews), None if meta is None else write("m.json", meta))
    assert everything() == before


@pytest.mark.parametrize("source", ["interactions", "comments", "items", "relations"])
def test_a_view_among_the_sources(con, everything, write, source: str) -> None:
    con.execute(f"DROP TABLE mmsql.{source}; CREATE VIEW mmsql.{source} AS SELECT 'x' AS item_id")
    before = everything()
    with pytest.raises(SourceError, match=f"mmsql.{source} is a view over your own tables"):
        load_amazon_reviews(con, write("r.json", GOOD), write("m.json", lines(META_2018)))
    assert everything() == before


def test_a_view_of_relations_matters_only_where_there_are_any(con, rows, write) -> None:
    con.execute("DROP TABLE mmsql.relations; CREATE VIEW mmsql.relations AS SELECT 'x' AS item_id")
    meta = write("m.json", lines({"asin": "B1"}))
    assert load_amazon_reviews(con, write("r.json", GOOD), meta)[-1].source == "items"
    assert rows("SELECT item_id FROM mmsql.items") == [("B1",)]


@pytest.mark.data
def test_musical_instruments(con, rows, rejects, data_dir: Path) -> None:
    path = data_dir / "amazon_musical_instruments" / "Musical_Instruments_5.json.gz"
    events, comments = load_amazon_reviews(con, path)
    assert (events.read, events.loaded, comments.loaded) == (10261, 10261, 10261)
    assert rows("SELECT count(DISTINCT user_id), count(DISTINCT item_id) FROM mmsql.interactions") == [(1429, 900)]
    assert rejects() == []
    assert [report.unchanged for report in load_amazon_reviews(con, path)] == [10261, 10261]


@pytest.mark.data
def test_gift_cards(con, rows, data_dir: Path) -> None:
    folder = data_dir / "amazon_gift_cards"
    reviews, meta = folder / "Gift_Cards_5.json.gz", folder / "meta_Gift_Cards.json.gz"
    events, comments, items, relations = load_amazon_reviews(con, reviews, meta)
    assert (events.read, events.loaded, events.unchanged) == (2972, 2969, 3)
    assert comments.loaded == 2972
    assert (items.read, items.loaded, items.flawed) == (1547, 1547, 4)
    assert rows("SELECT min(price), max(price), count(price) FROM mmsql.items") == [(3.99, 1250.0, 358)]
    assert rows("SELECT count(*) FROM mmsql.items WHERE category LIKE 'Gift Cards > %'")[0][0] > 1500
    assert (relations.read, relations.loaded, relations.rejected) == (55779, 55779, 0)
    assert rows("SELECT relation, count(*) FROM mmsql.relations GROUP BY relation") == [
        ("also_bought", 21681),
        ("also_viewed", 34098),
    ]
    assert [r.loaded + r.updated for r in load_amazon_reviews(con, reviews, meta)] == [0, 0, 0, 0]
