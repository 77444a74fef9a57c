"""The encoder of a file: remembered in its settings."""

from __future__ import annotations

import duckdb

from mmsql import store
from mmsql.encoders import DeferredEncoder, load_encoder
from mmsql.encoders.base import Encoder
from mmsql.encoders.names import DEFAULT_DIMENSION, DEFAULT_ENCODER


def choose_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> Encoder:
    """Return the encoder asked for, or the file's own: that of the model that serves.

    Raises
    ------
    EncoderError
        When an encoder that is new to the file cannot be loaded.
    """
    known = store.get_setting(con, "encoder") or DEFAULT_ENCODER
    if name is None or name == known:
        return DeferredEncoder(known, int(store.get_setting(con, "encoder_dimension") or DEFAULT_DIMENSION))
    return load_encoder(name)
