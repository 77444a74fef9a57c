"""Text encoders: a protocol, a packaged default, and any sentence-transformers model by name or path."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmsql.encoders.base import Encoder
from mmsql.encoders.names import DEFAULT_DIMENSION, DEFAULT_ENCODER, MULTILINGUAL_ENCODER
from mmsql.errors import EncoderError

_loaded: dict[tuple[str, str], Encoder] = {}
_lock = threading.Lock()


def load_encoder(name: str = DEFAULT_ENCODER, device: str = "auto") -> Encoder:
    """Return an encoder. Each is loaded at most once per process.

    Parameters
    ----------
    name : str
        ``wordllama`` (packaged, static, English), ``multilingual`` (extra ``multilingual``), or any
        sentence-transformers model by hub name or path.
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Device of the encoder.

    Raises
    ------
    EncoderError
        If the encoder cannot be loaded.
    """
    if not isinstance(name, str) or not name.strip():
        raise EncoderError(
            f"{name!r} is not the name of an encoder. Type 'wordllama', 'multilingual', a hub name or a path."
        )
    with _lock:
        key = (name, device)
        if key not in _loaded:
            _loaded[key] = _load(name, device)
        return _loaded[key]


@dataclass(frozen=True)
class DeferredEncoder:
    """An encoder of known dimension that is loaded when the first text needs it.

    If all texts are in the cache, it is never loaded.

    Attributes
    ----------
    note : str
        One line that tells the user how the encoder was chosen; may be empty.
    """

    name: str
    dimension: int
    device: str = "auto"
    note: str = ""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: float32, (texts, dimension), of length 1."""
        return load_encoder(self.name, self.device).encode(texts)


def _load(name: str, device: str) -> Encoder:
    packaged = not Path(name).is_dir()
    if name == MULTILINGUAL_ENCODER and packaged:
        from mmsql.encoders.multilingual import MultilingualEncoder

        return MultilingualEncoder()
    from mmsql.device import resolve_device

    resolved = str(resolve_device(device))
    if name == DEFAULT_ENCODER and packaged:
        from mmsql.encoders.static import StaticEncoder

        return StaticEncoder(resolved)
    from mmsql.encoders.sentence import load_by_name

    return load_by_name(name, resolved)


__all__ = ["DEFAULT_DIMENSION", "DEFAULT_ENCODER", "DeferredEncoder", "Encoder", "load_encoder"]
