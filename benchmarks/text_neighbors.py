"""Neighbors of Chinese comments: share of the nearest 5 with the same label, and speed, by encoder.

    python benchmarks/text_neighbors.py [--comments N]

The comments of chinese_reviews come from one kind of shop and have one label, positive or negative. The benchmark
measures neighbors with the same label, and neighbors with the same topic among comments that name exactly one of five
topics. The words of the topics are removed from these texts first.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable
from time import process_time

import numpy as np
import scipy.sparse as sp
from datasets import DATA
from sklearn.feature_extraction.text import TfidfVectorizer
from workspace import table, write_section

from mmsql.encoders import load_encoder

K = 5
BLOCK = 1024
LETTERS = 8  # smallest number of characters of a comment
SPEED_TEXTS = 2000
TOPICS = {
    "delivery time": "快|慢|小时|分钟|准时|及时|等了|提前|迟到|速度|超时",
    "taste": "好吃|难吃|味道|口味|口感|不错吃|咸|淡|辣|美味|鲜",
    "amount": "分量|份量|量大|量足|量少|太少|吃不饱|量很",
    "courier": "服务|态度|小哥|师傅|骑士|客气|员",
    "packaging": "包装|盒|洒|撒|漏|袋",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=6000)
    given = parser.parse_args()
    texts, labels = load(given.comments)
    masked, topics = by_topic(texts)
    rows = []
    for name, encode in encoders().items():
        started = process_time()
        vectors = encode(texts)
        seconds = process_time() - started
        by_label, by_topics = precision(vectors, labels), precision(encode(masked), topics)
        rows.append([name, f"{by_label:.4f}", f"{by_topics:.4f}", f"{len(texts) / seconds:,.0f}"])
    rows.append(["chance", f"{chance(labels):.4f}", f"{chance(topics):.4f}", ""])
    lengths = np.array([len(text) for text in texts])
    body = (
        f"Share of a comment's {K} nearest (cosine) that have its label: {len(texts):,} different comments of "
        f"`chinese_reviews` by whether they are content, {len(masked):,} of them that name one topic "
        f"({', '.join(TOPICS)}), with the words that name topics cut out. {lengths.mean():.0f} characters on "
        "average; texts a second of CPU time, loading left out.\n\n"
        + table(["vectors", "P@5 by content", "P@5 by topic", "texts a second"], rows)
    )
    write_section("text_neighbors", "Texts: neighbours of Chinese comments", body)
    print(body)


def load(wanted: int) -> tuple[list[str], np.ndarray]:
    """Return different comments and their labels, drawn evenly where fewer than all are wanted."""
    path = DATA / "chinese_reviews" / "waimai_10k.csv"
    with path.open(encoding="utf-8-sig") as file:
        known = {row["review"].strip(): int(row["label"]) for row in csv.DictReader(file)}
    rows = [(text, label) for text, label in known.items() if len(text) >= LETTERS]
    chosen = np.sort(np.random.default_rng(0).permutation(len(rows))[:wanted])
    return [rows[index][0] for index in chosen], np.array([rows[index][1] for index in chosen])


def by_topic(texts: list[str]) -> tuple[list[str], np.ndarray]:
    """Return the comments with one topic, without the words of topics, and their topics."""
    words = re.compile("|".join(TOPICS.values()))
    masked, topics = [], []
    for text in texts:
        named = [number for number, pattern in enumerate(TOPICS.values()) if re.search(pattern, text)]
        rest = words.sub("", text)
        if len(named) == 1 and len(rest) >= LETTERS:
            masked.append(rest)
            topics.append(named[0])
    return masked, np.array(topics)


def encoders() -> dict[str, Callable[[list[str]], np.ndarray | sp.csr_matrix]]:
    """Return the functions that encode texts, with their models loaded."""
    found: dict[str, Callable[[list[str]], np.ndarray | sp.csr_matrix]] = {}
    for name in ("multilingual", "wordllama"):
        encoder = load_encoder(name)
        encoder.encode(["好"])
        found[name] = encoder.encode
    found["character tf-idf, 1 to 3 characters"] = TfidfVectorizer(analyzer="char", ngram_range=(1, 3)).fit_transform
    found["character tf-idf, single characters"] = TfidfVectorizer(analyzer="char").fit_transform
    return found


def precision(vectors: np.ndarray | sp.csr_matrix, labels: np.ndarray) -> float:
    """Return the share of nearest neighbors with the label of the row, over all rows."""
    hits = 0
    for start in range(0, len(labels), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(labels)))
        scores = vectors[rows] @ vectors.T
        dense = np.asarray(scores.todense() if sp.issparse(scores) else scores)
        dense[np.arange(len(rows)), rows] = -np.inf
        near = np.argpartition(-dense, K, axis=1)[:, :K]
        hits += int((labels[near] == labels[rows, None]).sum())
    return hits / (K * len(labels))


def chance(labels: np.ndarray) -> float:
    """Return the share for random neighbors."""
    share = np.bincount(labels) / len(labels)
    return float((share**2).sum())


if __name__ == "__main__":
    main()
