"""Options of fine-tuning in tests, and the encoder that a model has."""

from __future__ import annotations

import duckdb

LORA = {"finetune": "lora", "search_steps": 0, "finetune_steps": 100}


def encoder_of(con: duckdb.DuckDBPyConnection, model: str) -> str:
    return con.execute("SELECT config ->> 'encoder' FROM mmsql.models WHERE model = ?", [model]).fetchall()[0][0]
