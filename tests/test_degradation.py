"""A shop that loses a modality, or half of it, still trains and serves, and knows new items gradually less well."""

from __future__ import annotations

import io
from collections.abc import Iterator
from statistics import mean

import duckdb
import numpy as np
import pytest
from PIL import Image

import mmsql
from mmsql.encoders import images
from mmsql.encoders.names import DEFAULT_IMAGE_DIMENSION, DEFAULT_IMAGE_ENCODER
from mmsql.jobs import evaluation

pytestmark = pytest.mark.usefixtures("colours")

ITEMS, TASTES, USERS = 80, 4, 200
TRUE = 0.7  # of what a modality says of items; the rest is said of any taste
QUICK = {"search_steps": 0}
SUBJECTS = ("ship harbour sail", "castle knight sword", "orbit rocket comet", "garden flower seed")
OPINIONS = ("salty breeze waves", "brave noble quest", "silent starry void", "green fragrant bloom")
LOSE = {
    "text": "UPDATE items SET title = NULL WHERE {}",
    "comments": "DELETE FROM comments WHERE {}",
    "attributes": "UPDATE items SET category = NULL WHERE {}",
    "images": "DELETE FROM images WHERE {}",
}
HALF = "hash(item_id) % 2 = 0"


class Colours:
    """Stands for the packaged encoder: a vector is the mean colour."""

    name, dimension = DEFAULT_IMAGE_ENCODER, DEFAULT_IMAGE_DIMENSION

    def encode(self, pictures):
        rows = np.zeros((len(pictures), self.dimension), np.float32)
        for row, picture in enumerate(pictures):
            rows[row, :3] = np.asarray(picture.resize((1, 1)), np.float32).ravel() - 128
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def colours(monkeypatch, counting_encoder):
    monkeypatch.setattr(images, "_loaded", {(DEFAULT_IMAGE_ENCODER, "auto"): Colours()})


def picture(taste: int, item: int) -> bytes:
    colour = np.array([(220, 60, 60), (60, 220, 60), (60, 60, 220), (220, 220, 60)][taste]) + item % 20
    out = io.BytesIO()
    Image.fromarray(np.full((4, 4, 3), colour, np.uint8)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Users keep to one of four tastes; of an item's taste each modality tells most of the time."""
    draw = np.random.default_rng(7)
    tastes = np.arange(ITEMS) % TASTES
    told = np.where(draw.random((4, ITEMS)) < TRUE, tastes, draw.integers(0, TASTES, (4, ITEMS)))
    with mmsql.connect(":memory:") as opened:
        for item in range(ITEMS):
            name, (text, comment, category, image) = f"i{item:02}", told[:, item]
            title = " ".join(draw.permutation(SUBJECTS[text].split())[:2])
            opened.execute(
                "INSERT INTO items (item_id, title, category, available) VALUES (?, ?, ?, true)",
                [name, title, f"shelf {category}"],
            )
            body = " ".join(draw.permutation(OPINIONS[comment].split())[:2])
            opened.execute("INSERT INTO comments VALUES (?, NULL, ?, 5, NULL)", [name, body])
            opened.execute("INSERT INTO images VALUES (?, ?)", [name, picture(image, item)])
        events = [
            (f"u{user}", f"i{item:02}", place)
            for user in range(USERS)
            for place, item in enumerate(draw.permutation(np.flatnonzero(tastes == user % TASTES))[:8])
        ]
        opened.executemany(
            "INSERT INTO interactions VALUES (?, ?, 'view', 1, TIMESTAMP '2025-01-01' + to_hours(?::INTEGER))", events
        )
        yield opened


def recall(con: duckdb.DuckDBPyConnection) -> float:
    """Measure recall@5 on the quarter of the items that training does not see; of them about 5 are of a taste."""
    config = evaluation.EvaluationConfig(split="cold_items", cold_share=0.25, seed=5)
    evaluation.evaluate(con.cursor(), algorithm="graph", config=config, options=QUICK)
    ((found,),) = con.execute("SELECT value FROM metrics(k := 5) WHERE metric = 'recall'").fetchall()
    return float(found)


def serve(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CALL train('graph', search_steps := 0)")
    for user in ("u0", "nobody"):
        assert len(con.execute("SELECT item_id FROM recommend(?)", [user]).fetchall()) == 10
    shown = {item for (item,) in con.execute("SELECT item_id FROM recommend('u0', k := 4)").fetchall()}
    assert sum(int(item[1:]) % TASTES == 0 for item in shown) >= 3, "what is known by behaviour stays known"


def lost(con: duckdb.DuckDBPyConnection, modalities: tuple[str, ...], where: str = "true") -> float:
    """Lose modalities, train and serve, measure, and have them back."""
    tables = ("items", "comments", "images")
    for table in tables:
        con.execute(f"CREATE TEMP TABLE kept_{table} AS FROM mmsql.{table}")
    for modality in modalities:
        con.execute(LOSE[modality].format(where))
    serve(con)
    found = recall(con)
    for table in tables:
        con.execute(
            f"DELETE FROM mmsql.{table}; INSERT INTO mmsql.{table} FROM kept_{table}; DROP TABLE kept_{table}"
        )
    return found


def test_what_is_lost_is_missed_gradually(con):
    by_chance, everything = 5 / (ITEMS / 4), lost(con, ())
    without = {modality: lost(con, (modality,)) for modality in LOSE}
    halved = {modality: lost(con, (modality,), HALF) for modality in LOSE}
    alone = {modality: lost(con, tuple(other for other in LOSE if other != modality)) for modality in LOSE}
    assert everything > 2.5 * by_chance
    assert min(alone.values()) > 1.5 * by_chance, "each tells something by itself"
    assert everything > mean(halved.values()) > mean(without.values()) > mean(alone.values()), "the more, the better"
    for modality in LOSE:
        assert without[modality] > 0.7 * everything, f"without {modality} most is still known"
        assert halved[modality] > 0.8 * everything
        assert without[modality] > alone[modality] - 0.05
    assert lost(con, tuple(LOSE), HALF) > 1.5 * by_chance


def test_without_any_modality_behavior_serves(con):
    for statement in LOSE.values():
        con.execute(statement.format("true"))
    serve(con)
