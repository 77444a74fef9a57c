"""Image encoders: a protocol, a packaged default, and any sentence-transformers CLIP model by name or path."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb
import numpy as np

from mmsql.db.settings import get_setting
from mmsql.encoders.cnn import ImagesExtraError, PackagedImageEncoder, is_installed
from mmsql.encoders.names import DEFAULT_IMAGE_DIMENSION, DEFAULT_IMAGE_ENCODER, NO_IMAGE_ENCODER
from mmsql.errors import EncoderError

if TYPE_CHECKING:
    from PIL import Image

_loaded: dict[tuple[str, str], ImageEncoder] = {}
_lock = threading.Lock()


class ImageEncoder(Protocol):
    """An encoder of pictures.

    Attributes
    ----------
    name : str
        The packaged encoder, a hub name or a path. The cache stores vectors under this name.
    dimension : int
        Length of a vector.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def dimension(self) -> int: ...  # noqa: D102

    def encode(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """Embed RGB pictures: float32, (pictures, dimension), of length 1."""
        ...


@dataclass(frozen=True)
class DeferredImageEncoder:
    """An image encoder of known dimension that is loaded when the first picture needs it."""

    name: str = DEFAULT_IMAGE_ENCODER
    dimension: int = DEFAULT_IMAGE_DIMENSION
    device: str = "auto"

    def encode(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """Embed RGB pictures: float32, (pictures, dimension), of length 1."""
        return load_image_encoder(self.name, self.device).encode(pictures)


NO_IMAGES = DeferredImageEncoder(NO_IMAGE_ENCODER)


def load_image_encoder(name: str = DEFAULT_IMAGE_ENCODER, device: str = "auto") -> ImageEncoder:
    """Return an image encoder. Each is loaded at most once per process.

    Parameters
    ----------
    name : str
        ``efficientnet-lite0`` (extra ``images``), or a sentence-transformers CLIP model by hub name or path.
    device : {'auto', 'cpu', 'cuda', 'mps'}
        Device of the encoder.

    Raises
    ------
    EncoderError
        If the encoder cannot be loaded.
    """
    if not isinstance(name, str) or not name.strip():
        raise EncoderError(
            f"{name!r} is not the name of an image encoder. Type 'efficientnet-lite0', 'none', a hub name or a path."
        )
    with _lock:
        key = (name, device)
        if key not in _loaded:
            _loaded[key] = _load(name, device)
        return _loaded[key]


def _load(name: str, device: str) -> ImageEncoder:
    if _is_default(name) and not is_installed():
        raise ImagesExtraError(
            "The packages of the image encoder are not installed. Run `pip install 'mmsql[images]'`, or type "
            "image_encoder := 'none' to leave images out."
        )
    from mmsql.device import resolve_device

    resolved = str(resolve_device(device))
    if _is_default(name):
        return PackagedImageEncoder(resolved)
    from mmsql.encoders.clip import load_clip

    return load_clip(name, resolved)


def _is_default(name: str) -> bool:
    return name == DEFAULT_IMAGE_ENCODER and not Path(name).is_dir()


def reads_words(name: str | None) -> bool:
    """Return whether an encoder embeds words in the space of its pictures: all do, except the packaged one."""
    return name not in (None, NO_IMAGE_ENCODER, DEFAULT_IMAGE_ENCODER)


def encode_words(name: str, texts: Sequence[str]) -> np.ndarray:
    """Embed texts in the space of an encoder's pictures: float32, (texts, dimension), of length 1.

    Raises
    ------
    EncoderError
        If the encoder cannot be loaded, or cannot embed words.
    """
    embed = getattr(load_image_encoder(name), "encode_words", None)
    if embed is None:
        raise EncoderError(
            f"The image encoder {name!r} cannot embed words. Type image_encoder := 'PATH OF A CLIP MODEL'."
        )
    return np.asarray(embed(texts), dtype=np.float32)


def choose_image_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> ImageEncoder:
    """Return the requested image encoder, or the image encoder of the deployed model.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Connection to the file.
    name : str, optional
        As in :func:`load_image_encoder`, or ``none`` to leave images out.

    Raises
    ------
    EncoderError
        If a requested encoder cannot be loaded. The stored one is loaded when the first picture needs it.
    """
    stored = get_setting(con, "image_encoder") or DEFAULT_IMAGE_ENCODER
    requested = stored if name is None else name
    if requested == NO_IMAGE_ENCODER:
        return NO_IMAGES
    if name is not None and (name != stored or (_is_default(name) and not is_installed())):
        return load_image_encoder(name)
    dimension = get_setting(con, "image_encoder_dimension") or DEFAULT_IMAGE_DIMENSION
    return DeferredImageEncoder(requested, int(dimension))


__all__ = [
    "NO_IMAGES",
    "DeferredImageEncoder",
    "ImageEncoder",
    "ImagesExtraError",
    "choose_image_encoder",
    "encode_words",
    "load_image_encoder",
    "reads_words",
]
