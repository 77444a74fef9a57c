"""A trained file in the hands of plain DuckDB, of several releases, without mmsql: every macro, every view."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from mmsql.db.schema import MACROS, VIEWS

pytestmark = pytest.mark.core

REPOSITORY = Path(__file__).parent.parent
RELEASES = ("1.4.4", "1.5.5", "2.0.0")

CONSTANTS = (
    *("_score_decimals", "_min_decay_weight", "_max_heap_size", "_max_heap_list", "_max_scores_in_memory"),
    *(
        "_all_items",
        "_max_changes",
        "_max_session",
        "_latest_items",
        "_comments_per_item",
        "_comments_per_reason",
        "_max_sentence_length",
    ),
)

# For each persisted macro, how it is called. Every call has at least one row.
CALLS = {
    "_positive_integer": "SELECT mmsql._positive_integer('12')",
    "_length_error": "SELECT mmsql._length_error(10)",
    "_list_error": "SELECT mmsql._list_error(10, 0, NULL, 0.3)",
    "_filter_error": "SELECT mmsql._filter_error(20, 10, true, true)",
    "_deployed": "SELECT model FROM mmsql._deployed()",
    "_deployed_model": "SELECT mmsql._deployed_model()",
    "_model_has": "SELECT mmsql._model_has('user_edges')",
    "_rule_effects": "SELECT * FROM mmsql._rule_effects() UNION ALL SELECT 'none', false, 0, 1, NULL",
    "_boosted_score": "SELECT mmsql._boosted_score(-0.5, 2)",
    "_counts": "SELECT mmsql._counts(-1)",
    "_is_past": "SELECT mmsql._is_past(TIMESTAMP '2024-01-01')",
    "_latest_event": "SELECT mmsql._latest_event()",
    "_is_in_category": "SELECT mmsql._is_in_category('A/B', 'A')",
    "_has_filter": "SELECT mmsql._has_filter('Media', NULL, NULL, NULL)",
    "_filter_outcomes": "FROM mmsql._filter_outcomes('Media', NULL, 5, NULL, true, false) ORDER BY ALL",
    "_filtered_items": "SELECT item_id, events "
    "FROM mmsql._filtered_items(NULL, NULL, NULL, NULL, true, false) ORDER BY ALL",
    "_option_ids": "(FROM mmsql._option_ids('mmsql.items', 'item_id') "
    "UNION ALL FROM mmsql._option_ids(['u1'], 'user_id')) ORDER BY ALL",
    "_excluded_events": "FROM mmsql._excluded_events(['buy', 'view']) ORDER BY ALL",
    "_cap_both": "SELECT mmsql._cap_both([{'popularity_rank': 1, 'category': 'a', 'brand': 'x'}, "
    "{'popularity_rank': 2, 'category': 'b', 'brand': 'x'}], 1, 1, 9)",
    "_diversify": "SELECT mmsql._diversify([{'negative_priority': 0.0, 'sort_key': 0.0, 'rank': 1, "
    "'popularity_rank': 1, 'relevance': 1.0, 'similarity': 0.0, 'vector': [1.0]}], 2, 0.5)",
    "_score_terms": "WITH history AS (FROM mmsql._history('user', ['u0'], NULL)), "
    "pairs AS (SELECT h.visitor, s.item_id FROM (SELECT DISTINCT visitor FROM history) h CROSS JOIN mmsql.serving s) "
    "FROM mmsql._score_terms('history', 'pairs', true, true) ORDER BY ALL",
    "_score": "SELECT mmsql._score(0.5, 0.2, 0, 0.01)",
    "_keeps_best": "SELECT mmsql._keeps_best(10, NULL, NULL, 0.3)",
    "_best_term_sums": "WITH visitors AS (SELECT 1 AS visitor, 0.5 AS vector_weight, [1.0, 2.0] AS vector, "
    "2 AS most), items AS (SELECT i AS popularity_rank, 'i' || i AS item_id, 0.1 AS bias, [1.0, i // 2] AS vector, "
    "1 AS item_group FROM range(9) t(i)), linked AS (SELECT 1 AS visitor, 3 AS popularity_rank, 4.0 AS edge, "
    "0.0 AS attribute), excluded AS (SELECT 1 AS visitor, 8 AS popularity_rank), others AS (FROM excluded) "
    "FROM mmsql._best_term_sums('visitors', 'items', 'linked', 'others', 'excluded', 1) ORDER BY ALL",
    "_source_label": "SELECT mmsql._source_label(NULL, 0.5, 0, 0, 'graph', 1)",
    **{name: f"SELECT mmsql.{name}()" for name in CONSTANTS},
    "_pool_size": "SELECT mmsql._pool_size(10, 0.3)",
    "_history": "SELECT user_id, item_id, weight FROM mmsql._history('users', ['u0'], NULL) ORDER BY ALL",
    "_json_field": """SELECT mmsql._json_field('{"a/b": 1}', 'a/b')""",
    "_attribute_values": """SELECT mmsql._attribute_values('{"gender": "F", "likes": ["tea", "cake"], "age": 7}')""",
    "_attribute_features": "SELECT mmsql._attribute_features('hierarchy', '>', ['A > B'])",
    "_attribute_number": "SELECT mmsql._attribute_number('date', '2024-07-01')",
    "_user_edges": "SELECT count(*) FROM mmsql._user_edges([{'visitor': 1, 'user_id': 'u0', 'model': 'graph-1'}])",
    "_ranked": "SELECT rank, item_id, score FROM mmsql._ranked('users', ['u0'], NULL, 3, true, NULL, NULL, NULL, "
    "NULL, NULL, true, NULL, NULL, NULL, 0) ORDER BY ALL",
    "_ranked_in_batches": "FROM mmsql._ranked_in_batches(1, ['u0', 'u1'], 3, true, NULL, NULL, NULL, NULL, NULL, "
    "true, NULL, NULL, NULL, 0) ORDER BY ALL",
    "_visitor_list": "FROM mmsql._visitor_list('user', ['u0'], NULL, 3, true, NULL, NULL, NULL, NULL, true) "
    "ORDER BY rank",
    "recommend": "FROM mmsql.recommend('u0', k := 5, category := 'Media', brand := "
    "'Bolt', min_price := 5, max_price := 99, "
    "per_category := 2, per_brand := 2, candidates := ['i6', 'i7', 'i10'], "
    "exclude_events := ['buy'], only_available := true)",
    "recommend_each": "FROM mmsql.recommend_each(users := ['u0', 'u1', 'nobody'], k := 3, diversity := 0.5, "
    "brand := 'Bolt')",
    "recommend_session": "FROM mmsql.recommend_session(['i4', 'i5'], k := 5, category := 'Media > Books')",
    "similar_items": "FROM mmsql.similar_items('i4', k := 5, modality := 'comment')",
    "popular_items": "FROM mmsql.popular_items(k := 5, category := 'Media > Games', min_price := 6)",
    "_item_sentences": "SELECT sentence, term, component, centrality FROM mmsql._item_sentences(['i4'], 300) "
    "ORDER BY ALL",
    "_contributions": "FROM mmsql._contributions([{'user_id': 'u0', 'item_id': 'i2'}], ['u0']) ORDER BY ALL",
    "explain": "FROM mmsql.explain('u0', 'i2')",
    "explain_each": "FROM mmsql.explain_each([{'user_id': 'u0', 'item_id': 'i2'}])",
    "what_if": "FROM mmsql.what_if('u0', k := 5, remove := ['i1'], add := ['i7'])",
    "audience": "FROM mmsql.audience('i6', k := 5)",
    "aspects": "FROM mmsql.aspects('i4', k := 5)",
    "comment_summary": "FROM mmsql.comment_summary('i4', k := 5)",
    "winback": "FROM mmsql.winback(10, k := 2)",
    "onboarding": "SELECT count(*) FROM mmsql.onboarding(k := 2)",
    "cross_sell": "FROM mmsql.cross_sell('i4', k := 5)",
    "expected_demand": "FROM mmsql.expected_demand(k := 5)",
    "quota_recommendations": "FROM mmsql.quota_recommendations('brand', 'Bolt', 0.5, k := 4, users := ['u0', 'u3'])",
    "models": "SELECT model, algorithm, status, deployed, encoder, image_encoder FROM mmsql.models()",
    "training_log": "SELECT model, epoch FROM mmsql.training_log('graph-1')",
    "precision": "SELECT mmsql.precision([1, 3], 2, 10)",
    "recall": "SELECT mmsql.recall([1, 3], 2, 10)",
    "f1": "SELECT mmsql.f1([1, 3], 2, 10)",
    "hit_rate": "SELECT mmsql.hit_rate([1, 3], 2, 10)",
    "ndcg": "SELECT mmsql.ndcg([1, 3], 2, 10)",
    "average_precision": "SELECT mmsql.average_precision([1, 3], 2, 10)",
    "reciprocal_rank": "SELECT mmsql.reciprocal_rank([1, 3], 2, 10)",
    "_evaluated": "SELECT evaluation, model, algorithm FROM mmsql._evaluated('graph-1', k := 5) ORDER BY ALL",
    "user_hits": "SELECT algorithm, user_id, held_out, hit_ranks FROM "
    "mmsql.user_hits('graph-1', k := 5) ORDER BY ALL LIMIT 9",
    "item_exposure": "FROM mmsql.item_exposure('graph-1', k := 5) ORDER BY ALL LIMIT 9",
    "_exposure_metrics": "FROM mmsql._exposure_metrics('graph-1', k := 5) ORDER BY ALL",
    "_attribute_groups": "FROM mmsql._attribute_groups('brand', []) ORDER BY ALL",
    "_user_history": "FROM mmsql._user_history('graph-1', k := 5) ORDER BY ALL LIMIT 9",
    "_user_calibration": "FROM mmsql._user_calibration('graph-1', k := 5) ORDER BY ALL LIMIT 9",
    "_slices": "FROM mmsql._slices('graph-1', k := 5, slice := 'user_activity') ORDER BY ALL LIMIT 9",
    "user_metrics": "FROM mmsql.user_metrics('graph-1', k := 5) ORDER BY ALL LIMIT 9",
    "catalog_coverage": "FROM mmsql.catalog_coverage('graph-1', k := 5) ORDER BY ALL",
    "novelty": "FROM mmsql.novelty('graph-1', k := 5) ORDER BY ALL",
    "intra_list_diversity": "FROM mmsql.intra_list_diversity('graph-1', k := 5) ORDER BY ALL",
    "gini": "FROM mmsql.gini('graph-1', k := 5) ORDER BY ALL",
    "serendipity": "FROM mmsql.serendipity('graph-1', k := 5) ORDER BY ALL",
    "average_popularity": "FROM mmsql.average_popularity('graph-1', k := 5) ORDER BY ALL",
    "calibration": "FROM mmsql.calibration('graph-1', k := 5) ORDER BY ALL",
    "metrics": "SELECT metric, value, popularity, slice FROM mmsql.metrics('graph-1', k := 5, slice := 'price')",
    "normal_cdf": "SELECT mmsql.normal_cdf(1.96)",
    "normal_quantile": "SELECT mmsql.normal_quantile(0.975)",
    "metric_intervals": "FROM mmsql.metric_intervals('graph-1', k := 5)",
    "compare_models": "FROM mmsql.compare_models('graph-1', 'popularity', k := 5)",
    "ab_assign": "SELECT mmsql.ab_assign('shelf', 'u1', weights := [2, 1])",
    "ab_report": "FROM mmsql.ab_report('shelf')",
    "off_policy": "FROM mmsql.off_policy()",
    "_stored_lists": "FROM mmsql._stored_lists(NULL, 3) ORDER BY ALL LIMIT 9",
    "exposure": "FROM mmsql.exposure('brand')",
    "popularity_bias": "FROM mmsql.popularity_bias()",
    "drift": "FROM mmsql.drift()",
    "help": "SELECT task, name FROM mmsql.help('campaign')",
}
VIEWS = {view: f"SELECT * FROM mmsql.{view} ORDER BY ALL LIMIT 9" for view in VIEWS}

# What takes an id or a text, for each row of a table of the analyst's own. Users and candidates by list or name, and
# the pairs of explain_each, are for many at once: query_table takes no column.
OWN = """(VALUES ('u0', 'i2', 'Media > Books', 'graph-1', 'brand'), ('u3', 'i4', 'Media', 'graph', 'category'),
('nobody', 'i7', 'none', NULL, 'price')) m(person, thing, kind, model, attribute)"""
LATERAL = (
    *(
        "recommend(m.person, k := 3, category := m.kind, diversity := 0.3)",
        "recommend_session([m.thing, 'i3'], k := 3, category := m.kind, per_category := 2, per_brand := 2)",
        "popular_items(k := 3, category := m.kind)",
        "similar_items(m.thing, k := 3)",
        "explain(m.person, m.thing)",
        "what_if(m.person, k := 3, remove := CASE WHEN m.person = 'u3' THEN [m.thing] END, add := [m.thing])",
        "aspects(m.thing)",
        "comment_summary(m.thing, k := 2)",
        "audience(m.thing, k := 3)",
        "cross_sell(m.thing, k := 3)",
        "expected_demand(k := 3, category := m.kind)",
        "training_log(m.model)",
        "metrics(m.model, k := 5, slice := m.attribute)",
        "exposure(m.attribute)",
        "popularity_bias(model := nullif(m.model, 'graph'))",
        "drift(nullif(m.model, 'graph'))",
        "off_policy(nullif(m.model, 'graph'))",
        "ab_report(experiment := 'shelf', metric := CASE WHEN m.kind = 'none' THEN 'click_rate' END)",
        "help(CASE WHEN m.kind = 'none' THEN 'recommend' ELSE 'train' END)",
    ),
    *(
        f"{macro}(m.model, k := 5)"
        for macro in (
            *("user_hits", "item_exposure", "user_metrics", "catalog_coverage", "novelty", "intra_list_diversity"),
            *("gini", "serendipity", "average_popularity", "calibration", "metric_intervals"),
        )
    ),
    "compare_models(coalesce(m.model, 'graph-1'), 'popularity', k := 5)",
)

READER = """
import importlib.util, json, sys
release, path, calls = sys.argv[1:]
sys.path.insert(0, release)
import duckdb
assert duckdb.__file__.startswith(release), duckdb.__file__
assert importlib.util.find_spec("mmsql") is None
con = duckdb.connect(path, read_only=True)
def ask(call):
    try:
        return con.execute(call).fetchall()
    except duckdb.Error as error:
        return str(error)

answers = {name: ask(call) for name, call in json.loads(calls).items()}
print(json.dumps({"release": duckdb.__version__, "answers": answers}, default=str))
"""


def asked_by(release: str, path: Path, calls: dict[str, str], prelude: str = "") -> dict[str, list | str]:
    """Give the rows that a release of DuckDB answers each call with, or its message."""
    folder = REPOSITORY / ".duckdb" / release
    if not folder.is_dir():
        pytest.skip(
            f"no DuckDB {release} in {folder}: run `make test`, or pip install --target {folder} duckdb=={release}"
        )
    script = READER.replace("def ask", f"{prelude}\ndef ask")
    done = subprocess.run(
        [sys.executable, "-S", "-c", script, str(folder), str(path), json.dumps(calls)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["release"] == release
    return found["answers"]


def near(rows: list) -> list:
    """Let numbers with a fraction be compared as such, in rows of rows."""
    return [[pytest.approx(value, rel=1e-6) if isinstance(value, float) else value for value in row] for row in rows]


@pytest.fixture(scope="module")
def expected(evaluated_path):
    with duckdb.connect(str(evaluated_path), read_only=True) as con:
        answers = {name: con.execute(call).fetchall() for name, call in {**CALLS, **VIEWS}.items()}
    return json.loads(json.dumps(answers, default=str))


def test_no_macro_is_forgotten(expected):
    assert sorted(CALLS) == sorted(name for _, name in MACROS)
    assert all(expected.values())


@pytest.mark.parametrize("release", RELEASES)
def test_every_macro_and_view_answers_as_it_does_here(evaluated_path, expected, release):
    found = asked_by(release, evaluated_path, {**CALLS, **VIEWS})
    assert found.keys() == expected.keys()
    for name, answer in found.items():
        assert answer == near(expected[name]), name


def over_rows(rows: str, calls: tuple[str, ...]) -> dict[str, str]:
    return {call: f"SELECT m.person, r.* FROM {rows}, LATERAL (FROM mmsql.{call}) r ORDER BY ALL" for call in calls}


@pytest.fixture(scope="module")
def one_by_one(evaluated_path):
    """Give what each call of LATERAL answers for each row alone, its values written out."""
    with duckdb.connect(str(evaluated_path), read_only=True) as con:
        given = con.execute(f"FROM {OWN}").fetchall()
        names = [name for name, *_ in con.description]
        answers = {}
        for call in LATERAL:
            found = []
            for row in given:
                alone = call
                for name, value in zip(names, row, strict=True):
                    alone = alone.replace(f"m.{name}", "NULL" if value is None else f"'{value}'")
                found += [(row[0], *answer) for answer in con.execute(f"FROM mmsql.{alone}").fetchall()]
            answers[call] = sorted(found, key=str)
    return json.loads(json.dumps(answers, default=str))


@pytest.mark.parametrize("release", RELEASES)
def test_what_takes_an_id_or_a_text_stands_under_lateral(evaluated_path, one_by_one, release):
    found = asked_by(release, evaluated_path, over_rows(OWN, LATERAL))
    for call, answer in found.items():
        assert isinstance(answer, list), (call, answer)
        assert sorted(answer, key=str) == near(one_by_one[call]), call
        assert len({person for person, *_ in answer}) > 1, call


@pytest.mark.parametrize("release", RELEASES)
def test_their_messages_too(evaluated_path, release):
    calls = {
        "k": "FROM mmsql.recommend('u0', k := 0)",
        "modality": "FROM mmsql.similar_items('i0', modality := 'smell')",
        "evaluated": "FROM mmsql.metrics('ease')",
    }
    found = asked_by(release, evaluated_path, calls)
    assert "k must be a whole number of at least 1, 0 was given" in found["k"]
    assert "Unknown modality smell. Allowed: fused, behavior" in found["modality"]
    assert "ease has not been evaluated. Evaluated are: graph-1" in found["evaluated"]


@pytest.mark.parametrize("release", RELEASES)
def test_a_new_event_changes_the_answer_without_python(evaluated_path, tmp_path, release):
    copy = tmp_path / "shop.duckdb"
    copy.write_bytes(evaluated_path.read_bytes())
    prelude = (
        "con.close(); con = duckdb.connect(path)\n"
        "con.execute(\"INSERT INTO mmsql.interactions VALUES ('u0', 'i7', 'view', NULL, TIMESTAMP '2026-01-01')\")"
    )
    found = asked_by(release, copy, {"first": "SELECT item_id FROM mmsql.recommend('u0', k := 1)"}, prelude)
    assert found == {"first": [["i8"]]}
