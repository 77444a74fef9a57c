"""Put the sections that the benchmarks have written into RESULTS.md, in the place of those of the same heading.

python benchmarks/results.py
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from workspace import SECTIONS, versions

ORDER = (
    "accuracy",
    "accuracy_again",
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
    head = (
        "# Results\n\n"
        f"Put together by `make bench` on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} CPU cores without a GPU. "
        f"{listed}; versions of other libraries stand in the tables. Every section says by which command it was made "
        "and when, and can be made again alone: the others stay as they are.\n"
    )
    found = sections(RESULTS.read_text()) if RESULTS.exists() else {}
    for path in sorted(SECTIONS.glob("*.md"), key=lambda path: ORDER.index(path.stem)):
        found |= sections(path.read_text())
    RESULTS.write_text("\n".join([head, *found.values()]))


def sections(text: str) -> dict[str, str]:
    """Take a page apart: what stands under each heading of the second level, by the heading."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.rstrip("\n") + "\n" for part in parts}


if __name__ == "__main__":
    main()
