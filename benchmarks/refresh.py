"""What `refresh` costs after 1 % more events, and how its lists compare with those of a full retrain.

    python benchmarks/refresh.py [--sets A,B] [--models graph] [--repeats 5]

The latest 1 % of a set's events are held out, a model is trained for the first time, texts and pictures being
encoded, the events are added, and the model is refreshed; then it is trained once more on everything. Each repeat is
a process of its own, which goes through all of this. Rows are kept in .bench/refresh.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from datasets import DATA, load
from workspace import BENCH, connect, table, thread_settings, write_json, write_section

from mmsql import sqlfiles, training
from mmsql.config import ALGORITHM_CONFIGS

K = 10
SETS = ("amazon_musical_instruments", "movielens_100k", "s3rec_beauty")
MODELS = ("graph",)
SEARCHED = ("graph",)  # whose options can be fixed by name
ALONE, COMMENTED = "events", "events with comments"
ROWS = BENCH / "refresh"
KEPT_BACK = """
CREATE TEMP TABLE kept_back AS
SELECT i.* FROM mmsql.interactions i ORDER BY i.ts DESC NULLS LAST, hash(i.user_id, i.item_id) LIMIT ?
"""
OF_KEPT_BACK = "(user_id, item_id) IN (SELECT (k.user_id, k.item_id) FROM kept_back k)"
HEADS = [
    *("set", "model", "added", "train CPU s", "refresh CPU s", "share", "processes"),
    *(f"overlap@{K} with a full retrain", "with the same options"),
]
NOTES = """
The latest 1 % of the events are held out, `train` runs on the rest for the first time (encoding and search
included), the events are added, `refresh` runs, and `train` runs again. CPU seconds of the process, over all its
threads; `refresh` runs in the process that trained, as in the service `mmsql refresh --every`. Figures are medians
over so many processes. With comments, those on the events held out come with them and are encoded by `refresh`. A
full retrain searches for options, beginning at those of the deployed model, and may find others; the last column is
the overlap with one that takes those of the deployed model. `auto` trains a deep model, whose weights a refresh
keeps and a retrain learns anew.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=SETS)
    parser.add_argument("--models", type=lambda text: text.split(","), default=MODELS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", nargs=3, metavar=("SET", "MODEL", "ADDED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(*given.one, given.threads)))
        return
    for name in given.sets:
        for model in given.models:
            for added in (ALONE, COMMENTED) if name.startswith("amazon") else (ALONE,):
                rows = [in_a_process(name, model, added, given.threads) for _ in range(given.repeats)]
                write_json(ROWS / f"{name}_{model}_{added.replace(' ', '_')}.json", rows)
                print(name, model, added, rows, flush=True)
    body = f"{NOTES.strip()}\n\n{table(HEADS, lines())}"
    write_section("refresh", "Refreshing after 1 % more events", body, given.threads)
    print(body)


def in_a_process(name: str, model: str, added: str, threads: int) -> dict[str, Any]:
    """Measure once in a process of its own."""
    command = [sys.executable, __file__, "--threads", str(threads), "--one", name, model, added]
    settings = {**os.environ, **thread_settings(threads)}
    done = subprocess.run(command, env=settings, check=True, stdout=subprocess.PIPE, text=True)
    return {"set": name, "model": model, "added": added, **json.loads(done.stdout.splitlines()[-1])}


def measured(name: str, model: str, added: str, threads: int) -> dict[str, Any]:
    """Train, refresh and train again: CPU seconds of each, and what the lists of the last two share."""
    with tempfile.TemporaryDirectory() as made:
        con = connect(Path(made) / "shop.duckdb", threads)
        load(con, DATA, name)
        ((events,),) = con.execute("SELECT count(*) FROM mmsql.interactions").fetchall()
        con.execute(KEPT_BACK, [events // 100])
        sources = ["interactions", *(["comments"] if added == COMMENTED else [])]
        for source in sources:
            con.execute(f"CREATE TEMP TABLE later_{source} AS FROM mmsql.{source} WHERE {OF_KEPT_BACK}")
            con.execute(f"DELETE FROM mmsql.{source} WHERE {OF_KEPT_BACK}")
        train, _ = spent(con, f"SELECT model FROM train('{model}')")
        for source in sources:
            con.execute(f"INSERT INTO mmsql.{source} FROM later_{source}")
        refresh, refreshed = spent(con, "SELECT model FROM refresh()")
        retrain, retrained = spent(con, f"SELECT model FROM train('{model}')")
        same = None
        if model in SEARCHED:
            kept = training.train(con.cursor(), model, options=options_of(con, refreshed, model)).model
            same = overlap(con, refreshed, kept)
        found = {
            "train": train,
            "refresh": refresh,
            "retrain": retrain,
            "overlap": overlap(con, refreshed, retrained),
        }
        con.close()
    return {**found, "same_options": same}


def overlap(con: duckdb.DuckDBPyConnection, before: str, after: str) -> float:
    """Return what the lists of two models share."""
    found = {"before": before, "after": after, "k": K}
    ((share,),) = con.execute(sqlfiles.query("training", "list_overlap"), found).fetchall()
    return share


def options_of(con: duckdb.DuckDBPyConnection, name: str, model: str) -> dict[str, Any]:
    """Return the options that a model was made with, for a training that searches for none."""
    ((config,),) = con.execute("SELECT m.config FROM mmsql.models m WHERE m.model = $name", {"name": name}).fetchall()
    known = {field.name for field in fields(ALGORITHM_CONFIGS[model])} - {"fixed"}
    return {option: value for option, value in json.loads(config).items() if option in known} | {"search_steps": 0}


def spent(con: duckdb.DuckDBPyConnection, query: str) -> tuple[float, str]:
    """Return the CPU seconds of a query that makes a model, and the model's name."""
    started = time.process_time()
    ((model,),) = con.execute(query).fetchall()
    return time.process_time() - started, model


def lines() -> list[list[str]]:
    """Return a row of the table for each set, model and kind of what was added."""
    found = []
    for path in sorted(ROWS.glob("*.json")):
        rows = json.loads(path.read_text())
        train, refresh, shared = (median(row[what] for row in rows) for what in ("train", "refresh", "overlap"))
        share = median(row["refresh"] / row["train"] for row in rows)
        same = rows[0]["same_options"]
        spent_on = [f"{train:.2f}", f"{refresh:.2f}", f"{share:.1%}", str(len(rows))]
        shares = [f"{shared:.3f}", f"{same:.3f}" if same else ""]
        found.append([rows[0]["set"], f"`{rows[0]['model']}`", rows[0]["added"], *spent_on, *shares])
    return found


if __name__ == "__main__":
    main()
