"""Chooses the text encoder of a file: the one in its settings, or one for the language of its texts."""

from __future__ import annotations

import duckdb

from mmsql.db.settings import get_setting
from mmsql.encoders import DeferredEncoder, load_encoder
from mmsql.encoders.adapters import adapted_encoder, adapter_hash, base_name, read_adapter
from mmsql.encoders.base import Encoder
from mmsql.encoders.languages import mostly_non_english
from mmsql.encoders.multilingual import is_installed
from mmsql.encoders.names import (
    AUTO_ENCODER,
    DEFAULT_DIMENSION,
    DEFAULT_ENCODER,
    MULTILINGUAL_DIMENSION,
    MULTILINGUAL_ENCODER,
)

NOT_ENGLISH = "The texts are mostly not English"


def choose_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> Encoder:
    """Return the requested encoder, or the encoder of the deployed model.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection to the file.
    name : str, optional
        As in :func:`~mmsql.encoders.load_encoder`, or ``auto`` to choose by the language of the texts. ``auto`` is
        the default until a model is deployed.

    Raises
    ------
    EncoderError
        If an encoder that is new to the file cannot be loaded.
    """
    requested = get_setting(con, "encoder") if name is None else name
    adapter = None if requested is None or adapter_hash(requested) is None else read_adapter(con, requested)
    base = choose_base_encoder(con, name)
    return base if adapter is None else adapted_encoder(adapter, base)


def choose_base_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> Encoder:
    """Return the requested encoder, or the encoder of the deployed model, without an adapter.

    Raises
    ------
    EncoderError
        If an encoder that is new to the file cannot be loaded.
    """
    stored = get_setting(con, "encoder")
    if name == AUTO_ENCODER or (name is None and stored is None):
        return encoder_for_texts(con)
    base = base_name(stored or DEFAULT_ENCODER)
    if name is None or base_name(name) == base:
        return DeferredEncoder(base, int(get_setting(con, "encoder_dimension") or DEFAULT_DIMENSION))
    return load_encoder(base_name(name))


def encoder_for_texts(con: duckdb.DuckDBPyConnection) -> DeferredEncoder:
    """Return the multilingual encoder if the texts are mostly not English and it is installed, else the default.

    The encoder's note says so in one line, or tells what to install.
    """
    if not mostly_non_english(con):
        return DeferredEncoder(DEFAULT_ENCODER, DEFAULT_DIMENSION)
    if is_installed():
        note = f"{NOT_ENGLISH}: the multilingual encoder reads them."
        return DeferredEncoder(MULTILINGUAL_ENCODER, MULTILINGUAL_DIMENSION, note=note)
    note = (
        f"{NOT_ENGLISH}, and the packages that read them are not installed: run "
        "`pip install 'mmsql[multilingual]'` and train with encoder := 'auto'."
    )
    return DeferredEncoder(DEFAULT_ENCODER, DEFAULT_DIMENSION, note=note)


def load_own_encoder(con: duckdb.DuckDBPyConnection) -> Encoder:
    """Load the encoder of the deployed model.

    Raises
    ------
    EncoderError
        If it cannot be loaded, or the file does not have its adapter.
    """
    name = get_setting(con, "encoder") or DEFAULT_ENCODER
    base = load_encoder(base_name(name))
    return base if adapter_hash(name) is None else adapted_encoder(read_adapter(con, name), base)
