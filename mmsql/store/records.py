"""Rows of ``mmsql.models``: which model serves, and how a model was made.

This module loads no numerical library: every answer that names the deployed model reads it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import duckdb

from mmsql.config import ALGORITHM_CONFIGS
from mmsql.db import serving
from mmsql.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """One row of ``mmsql.models``, without its weights."""

    model: str
    algorithm: str
    status: str
    seed: int
    config: dict[str, Any]
    encoder: str
    image_encoder: str | None = None  # None where it was made without images being known


def find(con: duckdb.DuckDBPyConnection, model: str | None) -> ModelRecord:
    """Return a model by name, or the deployed one.

    Raises
    ------
    ModelError
        When there is none of that name, or nothing is deployed, and the message names what there is; or when its row
        is damaged.
    """
    name = model if model is not None else serving.deployed_model(con)
    if name is None:
        raise ModelError("No model is deployed in this file. Run CALL train() or `mmsql train` on it.")
    rows = con.execute(
        "SELECT m.model, m.algorithm, m.status, m.seed, m.config FROM mmsql.models m WHERE m.model = ?", [str(name)]
    ).fetchall()
    if not rows:
        names = [found for (found,) in con.execute("SELECT m.model FROM mmsql.models m ORDER BY 1").fetchall()]
        raise ModelError(f"There is no model {name!r}. There is: {', '.join(names) or 'none yet'}.")
    row = rows[0]
    config = _readable(*row)
    encoder = config.pop("encoder")
    del config["encoder_dimension"]
    images = config.pop("image_encoder", None)
    config.pop("image_encoder_dimension", None)
    return ModelRecord(
        model=row[0],
        algorithm=row[1],
        status=row[2],
        seed=row[3],
        config=config,
        encoder=encoder,
        image_encoder=images,
    )


def _readable(model: str, algorithm: str, _status: str, seed: int, stored: str | None) -> dict[str, Any]:
    """Return the configuration of a row, if another program has not damaged it."""
    config = json.loads(stored) if stored else None
    flaw = ""
    if algorithm not in ALGORITHM_CONFIGS:
        flaw = f"there is no algorithm {algorithm!r}"
    elif (
        not isinstance(config, dict)
        or not isinstance(config.get("encoder"), str)
        or "encoder_dimension" not in config
    ):
        flaw = f"its config is {str(stored)[:60]}"
    elif not isinstance(seed, int):
        flaw = "it has no seed"
    if flaw:
        raise ModelError(
            f"The row of {model} in mmsql.models is damaged: {flaw}. Run `mmsql train` to make another model, or "
            f"CALL rollback() to serve the one before."
        )
    return dict(config or {})
