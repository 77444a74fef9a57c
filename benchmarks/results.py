"""Put the sections that the benchmarks have written together as RESULTS.md.

python benchmarks/results.py
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from workspace import SECTIONS, versions

ORDER = (
    "accuracy",
    "speed",
    "latency",
    "growth",
    "ablation",
    "cold_items",
    "diversity",
    "reranking",
    "image_neighbors",
    "text_neighbors",
    "refresh",
    "metrics_speed",
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    listed = ", ".join(f"{name} {version}" for name, version in versions().items())
    found = {path.stem: path.read_text() for path in SECTIONS.glob("*.md")}
    missing = [f"## {name}\n\nNot run: `python benchmarks/{name}.py`.\n" for name in ORDER if name not in found]
    parts = [found[name] for name in ORDER if name in found] + missing
    parts += [found[name] for name in sorted(found) if name not in ORDER]
    head = (
        "# Results\n\n"
        f"Put together by `make bench` on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} CPU cores without a GPU. "
        f"{listed}; versions of other libraries stand in the tables. Every section says by which command it was made "
        "and when, and can be made again alone.\n"
    )
    RESULTS.write_text("\n".join([head, *parts]))


if __name__ == "__main__":
    main()
