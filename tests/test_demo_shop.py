"""The demo shop: complete, consistent, believable, learnable, and the same for the same seed."""

import doctest
import io
import re
import subprocess
import sys
from collections import Counter, defaultdict

import duckdb
import numpy as np
import pytest
from PIL import Image

from mmsql.db.opening import open_database
from mmsql.db.schema import ensure_schema
from mmsql.demo import categories, chooser, make_catalog, make_comments, make_events, make_shop, make_users
from mmsql.demo.assortment import ASSORTMENT
from mmsql.demo.phrases_chinese import CHINESE
from mmsql.demo.phrases_english import ENGLISH
from mmsql.demo.product_features import COLOURS, MATERIALS
from mmsql.demo.shapes import SHAPES
from mmsql.errors import OptionError, SourceError

SOURCES = ("items", "users", "interactions", "comments", "images")
HAN = re.compile("[一-鿿]")


def empty_file(path):
    con = open_database(path)
    ensure_schema(con, path)
    return con


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    con = empty_file(tmp_path_factory.mktemp("demo") / "shop.duckdb")
    make_shop(con)
    yield con
    con.close()


def one(con, query):
    return con.execute(query).fetchall()[0][0]


def everything(con):
    return {source: con.execute(f"SELECT * FROM mmsql.{source}").fetchall() for source in SOURCES}


def test_sizes_and_ids(shop):
    counts = {source: one(shop, f"SELECT count(*) FROM mmsql.{source}") for source in SOURCES}
    assert one(shop, "SELECT min(item_id) || ' ' || max(item_id) FROM mmsql.items") == "P0001 P0600"
    assert one(shop, "SELECT min(user_id) || ' ' || max(user_id) FROM mmsql.users") == "U0001 U1500"
    assert counts["items"] == counts["images"] == 600
    assert counts["users"] == 1500
    assert 20_000 <= counts["interactions"] <= 60_000
    assert 2_500 <= counts["comments"] <= 6_000
    assert one(shop, "SELECT count(DISTINCT split_part(i.category, ' > ', 1)) FROM mmsql.items i") >= 12
    assert one(shop, "SELECT count(DISTINCT i.brand) FROM mmsql.items i") >= 30


def test_every_row_refers_to_something(shop):
    for source, column, target in (
        ("interactions", "item_id", "items"),
        ("interactions", "user_id", "users"),
        ("comments", "item_id", "items"),
        ("comments", "user_id", "users"),
        ("images", "item_id", "items"),
    ):
        orphans = f"SELECT count(*) FROM mmsql.{source} s ANTI JOIN mmsql.{target} t ON s.{column} = t.{column}"
        assert one(shop, orphans) == 0, (source, column)


def test_who_comments_has_bought_before(shop):
    early = one(
        shop,
        "SELECT count(*) FROM mmsql.comments c ANTI JOIN mmsql.interactions b "
        "ON b.event = 'buy' AND b.user_id = c.user_id AND b.item_id = c.item_id AND b.ts < c.ts",
    )
    assert early == 0


def test_no_two_events_of_a_user_in_one_moment(shop):
    assert one(shop, "SELECT count(*) FROM mmsql.interactions") == one(
        shop, "SELECT count(*) FROM (SELECT DISTINCT user_id, ts FROM mmsql.interactions)"
    )


def test_events_and_weights(shop):
    found = shop.execute("SELECT DISTINCT event, weight FROM mmsql.interactions ORDER BY weight").fetchall()
    assert found == [("view", 1.0), ("favourite", 2.0), ("cart", 3.0), ("buy", 5.0)]
    assert one(shop, "SELECT date_diff('month', min(ts), max(ts)) FROM mmsql.interactions") in (17, 18)


def test_items_are_complete(shop):
    columns = (
        "title",
        "price",
        "available",
        "brand",
        "category",
        "colour",
        "material",
        "style",
        "collection",
    )
    for column in columns:
        assert one(shop, f"SELECT count(*) FROM mmsql.items WHERE coalesce({column}::VARCHAR, '') = ''") == 0, column
    assert one(shop, "SELECT min(price) FROM mmsql.items") > 0
    assert one(shop, "SELECT count(DISTINCT title) FROM mmsql.items") == 600
    assert one(shop, "SELECT count(DISTINCT item_id) FROM mmsql.images WHERE octet_length(image) > 0") == 600
    missing = one(shop, "SELECT avg((description IS NULL)::INT) FROM mmsql.items")
    assert 0.005 < missing < 0.08
    assert 0.01 < one(shop, "SELECT avg((NOT available)::INT) FROM mmsql.items") < 0.1


def test_prices_follow_category_and_brand(shop):
    typical = dict(shop.execute("SELECT category, median(price) FROM mmsql.items GROUP BY category").fetchall())
    assert typical["Garden > Seeds"] < typical["Kitchen > Knives"] < typical["Camping > Tents"]
    by_brand = dict(
        shop.execute(
            "SELECT brand, median(price) FROM mmsql.items WHERE category LIKE 'Kitchen > %' GROUP BY brand"
        ).fetchall()
    )
    assert by_brand["Pankaro"] < by_brand["Brindlewick"] < by_brand["Velmoor"]


def test_pictures_open_and_show_the_colour(shop):
    shades = defaultdict(list)
    for colour, image in shop.execute(
        "SELECT i.colour, p.image FROM mmsql.items i JOIN mmsql.images p USING (item_id)"
    ).fetchall():
        picture = Image.open(io.BytesIO(image))
        assert picture.format == "PNG"
        assert picture.size == (96, 96)
        shades[colour].append(np.asarray(picture.convert("RGB"), dtype=float)[20:76, 20:76].mean(axis=(0, 1)))
    assert one(shop, "SELECT count(DISTINCT md5(image)) FROM mmsql.images") > 590
    means = {colour: np.mean(seen, axis=0) for colour, seen in shades.items()}
    assert means["red"][0] - means["red"][2] > 40 > means["blue"][0] - means["blue"][2]
    assert means["white"].mean() - means["black"].mean() > 60


def test_three_in_twenty_comments_are_chinese(shop):
    rows = shop.execute(
        "SELECT c.body, u.language FROM mmsql.comments c JOIN mmsql.users u USING (user_id)"
    ).fetchall()
    chinese = [bool(HAN.search(body)) for body, _ in rows]
    assert 0.11 < np.mean(chinese) < 0.19
    assert chinese == [language == "zh" for _, language in rows]


def test_comments_do_not_repeat(shop):
    bodies = [body for (body,) in shop.execute("SELECT body FROM mmsql.comments").fetchall()]
    long = [body for body in bodies if len(body) > (15 if HAN.search(body) else 40)]
    assert len(set(long)) > 0.97 * len(long)
    assert len(set(bodies)) > 0.9 * len(bodies)
    assert not [body for body in bodies if "{" in body or "  " in body or body != body.strip()]


def test_popularity_has_a_heavy_tail(shop):
    counts = np.array(
        [
            n
            for (n,) in shop.execute(
                "SELECT count(e.item_id) FROM mmsql.items i LEFT JOIN mmsql.interactions e USING (item_id) "
                "GROUP BY i.item_id ORDER BY 1 DESC"
            ).fetchall()
        ]
    )
    assert counts[:60].sum() > 0.25 * counts.sum()
    assert counts[300:].sum() < 0.3 * counts.sum()
    assert 5 <= (counts == 0).sum() <= 60


def test_some_users_came_once_and_some_often(shop):
    counts = np.array(
        [n for (n,) in shop.execute("SELECT count(*) FROM mmsql.interactions GROUP BY user_id").fetchall()]
    )
    assert (counts == 1).sum() >= 20
    assert counts.max() > 8 * np.median(counts)


def test_the_shop_grows_and_has_seasons(shop):
    months = dict(
        shop.execute(
            "SELECT date_trunc('quarter', ts)::DATE::VARCHAR, count(*) FROM mmsql.interactions GROUP BY 1"
        ).fetchall()
    )
    assert months["2026-07-01"] > 1.5 * months["2025-07-01"]
    tents = Counter()
    for (month,) in shop.execute(
        "SELECT month(e.ts) FROM mmsql.interactions e JOIN mmsql.items i USING (item_id) "
        "WHERE i.category = 'Camping > Tents'"
    ).fetchall():
        tents["summer" if 5 <= month <= 8 else "winter" if month in (11, 12, 1, 2) else "between"] += 1
    assert tents["summer"] > 2 * tents["winter"]


def test_complements_follow_in_one_direction(shop):
    shop.execute(
        "CREATE OR REPLACE TEMP TABLE first_buy AS SELECT e.user_id, i.category, min(e.ts) AS ts "
        "FROM mmsql.interactions e JOIN mmsql.items i USING (item_id) WHERE e.event = 'buy' GROUP BY ALL"
    )
    order = (
        "SELECT count(*) FILTER (a.ts < b.ts), count(*) FILTER (a.ts > b.ts) "
        "FROM first_buy a JOIN first_buy b USING (user_id) WHERE a.category = ? AND b.category = ?"
    )
    strong = [(c.path, path) for c in ASSORTMENT for path, probability in c.leads_to if probability >= 0.5]
    assert len(strong) >= 20
    found = {pair: shop.execute(order, list(pair)).fetchall()[0] for pair in strong}
    assert all(forward > backward for forward, backward in found.values()), found
    forward, backward = (sum(counts) for counts in zip(*found.values(), strict=True))
    assert forward > 2.5 * backward


def test_directed_cooccurrence_beats_popularity(shop):
    events = shop.execute(
        "SELECT user_id, substr(item_id, 2)::INT - 1, max(ts) FROM mmsql.interactions GROUP BY 1, 2 ORDER BY 1, 3"
    ).fetchall()
    histories = defaultdict(list)
    for user, item, _ in events:
        histories[user].append(item)
    follows, popularity = np.zeros((600, 600)), np.zeros(600)
    for items in histories.values():
        kept = items[:-1]
        popularity[kept] += 1
        for place, item in enumerate(kept):
            for distance, later in enumerate(kept[place + 1 : place + 11]):
                follows[item, later] += 0.8**distance
    follows /= np.maximum(follows.sum(axis=1, keepdims=True), 1) ** 0.3
    hits = Counter()
    tested = [items for items in histories.values() if len(items) > 1]
    for items in tested:
        kept, last = items[:-1], items[-1]
        recency = 0.7 ** np.arange(len(kept))[::-1]
        scores = {"graph": recency @ follows[kept] + 1e-6 * popularity, "popularity": popularity.copy()}
        for name, score in scores.items():
            score[kept] = -1
            hits[name] += last in np.argsort(-score, kind="stable")[:10]
    recall = {name: count / len(tested) for name, count in hits.items()}
    assert 0.15 < recall["graph"] < 0.4
    assert 0.02 < recall["popularity"] < 0.1
    assert recall["graph"] > 2.5 * recall["popularity"]


@pytest.fixture(scope="module")
def world():
    catalog = make_catalog(300, 3)
    people = make_users(catalog, 800, 3)
    return catalog, people, make_comments(catalog, people, make_events(catalog, people, 3), 3)


def test_comments_say_only_what_is_true_of_the_product(world):
    catalog, people, comments = world
    told = 0
    for number, user, body in zip(comments.item, comments.user, comments.body, strict=True):
        item, language = catalog.items[number], int(people.language[user] == "zh")
        material = MATERIALS[item.material]
        possible = (*item.category.strengths, *item.category.faults, material.strength, material.fault)
        true = {pair[language] for pair in (*item.strengths, *item.faults)}
        said = {pair[language] for pair in possible if pair[language].lower() in body.lower()}
        assert said <= true, (item.title, body)
        told += bool(said)
    assert told > 0.85 * len(comments)


def test_comments_agree_on_the_fit(world):
    catalog, people, comments = world
    told: set[str] = set()
    for number, user, body in zip(comments.item, comments.user, comments.body, strict=True):
        phrases = CHINESE if people.language[user] == "zh" else ENGLISH
        said = {
            fit for fit, texts in phrases.fits.items() for text in texts if text.lower().rstrip(".。") in body.lower()
        }
        assert said <= {catalog.items[number].fit}, (catalog.items[number].title, body)
        told |= said
    assert len(told) == 3


def test_ratings_follow_quality_and_taste(world):
    catalog, people, comments = world
    quality = np.array([catalog.items[number].quality for number in comments.item])
    rating = np.array(comments.rating)
    assert set(comments.rating) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert np.corrcoef(quality, rating)[0, 1] > 0.3
    taste = people.preference[comments.user, comments.item]
    near = np.abs(quality - np.median(quality)) < 0.1
    assert np.corrcoef(taste[near], rating[near])[0, 1] > 0.05


def test_no_product_is_praised_and_blamed_for_the_same(world):
    for item in world[0].items:
        good = (*item.category.strengths, MATERIALS[item.material].strength)
        bad = (*item.category.faults, MATERIALS[item.material].fault)
        assert not {good.index(pair) for pair in item.strengths} & {bad.index(pair) for pair in item.faults}
        assert min(len(item.strengths), len(item.faults)) >= 1


def test_the_assortment_is_consistent():
    paths = [category.path for category in ASSORTMENT]
    assert len(paths) == len(set(paths))
    for category in ASSORTMENT:
        assert len(category.strengths) == len(category.faults) == 3, category.path
        assert set(category.materials) <= set(MATERIALS), category.path
        assert set(category.colours) <= set(COLOURS), category.path
        assert {path for path, _ in category.leads_to} <= set(paths) - {category.path}
        assert category.shape in SHAPES
        assert category.department in ENGLISH.contexts
        assert category.department in CHINESE.contexts


def test_same_seed_same_shop(tmp_path):
    made = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        with empty_file(tmp_path / f"{name}.duckdb") as con:
            make_shop(con, items=90, users=60, seed=seed)
            made.append(everything(con))
    assert made[0] == made[1]
    for source in SOURCES:
        assert made[0][source] != made[2][source], source


def test_more_users_leave_the_products_as_they_are(tmp_path):
    with empty_file(tmp_path / "a.duckdb") as few, empty_file(tmp_path / "b.duckdb") as many:
        make_shop(few, items=90, users=10)
        make_shop(many, items=90, users=40)
        assert everything(few)["items"] == everything(many)["items"]
        assert everything(few)["images"] == everything(many)["images"]


@pytest.mark.parametrize(("items", "users"), [(1, 1), (1, 30), (40, 1), (700, 3)])
def test_small_and_lopsided_shops(tmp_path, items, users):
    with empty_file(tmp_path / "shop.duckdb") as con:
        make_shop(con, items=items, users=users)
        assert one(con, "SELECT count(*) FROM mmsql.items WHERE title IS NOT NULL") == items
        assert one(con, "SELECT count(DISTINCT title) FROM mmsql.items") == items
        assert one(con, "SELECT count(*) FROM mmsql.users") == users


def test_titles_stay_different_when_names_run_out():
    titles = [item.title for item in make_catalog(12_000, 1).items]
    assert len(set(titles)) == len(titles)
    assert any(", No. " in title for title in titles)


@pytest.mark.parametrize("options", [{"items": 0}, {"items": 2.5}, {"users": -1}, {"seed": -1}, {"users": 10**9}])
def test_sizes_out_of_range_are_refused(tmp_path, options):
    with empty_file(tmp_path / "shop.duckdb") as con:
        with pytest.raises(OptionError, match=f"{next(iter(options))} must be a whole number"):
            make_shop(con, **options)
        assert not any(everything(con).values())


def test_a_file_with_rows_is_refused(tmp_path):
    with empty_file(tmp_path / "shop.duckdb") as con:
        con.execute("INSERT INTO mmsql.users VALUES ('me')")
        with pytest.raises(SourceError, match=r"mmsql\.users already has rows.*mmsql demo demo\.duckdb"):
            make_shop(con, items=10, users=10)
        assert everything(con)["items"] == []


def test_a_source_that_is_a_view_is_refused(tmp_path):
    with empty_file(tmp_path / "shop.duckdb") as con:
        con.execute("DROP TABLE mmsql.comments")
        con.execute("CREATE VIEW mmsql.comments AS SELECT 'x' AS item_id, 'y' AS body WHERE false")
        with pytest.raises(SourceError, match=r"mmsql\.comments is a view"):
            make_shop(con, items=10, users=10)


def test_a_failure_leaves_the_file_as_it_was(tmp_path):
    with empty_file(tmp_path / "shop.duckdb") as con:
        con.execute("ALTER TABLE mmsql.images DROP COLUMN image")
        with pytest.raises(duckdb.Error, match="image"):
            make_shop(con, items=10, users=10)
        assert one(con, "SELECT count(*) FROM mmsql.items") == 0
        assert [row[0] for row in con.execute("DESCRIBE mmsql.users").fetchall()] == ["user_id"]


def test_examples_in_the_docstrings():
    for module in (categories, chooser):
        assert doctest.testmod(module).failed == 0
    assert doctest.testmod(categories).attempted >= 4


def test_the_demo_loads_no_torch():
    code = "import sys, mmsql.demo; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
