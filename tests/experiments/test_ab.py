"""Experiments: who sees what, and what came of it, against scipy and in simulations."""

from __future__ import annotations

import hashlib

import duckdb
import numpy as np
import pytest
from scipy import stats

from mmsql.db import sqlfiles

pytestmark = pytest.mark.core


def test_normal_distribution_agrees_with_scipy(con) -> None:
    z = np.linspace(-37, 37, 1001)
    found = [
        row[0]
        for row in con.execute("SELECT mmsql.normal_cdf(t.z) FROM (SELECT unnest(?) z) t", [z.tolist()]).fetchall()
    ]
    np.testing.assert_allclose(found, stats.norm.cdf(z), rtol=1e-6, atol=1e-14)
    p = np.concatenate([np.logspace(-300, -1, 300), np.linspace(0.01, 0.99, 300), 1 - np.logspace(-15, -2, 100)])
    found = [
        row[0]
        for row in con.execute(
            "SELECT mmsql.normal_quantile(t.p) FROM (SELECT unnest(?) p) t", [p.tolist()]
        ).fetchall()
    ]
    np.testing.assert_allclose(found, stats.norm.ppf(p), rtol=1e-13, atol=1e-13)


def test_normal_distribution_at_its_ends(con) -> None:
    assert con.execute(
        "SELECT mmsql.normal_cdf(-100), mmsql.normal_cdf(100), mmsql.normal_cdf(NULL), mmsql.normal_quantile(0), "
        "mmsql.normal_quantile(1), mmsql.normal_quantile(NULL), mmsql.normal_quantile(0.5)"
    ).fetchall() == [(0, 1, None, None, None, None, 0)]


def test_assignment_is_the_documented_hash(con) -> None:
    users = [f"u{n}" for n in range(200)]
    found = con.execute(
        "SELECT mmsql.ab_assign('exp', t.u, weights := [3, 1]) FROM (SELECT unnest(?) u) t", [users]
    ).fetchall()
    for user, (variant,) in zip(users, found, strict=True):
        share = int(hashlib.md5(f"exp|{user}".encode()).hexdigest()[:16], 16) / 2**64
        assert variant == ("control" if share < 0.75 else "treatment")


@pytest.mark.parametrize("weights", [None, [1, 1, 1], [5, 3, 2], [0, 1, 1]])
def test_assignment_is_uniform(con, weights) -> None:
    counts = dict(
        con.execute(
            "SELECT mmsql.ab_assign('uniform', r.n, variants := ['a', 'b', 'c'], weights := ?) v, count(*) "
            "FROM range(30000) r(n) GROUP BY v",
            [weights],
        ).fetchall()
    )
    shares = np.array(weights or [1, 1, 1]) / sum(weights or [1, 1, 1])
    seen = [counts.get(name, 0) for name, share in zip("abc", shares, strict=True) if share > 0]
    assert sum(seen) == 30000
    assert stats.chisquare(seen, 30000 * shares[shares > 0]).pvalue > 0.001


def test_experiments_are_dealt_out_independently(con) -> None:
    table = con.execute(
        "SELECT count(*) FILTER (WHERE a = b), count(*) FROM (SELECT mmsql.ab_assign('one', r.n) a, "
        "mmsql.ab_assign('two', r.n) b FROM range(20000) r(n))"
    ).fetchall()[0]
    assert table[0] / table[1] == pytest.approx(0.5, abs=0.015)


def test_nobody_is_assigned_nothing(con) -> None:
    assert con.execute("SELECT mmsql.ab_assign('exp', NULL)").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("NULL, 'u1'", r"ab_assign needs the name of an experiment\. Type ab_assign\('new-homepage', user_id\)"),
        ("'', 'u1'", "ab_assign needs the name of an experiment"),
        ("'e', 'u1', variants := ['a']", r"variants must be a list of two or more different names, \[a\] was given"),
        ("'e', 'u1', variants := ['a', 'a']", "variants must be a list of two or more different names"),
        ("'e', 'u1', variants := NULL", "variants must be a list of two or more different names, NULL was given"),
        (
            "'e', 'u1', weights := [1]",
            r"weights must be a list of a number of at least 0 for each variant, not all 0",
        ),
        ("'e', 'u1', weights := [0, 0]", "weights must be a list of a number of at least 0"),
        ("'e', 'u1', weights := [-1, 2]", "weights must be a list of a number of at least 0"),
        ("'e', 'u1', weights := [1, NULL]", "weights must be a list of a number of at least 0"),
        ("'e', 'u1', weights := [1, 'inf'::DOUBLE]", "weights must be a list of a number of at least 0"),
    ],
)
def test_errors_of_assignment(con, arguments: str, message: str) -> None:
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"SELECT mmsql.ab_assign({arguments})").fetchall()


def show(con, shown: np.ndarray, clicks: np.ndarray, variants: list[str], value: np.ndarray | None = None) -> None:
    """Store impressions: user n saw shown[n] items of variants[n], and clicked on the first clicks[n]."""
    con.execute(
        "INSERT INTO mmsql.impressions SELECT 'exp', u.variant, 'u' || u.n, 'i' || r.r, r.r, NULL, r.r <= u.clicks, "
        "r.r <= u.clicks // 2, CASE WHEN r.r = 1 THEN u.value END, NULL "
        "FROM (SELECT unnest(range(len($shown))) n, unnest($shown) shown, unnest($clicks) clicks, "
        "unnest($variants) variant, unnest($value) AS value) u, LATERAL (SELECT unnest(range(1, u.shown + 1)) r) r",
        {"shown": shown.tolist(), "clicks": clicks.tolist(), "variants": variants,
         "value": (np.zeros(len(shown)) if value is None else value).tolist()},
    )  # fmt: skip


def drawn(rng: np.random.Generator, users: int, lift: float = 0.0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    variants = np.where(rng.random(users) < 0.5, "control", "treatment")
    shown = rng.integers(1, 8, users)
    rate = np.clip(rng.beta(2, 8, users) * np.where(variants == "treatment", 1 + lift, 1), 0, 1)
    return shown, rng.binomial(shown, rate), variants.tolist()


def test_the_report_of_means_is_welchs_test_with_normal_tails(con) -> None:
    rng = np.random.default_rng(1)
    shown, clicks, variants = drawn(rng, 600, lift=0.3)
    value = rng.exponential(10, 600)
    show(con, shown, clicks, variants, value)
    treated = np.array(variants) == "treatment"
    rows = {(row[0], row[1]): row for row in con.execute("FROM mmsql.ab_report('exp')").fetchall()}
    for metric, numbers in (
        ("clicks_per_user", clicks),
        ("conversions_per_user", clicks // 2),
        ("value_per_user", value),
    ):
        a, b = numbers[treated], numbers[~treated]
        _, _, users, impressions, mean, lift, low, high, p_value, needed, warning = rows[metric, "treatment"]
        assert (users, impressions, warning) == (treated.sum(), shown[treated].sum(), None)
        assert (mean, lift) == pytest.approx((a.mean(), a.mean() / b.mean() - 1))
        error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        assert p_value == pytest.approx(2 * stats.norm.sf(abs(a.mean() - b.mean()) / error), abs=1e-9)
        relative = np.sqrt(
            a.var(ddof=1) / len(a) / b.mean() ** 2 + a.mean() ** 2 * b.var(ddof=1) / len(b) / b.mean() ** 4
        )
        assert (low, high) == pytest.approx((lift - 1.959964 * relative, lift + 1.959964 * relative), rel=1e-6)
        expected = (1.959964 + 0.841621) ** 2 * (a.var(ddof=1) + b.var(ddof=1)) / (a.mean() - b.mean()) ** 2
        assert needed == pytest.approx(expected, rel=1e-4, abs=1.1)
    assert rows["value_per_user", "control"][5:10] == (None,) * 5


def test_the_variance_of_a_rate_is_that_of_the_jackknife(con) -> None:
    rng = np.random.default_rng(2)
    shown, clicks, variants = drawn(rng, 800, lift=0.2)
    show(con, shown, clicks, variants)
    errors = []
    for name in ("treatment", "control"):
        y, x = clicks[np.array(variants) == name], shown[np.array(variants) == name]
        left_out = (y.sum() - y) / (x.sum() - x)
        errors.append(((left_out - left_out.mean()) ** 2).sum() * (len(y) - 1) / len(y))
    ((p_value, value, base),) = con.execute(
        "SELECT r.p_value, r.value, lag(r.value) OVER () FROM mmsql.ab_report('exp', metric := 'click_rate') r "
        "QUALIFY r.variant = 'treatment'"
    ).fetchall()
    assert abs(stats.norm.ppf(p_value / 2)) == pytest.approx(abs(value - base) / np.sqrt(sum(errors)), rel=0.01)


@pytest.mark.slow
def test_the_lift_is_unbiased_and_its_interval_covers(con) -> None:
    rng, lifts, covered, repeats, lift = np.random.default_rng(3), [], 0, 150, 0.2
    for _ in range(repeats):
        con.execute("DELETE FROM mmsql.impressions")
        show(con, *drawn(rng, 500, lift))
        ((found, low, high),) = con.execute(
            "SELECT r.lift, r.low, r.high FROM mmsql.ab_report('exp', metric := 'click_rate', confidence := 0.9) r "
            "WHERE r.variant = 'treatment'"
        ).fetchall()
        lifts.append(found)
        covered += low <= lift <= high
    # A ratio is a little above its true value: by the variance of what it divides by, here about 0.006.
    assert np.mean(lifts) == pytest.approx(lift, abs=0.007 + 3.5 * stats.sem(lifts))
    assert covered / repeats == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / repeats))


def test_min_lift_says_how_many_users_it_takes(con) -> None:
    show(con, *drawn(np.random.default_rng(4), 400))
    needed = [
        con.execute(
            "SELECT r.users_needed "
            "FROM mmsql.ab_report('exp', metric := 'clicks_per_user', min_lift := ?, power := ?) r "
            "WHERE r.variant = 'treatment'",
            given,
        ).fetchall()[0][0]
        for given in ([0.1, 0.8], [0.05, 0.8], [-0.05, 0.8], [0.1, 0.9])
    ]
    assert needed[1] == pytest.approx(4 * needed[0], rel=1e-3)
    assert needed[2] == needed[1]
    assert needed[3] > needed[0]


def test_warnings(con) -> None:
    shown, clicks, _ = drawn(np.random.default_rng(5), 300)
    show(con, shown, clicks, ["control" if n % 4 else "treatment" for n in range(300)])
    con.execute("INSERT INTO mmsql.impressions(experiment, variant, user_id) VALUES ('exp', 'treatment', 'u1')")
    ask = "SELECT r.users, r.warning FROM mmsql.ab_report('exp', metric := 'click_rate', weights := ?) r"
    (control, wrong), (treatment, few) = con.execute(ask, [[1, 1]]).fetchall()
    assert (control, treatment) == (224, 75)
    assert wrong == (
        "Split is off: 224 users, 150 expected. Find out why before you believe the lift. "
        "1 users saw several variants and are left out."
    )
    assert few.endswith("left out. Fewer than 100 users: too few for these intervals.")
    assert not [row for row in con.execute(ask, [[3, 1]]).fetchall() if "Split" in row[1]]


def test_a_variant_that_nobody_saw_has_its_row(con) -> None:
    show(con, np.array([2, 3]), np.array([1, 0]), ["control", "control"])
    rows = con.execute("FROM mmsql.ab_report('exp', metric := 'click_rate')").fetchall()
    assert [row[1:5] for row in rows] == [("control", 2, 5, 0.2), ("treatment", 0, 0, None)]
    assert rows[1][5:10] == (None,) * 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'other'", "There is no impression of the experiment other in mmsql.impressions. It has: exp."),
        ("NULL", "There is no impression of the experiment NULL in"),
        ("'exp', metric := 'joy'", "Unknown metric joy. Allowed: click_rate, conversion_rate, clicks_per_user"),
        ("'exp', variants := ['control', 'new']", "exp has the variants control, treatment. Name all of them, first"),
        ("'exp', variants := ['control']", "variants must be a list of two or more different names"),
        ("'exp', weights := [1, 2, 3]", "weights must be a list of a number of at least 0 for each variant"),
        ("'exp', confidence := 1", "confidence must be above 0 and below 1, 1 was given"),
        ("'exp', power := NULL", "power must be above 0 and below 1, NULL was given. Type power := 0.8"),
        ("'exp', min_lift := 0", "min_lift must be a number other than 0, 0 was given. Type min_lift := 0.05"),
    ],
)
def test_errors_of_the_report(con, arguments: str, message: str) -> None:
    show(con, *drawn(np.random.default_rng(5), 300))
    with pytest.raises(duckdb.Error, match=message):
        con.execute(f"FROM mmsql.ab_report({arguments})").fetchall()


def test_examples_run(con) -> None:
    show(con, *drawn(np.random.default_rng(5), 300))
    con.execute("UPDATE mmsql.impressions SET experiment = 'new-homepage'")
    for name in ("ab_assign", "ab_report", "normal_cdf", "normal_quantile"):
        source = sqlfiles.read("experiments", name)
        assert {"Parameters", "Returns", "Source", "Example"} <= set(source.sections)
        assert con.execute(source.example).fetchall()
