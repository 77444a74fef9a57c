"""From what stands in ``mmsql.images`` to a small RGB picture, or to a reason why there is none."""

from __future__ import annotations

import io
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

LONGEST_PATH = 4096  # bytes; what is longer is a picture
MOST_BYTES = 1 << 28  # of a file
MOST_PIXELS = 150_000_000  # of a picture; in colour 600 MB, where it cannot be decoded at a smaller size
MANY_PIXELS = 16_000_000  # of such pictures, one is decoded at a time
SIDE = 256  # pictures are scaled down to it
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")  # that are decoded by no other program

# Modes of which pixels are picked before they are averaged: numbers of colours have no mean, and to average what is
# transparent Pillow makes a second picture of the full size.
PICKED = ("1", "P", "PA", "LA", "RGBA")

_large = threading.Lock()


class UnreadablePictureError(Exception):
    """A picture cannot be used; the message says why, as ``mmsql.rejects`` does."""


class Given(NamedTuple):
    """What a value of ``mmsql.images`` turned out to be.

    Attributes
    ----------
    data : bytes, optional
        Of the picture.
    path : str, optional
        The file's name, where the value is one.
    reason : str, optional
        Why there are no bytes.
    """

    data: bytes | None
    path: str | None = None
    reason: str | None = None


def find_picture(value: bytes | None, folder: Path | None, files: bool = True) -> Given:
    """Return the bytes of a picture that is given as bytes or as the path of a file.

    Parameters
    ----------
    value : bytes, optional
        A picture, or a path in UTF-8.
    folder : Path, optional
        What relative paths start from; by default the working directory.
    files : bool
        Whether files may be read at all, as DuckDB's ``enable_external_access`` says.
    """
    if value is None:
        return Given(None, reason="image is NULL")
    text = path_text(value)
    if text is None:
        return Given(value) if value else Given(None, reason="image is empty")
    if not text.strip():
        return Given(None, reason="image is empty")
    if "://" in text or text.startswith("data:"):
        return Given(None, text, "image is an address on the web: fetch it and name the file")
    if not files:
        return Given(None, text, "image names a file, and enable_external_access is off")
    try:
        return _read_file(file_of(text, folder), text)
    except (OSError, ValueError) as error:
        return Given(None, text, f"image names a file that cannot be read: {type(error).__name__}")


def file_of(text: str, folder: Path | None) -> Path:
    """Return the file that a path names, relative to a folder or by default to the working directory."""
    return folder / text if folder else Path(text)


def path_text(value: bytes) -> str | None:
    """Return a value as text where it can be a path: one short line of printable text that is no markup."""
    if not value or len(value) > LONGEST_PATH:
        return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and not text.lstrip().startswith("<") else None


def _read_file(path: Path, text: str) -> Given:
    if path.is_dir():
        return Given(None, text, "image names a directory")
    if not path.exists():
        return Given(None, text, "image names a file that is not there")
    if not path.is_file():
        return Given(None, text, "image names what is no regular file")
    if path.stat().st_size > MOST_BYTES:
        return Given(None, text, f"image names a file of more than {MOST_BYTES >> 20} MiB")
    data = path.read_bytes()
    return Given(data, text) if data else Given(None, text, "image is empty")


def read_picture(data: bytes) -> Image.Image:
    """Decode a picture: the first frame, upright, in RGB on white, at most ``SIDE`` pixels a side.

    A large JPEG is decoded at a fraction of its size. Of other large pictures one is decoded at a time.

    Raises
    ------
    UnreadablePictureError
        When the bytes are none, none that Pillow knows, damaged, or of more than ``MOST_PIXELS`` pixels.
    """
    from PIL import Image, UnidentifiedImageError

    if _is_svg(data):
        raise UnreadablePictureError("image is an SVG drawing: save it as PNG or JPEG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures that are large, or odd in their details
            Image.init()
            known = [name for name in FORMATS if name in Image.OPEN]  # AVIF is new to Pillow
            picture = Image.open(io.BytesIO(data), formats=known)
    except UnidentifiedImageError as error:
        raise UnreadablePictureError("image is not a picture in a known format") from error
    except Image.DecompressionBombError as error:
        raise UnreadablePictureError(f"image has more than {MOST_PIXELS // 10**6} million pixels") from error
    except Exception as error:  # what decoders raise on damaged headers is of many kinds
        raise UnreadablePictureError("image is damaged") from error
    with picture:
        pixels = picture.width * picture.height
        if pixels > MOST_PIXELS:
            raise UnreadablePictureError(f"image has more than {MOST_PIXELS // 10**6} million pixels")
        try:
            if pixels > MANY_PIXELS:
                with _large:
                    return _small_rgb(picture)
            return _small_rgb(picture)
        except Exception as error:
            raise UnreadablePictureError("image is truncated or damaged") from error


def _is_svg(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!--", b"<!doctype")) and b"<svg" in head)


def _small_rgb(picture: Image.Image) -> Image.Image:
    """Scale down first and convert then, so that no second picture of the full size is made."""
    from PIL import Image, ImageOps

    picture.draft("RGB" if picture.mode != "L" else "L", (SIDE, SIDE))
    found: Image.Image = picture
    if picture.mode in PICKED and max(picture.size) > 4 * SIDE:
        found = found.resize(_fitted(found.size, 4 * SIDE), Image.Resampling.NEAREST)
    if found.mode.startswith(("I", "F")):
        found = _eight_bits(found)
    if found.mode in ("1", "P", "PA"):
        found = found.convert("RGBA" if found.has_transparency_data else "RGB")
    if max(found.size) > SIDE:
        found = found.resize(_fitted(found.size, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    found.load()
    found = ImageOps.exif_transpose(found)
    if found.has_transparency_data:
        layer = found.convert("RGBA")
        found = Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer)
    return found.convert("RGB")


def _fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return a size with the same proportions whose longer side is so long; no side is less than 1."""
    factor = side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Bring greyscale of more than 8 bits into 8: from 0 to the largest value of its type, or to its own."""
    import numpy as np
    from PIL import Image

    step = max(1, max(picture.size) // SIDE)
    values = np.asarray(picture)[::step, ::step].astype(np.float32)
    top = 65535.0 if picture.mode.startswith("I") and values.max(initial=0) <= 65535 else float(values.max(initial=1))
    grey = np.clip(values / max(top, 1e-12) * 255, 0, 255)
    return Image.fromarray(np.nan_to_num(grey).astype(np.uint8))
