"""A category is found below another one, however a shop separates the names of a path."""

from __future__ import annotations

import pytest

from mmsql.jobs import training
from mmsql.jobs.checks import check

pytestmark = pytest.mark.usefixtures("counting_encoder")

FORMS = [" > ", ">", " >", " / ", "/", "|", " | ", " » ", "›", "→", "\\", "::", " :: ", " - ", " – ", "."]


@pytest.fixture
def categories(shop):
    def give(form: str) -> None:
        shop.execute("UPDATE items SET category = replace(category, ' > ', ?)", [form])
        training.train(shop.cursor(), "graph", options={"search_steps": 0})

    return give


@pytest.mark.parametrize("form", FORMS)
def test_filters_rules_and_views_find_what_is_below(shop, categories, form):
    categories(form)
    asked = "SELECT item_id FROM recommend('u1', k := 99, category := ?) ORDER BY rank"
    everything = shop.execute("SELECT item_id FROM recommend('u1', k := 99) ORDER BY rank").fetchall()
    assert shop.execute(asked, ["Media"]).fetchall() == everything
    books = shop.execute(asked, [f"Media{form}Books"]).fetchall()
    assert 0 < len(books) < len(everything)
    for other in ("Med", "Media > ", f"Media{form}Book", "Books"):
        assert shop.execute(asked, [other]).fetchall() == []
    shop.execute("INSERT INTO rules (rule, category) VALUES ('ban', 'Media')")
    assert shop.execute("FROM recommend('u1')").fetchall() == []
    assert shop.execute("FROM mmsql.top_recommendations").fetchall() == []
    assert not [finding for finding in check(shop) if finding.source == "rules" and finding.level != "ok"]


@pytest.mark.parametrize("form", [form for form in FORMS if form != " – "])
def test_check_names_the_hierarchy_and_asks_for_nothing(shop, form):
    shop.execute("UPDATE items SET category = replace(category, ' > ', ?)", [form])
    (found,) = [finding for finding in check(shop) if finding.finding.startswith("Attribute category: ")]
    separator = form if form == " - " else form.strip()
    assert found.finding.startswith(f"Attribute category: hierarchy separated by {separator};")
    assert found.advice == ""


@pytest.mark.parametrize(
    "names", [["Books", "Games"], ["AC/DC", "Queen"], ["> 5 kg", "> 9 kg"], ["No. 5", "No. 7"], ["T-Shirts", "T"]]
)
def test_there_is_no_hierarchy_where_there_is_none(shop, names):
    shop.execute("UPDATE items SET category = CASE WHEN item_id < 'i5' THEN ? ELSE ? END", names)
    (found,) = [finding for finding in check(shop) if finding.finding.startswith("Attribute category: ")]
    assert "hierarchy" not in found.finding
    training.train(shop.cursor(), "graph", options={"search_steps": 0})
    listed = "SELECT r.item_id FROM recommend('u1', k := 99{}) r JOIN items i USING (item_id) WHERE {} ORDER BY 1"
    for asked in (names[0], names[1], names[0][0]):
        found = shop.execute(listed.format(f", category := '{asked}'", "true")).fetchall()
        assert found == shop.execute(listed.format("", f"i.category = '{asked}'")).fetchall()
