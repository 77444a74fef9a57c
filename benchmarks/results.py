"""Replace the sections of RESULTS.md by those that the benchmarks have written, by heading.

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
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} CPU cores without a GPU. "
        f"{listed}; the tables have the versions of other libraries. Every section shows its command and its date, "
        "and can be measured again alone.\n"
    )
    found = sections(RESULTS.read_text()) if RESULTS.exists() else {}
    for path in sorted(SECTIONS.glob("*.md"), key=lambda path: ORDER.index(path.stem)):
        found |= sections(path.read_text())
    RESULTS.write_text("\n".join([head, *found.values()]))


def sections(text: str) -> dict[str, str]:
    """Split a page into its sections of the second level, by heading."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.rstrip("\n") + "\n" for part in parts}


if __name__ == "__main__":
    main()
