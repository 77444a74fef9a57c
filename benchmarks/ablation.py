"""The gain of each modality: evaluations of copies of a file in which sources are blanked.

    python benchmarks/ablation.py [--sets A,B] [--models graph,fusion] [--seeds 42,1,2] [--sources everything]

Rows are stored in .bench/ablation. The section of RESULTS.md shows all stored rows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import duckdb
from cold_items import measured as measured_cold
from own_families import evaluated
from workspace import BENCH, SEEDS, database, table, write_json, write_section

SETS = ("amazon_musical_instruments", "amazon_gift_cards", "movielens_100k")
ROWS = BENCH / "ablation"
TEXT_COLUMNS = ("title", "description")
FIXED_COLUMNS = ("item_id", "available")
# A query for each modality that returns a row where a file has it.
PRESENT = {
    "comments": "SELECT 1 FROM mmsql.comments LIMIT 1",
    "text": "SELECT 1 FROM mmsql.items i WHERE i.title IS NOT NULL OR i.description IS NOT NULL LIMIT 1",
    "attributes": "SELECT 1 FROM mmsql.items LIMIT 1",
    "images": "SELECT 1 FROM mmsql.images LIMIT 1",
}
MODALITY_TABLES = {
    "comments": ("comments", "item_id"),
    "images": ("images", "item_id"),
    "attributes": ("users", "user_id"),
}
EVERY_SECOND = "hash(CAST({} AS VARCHAR)) % 2 = 0"
NOTHING = "behaviour only"
POPULARITY = "popularity"
# Options of a graph with content edges only.
ALONE = {"behavior_weight": 0, "ease_weight": 0, "popularity_weight": 0}
K = 10
HEADS = [
    "set",
    "model",
    "sources",
    "R@10",
    "N@10",
    "N@10 against behaviour",
    "rare R@10",
    "coverage",
    "cold R@10",
    "× chance",
    "seeds",
]
NOTES = """
Leave-last-out as above. Options are chosen on the validation split separately for each row. Text is title and
description (for MovieLens: title and plot). Attributes are all other columns of items, and of users where there are
any. Half: blanked for every second item and user, drawn by a hash of the id. Item rows stay, so that the catalog is
the same. Alone: the graph has only edges of that modality, from the items of the user; co-occurrence, order and
popularity do not count. By chance: lists drawn from the items that the user has not had. Rare: users whose last
item has fewer than ten events in training. Cold: recall on items without training events, as in the section on cold
items; with behaviour alone it equals chance. With content, `fusion` also diversifies its lists by content (`alpha`
= 0.05). ± is the standard deviation over seeds.
"""


@dataclass(frozen=True)
class Variant:
    """A copy of a file: kept modalities, those of every second item only, and whether behaviour is left out."""

    kept: tuple[str, ...]
    halved: tuple[str, ...] = ()
    alone: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=lambda text: text.split(","), default=list(SETS))
    parser.add_argument("--models", type=lambda text: text.split(","), default=["graph", "fusion"])
    parser.add_argument("--sources", type=lambda text: text.split(","), help="rows to measure; all by default")
    parser.add_argument(
        "--parts", type=lambda text: text.split(","), default=["warm", "cold"], help="evaluations to run"
    )
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=list(SEEDS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--limit", type=float, default=3600, help="seconds after which an evaluation is ended")
    given = parser.parse_args()
    for name in given.sets:
        for sources, variant in variants(database(name)).items():
            if given.sources and sources not in given.sources:
                continue
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "shop.duckdb"
                blank(database(name), path, variant)
                for model in given.models if not variant.alone else {"graph"} & {*given.models}:
                    measure_variant(name, sources, path, model, given, ALONE if variant.alone else {})
                if sources == NOTHING:
                    measure_variant(name, sources, path, POPULARITY, given, {})
    body = NOTES.strip() + "\n\n" + rare_shares() + "\n\n" + table(HEADS, lines())
    write_section("ablation", "Ablation: what each modality adds", body, given.threads)
    print(body)


def variants(path: Path) -> dict[str, Variant]:
    """Return the variants to compare, for the modalities of a file."""
    with duckdb.connect(str(path), read_only=True) as con:
        there = tuple(modality for modality, query in PRESENT.items() if con.execute(query).fetchall())
    found = {f"{modality} alone": Variant((modality,), alone=True) for modality in there}
    if len(there) > 1:
        found["everything but behaviour"] = Variant(there, alone=True)
    found[NOTHING] = Variant(())
    found |= {f"behaviour + {modality}": Variant((modality,)) for modality in there}
    if len(there) < 2:
        return found | {f"behaviour + half of {modality}": Variant((modality,), (modality,)) for modality in there}
    found["everything"] = Variant(there)
    if len(there) > 2:
        without = {gone: tuple(modality for modality in there if modality != gone) for gone in there}
        found |= {f"everything but {gone}": Variant(kept) for gone, kept in without.items()}
    return found | {f"everything, half of {modality}": Variant(there, (modality,)) for modality in there}


def blank(source: Path, path: Path, variant: Variant) -> None:
    """Copy a file, and blank the modalities that the variant does not keep."""
    shutil.copy(source, path)
    gone = [modality for modality in PRESENT if modality not in variant.kept]
    with duckdb.connect(str(path)) as con:
        columns = [name for name, *_ in con.execute("DESCRIBE mmsql.items").fetchall() if name not in FIXED_COLUMNS]
        for modality, where in [(name, "true") for name in gone] + [(name, EVERY_SECOND) for name in variant.halved]:
            blanked = [name for name in columns if ("text" if name in TEXT_COLUMNS else "attributes") == modality]
            if blanked:
                con.execute(
                    "UPDATE mmsql.items SET "
                    + ", ".join(f'"{name}" = NULL' for name in blanked)
                    + f" WHERE {where.format('item_id')}"
                )
            if modality in MODALITY_TABLES:
                table_name, owner = MODALITY_TABLES[modality]
                con.execute(f"DELETE FROM mmsql.{table_name} WHERE {where.format(owner)}")


def measure_variant(
    name: str, sources: str, path: Path, model: str, given: argparse.Namespace, options: dict[str, float]
) -> None:
    """Evaluate one model on one blanked file with every seed."""
    for seed in given.seeds:
        row = ROWS / name / model / sources / f"{seed}.json"
        found = json.loads(row.read_text()) if row.exists() else {}
        if "warm" in given.parts:
            limits = {"seed": seed, "threads": given.threads, "limit": given.limit}
            found = {**evaluated(path, model, options=options, **limits), "cold": found.get("cold")}
            found.pop("lists", None)
        if "cold" in given.parts and sources != NOTHING and "error" not in found:
            found["cold"] = measured_cold(path, model, seed, given.threads, options)
        write_json(row, found)
        print(name, model, sources, f"seed {seed}", json.dumps(found, default=float), flush=True)


def lines() -> list[list[str]]:
    """Return the lines of the table for all stored rows."""
    found = []
    for name in SETS:
        popular = rows_of(ROWS / name / POPULARITY / NOTHING)
        if popular:
            found += [by_chance(name, popular), line(name, POPULARITY, "", popular, [])]
        for folder in sorted(path for path in (ROWS / name).glob("*") if path.is_dir() and path.name != POPULARITY):
            base: list[dict[str, Any]] = rows_of(folder / NOTHING)
            found += [
                line(name, folder.name, sources, rows_of(folder / sources), base)
                for sources in variants(database(name))
                if rows_of(folder / sources)
            ]
    return found


def rows_of(folder: Path) -> list[dict[str, Any]]:
    rows = [{**json.loads(path.read_text()), "seed": path.stem} for path in sorted(folder.glob("*.json"))]
    return [row for row in rows if "ndcg" in row]


def line(name: str, model: str, sources: str, rows: list[dict[str, Any]], base: list[dict[str, Any]]) -> list[str]:
    """Return one line: means over seeds, and the gain over behaviour alone."""
    gain = mean(row["ndcg"] for row in rows) / mean(row["ndcg"] for row in base) - 1 if base else 0.0
    gained = f"{gain:+.1%}" if base and sources != NOTHING else ""
    figures = [shown(rows, metric) for metric in ("recall", "ndcg")]
    beside = [shown(rows, "rare_recall"), f"{mean(row['catalog_coverage'] for row in rows):.3f}"]
    seeds = ", ".join(row["seed"] for row in rows)
    return [name, f"`{model}`", sources, *figures, gained, *beside, *cold(name, sources, rows), seeds]


def shown(rows: list[dict[str, Any]], metric: str) -> str:
    """Return the mean over seeds with its standard deviation, for the rows with the metric."""
    values = [row[metric] for row in rows if row.get(metric) is not None]
    if not values:
        return ""
    return f"{mean(values):.4f}" + (f" ± {stdev(values):.4f}" if len(values) > 1 else "")


def by_chance(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Return the line of random lists, in which every rank is equally likely to hold the held-out item."""
    recall = mean(row["chance"] for row in rows)
    ndcg = recall / K * sum(1 / log2(rank + 1) for rank in range(1, K + 1))
    figures = [f"{recall:.4f}", f"{ndcg:.4f}", "", f"{recall:.4f}", ""]
    return [name, "by chance", "", *figures, *cold(name, NOTHING, rows), ""]


def cold(name: str, sources: str, rows: list[dict[str, Any]]) -> list[str]:
    """Return the mean recall on cold items and its ratio to chance; for behaviour alone, chance itself."""
    if sources == NOTHING:
        rows = [row for folder in (ROWS / name / "graph").glob("*") for row in rows_of(folder) if row.get("cold")]
        return [f"{mean(chance(row['cold']) for row in rows):.4f}", "1.0"] if rows else ["", ""]
    found = [row["cold"] for row in rows if row.get("cold")]
    if not found:
        return ["", ""]
    recall = mean(row["recall"][str(K)][0] for row in found)
    return [f"{recall:.4f}", f"{recall / mean(chance(row) for row in found):.1f}"]


def chance(row: dict[str, Any]) -> float:
    return float(min(1.0, K / row["items"]))


def rare_shares() -> str:
    """Return the share of users with a rare last item, for each set."""
    shares = {
        name: mean(row["rare_share"] for row in rows)
        for name in SETS
        if (rows := rows_of(ROWS / name / POPULARITY / NOTHING))
    }
    return "Last items that are rare: " + ", ".join(f"{share:.1%} of {name}" for name, share in shares.items()) + "."


if __name__ == "__main__":
    main()
