"""Growth of training with the number of events: seconds and peak memory of `graph` and of one epoch of `fusion`.

    python benchmarks/growth.py [--sizes 1e4,1e5,1e6,1e7] [--models graph,fusion] [--threads 2]

Synthetic events with heavy tails (benchmarks/synthetic_events.py). Every measurement is a process of its own. Results
are stored in .bench/growth, so that the largest size can run alone; chart and table show all stored results.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from synthetic_events import synthetic_database
from workspace import BENCH, connect, peak_mib, table, thread_settings, write_json, write_section

SIZES = (10**4, 10**5, 10**6, 10**7)
FAMILIES = {"graph": {}, "fusion": {"epochs": 1}}
MEASURED = BENCH / "growth" / "measured"
CHART = Path(__file__).with_name("growth.svg")
HEADS = [
    "model",
    "events",
    "users",
    "items",
    "read, s",
    "train, s",
    "train, CPU s",
    "exponent",
    "ranks, users/s",
    "peak, GiB",
]
RANKED_USERS = 10_000
NOTES = """
Synthetic events: items drawn from a Zipf distribution, shifted by the user's group in seven cases of ten; events a
user log-normal, 20 on average; items 10 · √events. Options are the defaults without a search; `fusion` trains for
one epoch. Read: from the tables of the file to the temp tables and content of training. The exponent of a line is
that of CPU seconds between the previous size and this one. Over all sizes the exponents are: {exponents}. Ranks:
top 20 of up to 10,000 users drawn from all. Peak memory is that of the process until training ends, with Python and
its libraries.

![Seconds of CPU and memory against events](growth.svg)
"""


def main() -> None:
    if sys.argv[1:2] == ["--worker"]:
        work(json.loads(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: [int(float(size)) for size in text.split(",")], default=SIZES)
    parser.add_argument("--models", type=lambda text: text.split(","), default=list(FAMILIES))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=7200, help="seconds after which a measurement stops")
    given = parser.parse_args()
    for size in given.sizes:
        synthetic_database(size)
        for model in given.models:
            found = measured(model, size, given.threads, given.limit)
            write_json(MEASURED / model / f"{size}.json", found)
            print(model, size, found, flush=True)
    series = {model: stored_rows(model) for model in FAMILIES}
    draw({model: usable(rows) for model, rows in series.items()})
    exponents = "; ".join(whole(model, usable(rows)) for model, rows in series.items() if len(usable(rows)) > 1)
    lines = [line for model, rows in series.items() for line in lines_of(model, rows)]
    body = NOTES.strip().format(exponents=exponents or "not known yet") + "\n\n" + table(HEADS, lines)
    write_section("growth", "Growth: time and memory against events", body, given.threads)
    print(body)


def measured(model: str, size: int, threads: int, limit: float) -> dict[str, Any]:
    """Measure in a process of its own; return the result, or the error."""
    out = BENCH / "growth" / "report.json"
    out.unlink(missing_ok=True)
    job = {"model": model, "size": size, "threads": threads, "out": str(out)}
    command = [sys.executable, __file__, "--worker", json.dumps(job)]
    settings = {**os.environ, **thread_settings(threads)}
    try:
        done = subprocess.run(command, env=settings, stderr=subprocess.PIPE, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"size": size, "error": f"ended after {limit:.0f} s"}
    if out.exists():
        return {"size": size, **json.loads(out.read_text())}
    messages = [line for line in done.stderr.splitlines() if line.strip()] or [f"ended with status {done.returncode}"]
    return {"size": size, "error": messages[-1]}


def work(job: dict[str, Any]) -> None:
    """Train once, rank for some users, and write the cost."""
    from mmsql.config import ALGORITHM_CONFIGS, configure
    from mmsql.data.content import read_content
    from mmsql.data.dataset import prepare
    from mmsql.encoders.encoder_choice import choose_encoder
    from mmsql.models.base import no_log
    from mmsql.models.registry import find_model
    from mmsql.models.scoring import rank_all

    model = job["model"]
    con = connect(synthetic_database(job["size"]), job["threads"], read_only=True)
    config = configure(ALGORITHM_CONFIGS[model], FAMILIES[model], model)
    marks, cpu = [perf_counter()], []
    with prepare(con, seed=42) as dataset:
        content = read_content(dataset, choose_encoder(con, None))
        marks.append(perf_counter())
        cpu.append(process_time())
        fitted = find_model(model).fit(dataset, content, config, no_log)
        marks.append(perf_counter())
        cpu.append(process_time())
        peak = peak_mib()
        users = np.random.default_rng(0).permutation(dataset.users)[:RANKED_USERS]
        started = perf_counter()
        for _ in rank_all(dataset, fitted, 20, np.sort(users)):
            pass
        ranked = len(users) / (perf_counter() - started)
        facts = {"users": dataset.users, "items": dataset.items, "users_a_second": ranked, "peak_mib": peak}
    seconds = {"read_seconds": marks[1] - marks[0], "fit_seconds": marks[2] - marks[1], "fit_cpu": cpu[1] - cpu[0]}
    write_json(Path(job["out"]), {**facts, **seconds})


def stored_rows(model: str) -> list[dict[str, Any]]:
    """Return the stored results of a model, by size."""
    rows = [json.loads(path.read_text()) for path in (MEASURED / model).glob("*.json")]
    return sorted(rows, key=lambda row: row["size"])


def usable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if "error" not in row]


def exponent(rows: list[dict[str, Any]], field: str) -> float:
    """Return the slope of a field over events on logarithmic scales."""
    sizes = np.log10([row["size"] for row in rows])
    return float(np.polyfit(sizes, np.log10([row[field] for row in rows]), 1)[0])


def whole(model: str, rows: list[dict[str, Any]]) -> str:
    return f"`{model}` {exponent(rows, 'fit_cpu'):.2f} for time, {exponent(rows, 'peak_mib'):.2f} for memory"


def lines_of(model: str, rows: list[dict[str, Any]]) -> list[list[str]]:
    """Return the lines of the table of one model."""
    lines, before = [], None
    for row in rows:
        if "error" in row:
            lines.append([model, f"{row['size']:,}", f"— {row['error'][:150]}", *[""] * (len(HEADS) - 3)])
            continue
        slope = "" if before is None else f"{exponent([before, row], 'fit_cpu'):.2f}"
        lines.append(
            [
                f"`{model}`",
                f"{row['size']:,}",
                f"{row['users']:,}",
                f"{row['items']:,}",
                f"{row['read_seconds']:.2f}",
                f"{row['fit_seconds']:.2f}",
                f"{row['fit_cpu']:.2f}",
                slope,
                f"{row['users_a_second']:,.0f}",
                f"{row['peak_mib'] / 1024:.2f}",
            ]
        )
        before = row
    return lines


def draw(series: dict[str, list[dict[str, Any]]]) -> None:
    """Draw CPU seconds and memory of all models over events."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"  # equal figures give an equal file
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for model, rows in series.items():
        if not rows:
            continue
        label = "fusion, one epoch" if model == "fusion" else model
        sizes = [row["size"] for row in rows]
        for axes, field, unit in ((left, "fit_cpu", 1), (right, "peak_mib", 1024)):
            slope = f", exponent {exponent(rows, field):.2f}" if len(rows) > 1 else ""
            axes.plot(sizes, [row[field] / unit for row in rows], marker="o", label=label + slope)
    for axes, title in ((left, "training, seconds of CPU"), (right, "peak memory, GiB")):
        axes.set(xscale="log", yscale="log", xlabel="events", title=title)
        axes.grid(True, which="major", alpha=0.3)
        axes.legend(frameon=False)
    figure.savefig(CHART, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
