"""Whether two files give the same answers: one trained by an earlier version of mmsql, one by this version.

    python benchmarks/same_answers.py BEFORE.duckdb AFTER.duckdb [--users 20] [--seed 1]

Train both files alike, each with its version: the same sources, algorithm, options and seed. Or train one, copy
it, and open the copy with the other version, which replaces the macros and the serving tables. The script opens both
files with plain DuckDB and asks both the same questions: lists with and without filters, caps, diversity, candidates
and rules, explanations, audiences and campaigns. It compares the rows in their order. Numbers may differ by 1e-9. It
prints a line per macro and the first differences, and exits with 1 if there is any.

Rows of ``explain`` are compared by what they explain, because contributions that are equal to 12 decimal places may
come in either order. Their sentences are not compared: of several equally similar sentences, an earlier version
quoted any. Questions with rules are asked of copies of the files, to which the script adds rules.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

TOLERANCE = 1e-9
ONE_THREAD = {"threads": "1"}  # several add up numbers in any order
SHOWN = 5  # differences printed per file
OPTIONS = (
    "k := 20",
    "k := 300",
    "k := 7, exclude_seen := false, only_available := false",
    "k := 10, category := {category}",
    "k := 10, brand := {brand}, only_available := false",
    "k := 15, min_price := 10, max_price := 60",
    "k := 12, per_category := 2",
    "k := 12, per_brand := 1",
    "k := 12, per_category := 2, per_brand := 2, max_price := 200",
    "k := 8, diversity := 0.4",
    "k := 8, diversity := 0.7, per_category := 2",
    "k := 10, candidates := {candidates}",
    "k := 10, candidates := 'mmsql.items', per_brand := 2",
)
RULES = (
    "INSERT INTO mmsql.rules (rule, item_id, factor) SELECT ['ban', 'pin', 'boost', 'bury'][1 + n.number % 4], "
    "n.item_id, CASE WHEN n.number % 3 = 0 THEN 2.5 END FROM (SELECT c.item_id, row_number() OVER (ORDER BY "
    "hash(CAST(c.item_id AS VARCHAR))) AS number FROM mmsql.catalog c JOIN mmsql.models m ON m.model = c.model "
    "WHERE m.status = 'ready') n WHERE n.number % 9 = 0"
)
EXPLAINING = {"explain", "explain_each"}


def main() -> int:
    """Compare two files and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--users", type=int, default=20, help="users to ask for, and as many items")
    parser.add_argument("--seed", type=int, default=1, help="draws them")
    given = parser.parse_args()
    differences = compare(given.before, given.after, given.users, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        ruled = [Path(folder) / f"{name}.duckdb" for name in ("before", "after")]
        for source, copy in zip((given.before, given.after), ruled, strict=True):
            shutil.copy(source, copy)
            with duckdb.connect(str(copy)) as con:
                con.execute(RULES)
        differences += compare(ruled[0], ruled[1], max(1, given.users // 4), given.seed, " with rules")
    print(f"{differences} differences" if differences else f"The same answers, numbers to {TOLERANCE:g}.")
    return int(differences > 0)


def compare(before: Path, after: Path, users: int, seed: int, label: str = "") -> int:
    """Ask two files the same questions, print what differs, and return the number of questions that differ."""
    found, asked, rows, farthest = 0, {}, {}, {}
    with (
        duckdb.connect(str(before), read_only=True, config=ONE_THREAD) as old,
        duckdb.connect(str(after), read_only=True, config=ONE_THREAD) as new,
    ):
        for macro, call in questions(old, users, seed):
            expected, answer = answers(old, macro, call), answers(new, macro, call)
            asked[macro] = asked.get(macro, 0) + 1
            rows[macro] = rows.get(macro, 0) + len(expected)
            distance, problem = difference(expected, answer)
            farthest[macro] = max(farthest.get(macro, 0.0), distance)
            if problem:
                found += 1
                if found <= SHOWN:
                    print(f"DIFFERENT{label}: {call[:300]}\n    {problem}")
    for macro, count in asked.items():
        print(f"{macro}{label}: {count} questions, {rows[macro]:,} rows, largest difference {farthest[macro]:.1e}")
    return found


def questions(con: duckdb.DuckDBPyConnection, users: int, seed: int) -> Iterable[tuple[str, str]]:
    """Yield the macro and the call of every question."""
    draw = random.Random(seed)
    people = drawn(con, "SELECT DISTINCT user_id FROM mmsql.interactions ORDER BY ALL", users, draw)
    items = drawn(con, "SELECT DISTINCT item_id FROM mmsql.serving ORDER BY ALL", users, draw)
    everyone = [*people, literal("nobody")]
    known = {}
    for name in ("category", "brand"):
        query = f"SELECT DISTINCT {name} FROM mmsql.items WHERE {name} IS NOT NULL ORDER BY 1"
        known[name] = (drawn(con, query, 1, draw) or ["NULL"])[0]
    known["candidates"] = f"[{', '.join(items)}]"
    for option in (option.format(**known) for option in OPTIONS):
        for person in everyone:
            yield "recommend", f"FROM mmsql.recommend({person}, {option})"
        yield "recommend_each", f"FROM mmsql.recommend_each(users := [{', '.join(everyone)}], {option})"
        for session in (items[:1], items[1:5], [literal("no such item"), *items[-2:]], []):
            yield "recommend_session", f"FROM mmsql.recommend_session([{', '.join(session)}], {option})"
    events = "SELECT DISTINCT event FROM mmsql.interactions WHERE event IS NOT NULL ORDER BY 1"
    for event in drawn(con, events, 2, draw):
        for person in everyone[:10]:
            yield "recommend", f"FROM mmsql.recommend({person}, k := 9, exclude_events := [{event}])"
    yield "recommend_each", "FROM mmsql.recommend_each(k := 5)"
    pairs = []
    for person in everyone:
        best = f"SELECT item_id FROM mmsql.recommend({person}, k := 3, exclude_seen := false)"
        for item in [*(literal(value) for (value,) in con.execute(best).fetchall()), draw.choice(items)]:
            pairs.append(f"{{'user_id': {person}, 'item_id': {item}}}")
            yield "explain", f"FROM mmsql.explain({person}, {item})"
        yield "what_if", f"FROM mmsql.what_if({person}, k := 8, add := [{draw.choice(items)}])"
    yield "explain_each", f"FROM mmsql.explain_each([{', '.join(pairs)}])"
    for item in items:
        yield "audience", f"FROM mmsql.audience({item}, k := 50)"
        yield "cross_sell", f"FROM mmsql.cross_sell({item}, k := 10)"
        for modality in ("fused", "behavior", "text", "attribute"):
            yield "similar_items", f"FROM mmsql.similar_items({item}, k := 10, modality := '{modality}')"
    for person in people[:10]:
        oldest = f"SELECT item_id FROM mmsql.interactions WHERE user_id = {person} ORDER BY ts, item_id LIMIT 1"
        ((removed,),) = con.execute(oldest).fetchall()
        yield "what_if", f"FROM mmsql.what_if({person}, k := 8, remove := [{literal(removed)}])"
    yield "popular_items", "FROM mmsql.popular_items(k := 50)"
    yield "popular_items", f"FROM mmsql.popular_items(k := 50, category := {known['category']}, max_price := 80)"
    yield "winback", "FROM mmsql.winback(inactive_days := 30, k := 3)"
    yield "onboarding", "FROM mmsql.onboarding(k := 3, most_items := 3)"
    yield "expected_demand", "FROM mmsql.expected_demand(k := 30)"
    quota = f"'brand', {known['brand']}, 0.5, k := 4, users := [{', '.join(people[:5])}]"
    yield "quota_recommendations", f"FROM mmsql.quota_recommendations({quota})"


def drawn(con: duckdb.DuckDBPyConnection, query: str, count: int, draw: random.Random) -> list[str]:
    """Return some values of a query as SQL literals."""
    values = [value for (value,) in con.execute(query).fetchall()]
    return [literal(value) for value in draw.sample(values, min(count, len(values)))]


def literal(value: object) -> str:
    """Return a value as an SQL literal."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def answers(con: duckdb.DuckDBPyConnection, macro: str, call: str) -> list[tuple]:
    """Return the rows of an answer, or the message of its error as a row."""
    try:
        rows = con.execute(call).fetchall()
    except duckdb.Error as error:
        return [(str(error).splitlines()[0],)]
    if macro not in EXPLAINING:
        return rows
    return sorted((row[:-1] for row in rows), key=texts)


def texts(row: tuple) -> list[str]:
    """Return what identifies a row: its values other than numbers with a fraction."""
    return ["" if value is None else str(value) for value in row if not isinstance(value, float)]


def difference(expected: list[tuple], found: list[tuple]) -> tuple[float, str]:
    """Return the largest difference of two numbers, and the first row that differs in words, or an empty string."""
    if len(expected) != len(found):
        return math.inf, f"{len(expected)} and {len(found)} rows"
    largest = 0.0
    for position, (before, after) in enumerate(zip(expected, found, strict=True)):
        distances = [distance(a, b) for a, b in zip(before, after, strict=True)]
        largest = max(largest, *distances)
        if largest > TOLERANCE:
            return largest, f"row {position}: {before} and {after}"
    return largest, ""


def distance(before: Any, after: Any) -> float:
    """Return how far two values are apart: infinitely where they are not equal and not both numbers."""
    if before == after:
        return 0.0
    if isinstance(before, float) and isinstance(after, float):
        return 0.0 if math.isnan(before) and math.isnan(after) else abs(before - after)
    return math.inf


if __name__ == "__main__":
    sys.exit(main())
