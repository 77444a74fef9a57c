"""What the diversity loss buys and costs: `fusion` at several weights α of it.

    python benchmarks/diversity.py [--set A] [--form similarity] [--alphas 0,0.05,0.1,0.2,0.5,1] [--seeds 42,1,2]

Rows are kept in .bench/diversity, and the section of RESULTS.md is made of those of this set and form.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from ours import METRICS, evaluated
from workspace import BENCH, SEEDS, database, table, write_json, write_section

ROWS = BENCH / "diversity"
ALPHAS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
HEADS = ["α", "N@10", "N@10 against α = 0", "R@10", "intra-list diversity", "catalog coverage", "seeds"]
NOTES = """
`fusion` with L = L_precision + α · L_diversity, all else by default, on {name}, leave-last-out, full ranking; the
form of L_diversity is `{form}`. Figures are means over seeds, ± their standard deviation.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="amazon_musical_instruments")
    parser.add_argument("--form", default="similarity")
    parser.add_argument("--alphas", type=lambda text: [float(alpha) for alpha in text.split(",")], default=ALPHAS)
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=SEEDS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=float, default=3600, help="seconds after which an evaluation is ended")
    given = parser.parse_args()
    path, folder = database(given.set), ROWS / f"{given.set}_{given.form}"
    for alpha in given.alphas:
        for seed in given.seeds:
            measure(path, folder / f"{alpha:g}_{seed}.json", alpha, seed, given)
    notes = NOTES.strip().format(name=given.set, form=given.form)
    body = f"{notes}\n\n{table(HEADS, lines(folder))}"
    write_section("diversity", "The diversity loss", body, given.threads)
    print(body)


def measure(path: Path, row: Path, alpha: float, seed: int, given: argparse.Namespace) -> None:
    """Evaluate once, unless that has been done."""
    if row.exists():
        return
    options = {"alpha": alpha, "diversity": given.form}
    found = evaluated(path, "fusion", seed=seed, threads=given.threads, options=options, limit=given.limit)
    if "error" in found:
        raise SystemExit(f"alpha {alpha:g}, seed {seed}: {found['error']}")
    write_json(row, {"alpha": alpha, "seed": seed, **{metric: found[metric] for metric in METRICS}})


def lines(folder: Path) -> list[list[str]]:
    """Return a row of the table for each α, lowest first."""
    found: dict[float, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.json")):
        row = json.loads(path.read_text())
        found.setdefault(row["alpha"], []).append(row)
    without = mean(row["ndcg"] for row in found[0.0]) if 0.0 in found else None
    listed = []
    for alpha, rows in sorted(found.items()):
        against = "" if without is None else f"{mean(row['ndcg'] for row in rows) / without - 1:+.1%}"
        ndcg, recall, diversity, coverage = (
            spread([row[metric] for row in rows])
            for metric in ("ndcg", "recall", "intra_list_diversity", "catalog_coverage")
        )
        listed.append([f"{alpha:g}", ndcg, against, recall, diversity, coverage, str(len(rows))])
    return listed


def spread(values: list[float]) -> str:
    """Return the mean, and the standard deviation where there are several."""
    return f"{mean(values):.4f}" + (f" ± {stdev(values):.4f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
