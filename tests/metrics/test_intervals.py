"""Intervals and paired tests: against scipy, and by how often they are right in a simulation."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from scipy import stats

COMPARED = ("precision", "recall", "f1", "hit_rate", "ndcg", "map", "mrr", "novelty", "serendipity",
            "average_popularity", "calibration")  # fmt: skip


def draw(rng: np.random.Generator, users: int, rate: float = 0.3, items: int = 30) -> tuple[dict, dict]:
    """Draw lists of ten, and one held-out item a user that stands in the list at the given rate."""
    names = np.array([f"i{n}" for n in range(items)])
    lists = {f"u{user}": rng.choice(names, size=10, replace=False).tolist() for user in range(users)}
    held = {
        user: [ranked[int(rng.integers(10))] if rng.random() < rate else "elsewhere"]
        for user, ranked in lists.items()
    }
    return held, lists


def per_user(con: duckdb.DuckDBPyConnection, model: str, algorithm: str) -> dict[str, np.ndarray]:
    found = con.execute(
        "SELECT * FROM mmsql.user_metrics(?, k := 10) u WHERE u.algorithm = ? ORDER BY u.user_id", [model, algorithm]
    ).fetchnumpy()
    return {metric: np.ma.filled(found[metric].astype(float), np.nan) for metric in COMPARED}


def test_rows_of_metric_intervals(con, add_evaluation) -> None:
    held, lists = draw(np.random.default_rng(1), 200)
    events = {f"i{n}": n for n in range(30)}
    add_evaluation(held_out=held, lists=lists, popularity=lists, events=events, training_users=40)
    found = con.execute("FROM mmsql.metric_intervals('graph-1', k := 10)")
    assert [column[0] for column in found.description] == [
        "model", "algorithm", "users", "k", "metric", "value", "low", "high", "slice"
    ]  # fmt: skip
    rows = found.fetchall()
    assert [row[4] for row in rows] == list(COMPARED)
    means = dict(con.execute("SELECT m.metric, m.value FROM mmsql.metrics('graph-1') m").fetchall())
    for _, _, users, _, metric, value, low, high, _ in rows[:-1]:
        assert users == 200
        assert value == pytest.approx(means[metric])
        assert low < value < high
    assert rows[-1][2:] == (0, 10, "calibration", None, None, None, None)
    again = con.execute("FROM mmsql.metric_intervals('graph-1', k := 10)").fetchall()
    assert [row[6] for row in again[:-1]] == pytest.approx([row[6] for row in rows[:-1]], abs=1e-9)


def test_intervals_are_as_wide_as_the_normal_ones(con, add_evaluation) -> None:
    held, lists = draw(np.random.default_rng(2), 2500)
    add_evaluation(held_out=held, lists=lists, events={f"i{n}": n for n in range(30)}, training_users=40)
    values = per_user(con, "graph-1", "graph")
    for confidence in (0.8, 0.95):
        rows = con.execute(
            "SELECT m.metric, m.low, m.high FROM mmsql.metric_intervals(confidence := ?) m WHERE m.value IS NOT NULL",
            [confidence],
        ).fetchall()
        for metric, low, high in rows:
            normal = 2 * stats.norm.ppf((1 + confidence) / 2) * stats.sem(values[metric])
            assert high - low == pytest.approx(normal, rel=0.15), metric


def test_intervals_cover_at_the_stated_rate(con, add_evaluation) -> None:
    rng, rate, confidence, repeats = np.random.default_rng(3), 0.3, 0.9, 50
    covered = 0
    for _ in range(repeats):
        for table in ("evaluations", "holdout", "evaluation_lists", "evaluation_items"):
            con.execute(f"DELETE FROM mmsql.{table}")
        hits = rng.random(150) < rate
        con.execute(
            "INSERT INTO mmsql.evaluations VALUES (1, 'graph-1', 'graph', 'time', 0, 1, 150, 1, 1, 1, 0, NULL)"
        )
        con.execute(
            "INSERT INTO mmsql.holdout SELECT 1, 'u' || generate_subscripts(h.hits, 1), "
            "CASE WHEN unnest(h.hits) THEN 'a' ELSE 'b' END, NULL FROM (SELECT ? AS hits) h",
            [hits.tolist()],
        )
        con.execute("INSERT INTO mmsql.evaluation_lists SELECT 1, 'graph', h.user_id, 1, 'a', 1 FROM mmsql.holdout h")
        con.execute("INSERT INTO mmsql.evaluation_items VALUES (1, 'a', 1, NULL)")
        ((low, high),) = con.execute(
            "SELECT m.low, m.high FROM mmsql.metric_intervals(k := 1, confidence := ?, samples := 300) m "
            "WHERE m.metric = 'recall'",
            [confidence],
        ).fetchall()
        covered += low <= rate <= high
    # 90 % of 50, four standard deviations of a fair coin of that rate to either side.
    assert covered / repeats == pytest.approx(confidence, abs=4 * np.sqrt(confidence * (1 - confidence) / repeats))


@pytest.mark.parametrize("users", [10, 40, 900])
def test_compare_models_is_a_paired_t_test(con, add_evaluation, users: int) -> None:
    rng = np.random.default_rng(users)
    held, lists = draw(rng, users)
    shuffled = {user: rng.permutation(ranked).tolist() for user, ranked in lists.items()}
    shuffled |= {user: draw(rng, 1)[1]["u0"] for user in list(lists)[: users // 3]}
    events = {f"i{n}": n for n in range(30)}
    add_evaluation(held_out=held, lists=lists, events=events, training_users=40)
    add_evaluation(held_out=held, lists=shuffled, events=events, training_users=40, model="ease-1", algorithm="ease")
    one, other = per_user(con, "graph-1", "graph"), per_user(con, "ease-1", "ease")
    rows = con.execute("FROM mmsql.compare_models('graph-1', 'ease', k := 10, confidence := 0.9)").fetchall()
    assert [row[0] for row in rows] == list(COMPARED)
    tested = 0
    for metric, count, a, b, difference, low, high, p_value in rows:
        known = ~np.isnan(one[metric] - other[metric])
        assert count == known.sum()
        if not count or np.ptp(one[metric] - other[metric]) == 0:
            assert p_value is None
            continue
        assert (a, b, difference) == pytest.approx(
            (one[metric].mean(), other[metric].mean(), (one[metric] - other[metric]).mean()), abs=1e-12
        )
        expected = stats.ttest_rel(one[metric], other[metric])
        assert p_value == pytest.approx(expected.pvalue, abs=1e-5)
        assert (low, high) == pytest.approx(tuple(expected.confidence_interval(0.9)), abs=2e-4 * (high - low))
        tested += 1
    assert tested >= 5


def test_compare_with_the_popularity_beside(con, add_evaluation) -> None:
    held, lists = draw(np.random.default_rng(6), 40)
    popular = {user: ranked[::-1] for user, ranked in lists.items()}
    add_evaluation(held_out=held, lists=lists, popularity=popular)
    beside = dict(con.execute("SELECT m.metric, m.popularity FROM mmsql.metrics() m").fetchall())
    rows = con.execute("SELECT c.metric, c.b FROM mmsql.compare_models('graph', 'popularity') c").fetchall()
    assert dict(rows) == pytest.approx({metric: beside[metric] for metric in COMPARED})


def test_equal_models_are_rarely_told_apart(con, add_evaluation) -> None:
    rng, rejected = np.random.default_rng(8), 0
    for repeat in range(30):
        held, lists = draw(rng, 60)
        _, others = draw(rng, 60)
        held = {user: [ranked[0] if rng.random() < 0.5 else others[user][0]] for user, ranked in lists.items()}
        name = f"m{repeat}"
        add_evaluation(held_out=held, lists=lists, model=f"{name}-1", algorithm=f"{name}a")
        add_evaluation(held_out=held, lists=others, model=f"{name}-2", algorithm=f"{name}b")
        ((p_value,),) = con.execute(
            "SELECT c.p_value FROM mmsql.compare_models(?, ?) c WHERE c.metric = 'ndcg'", [f"{name}-1", f"{name}-2"]
        ).fetchall()
        rejected += p_value < 0.1
    assert rejected < 10  # 3 of 30 are expected; more than 9 once in 2,000 times


def test_few_users_are_not_tested(con, add_evaluation) -> None:
    held, lists = draw(np.random.default_rng(6), 9)
    add_evaluation(held_out=held, lists=lists, popularity={user: ranked[::-1] for user, ranked in lists.items()})
    rows = con.execute("FROM mmsql.compare_models('graph', 'popularity')").fetchall()
    assert {row[5:] for row in rows} == {(None, None, None)}


@pytest.mark.parametrize("given", ["0", "1", "1.5", "NULL", "'high'", "'nan'::DOUBLE"])
def test_errors_for_a_confidence(con, add_evaluation, given: str) -> None:
    add_evaluation(held_out={"ann": ["a"]}, lists={"ann": ["a"]}, popularity={"ann": ["a"]})
    message = r"confidence must be above 0 and below 1, .+ was given\. Type confidence := 0\.95\."
    for call in ("metric_intervals(", "compare_models('graph', 'popularity', "):
        with pytest.raises(duckdb.Error, match=message):
            con.execute(f"FROM mmsql.{call}confidence := {given})").fetchall()


@pytest.mark.parametrize("given", ["99", "10001", "NULL", "'many'"])
def test_errors_for_samples(con, add_evaluation, given: str) -> None:
    add_evaluation(held_out={"ann": ["a"]}, lists={"ann": ["a"]})
    with pytest.raises(duckdb.Error, match=r"samples must be from 100 to 10000, .+ was given\. Type samples := 1000"):
        con.execute(f"FROM mmsql.metric_intervals(samples := {given})").fetchall()


def test_errors_for_models_that_cannot_be_compared(con, add_evaluation) -> None:
    add_evaluation(held_out={"ann": ["a"]}, lists={"ann": ["a"]})
    add_evaluation(held_out={"ann": ["a"]}, lists={"ann": ["a"]}, model="ease-1", algorithm="ease", split="time")
    with pytest.raises(
        duckdb.Error, match="graph was evaluated on leave_last_out with seed 0, ease on time with seed 0"
    ):
        con.execute("FROM mmsql.compare_models('graph', 'ease')").fetchall()
    with pytest.raises(duckdb.Error, match="compare_models needs two evaluated models, graph and NULL"):
        con.execute("FROM mmsql.compare_models('graph', NULL)").fetchall()
    with pytest.raises(duckdb.Error, match=r"fusion has not been evaluated\. Evaluated are: ease-1, graph-1"):
        con.execute("FROM mmsql.compare_models('graph', 'fusion')").fetchall()
