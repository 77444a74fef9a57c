"""Evaluate one of our families in a process of its own, as `CALL evaluate` does, and report the cost.

python benchmarks/own_families.py JOB.json      (started by accuracy.py and ablation.py)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from workspace import connect, peak_mib, thread_settings, write_json

from mmsql.config import ALGORITHM_CONFIGS, ALGORITHMS

EQUAL_TRIALS = 8  # of every peer, and of each of our families with search steps, in a row of its own
SEARCH_STEPS = "search_steps"  # option with the number of settings that a family tries
RARE = 10  # an item with fewer training events is rare
METRICS = ("recall", "ndcg", "catalog_coverage", "intra_list_diversity")
# Indices as in the temp tables of a split: users with a usable event, items in the order of their ids.
LISTS = """
SELECT u.user_index, c.item_index, l.rank
FROM mmsql.evaluation_lists l
JOIN (SELECT e.evaluation FROM mmsql.evaluations e WHERE e.model = $model ORDER BY e.evaluation DESC LIMIT 1) m
    ON m.evaluation = l.evaluation
JOIN (SELECT d.user_id, row_number() OVER (ORDER BY d.user_id) - 1 AS user_index
      FROM (SELECT DISTINCT i.user_id FROM mmsql.interactions i
            WHERE i.user_id IS NOT NULL AND i.item_id IS NOT NULL) d) u ON u.user_id = l.user_id
JOIN (SELECT x.item_id, row_number() OVER (ORDER BY x.item_id) - 1 AS item_index
      FROM mmsql.evaluation_items x
      JOIN (SELECT max(e.evaluation) AS evaluation FROM mmsql.evaluations e WHERE e.model = $model) n
          ON n.evaluation = x.evaluation) c ON c.item_id = l.item_id
WHERE l.algorithm = $model
"""
# The recall of random lists, and the recall of users whose held-out item is rare.
RARE_AND_CHANCE = """
WITH asked AS (
    SELECT h.user_id, h.item_id, x.events < $rare AS rare, e.items, l.item_id IS NOT NULL AS hit
    FROM (SELECT v.evaluation, v.items FROM mmsql.evaluations v
          WHERE v.model = $model ORDER BY v.evaluation DESC LIMIT 1) e
    JOIN mmsql.holdout h USING (evaluation)
    JOIN mmsql.evaluation_items x USING (evaluation, item_id)
    LEFT JOIN mmsql.evaluation_lists l ON l.evaluation = e.evaluation AND l.algorithm = $model
        AND l.user_id = h.user_id AND l.item_id = h.item_id AND l.rank <= $k
),
had AS (
    SELECT CAST(i.user_id AS VARCHAR) AS user_id, count(DISTINCT i.item_id) - 1 AS items
    FROM mmsql.interactions i
    GROUP BY ALL
)
SELECT avg(least(1, $k / (a.items - h.items))) AS chance, avg(CAST(a.rare AS INTEGER)) AS rare_share,
       avg(CAST(a.hit AS INTEGER)) FILTER (a.rare) AS rare_recall
FROM asked a
JOIN had h ON h.user_id = CAST(a.user_id AS VARCHAR)
"""


@dataclass(frozen=True, kw_only=True)
class Family:
    """One row of our families: an algorithm with its defaults, or with as many trials as the peers have.

    Attributes
    ----------
    name : str
        Name of the row.
    algorithm : str
        The evaluated algorithm.
    options : dict
        Options given by name.
    shown, tuned : str
        Name and tuning in the report.
    """

    name: str
    algorithm: str
    options: dict[str, Any]
    shown: str
    tuned: str


def families() -> list[Family]:
    """Return a row for every algorithm, and one with equal trials for those with search steps."""
    found = []
    for algorithm in ALGORITHMS:
        kind = ALGORITHM_CONFIGS.get(algorithm)
        steps = getattr(kind(), SEARCH_STEPS, None) if kind else None
        tuned = "its own search" if steps is None else f"{steps} trials"
        found.append(
            Family(name=algorithm, algorithm=algorithm, options={}, shown=f"mmsql `{algorithm}`", tuned=tuned)
        )
        if steps is not None:
            found.append(
                Family(
                    name=f"{algorithm}_equal",
                    algorithm=algorithm,
                    options={SEARCH_STEPS: EQUAL_TRIALS},
                    shown=f"mmsql `{algorithm}`, `{SEARCH_STEPS} := {EQUAL_TRIALS}`",
                    tuned=f"{EQUAL_TRIALS} trials",
                )
            )
    return found


def evaluated(path: Path, algorithm: str, *, seed: int, threads: int, options: dict[str, Any], limit: float) -> dict:
    """Evaluate in a new process and return its report.

    Parameters
    ----------
    path : Path
        A file with a data set; a copy of it is evaluated.
    algorithm : str
        The algorithm.
    seed, threads : int
        Random seed, and number of threads of the libraries.
    options : dict
        Options of the algorithm, which are not searched.
    limit : float
        Seconds after which the process stops.

    Returns
    -------
    dict
        Metrics, ``seconds`` of searching and fitting, ``peak_mib``, and ``lists`` (users, 20); ``chance``, the recall
        of random lists; ``rare_share`` and ``rare_recall`` of users whose held-out item has fewer than ``RARE``
        training events; or ``error``.
    """
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.json"
        given = {"database": str(path), "algorithm": algorithm, "seed": seed, "threads": threads, "options": options}
        job.write_text(json.dumps({**given, "out": folder}))
        command = [sys.executable, __file__, str(job)]
        settings = {**os.environ, **thread_settings(threads)}
        try:
            done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired:
            return {"error": f"ended after {limit:.0f} s"}
        report = Path(folder) / "report.json"
        if not report.exists():
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["the process wrote no message"]
            return {"error": lines[-1].strip()}
        return {**json.loads(report.read_text()), "lists": np.load(Path(folder) / "lists.npy")}


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.duckdb"
        path.write_bytes(Path(job["database"]).read_bytes())
        con = connect(path, job["threads"])
        report, lists = _evaluate(con, job)
        con.close()
    np.save(Path(job["out"]) / "lists.npy", lists)
    write_json(Path(job["out"]) / "report.json", report)


def _evaluate(con: Any, job: dict[str, Any]) -> tuple[dict[str, Any], np.ndarray]:
    from mmsql.config import EvaluationConfig
    from mmsql.jobs import evaluation

    algorithm = job["algorithm"]
    with watched(algorithm) as notes:
        started = perf_counter()
        evaluation.evaluate(
            con.cursor(), algorithm=algorithm, config=EvaluationConfig(seed=job["seed"]), options=job["options"]
        )
        whole = perf_counter() - started
    rows = con.execute("SELECT m.metric, m.value FROM mmsql.metrics(model := ?) m", [algorithm]).fetchall()
    found = con.execute(LISTS, {"model": algorithm}).fetchnumpy()
    lists = np.full((int(found["user_index"].max()) + 1, int(found["rank"].max())), -1, dtype=np.int32)
    lists[found["user_index"], found["rank"] - 1] = found["item_index"]
    metrics = {metric: value for metric, value in rows if metric in METRICS}
    beside = con.execute(RARE_AND_CHANCE, {"model": algorithm, "rare": RARE, "k": 10}).to_arrow_table().to_pylist()[0]
    return {**metrics, **beside, **notes, "whole_seconds": whole, "peak_mib": peak_mib()}, lists


@contextmanager
def watched(algorithm: str) -> Iterator[dict[str, Any]]:
    """Record the choice, its cost and that of the last training inside the block, without the baseline."""
    from mmsql.jobs import evaluation

    notes: dict[str, Any] = {}
    choose, fit = evaluation.choose, evaluation.fit

    def noted_choose(dataset: Any, encoder: Any, asked: str, *given: Any, **named: Any) -> Any:
        with clock(notes if asked == algorithm else {}, "search"):
            return choose(dataset, encoder, asked, *given, **named)

    def noted_fit(dataset: Any, content: Any, choice: Any, *given: Any) -> Any:
        if choice.algorithm == "popularity" != algorithm:
            return fit(dataset, content, choice, *given)
        kept = choice.fitted is not None and bool(choice.fitted.weights)
        notes.update(chosen=choice.algorithm, message=choice.message, refitted=not kept)
        with clock(notes, "fit"):
            return fit(dataset, content, choice, *given)

    evaluation.choose, evaluation.fit = noted_choose, noted_fit
    try:
        yield notes
    finally:
        evaluation.choose, evaluation.fit = choose, fit


@contextmanager
def clock(notes: dict[str, Any], step: str) -> Iterator[None]:
    """Record the wall and CPU seconds of a step."""
    started, cpu = perf_counter(), process_time()
    yield
    notes[f"{step}_seconds"], notes[f"{step}_cpu"] = perf_counter() - started, process_time() - cpu


if __name__ == "__main__":
    main()
