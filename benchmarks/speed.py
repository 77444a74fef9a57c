"""Seconds of training and ranking, in pairs: `graph` and the ALS of implicit alternate on the same events.

    python benchmarks/speed.py [--sets A,B] [--pairs 7] [--threads 2]

Both sides are processes that repeat the same work on request: train, then rank the top 20 for all users. The first
round of each does not count. ALS has 64 factors and 15 iterations, and starts from its matrix. `graph` starts with
its options chosen. The time of the choice is shown separately, and so is the time from the tables of the file to the
temp tables and content of training.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from exporting import export
from own_families import clock
from peers.catalog import PEERS
from peers.environments import HERE, python
from peers.running import K, environment, job_file
from workspace import BENCH, SETS, connect, database, table, thread_settings, write_json, write_section

SEED = 42
ROWS = BENCH / "speed"  # results, one file a data set
ALS = {"factors": 64, "iterations": 15, "regularization": 0.05, "alpha": 10.0}
HEADS = [
    "set",
    "events",
    "step",
    "mmsql, s",
    "implicit, s",
    "implicit / mmsql",
    "CPU: mmsql, s",
    "implicit, s",
    "ratio",
]
STEPS = {  # our step: their step, label in the report
    "fit_events": ("fit", "training, events alone"),
    "fit": ("fit", "training, with content"),
    "recommend_events": ("recommend", "top 20, events alone"),
    "recommend": ("recommend", "top 20, with content"),
}
NOTES = """
Medians of {pairs} pairs or more in turns; ratios are medians over pairs, and above 1 `graph` is faster. Events:
training part of the leave-last-out split of seed 42. ALS of implicit {version}: 64 factors, 15 iterations, from its
matrix, with one BLAS thread as it recommends. Training of `graph`: from its temp tables, with its options chosen;
ALS reads the events alone too; with content there are edges of comments, text and attributes, edges to items
without events, and the linear model if it was chosen. Reading and choosing have no counterpart and are shown
separately: from the tables of the file to temp tables and content vectors (from the cache), and the search for
options. Top 20 for all users without their own items: `rank_all` against implicit's `recommend` for all users in
one call, from the trained state in memory. CPU seconds are those of all threads and depend less on the load of the
machine.
"""


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        serve_ours(json.loads(Path(sys.argv[2]).read_text()))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=list(SETS))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    for name in given.sets:
        ours, theirs, facts = pairs(name, given.pairs, given.threads)
        kept = {"lines": lines(name, facts, ours, theirs), "version": facts["version"], "pairs": given.pairs}
        write_json(ROWS / f"{name}.json", kept)
        print(*kept["lines"], sep="\n", flush=True)
    found = [json.loads((ROWS / f"{name}.json").read_text()) for name in SETS if (ROWS / f"{name}.json").exists()]
    fewest = min(each["pairs"] for each in found)
    body = NOTES.strip().format(pairs=fewest, version=found[0]["version"])
    body += "\n\n" + table(HEADS, [line for each in found for line in each["lines"]])
    write_section("speed", "Speed: `graph` and the ALS of implicit, in turns", body, given.threads)


def lines(name: str, facts: dict[str, Any], ours: list[dict], theirs: list[dict]) -> list[list[str]]:
    """Return the lines of one set: the steps of both sides, then the steps of `graph` alone."""

    def compared(step: str, theirs_step: str, unit: str) -> list[str]:
        own, other = ([row[f"{each}_{unit}"] for row in side] for each, side in ((step, ours), (theirs_step, theirs)))
        ratio = median(they / max(we, 1e-6) for we, they in zip(own, other, strict=True))
        return [f"{median(own):.3f}", f"{median(other):.3f}", f"{ratio:.2f}"]

    found = [
        [name, f"{facts['events']:,}", shown, *compared(step, other, "seconds"), *compared(step, other, "cpu")]
        for step, (other, shown) in STEPS.items()
    ]
    reading = [f"{median(report[field] for report in ours):.3f}" for field in ("read_seconds", "read_cpu")]
    choosing = [f"{facts[field]:.3f}" for field in ("search_seconds", "search_cpu")]
    for shown, (seconds, cpu) in (("reading", reading), ("choosing options", choosing)):
        found.append([name, f"{facts['events']:,}", shown, seconds, "", "", cpu, "", ""])
    return found


def pairs(name: str, count: int, threads: int) -> tuple[list[dict], list[dict], dict[str, Any]]:
    """Run both sides in turns; return their reports and their start messages."""
    _, test = export(name, SEED)
    (peer,) = [peer for peer in PEERS if peer.name == "implicit_als"]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "theirs").mkdir()
        their_job = job_file(folder / "theirs", test, [ALS], seed=SEED, threads=threads, seconds=0, serve=True)
        our_job = folder / "ours.json"
        our_job.write_text(json.dumps({"database": str(database(name)), "threads": threads}))
        their_command = [str(python(peer.group)), str(HERE / "drivers" / f"{peer.name}.py"), str(their_job)]
        our_command = [sys.executable, __file__, "--worker", str(our_job)]
        with (
            worker(our_command, {**os.environ, **thread_settings(threads)}) as (ask_ours, our_facts),
            worker(their_command, {**environment(threads), "OPENBLAS_NUM_THREADS": "1"}) as (ask_theirs, their_facts),
        ):
            ask_ours(), ask_theirs()  # the first round loads libraries
            turns = [(ask_ours(), ask_theirs()) for _ in range(count)]
    ours, theirs = [list(side) for side in zip(*turns, strict=True)]
    return ours, theirs, {**our_facts, **their_facts}


@contextmanager
def worker(command: list[str], settings: dict[str, str]) -> Any:
    """Start a worker process; yield the function that requests a round, and its start message."""
    process = subprocess.Popen(command, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def listen(word: str) -> dict[str, Any]:
        for line in process.stdout:
            if line.startswith(word):
                return json.loads(line[len(word) :] or "{}")
        raise SystemExit(f"{command[1]} ended without an answer")

    def ask() -> dict[str, Any]:
        process.stdin.write("go\n")
        process.stdin.flush()
        return listen("answer ")

    try:
        ready = listen("ready")
        yield ask, ready
    finally:
        process.stdin.close()
        process.wait()


def serve_ours(job: dict[str, Any]) -> None:
    """Choose options once, then train and rank at every request."""
    from mmsql.data.splits import hold_out_last, split

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.duckdb"
        shutil.copy(job["database"], path)
        con = connect(path, job["threads"])
        with (
            split(con, "leave_last_out", seed=SEED) as dataset,
            hold_out_last(dataset, seed=SEED) as (inner, holdout),
        ):
            config, cost = searched(inner, holdout)
        answer("ready", cost)
        for _ in sys.stdin:
            answer("answer ", once(con, config))
        con.close()


def searched(dataset: Any, holdout: Any) -> tuple[Any, dict[str, float]]:
    """Return the options that `graph` chooses, and the cost of the choice."""
    from mmsql.config import GraphConfig
    from mmsql.data.content import read_content
    from mmsql.encoders.encoder_choice import choose_encoder
    from mmsql.models.base import no_log
    from mmsql.models.registry import find_model

    content = read_content(dataset, choose_encoder(dataset.con, None))
    started, cpu = perf_counter(), process_time()
    found = find_model("graph").search(dataset, content, GraphConfig(seed=SEED), holdout, no_log)
    return found.config, {"search_seconds": perf_counter() - started, "search_cpu": process_time() - cpu}


def once(con: Any, config: Any) -> dict[str, float]:
    """Train and rank once, with content and without."""
    from mmsql.data.content import Content, read_content
    from mmsql.data.splits import split
    from mmsql.encoders.encoder_choice import choose_encoder
    from mmsql.models.base import no_log
    from mmsql.models.registry import find_model
    from mmsql.models.scoring import rank_all

    cost: dict[str, float] = {}
    with ExitStack() as until_end:
        with clock(cost, "read"):
            dataset = until_end.enter_context(split(con, "leave_last_out", seed=SEED))
            content = read_content(dataset, choose_encoder(con, None))
        for step, known, options in (("", content, config), ("_events", Content(), events_alone(config))):
            with clock(cost, f"fit{step}"):
                fitted = find_model("graph").fit(dataset, known, options, no_log)
            with clock(cost, f"recommend{step}"):
                for _ in rank_all(dataset, fitted, K):
                    pass
    return cost


def events_alone(config: Any) -> Any:
    """Return the options of a graph that uses events only, as ALS does."""
    nothing = dict.fromkeys(("comment_weight", "text_weight", "attribute_weight", "fresh_weight", "ease_weight"), 0.0)
    return dataclasses.replace(config, **nothing)


def answer(word: str, report: dict[str, float]) -> None:
    sys.stdout.write(word + json.dumps(report) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
