"""From tables of any shape to lists and metrics: what must hold at each step, or be told in words."""

from __future__ import annotations

import math
import random
import shutil
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

import mmsql
from mmsql import columns, encoders
from mmsql.errors import MmsqlError
from mmsql.jobs import training
from mmsql.jobs.checks import PROBLEM, check
from mmsql.loading.single_file import load_file
from soak.invariants import must
from soak.tables import Table, draw_tables, write

ALGORITHMS: dict[str, dict[str, Any]] = {
    "graph": {"search_steps": 0},
    "popularity": {},
    "ease": {},
    "ials": {"epochs": 1, "embedding_size": 4},
}
REPORTS = (
    "winback(30, k := 2)",
    "onboarding(k := 2)",
    "expected_demand(k := 3)",
    "exposure('brand')",
    "popularity_bias()",
    "drift()",
    "popular_items(k := 3)",
)
SHARES = ("precision", "recall", "f1", "hit_rate", "ndcg", "map", "mrr", "coverage", "gini")


class LetterEncoder:
    """Vectors of texts from their letters: no model need be loaded."""

    name, dimension = "wordllama", 256

    def encode(self, texts: list[str]) -> np.ndarray:
        """Return unit vectors: float32, one row a text."""
        counts = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            np.add.at(counts[row], np.frombuffer(text.encode() or b" ", np.uint8), 1)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def run_pipeline(asked: dict[str, Any]) -> str:
    """Take drawn tables through load, check, train, recommend and metrics; return how far they came."""
    draw = random.Random(asked["seed"])
    encoders._loaded["wordllama", "auto"] = LetterEncoder()
    path = Path(shutil.copyfile(asked["empty"], asked["path"]))
    with mmsql.connect(path) as con:
        for table in draw_tables(draw):
            _bring(con, table, path.parent)
        problems = [finding for finding in check(con) if finding.level == PROBLEM]
        algorithm = draw.choice(list(ALGORITHMS))
        try:
            training.train(con.cursor(), algorithm, options=ALGORITHMS[algorithm])
        except MmsqlError as error:
            must(bool(problems), f"check finds no problem, train says: {error}")
            return "told"
        must(not problems, f"train works, check says: {problems}")
        users = _ids(con, "user_id")
        for user in users:
            _check_lists(con, user, draw)
        for report in REPORTS:
            _ask(con, report)
        outcome = _check_metrics(con, algorithm)
        lists = [_list(con, user) for user in users]
    with duckdb.connect(str(path), read_only=True) as con:
        must([_list(con, user) for user in users] == lists, "plain DuckDB gives other lists")
    return outcome


def _bring(con: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    """Load a table as a file, or put a view over it in the place of the source."""
    if table.form == "view":
        own = f"own_{table.source}"
        con.register("drawn", table.data)
        con.execute(f"CREATE TABLE main.{own} AS FROM drawn; DROP TABLE mmsql.{table.source}")
        declared = columns.SOURCES[table.source]
        added = [f"NULL AS {name}" for name in declared if name not in table.data.column_names]
        con.execute(f"CREATE VIEW mmsql.{table.source} AS SELECT {', '.join(['*', *added])} FROM main.{own}")
        con.unregister("drawn")
        return
    try:
        report = load_file(con, table.source, write(table, folder))
    except MmsqlError as error:
        must("Nothing was changed" in str(error) or bool(str(error)), "an error without words")
        return
    counted = report.loaded + report.unchanged + report.rejected
    must(report.read == counted, f"{table.source}: {report.read} read, {counted} accounted for")
    must(
        report.read == table.data.num_rows,
        f"{table.source}.{table.form} has {table.data.num_rows} rows, {report.read} were read",
    )


def _ids(con: duckdb.DuckDBPyConnection, column: str) -> list[Any]:
    found = con.execute(
        f"SELECT DISTINCT i.{column} FROM mmsql.interactions i WHERE i.{column} IS NOT NULL ORDER BY 1 LIMIT 2"
    ).fetchall()
    return [value for (value,) in found] + ["nobody"]


def _list(con: duckdb.DuckDBPyConnection, user: object) -> list[tuple]:
    return con.execute(
        "SELECT r.rank, r.item_id, r.score FROM mmsql.recommend($1, k := 5) r ORDER BY r.rank", [str(user)]
    ).fetchall()


def _check_lists(con: duckdb.DuckDBPyConnection, user: object, draw: random.Random) -> None:
    """Check the lists of a user: places, length, order, what was seen, and what explain adds up to."""
    k, options = (
        draw.randint(1, 20),
        draw.choice(("", ", exclude_seen := false", ", min_price := 1", ", brand := 'Acme'")),
    )
    query = f"SELECT r.rank, r.item_id, r.score FROM mmsql.recommend($1, k := {k}{options}) r ORDER BY r.rank"
    found = con.execute(query, [str(user)]).fetchall()
    items, scores = [row[1] for row in found], [row[2] for row in found]
    must([row[0] for row in found] == list(range(1, len(found) + 1)) and len(found) <= k, f"ranks are {found}")
    must(len(set(items)) == len(items) and None not in items, f"items twice: {items}")
    must(all(map(math.isfinite, scores)) and scores == sorted(scores, reverse=True), f"scores are {scores}")
    seen = con.execute(
        "SELECT DISTINCT i.item_id FROM mmsql.interactions i WHERE CAST(i.user_id AS VARCHAR) = $1", [str(user)]
    ).fetchall()
    must("exclude_seen" in options or not {item for (item,) in seen} & set(items), f"seen and listed: {items}")
    for item, score in list(zip(items, scores, strict=True))[:2]:
        ((total,),) = con.execute(
            "SELECT sum(e.contribution) FROM mmsql.explain($1, $2) e", [str(user), str(item)]
        ).fetchall()
        must(abs(total - score) < 1e-6 * max(1, abs(score)), f"explain adds up to {total}, the score is {score}")
        alike = con.execute("SELECT s.item_id FROM mmsql.similar_items($1, k := 5) s", [str(item)]).fetchall()
        must(len(set(alike)) == len(alike) and (item,) not in alike, f"similar to {item}: {alike}")
        con.execute("FROM mmsql.audience($1, k := 3)", [str(item)]).fetchall()
        con.execute("FROM mmsql.recommend_session([$1], k := 3)", [str(item)]).fetchall()
        con.execute("FROM mmsql.what_if($1, k := 3, add := [$2])", [str(user), str(item)]).fetchall()


def _ask(con: duckdb.DuckDBPyConnection, report: str) -> None:
    """Ask for a report, which may say in words that there is nothing to report on."""
    try:
        con.execute(f"FROM {report}").fetchall()
    except duckdb.InvalidInputException as error:
        must(
            any(words in str(error) for words in ("has no lists in", "Unknown attribute")), f"{report} says: {error}"
        )


def _check_metrics(con: duckdb.DuckDBPyConnection, algorithm: str) -> str:
    try:
        evaluated = con.execute("SELECT metric, value FROM evaluate()").fetchall()
    except duckdb.Error as error:
        must("SourceError" in str(error) or "OptionError" in str(error), f"evaluate of {algorithm} says: {error}")
        return "served"
    for metric, value in evaluated:
        is_share = any(metric.startswith(name) for name in SHARES)
        must(
            value is None or (math.isfinite(value) and (not is_share or -1e-9 <= value <= 1 + 1e-9)),
            f"{metric} is {value}",
        )
    return "measured"
