"""The accuracy section of RESULTS.md, from the stored rows of accuracy.py."""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

from own_families import families
from peers.catalog import PEERS
from workspace import RESULTS, table

HEADS = [
    "model",
    "library",
    "R@10",
    "N@10",
    "coverage",
    "tuned by",
    "refitted",
    "choosing, CPU s",
    "fit, CPU s",
    "fit, s",
    "peak, MiB",
    "seeds",
]
NOTES = """
Leave-last-out; lists rank the whole catalog without the items of a user's training events. R@10: share of users
whose last item is among the first ten. N@10: mean of 1 / log2(rank + 1). Coverage: share of the catalog in at least
one list. `benchmarks/evaluator.py` measures all rows on the same held-out items; for our families it must agree
with `mmsql.metrics()` to 1e-9. With several seeds, figures are means, and ± is half the range. A seed draws the
order of events with the same timestamp, so that splits differ a little, and seeds all random numbers.

Budget: each peer runs {trials} configurations (fewer where its grid is smaller or a training takes minutes; see
`benchmarks/peers/catalog.py`), drawn the same in every run, on the last training event of up to 5,000 users. The
best by N@10 is trained again on training and validation events together, and tested once. Our families choose their
options on the same validation events, inside the measured call, and are trained again on all events but the test
items. "Weights kept" is a deep model that keeps the weights of the run that chose its epochs, and reads the
complete histories. Choosing is all work before the last training; for peers, the sum of their trials. CPU seconds
depend less on the load of the machine than seconds. Peers that train by epochs run {deep_trials} configurations
with one seed. Each fit stops after {seconds:.0f} s of CPU; the notes show how far it came. Peak memory is that of
the process that trains last and ranks, with its libraries; for ours it includes DuckDB, reading, encoding and
choosing. Rows were measured {dates}.
"""

PUBLISHED = {
    "s3rec_beauty": (
        "As published for this set and split, R@10 / N@10: SASRec 0.0605 / 0.0318, TIGER 0.0648 / 0.0384, "
        "HSTU 0.0788 / 0.0439, SASRec with sampled softmax 0.0921 / 0.0531, eSASRec 0.0928 / 0.0523.",
    ),
}
OWN_TUNING = {family.name: family.tuned for family in families()}


def section(sets: list[str], given: argparse.Namespace) -> str:
    """Return the Markdown of all sets with rows, with the budget."""
    dates = sorted({row["date"] for name in sets for row in every_row(name) if "date" in row})
    measured = f"from {dates[0]} to {dates[-1]}" if len(dates) > 1 else f"on {dates[0]}" if dates else "never"
    parts = [NOTES.strip().format(**vars(given), dates=measured)]
    for name in sets:
        if (RESULTS / name).exists():
            published = () if given.again else PUBLISHED.get(name, ())
            parts += [f"### {name}", set_table(name, missing=not given.again), *published]
    return "\n\n".join(parts)


def set_table(name: str, missing: bool) -> str:
    """Return the table of one set with remarks: our families, then the peers, each by NDCG.

    With ``missing``, rows that were not measured are listed too, with the reason.
    """
    ours = [(family.name, family.shown, "mmsql") for family in families()]
    theirs = [(peer.name, peer.model, peer.library) for peer in PEERS]
    rows, remarks = [], []
    for group in (ours, theirs):
        found = [(stored_rows(name, model), model, shown, library) for model, shown, library in group]
        measured = [entry for entry in found if any("error" not in row for row in entry[0])]
        measured.sort(key=lambda entry: -mean(entry[0], "ndcg"))
        for kept_rows, model, shown, library in measured:
            good = [row for row in kept_rows if "error" not in row]
            rows.append(line(good, model, shown, library))
            remarks += remark(good, shown, library)
        for kept_rows, _, shown, library in found if missing else ():
            if not any("error" not in row for row in kept_rows):
                reason = kept_rows[0]["error"] if kept_rows else "not run"
                rows.append([shown, library, f"— {reason[:150]}", *[""] * (len(HEADS) - 3)])
    return table(HEADS, rows) + ("\n\n" + "\n".join(f"- {text}" for text in remarks) if remarks else "")


def stored_rows(name: str, model: str) -> list[dict[str, Any]]:
    """Return the stored rows of a model, one a seed."""
    paths = sorted((RESULTS / name / model).glob("*.json"))
    return [{**json.loads(path.read_text()), "seed": int(path.stem)} for path in paths]


def every_row(name: str) -> list[dict[str, Any]]:
    """Return all rows of a set."""
    return [row for folder in (RESULTS / name).glob("*") for row in stored_rows(name, folder.name)]


def mean(rows: list[dict[str, Any]], field: str) -> float:
    values = [row[field] for row in rows if row.get(field) is not None]
    return statistics.mean(values) if values else float("nan")


def line(rows: list[dict[str, Any]], model: str, shown: str, library: str) -> list[str]:
    """Return one line of the table."""
    version = rows[0].get("version")
    return [
        shown,
        f"{library} {version}" if version else library,
        spread(rows, "recall"),
        spread(rows, "ndcg"),
        f"{mean(rows, 'catalog_coverage'):.3f}",
        tuned(rows, model),
        "yes" if rows[0].get("refitted", True) else "weights kept",
        f"{mean(rows, 'search_cpu'):.1f}",
        f"{mean(rows, 'fit_cpu'):.2f}",
        f"{mean(rows, 'fit_seconds'):.2f}",
        f"{mean(rows, 'peak_mib'):.0f}",
        ", ".join(str(row["seed"]) for row in rows),
    ]


def tuned(rows: list[dict[str, Any]], model: str) -> str:
    """Return how the options of a row were chosen."""
    if "trials" in rows[0]:
        return f"{len(rows[0]['trials'])} trials"
    return OWN_TUNING[model] if mean(rows, "search_cpu") > 0.01 else "defaults"


def spread(rows: list[dict[str, Any]], field: str) -> str:
    values = [row[field] for row in rows]
    around = f" ± {(max(values) - min(values)) / 2:.4f}" if len(values) > 1 else ""
    return f"{mean(rows, field):.4f}{around}"


def remark(rows: list[dict[str, Any]], shown: str, library: str) -> list[str]:
    """Return remarks on the chosen options, and on the progress of a peer's training."""
    if "trials" not in rows[0]:
        return [
            f"{shown}, seed {row['seed']}: {row['message']}" for row in rows if row.get("chosen", "") not in shown
        ]
    usable = [trial for trial in rows[0]["trials"] if "ndcg" in trial]
    options = ", ".join(f"{name} {value}" for name, value in rows[0]["options"].items())
    note = f"; {rows[0]['note']}" if rows[0].get("note") else ""
    return [f"{library} {shown}: best of {len(usable)} configurations with seed {rows[0]['seed']}: {options}{note}."]
