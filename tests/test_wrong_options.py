"""Whatever is given for an option is told in words: nothing is executed, and no macro fails with a bare error."""

from __future__ import annotations

import duckdb
import pytest

import mmsql
from mmsql.db.schema import MACROS

pytestmark = pytest.mark.core

INJECTION = "'; DROP TABLE mmsql.items; --"
VALUES = {
    "NULL": "NULL::VARCHAR",
    "text": "'" + INJECTION.replace("'", "''") + "'",
    "number": "1e300",
    "list": "[['中文 🙂']]",
}
# Which of these a parameter takes: text, since all are compared as text, or what a list or a number may be.
TAKEN = {
    **dict.fromkeys(("target_user", "target_item", "category", "brand", "word"), "NULL text number list"),
    "most_items": "NULL text number list",  # nobody is asked for, and it is read for each user
    "value": "text number list",
    **dict.fromkeys(("min_price", "max_price", "min_lift", "max_weight"), "NULL number"),
    **dict.fromkeys(("only_available", "exclude_seen", "other_categories"), "NULL number"),
    **dict.fromkeys(("users", "candidates", "item_ids"), "NULL list"),
    **dict.fromkeys(("variants", "confidence", "power", "a", "b", "attribute", "samples", "reward"), ""),
    **dict.fromkeys(("min_share", "modality", "inactive_days"), ""),
}
OF_MACROS = {  # what a macro takes that others do not
    ("ab_assign", "experiment"): "text number list",
    ("ab_report", "experiment"): "",
    ("training_log", "model"): "NULL text number list",
}
ENDLESS = {  # macros whose k may be NULL: all rows
    *("aspects", "audience", "comment_summary", "cross_sell", "expected_demand", "onboarding", "popular_items"),
    *("quota_recommendations", "recommend", "recommend_each", "recommend_session", "similar_items"),
    *("what_if", "winback"),
}
TOLD = {  # what an error says that does not name the parameter
    "model": (
        "has not been evaluated. Evaluated are: graph-1.",
        "has no lists in mmsql.recommendations.",
        "There is no catalog",
    ),
    "slice": ("Unknown attribute ",),
    "a": ("compare_models needs two evaluated models, ", " has not been evaluated."),
    "b": ("compare_models needs two evaluated models, ", " has not been evaluated."),
}
NO_TABLE = 'DROP TABLE mmsql.items; --" does not exist'  # DuckDB's own, of a text that names a table
REQUIRED = {
    "ab_assign": ("'shelf'", "'u1'"),
    "ab_report": ("'shelf'",),
    "aspects": ("'i3'",),
    "audience": ("'i3'",),
    "comment_summary": ("'i3'",),
    "compare_models": ("'graph'", "'popularity'"),
    "cross_sell": ("'i3'",),
    "explain": ("'u1'", "'i3'"),
    "explain_each": ("[{'user_id': 'u1', 'item_id': 'i3'}]",),
    "exposure": ("'brand'",),
    "quota_recommendations": ("'brand'", "'Acme'", "0.3"),
    "recommend": ("'u1'",),
    "recommend_session": ("['i3']",),
    "similar_items": ("'i3'",),
    "what_if": ("'u1'",),
}
OF_NUMBERS = {  # functions of one list or number, whose types DuckDB names well
    *("precision", "recall", "f1", "hit_rate", "ndcg", "average_precision", "reciprocal_rank"),
    *("normal_cdf", "normal_quantile"),
}
NAMES = sorted(name for _, name in MACROS if not name.startswith("_") and name not in OF_NUMBERS)


def rows(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple]:
    return con.execute(query, list(values)).fetchall()


@pytest.fixture(scope="module")
def evaluated(evaluated_path):
    con = mmsql.connect(evaluated_path, read_only=True)
    yield con
    con.close()


def calls(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str, str]]:
    """Return parameter, kind of value and call, for each parameter of a macro with each of the wrong values."""
    ((kind, parameters),) = rows(
        con, "SELECT function_type, parameters FROM duckdb_functions() WHERE function_name = ?", name
    )
    required = REQUIRED.get(name, ())
    found = []
    for place, parameter in enumerate(parameters):
        for value, written in VALUES.items():
            given = [*required]
            if place < len(required):
                given[place] = written
            else:
                given.append(f"{parameter} := {written}")
            call = f"{'FROM' if kind == 'table_macro' else 'SELECT'} mmsql.{name}({', '.join(given)})"
            found.append((parameter, value, call))
    return found


def taken(name: str, parameter: str) -> list[str]:
    """Return the kinds of values that a parameter takes."""
    if parameter == "k":
        return ["NULL"] if name in ENDLESS else []
    return OF_MACROS.get((name, parameter), TAKEN.get(parameter, "NULL")).split()


@pytest.mark.parametrize("name", NAMES)
def test_an_option_is_taken_or_refused_in_words(evaluated, name):
    for parameter, value, call in calls(evaluated, name):
        if value in taken(name, parameter):
            rows(evaluated, call)
            continue
        table = value == "text" and parameter in ("users", "candidates", "pairs")
        with pytest.raises(duckdb.CatalogException if table else duckdb.InvalidInputException) as raised:
            rows(evaluated, call)
        told = (NO_TABLE,) if table else TOLD.get(parameter, (parameter,))
        assert any(said in str(raised.value) for said in told), call
    assert rows(evaluated, "SELECT count(*) FROM mmsql.items") == [(13,)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("recommend('u1', k := 'abc')", "k must be a whole number of at least 1, abc was given. Type k := 10."),
        ("recommend('u1', k := 0.5)", "k must be a whole number of at least 1, 0.5 was given."),
        ("recommend_each(k := [])", "k must be a whole number of at least 1, [] was given."),
        ("audience('i3', k := '')", "k must be a whole number of at least 1,  was given."),
        ("recommend('u1', per_brand := 1.5)", "per_brand must be at least 1, 1.5 was given. Type per_brand := 3."),
        ("recommend('u1', diversity := 'much')", "diversity must be from 0, by score alone, to 1; much was given."),
        ("recommend('u1', diversity := 'nan'::DOUBLE)", "diversity must be from 0, by score alone, to 1; nan"),
        (
            "recommend('u1', min_price := 'cheap')",
            "min_price must be a number, cheap was given. Type min_price := 10.",
        ),
        ("recommend('u1', max_price := 'nan'::DOUBLE)", "max_price must be a number, nan was given."),
        ("popular_items(min_price := 'cheap')", "min_price must be a number, cheap was given."),
        (
            "popular_items(min_price := 9, max_price := 8)",
            "min_price is above max_price: no item can qualify. 9 and 8",
        ),
        ("recommend('u1', min_price := 9, max_price := 8)", "min_price is above max_price: no item can qualify."),
        ("recommend('u1', only_available := 'maybe')", "only_available must be true or false, maybe was given."),
        ("recommend('u1', exclude_seen := 'maybe')", "exclude_seen must be true or false, maybe was given."),
        ("recommend('u1', exclude_events := 'buy')", "exclude_events must be a list of events, buy was given. Type"),
        ("recommend('u1', candidates := ' ')", "candidates must be a list of ids, or the name of a table or view"),
        ("recommend_each(users := '')", "users must be a list of ids, or the name of a table or view with a column"),
        ("recommend_session('i3')", "item_ids must be a list of item ids, oldest first; i3 was given."),
        ("embed_behavior('i3')", "item_ids must be a list of item ids, oldest first; i3 was given."),
        ("explain_each('')", "pairs must be the name of a table or view with user_id and item_id, an empty text"),
        ("what_if('u1', remove := 'i1')", "remove must be a list of items of the history, i1 was given. Type remove"),
        ("what_if('u1', add := 'i1')", "add must be a list of items, oldest first; i1 was given. Type add :="),
        ("winback(as_of := 'soon')", "as_of must be a timestamp, soon was given. Type as_of := TIMESTAMP"),
        ("winback(1e9)", "inactive_days must be a number of days from 0 to 100000, 1000000000.0 was given."),
        (
            "expected_demand(active_days := 'x')",
            "active_days must be a number of days from 0 to 100000, x was given.",
        ),
        ("onboarding(most_items := 'x')", "most_items must be a number from 0, x was given."),
        ("cross_sell('i3', other_categories := 'x')", "other_categories must be true or false, x was given."),
        ("similar_items('i3', modality := 5)", "Unknown modality 5. Allowed: fused,"),
        ("quota_recommendations('brand', 'Acme', 'x')", "min_share must be from 0 to 1, x was given. Type min_share"),
        ("metrics(slice := 5)", "Unknown attribute 5. Allowed:"),
        ("ab_report('shelf', weights := 'x')", "weights must be a list of a number of at least 0 for each variant"),
        (
            "ab_report('shelf', variants := 'x')",
            "variants must be a list of two or more different names, x was given.",
        ),
        ("tune(algorithm := ['graph'])", "Unknown algorithm ['graph']. Allowed: popularity, graph,"),
        ("deploy(7)", "There is no model '7'. There is: graph-1."),
        ("search_items('x', k := 'y')", "k must be a whole number of at least 1, y was given."),
    ],
)
def test_what_was_given_and_what_is_allowed(undone, query, message):
    undone.execute("INSERT INTO mmsql.users (user_id) VALUES ('u0')")
    undone.execute(
        "INSERT INTO impressions (experiment, variant, user_id, item_id) VALUES ('shelf', 'control', 'u1', 'i1')"
    )
    undone.execute("INSERT INTO mmsql.evaluations VALUES (1, 'graph-1', 'graph', 'time', 0, 10, 1, 1, 1, 1, 0, NULL)")
    verb = "SELECT" if query.startswith("embed") else "FROM"
    with pytest.raises(duckdb.InvalidInputException) as raised:
        rows(undone, f"{verb} {query}")
    assert message in str(raised.value)


def test_numbers_may_come_as_texts(served):
    given = "k := '3', per_category := '1', min_price := '6', max_price := '12.5', diversity := '0'"
    assert rows(served, f"FROM recommend('u1', {given})") == rows(
        served, "FROM recommend('u1', k := 3, per_category := 1, min_price := 6, max_price := 12.5, diversity := 0)"
    )


@pytest.mark.parametrize("call", ["recommend('u1', {})", "recommend_each(users := ['u1'], {})"])
def test_a_length_beyond_all_measure_is_everything(served, call):
    everything = rows(served, f"FROM {call.format('k := 100')}")
    for options in ("k := 1000000000000", "k := 1000000000000, diversity := 0"):
        assert rows(served, f"FROM {call.format(options)}") == everything
    spread = rows(served, f"FROM {call.format('k := 1000000000000, diversity := 0.5')}")
    assert len(spread) == len(everything)


def test_prices_of_each_row_under_lateral(served):
    found = rows(
        served,
        "SELECT u.user_id, max(i.price) FROM (VALUES ('u1', 7), ('u2', 9)) u(user_id, budget), "
        "LATERAL (FROM recommend(u.user_id, max_price := u.budget, k := 9)) r "
        "JOIN mmsql.items i ON i.item_id = r.item_id GROUP BY ALL",
    )
    assert len(found) == 2
    assert all(price <= {"u1": 7, "u2": 9}[user] for user, price in found)


def test_a_price_that_is_no_number_passes_no_filter_of_prices(undone):
    undone.execute("UPDATE mmsql.items SET price = 'nan' WHERE item_id = 'i4'")
    undone.execute("UPDATE mmsql.items SET price = 'inf' WHERE item_id = 'i5'")
    listed = "SELECT item_id FROM recommend('u1', k := 20, {})"
    assert {"i4", "i5"} <= set(rows_of(undone, listed.format("exclude_seen := true")))
    above = rows_of(undone, listed.format("min_price := 6"))
    assert "i5" in above
    assert "i4" not in above
    assert {"i4", "i5"}.isdisjoint(rows_of(undone, listed.format("max_price := 100")))


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [item for (item,) in rows(con, query)]


def test_prices_and_categories_of_a_view_may_be_of_another_type(undone):
    undone.execute("ALTER TABLE mmsql.items RENAME TO own_items")
    undone.execute(
        "CREATE VIEW mmsql.items AS SELECT * REPLACE (CAST(price AS VARCHAR) AS price, 7 AS category) FROM own_items"
    )
    found = rows(undone, "SELECT item_id FROM recommend('u1', k := 20, min_price := 6, category := 7)")
    cheap = {"i0", "i8", "i9"}  # i8 and i9 have no price
    assert found
    assert cheap.isdisjoint(item for (item,) in found)
