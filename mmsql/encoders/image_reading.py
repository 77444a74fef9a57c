"""Reads a value of ``mmsql.images`` as a small RGB picture, or gives the reason why that fails."""

from __future__ import annotations

import io
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

MAX_PATH_BYTES = 4096  # longer values are pictures, not paths
MAX_BYTES = 1 << 28  # maximum size of a file
MAX_PIXELS = 150_000_000  # 600 MB in colour, if the picture cannot be decoded at a smaller size
LARGE_PIXELS = 16_000_000  # larger pictures are decoded one at a time
MAX_SIDE = 256  # pixels; larger pictures are scaled down
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")  # formats that need no external program

# Modes that are first resized by nearest neighbour: palette indices cannot be averaged, and to average a transparent
# picture Pillow makes a second copy of the full size.
NEAREST_MODES = ("1", "P", "PA", "LA", "RGBA")

_large_lock = threading.Lock()


class UnreadablePictureError(Exception):
    """A picture cannot be used. The message is the reason in ``mmsql.rejects``."""


class ImageValue(NamedTuple):
    """A value of ``mmsql.images`` after reading.

    Attributes
    ----------
    data : bytes, optional
        Bytes of the picture.
    path : str, optional
        Name of the file, if the value is a path.
    reason : str, optional
        Reason why there are no bytes.
    """

    data: bytes | None
    path: str | None = None
    reason: str | None = None


def find_picture(value: bytes | None, folder: Path | None, files: bool = True) -> ImageValue:
    """Read the bytes of a picture that is given as bytes or as the path of a file.

    Parameters
    ----------
    value : bytes, optional
        A picture, or a path in UTF-8.
    folder : Path, optional
        Folder that relative paths start from. Default: the working directory.
    files : bool
        Whether files may be read, as in DuckDB's ``enable_external_access``.
    """
    if value is None:
        return ImageValue(None, reason="image is NULL")
    text = path_text(value)
    if text is None:
        return ImageValue(value) if value else ImageValue(None, reason="image is empty")
    if not text.strip():
        return ImageValue(None, reason="image is empty")
    if "://" in text or text.startswith("data:"):
        return ImageValue(None, text, "image is an address on the web: fetch it and name the file")
    if not files:
        return ImageValue(None, text, "image names a file, and enable_external_access is off")
    try:
        return _read_file(resolve_path(text, folder), text)
    except (OSError, ValueError) as error:
        return ImageValue(None, text, f"image names a file that cannot be read: {type(error).__name__}")


def resolve_path(text: str, folder: Path | None) -> Path:
    """Return the path of a file, relative to a folder or, by default, to the working directory."""
    return folder / text if folder else Path(text)


def path_text(value: bytes) -> str | None:
    """Return a value as text if it can be a path: one short line of printable text that is not markup."""
    if not value or len(value) > MAX_PATH_BYTES:
        return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and not text.lstrip().startswith("<") else None


def _read_file(path: Path, text: str) -> ImageValue:
    if path.is_dir():
        return ImageValue(None, text, "image names a directory")
    if not path.exists():
        return ImageValue(None, text, "image names a file that is not there")
    if not path.is_file():
        return ImageValue(None, text, "image names something that is not a regular file")
    if path.stat().st_size > MAX_BYTES:
        return ImageValue(None, text, f"image names a file of more than {MAX_BYTES >> 20} MiB")
    data = path.read_bytes()
    return ImageValue(data, text) if data else ImageValue(None, text, "image is empty")


def read_picture(data: bytes) -> Image.Image:
    """Decode a picture: the first frame, upright, in RGB on white, at most ``MAX_SIDE`` pixels a side.

    A large JPEG is decoded at a fraction of its size. Other large pictures are decoded one at a time.

    Raises
    ------
    UnreadablePictureError
        If the bytes are not a picture in a known format, are damaged, or have more than ``MAX_PIXELS`` pixels.
    """
    from PIL import Image, UnidentifiedImageError

    if _is_svg(data):
        raise UnreadablePictureError("image is an SVG drawing: save it as PNG or JPEG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about large pictures and unusual metadata
            Image.init()
            formats = [name for name in FORMATS if name in Image.OPEN]  # older versions of Pillow lack AVIF
            picture = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise UnreadablePictureError("image is not a picture in a known format") from error
    except Image.DecompressionBombError as error:
        raise UnreadablePictureError(f"image has more than {MAX_PIXELS // 10**6} million pixels") from error
    except Exception as error:  # decoders raise many types of errors on damaged headers
        raise UnreadablePictureError("image is damaged") from error
    with picture:
        pixels = picture.width * picture.height
        if pixels > MAX_PIXELS:
            raise UnreadablePictureError(f"image has more than {MAX_PIXELS // 10**6} million pixels")
        try:
            if pixels > LARGE_PIXELS:
                with _large_lock:
                    return _small_rgb(picture)
            return _small_rgb(picture)
        except Exception as error:
            raise UnreadablePictureError("image is truncated or damaged") from error


def _is_svg(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!--", b"<!doctype")) and b"<svg" in head)


def _small_rgb(picture: Image.Image) -> Image.Image:
    """Scale a picture down before converting it, so that no second copy of the full size is made."""
    from PIL import Image, ImageOps

    picture.draft("RGB" if picture.mode != "L" else "L", (MAX_SIDE, MAX_SIDE))
    image: Image.Image = picture
    if picture.mode in NEAREST_MODES and max(picture.size) > 4 * MAX_SIDE:
        image = image.resize(_scaled_size(image.size, 4 * MAX_SIDE), Image.Resampling.NEAREST)
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if max(image.size) > MAX_SIDE:
        image = image.resize(_scaled_size(image.size, MAX_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, (255, 255, 255, 255)), layer)
    return image.convert("RGB")


def _scaled_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return a size with the same proportions and the given longer side; no side is below 1."""
    factor = side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Convert greyscale of more than 8 bits to 8 bits, scaled from 0 to 65535 or to the picture's largest value."""
    import numpy as np
    from PIL import Image

    step = max(1, max(picture.size) // MAX_SIDE)
    values = np.asarray(picture)[::step, ::step].astype(np.float32)
    top = 65535.0 if picture.mode.startswith("I") and values.max(initial=0) <= 65535 else float(values.max(initial=1))
    grey = np.clip(values / max(top, 1e-12) * 255, 0, 255)
    return Image.fromarray(np.nan_to_num(grey).astype(np.uint8))
