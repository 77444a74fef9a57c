"""Off-policy estimates: worked by hand, and unbiased in a simulation with known values."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from scipy import stats

from mmsql.db import sqlfiles

pytestmark = pytest.mark.core

ESTIMATORS = ["logged", "ips", "snips", "doubly_robust"]


@pytest.fixture
def policy(con) -> None:
    """Store lists for two users: a, b and b, a."""
    con.execute("INSERT INTO mmsql.deployments VALUES (1, 'graph-1', NULL, NULL)")
    con.execute(
        "INSERT INTO mmsql.recommendations VALUES ('graph-1', 'ann', 1, 'a', 1), ('graph-1', 'ann', 2, 'b', 1), "
        "('graph-1', 'bob', 1, 'b', 1), ('graph-1', 'bob', 2, 'a', 1)"
    )


def log(con, rows: str) -> None:
    con.execute(
        "INSERT INTO mmsql.impressions(experiment, user_id, item_id, rank, propensity, clicked, converted, value) "
        f"VALUES {rows}"
    )


def test_by_hand(con, policy) -> None:
    # Matched are ann's first two rows and bob's, which has no rank and so counts as the first.
    log(con, "('e', 'ann', 'a', 1, 0.5, true, false, 3), ('e', 'ann', 'b', 2, 0.25, false, true, 0), "
             "('e', 'ann', 'c', 1, 0.5, true, NULL, NULL), ('f', 'bob', 'b', NULL, 0.2, true, false, 1), "
             "('e', 'eve', 'a', 1, 0.5, true, false, 3), ('e', 'ann', 'a', 3, 0.5, true, false, 3)")  # fmt: skip
    rows = con.execute("FROM mmsql.off_policy()").fetchall()
    assert [row[0] for row in rows] == ESTIMATORS
    found = {row[0]: row for row in rows}
    assert found["logged"][1] == pytest.approx(3 / 4)
    assert found["ips"][1] == pytest.approx((2 + 0 + 0 + 5) / 4)
    assert found["snips"][1] == pytest.approx((2 + 5) / (2 + 4 + 5))
    assert {row[5:7] for row in rows} == {(4, 3)}
    assert [row[7] for row in rows] == [None, *[pytest.approx(11**2 / (4 + 16 + 25))] * 3]
    assert found["ips"][4] == pytest.approx((7 / 4) / (3 / 4) - 1)
    # Deviations by user: ann 2 + 0 + 0 - 3 · 7 / 4, bob 5 - 7 / 4, each 3.25.
    assert found["ips"][3] - found["ips"][1] == pytest.approx(1.959964 * np.sqrt(2 * 3.25**2) / 4, rel=1e-6)
    clipped = con.execute("FROM mmsql.off_policy(max_weight := 4)").fetchall()
    assert clipped[1][1] == pytest.approx((2 + 4) / 4)
    valued = con.execute("FROM mmsql.off_policy('graph-1', reward := 'value', experiment := 'e')").fetchall()
    assert [row[1] for row in valued[:2]] == pytest.approx([3 / 3, 6 / 3])
    assert con.execute("FROM mmsql.off_policy(reward := 'converted')").fetchall()[1][1] == pytest.approx(4 / 4)


def test_what_was_shown_may_be_all_that_the_model_shows(con, policy) -> None:
    log(con, "('e', 'ann', 'a', 1, 1, true, false, 3), ('e', 'bob', 'b', 1, 1, false, false, 0)")
    rows = con.execute("FROM mmsql.off_policy()").fetchall()
    assert [row[1] for row in rows] == pytest.approx([0.5] * 4, abs=0.1)


def test_nothing_matches(con, policy) -> None:
    log(con, "('e', 'ann', 'c', 1, 0.5, true, false, 3), ('e', 'bob', 'c', 1, 0.5, false, false, 0)")
    rows = con.execute("FROM mmsql.off_policy()").fetchall()
    assert [(row[1], row[6]) for row in rows[:3]] == [(0.5, 0), (0, 0), (None, 0)]


def simulate(con, rng: np.random.Generator, users: int, items: int = 5) -> float:
    """Log an impression a user, of a policy that likes item 0, for a model that shows what fits; give its value."""
    con.execute("DELETE FROM mmsql.impressions")
    con.execute("DELETE FROM mmsql.recommendations")
    kind = rng.integers(0, items, users)  # the item that the model shows to the user, and that fits best
    likely = np.array([0.4] + [0.6 / (items - 1)] * (items - 1))
    shown = rng.choice(items, users, p=likely)
    clicked = rng.random(users) < np.where(shown == kind, 0.5, 0.05 + 0.05 * shown)
    con.execute(
        "INSERT INTO mmsql.recommendations SELECT 'graph-1', 'u' || generate_subscripts(k.kind, 1), 1, "
        "'i' || unnest(k.kind), 1 FROM (SELECT ? AS kind) k",
        [kind.tolist()],
    )
    con.execute(
        "INSERT INTO mmsql.impressions "
        "SELECT 'e', 'v', 'u' || generate_subscripts(l.shown, 1), 'i' || unnest(l.shown), 1, unnest(l.p), "
        "unnest(l.clicked), false, 0, NULL FROM (SELECT $shown AS shown, $p AS p, $clicked AS clicked) l",
        {"shown": shown.tolist(), "p": likely[shown].tolist(), "clicked": clicked.tolist()},
    )
    return 0.5


@pytest.mark.slow
def test_estimates_are_unbiased_and_their_intervals_cover(con) -> None:
    con.execute("INSERT INTO mmsql.deployments VALUES (1, 'graph-1', NULL, NULL)")
    rng, repeats, values, covered = np.random.default_rng(4), 150, {}, dict.fromkeys(ESTIMATORS, 0)
    for _ in range(repeats):
        truth = simulate(con, rng, users=500)
        rows = con.execute("FROM mmsql.off_policy(confidence := 0.9)").fetchall()
        for name, value, low, high, *_ in rows:
            values.setdefault(name, []).append(value)
            covered[name] += low <= truth <= high
    for name in ESTIMATORS[1:]:
        assert np.mean(values[name]) == pytest.approx(truth, abs=3.5 * stats.sem(values[name])), name
        assert covered[name] / repeats == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / repeats)), name
    assert np.mean(values["logged"]) < 0.3
    assert np.std(values["doubly_robust"]) < np.std(values["ips"])
    assert np.std(values["snips"]) < np.std(values["ips"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'ease-7'", "ease-7 has no lists in mmsql.recommendations. Models with lists: graph-1."),
        ("reward := 'joy'", "Unknown reward joy. Allowed: clicked, converted, value."),
        ("reward := NULL", "Unknown reward NULL. Allowed"),
        ("max_weight := 0", "max_weight must be a number of at least 1, 0 was given. Type max_weight := 100."),
        ("confidence := 2", "confidence must be above 0 and below 1, 2 was given"),
        ("experiment := 'x'", "There is no impression of the experiment x in mmsql.impressions."),
        ("experiment := 'bad'", "2 impressions have no propensity above 0 and up to 1: log the probability"),
    ],
)
def test_errors(con, policy, arguments: str, message: str) -> None:
    log(con, "('e', 'ann', 'a', 1, 0.5, true, false, 3), ('bad', 'ann', 'a', 1, NULL, true, false, 3), "
             "('bad', 'ann', 'a', 1, 1.5, true, false, 3)")  # fmt: skip
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"FROM mmsql.off_policy({arguments})").fetchall()


def test_without_a_model_or_an_impression(con) -> None:
    with pytest.raises(
        duckdb.Error, match=r"No model has no lists in mmsql\.recommendations\. Models with lists: none"
    ):
        con.execute("FROM mmsql.off_policy()").fetchall()


def test_example_runs(con, policy) -> None:
    log(con, "('e', 'ann', 'a', 1, 0.5, true, false, 3)")
    source = sqlfiles.read("experiments", "off_policy")
    assert {"Parameters", "Returns", "Source", "Example"} <= set(source.sections)
    assert len(con.execute(source.example).fetchall()) == 4
