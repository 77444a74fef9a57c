"""The encoder of a file: remembered in its settings; for a file without one, chosen by the language of its texts."""

from __future__ import annotations

import duckdb

from mmsql.db.settings import get_setting
from mmsql.encoders import DeferredEncoder, load_encoder
from mmsql.encoders.adapters import adapted_encoder, adapter_hash, base_name, read_adapter
from mmsql.encoders.base import Encoder
from mmsql.encoders.languages import mostly_foreign
from mmsql.encoders.multilingual import is_installed
from mmsql.encoders.names import (
    AUTO_ENCODER,
    DEFAULT_DIMENSION,
    DEFAULT_ENCODER,
    MULTILINGUAL_DIMENSION,
    MULTILINGUAL_ENCODER,
)

FOREIGN = "The texts are mostly not English"


def choose_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> Encoder:
    """Return the encoder asked for, or the file's own: that of the model that serves.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Of the file.
    name : str, optional
        As of :func:`~mmsql.encoders.load_encoder`; or ``auto`` to choose by the language of the texts, as is done
        where nothing is given and no model has served yet.

    Raises
    ------
    EncoderError
        When an encoder that is new to the file cannot be loaded.
    """
    wanted = get_setting(con, "encoder") if name is None else name
    adapter = None if wanted is None or adapter_hash(wanted) is None else read_adapter(con, wanted)
    base = choose_base_encoder(con, name)
    return base if adapter is None else adapted_encoder(adapter, base)


def choose_base_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> Encoder:
    """Return the encoder asked for, or the file's own, without an adapter: what an adapter is trained for.

    Raises
    ------
    EncoderError
        When an encoder that is new to the file cannot be loaded.
    """
    known = get_setting(con, "encoder")
    if name == AUTO_ENCODER or (name is None and known is None):
        return encoder_for_texts(con)
    base = base_name(known or DEFAULT_ENCODER)
    if name is None or base_name(name) == base:
        return DeferredEncoder(base, int(get_setting(con, "encoder_dimension") or DEFAULT_DIMENSION))
    return load_encoder(base_name(name))


def encoder_for_texts(con: duckdb.DuckDBPyConnection) -> DeferredEncoder:
    """Return the multilingual encoder where the texts are mostly not English and it is installed, else the default.

    Its note says so in one line, or what to install.
    """
    if not mostly_foreign(con):
        return DeferredEncoder(DEFAULT_ENCODER, DEFAULT_DIMENSION)
    if is_installed():
        note = f"{FOREIGN}: the multilingual encoder reads them."
        return DeferredEncoder(MULTILINGUAL_ENCODER, MULTILINGUAL_DIMENSION, note=note)
    note = (
        f"{FOREIGN}, and the packages that read them are not installed: run `pip install 'mmsql[multilingual]'` and "
        "train with encoder := 'auto'."
    )
    return DeferredEncoder(DEFAULT_ENCODER, DEFAULT_DIMENSION, note=note)


def load_own_encoder(con: duckdb.DuckDBPyConnection) -> Encoder:
    """Return the file's own encoder, loaded, so that its dimension is what it makes.

    Raises
    ------
    EncoderError
        When it cannot be loaded, or the file lacks its adapter.
    """
    name = get_setting(con, "encoder") or DEFAULT_ENCODER
    base = load_encoder(base_name(name))
    return base if adapter_hash(name) is None else adapted_encoder(read_adapter(con, name), base)
