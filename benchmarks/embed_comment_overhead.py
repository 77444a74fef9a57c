"""Time of embed_comment in SQL relative to the encoder called directly on the same texts, in pairs.

    python benchmarks/embed_comment_overhead.py [REVIEWS.json.gz] [PAIRS]

Without a file it uses synthetic comments of the same number and length. The limit is 1.15.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import duckdb

import mmsql
from mmsql.encoders import load_encoder
from mmsql.loading.amazon import load_amazon_reviews

DATA = Path(os.environ.get("MMSQL_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
REVIEWS = DATA / "amazon_musical_instruments" / "Musical_Instruments_5.json.gz"
ROWS = 10_261


def fill(con: duckdb.DuckDBPyConnection, reviews: Path) -> None:
    if reviews.exists():
        load_amazon_reviews(con, reviews)
        return
    words = [
        "the",
        "guitar",
        "sounds",
        "warm",
        "but",
        "its",
        "strings",
        "wear",
        "out",
        "far",
        "too",
        "soon",
        "for",
        "a",
        "stage",
    ]
    con.execute(
        "INSERT INTO mmsql.comments SELECT 'i' || r, 'u' || r, array_to_string(list_transform(range(60), "
        "lambda n: $words[1 + (hash(r, n) % len($words))::INTEGER]), ' '), 5, NULL FROM range($rows) t(r)",
        {"words": words, "rows": ROWS},
    )


def main() -> None:
    reviews = Path(sys.argv[1]) if len(sys.argv) > 1 else REVIEWS
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        con = mmsql.connect(Path(folder) / "shop.duckdb")
        fill(con, reviews)
        texts = [body for (body,) in con.execute("SELECT body FROM comments").fetchall()]
        encoder = load_encoder()
        encoder.encode(texts[:256])
        con.execute("SELECT embed_comment('warm up')").fetchall()
        ratios = []
        for _ in range(pairs):
            started = perf_counter()
            encoder.encode(texts)
            direct = perf_counter() - started
            started = perf_counter()
            con.execute("CREATE OR REPLACE TEMP TABLE t AS SELECT embed_comment(c.body) AS v FROM comments c")
            in_sql = perf_counter() - started
            ratios.append(in_sql / direct)
            print(f"direct {direct:.3f} s   in SQL {in_sql:.3f} s   ratio {ratios[-1]:.3f}")
        print(f"{len(texts)} comments, median ratio {statistics.median(ratios):.3f} (limit 1.15)")


if __name__ == "__main__":
    main()
