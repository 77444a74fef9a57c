"""Neighbors of images: share of the nearest 5 with the same category, by encoder.

    python benchmarks/image_neighbors.py [--pictures N] [--labels articleType,subCategory]

The nearest images by cosine of each of the 4,000 product images of fashion_thumbnails. The packaged encoder is
compared with its two parts, and with the usual color histograms.
"""

from __future__ import annotations

import argparse
import csv
import zipfile
from time import perf_counter

import numpy as np
from datasets import DATA
from PIL import Image
from workspace import table, write_section

from mmsql.encoders.cnn import COLOUR_SHARE, COLOURS, PackagedImageEncoder, histogram
from mmsql.encoders.image_reading import read_picture
from mmsql.models.neighbors import nearest

K = 5
BLOCK = 256
GOAL = 2.5
HEADS = ["vectors", "size", "P@5 by {label}", "times the RGB histogram", "times the HSV histogram"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=4000)
    parser.add_argument("--labels", type=lambda text: text.split(","), default=["articleType", "subCategory"])
    given = parser.parse_args()
    pictures, rows = load(given.pictures)
    started = perf_counter()
    vectors = encoded(pictures)
    seconds = perf_counter() - started
    parts = [section(vectors, rows, label) for label in given.labels]
    body = (
        f"Share of a picture's {K} nearest (cosine, {len(pictures):,} pictures of `fashion_thumbnails`, 60 × 80 "
        f"pixels) that have its label. {len(pictures) / seconds:.0f} pictures a second. "
        f"The goal is {GOAL} times a colour histogram by articleType.\n\n" + "\n\n".join(parts)
    )
    write_section("image_neighbors", "Images: neighbours of the same category", body)
    print(body)


def load(wanted: int) -> tuple[list[Image.Image], list[dict[str, str]]]:
    """Return images and their rows of labels, drawn evenly where fewer than all are wanted."""
    folder = DATA / "fashion_thumbnails"
    with (folder / "styles.csv").open(encoding="utf-8") as file, zipfile.ZipFile(folder / "images.zip") as archive:
        members = {name.rsplit("/", 1)[-1].removesuffix(".jpg"): name for name in archive.namelist()}
        rows = [row for row in csv.DictReader(file) if row["id"] in members]
        chosen = np.sort(np.random.default_rng(0).permutation(len(rows))[:wanted])
        rows = [rows[index] for index in chosen]
        return [read_picture(archive.read(members[row["id"]])) for row in rows], rows


def encoded(pictures: list[Image.Image]) -> dict[str, np.ndarray]:
    """Return the vectors of each encoder."""
    encoder = PackagedImageEncoder()
    blocks = [encoder.encode(pictures[start : start + BLOCK]) for start in range(0, len(pictures), BLOCK)]
    whole = np.concatenate(blocks)
    return {
        f"packaged: CNN and colours ({COLOUR_SHARE:.0%})": whole,
        "CNN alone": whole[:, :-COLOURS],
        "colours alone, as the encoder has them (HSV, square roots)": whole[:, -COLOURS:],
        "HSV histogram, 104 cells": np.stack([histogram(picture) for picture in pictures]),
        "RGB histogram, 4 × 4 × 4 cells": np.stack([rgb_histogram(picture) for picture in pictures]),
    }


def rgb_histogram(picture: Image.Image) -> np.ndarray:
    red, green, blue = np.moveaxis(np.asarray(picture).astype(np.int64) // 64, -1, 0)
    return np.bincount((16 * red + 4 * green + blue).ravel(), minlength=64).astype(np.float32)


def precision(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of nearest neighbors with the label of the row, over all rows."""
    near = nearest(np.ascontiguousarray(vectors, dtype=np.float32), K)
    return float((labels[near.item_index] == labels[near.neighbor_index]).sum() / (K * len(labels)))


def section(vectors: dict[str, np.ndarray], rows: list[dict[str, str]], label: str) -> str:
    labels = np.array([row[label] for row in rows])
    found = {name: precision(values, labels) for name, values in vectors.items()}
    *_, hsv, rgb = found.values()
    lines = [
        [name, str(vectors[name].shape[1]), f"{value:.4f}", f"{value / rgb:.2f}", f"{value / hsv:.2f}"]
        for name, value in found.items()
    ]
    return table([head.format(label=label) for head in HEADS], lines)


if __name__ == "__main__":
    main()
