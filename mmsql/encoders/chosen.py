"""The encoder of a file: remembered in its settings."""

from __future__ import annotations

import duckdb

from mmsql import store
from mmsql.encoders import DeferredEncoder, load_encoder
from mmsql.encoders.adapters import adapted_encoder, adapter_hash, base_name, read_adapter
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
    wanted = known if name is None else name
    if adapter_hash(wanted) is not None:
        adapter = read_adapter(con, wanted)
        return adapted_encoder(adapter, choose_base_encoder(con, wanted))
    return choose_base_encoder(con, wanted)


def choose_base_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> Encoder:
    """Return the encoder asked for, or the file's own, without an adapter: what an adapter is trained for.

    Raises
    ------
    EncoderError
        When an encoder that is new to the file cannot be loaded.
    """
    known = base_name(store.get_setting(con, "encoder") or DEFAULT_ENCODER)
    if name is None or base_name(name) == known:
        return DeferredEncoder(known, int(store.get_setting(con, "encoder_dimension") or DEFAULT_DIMENSION))
    return load_encoder(base_name(name))


def load_own_encoder(con: duckdb.DuckDBPyConnection) -> Encoder:
    """Return the file's own encoder, loaded, so that its dimension is what it makes.

    Raises
    ------
    EncoderError
        When it cannot be loaded, or the file lacks its adapter.
    """
    name = store.get_setting(con, "encoder") or DEFAULT_ENCODER
    base = load_encoder(base_name(name))
    return base if adapter_hash(name) is None else adapted_encoder(read_adapter(con, name), base)
