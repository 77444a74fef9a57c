"""Decoding of pictures: formats, limits, and reasons for rejects."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmsql.encoders import image_reading
from mmsql.encoders.image_reading import UnreadablePictureError, find_picture, read_picture

RED = (220, 20, 30)


def as_bytes(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def plain(mode: str = "RGB", size: tuple[int, int] = (40, 60), colour: object = RED) -> Image.Image:
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


def close_to(picture: Image.Image, colour: tuple[int, int, int], tolerance: int = 6) -> bool:
    assert picture.mode == "RGB"
    return bool(np.abs(np.asarray(picture).reshape(-1, 3).astype(int) - colour).max() <= tolerance)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_every_common_format(kind):
    found = read_picture(as_bytes(plain(), kind))
    assert found.size == (40, 60)
    assert close_to(found, RED)


def test_one_pixel():
    assert read_picture(as_bytes(plain(size=(1, 1)))).size == (1, 1)


def test_a_line_of_pixels_keeps_a_pixel_of_height():
    assert read_picture(as_bytes(plain(size=(20_000, 2)))).size == (256, 1)


def test_cmyk():
    assert close_to(read_picture(as_bytes(plain("CMYK", colour=(0, 255, 255, 0)), "JPEG")), (255, 0, 0))


def test_greyscale():
    assert close_to(read_picture(as_bytes(plain("L", colour=77))), (77, 77, 77), 0)


def test_black_and_white():
    assert close_to(read_picture(as_bytes(plain("1", colour=1))), (255, 255, 255), 0)


def test_sixteen_bits_of_grey():
    deep = Image.fromarray(np.full((30, 30), 32768, np.uint16))
    assert close_to(read_picture(as_bytes(deep)), (127, 127, 127), 1)


@pytest.mark.parametrize("size", [(30, 30), (1500, 1500)])
def test_a_palette_with_transparency_lies_on_white(size):
    picture = plain("RGBA", size=size, colour=(0, 0, 0, 0))
    picture.paste((*RED, 255), (0, 0, size[0], size[1] // 2))
    found = np.asarray(read_picture(as_bytes(picture.quantize(16))))
    assert found.shape[2] == 3
    assert np.abs(found[2, 2].astype(int) - RED).max() <= 8
    assert found[-3, 2].tolist() == [255, 255, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_on_white(mode):
    assert close_to(read_picture(as_bytes(Image.new(mode, (9, 9), 0))), (255, 255, 255), 0)


def test_the_first_frame_of_an_animation():
    frames = [plain(colour=colour) for colour in (RED, (0, 0, 255), (0, 255, 0))]
    data = as_bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert close_to(read_picture(data), RED)


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert read_picture(as_bytes(plain(), "JPEG", exif=exif)).size == (60, 40)
    assert read_picture(as_bytes(plain(size=(400, 800)), "JPEG", exif=exif)).size == (256, 128)


def test_metadata_does_not_leak_memory_of_the_whole_picture():
    found = read_picture(as_bytes(plain(size=(3000, 1500)), "JPEG"))
    assert found.size == (256, 128)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><circle r='3'/></svg>", "image is an SVG drawing: save it as"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made --><svg></svg>', "image is an SVG drawing: save it as"),
        (b"\x00\x01\x02 no picture", "image is not a picture in a known format"),
        (b"%PDF-1.7 \x00\x00", "image is not a picture in a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "image is not a picture in a known format"),
        (b"\x89PNG\r\n\x1a\n", "image is not a picture in a known format"),
    ],
)
def test_bytes_that_are_not_a_picture(data, reason):
    with pytest.raises(UnreadablePictureError, match=f"^{reason}"):
        read_picture(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP"])
def test_truncated(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8))
    data = as_bytes(noise, kind)
    with pytest.raises(UnreadablePictureError, match=r"^image is (truncated or |not a picture|damaged)"):
        read_picture(data[: len(data) // 2])


@pytest.mark.parametrize("seed", range(20))
def test_any_damage_gives_a_reason(seed):
    random = np.random.default_rng(seed)
    data = bytearray(as_bytes(plain(size=(64, 64)), ["PNG", "JPEG", "GIF", "WEBP", "TIFF"][seed % 5]))
    for place in random.integers(0, len(data), 12):
        data[place] = random.integers(256)
    try:
        said = read_picture(bytes(data)).mode
    except UnreadablePictureError as error:
        said = str(error)
    assert said == "RGB" or said.startswith("image ")


def test_more_pixels_than_are_read(monkeypatch):
    monkeypatch.setattr(image_reading, "MAX_PIXELS", 1_000_000)
    with pytest.raises(UnreadablePictureError, match=r"^image has more than 1 million pixels$"):
        read_picture(as_bytes(plain("1", (1001, 1000), 0)))


def test_a_bomb_by_its_header_alone():
    header = bytearray(as_bytes(plain("1", (8, 8), 0)))
    header[16:24] = 2 * (60_000).to_bytes(4)
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4)
    with pytest.raises(UnreadablePictureError, match=r"^image has more than 150 million pixels$"):
        read_picture(bytes(header))


BIG = """
import io, sys
from pathlib import Path
from PIL import Image
from mmsql.encoders.image_reading import read_picture
data = io.BytesIO()
Image.new({mode!r}, (10_000, 10_000), {colour}).save(data, {kind!r})
small = read_picture(data.getvalue())
print(*small.size, small.mode)
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak of memory")
@pytest.mark.parametrize(("mode", "kind"), [("L", "PNG"), ("L", "JPEG"), ("P", "PNG"), ("LA", "PNG")])
def test_a_hundred_megapixels(mode, kind):
    """The picture takes 100 to 400 MB. Reading may take the same again, but no further copy."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            BIG.format(mode=mode, kind=kind, colour=(60, 99) if mode == "LA" else 60),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    size, peak = done.stdout.splitlines()
    assert size == "256 256 RGB"
    assert int(peak) < (950 if mode == "LA" else 350)


def test_a_large_jpeg_is_decoded_at_a_fraction():
    data = as_bytes(plain(size=(4000, 4000)), "JPEG")
    with Image.open(io.BytesIO(data)) as picture:
        picture.draft("RGB", (image_reading.MAX_SIDE, image_reading.MAX_SIDE))
        assert max(picture.size) == 500
    assert read_picture(data).size == (256, 256)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "image is NULL"),
        (b"", "image is empty"),
        (b"  ", "image is empty"),
        (b"nowhere/a.png", "image names a file that is not there"),
        (b".", "image names a directory"),
        (b"https://shop.example/a.png", "image is an address on the web: fetch it and name the file"),
        (b"data:image/png;base64,AAAA", "image is an address on the web: fetch it and name the file"),
        (b"x" * 300, "image names a file that cannot be read: OSError"),
        (b"empty.png", "image is empty"),
        (b"large.png", "image names a file of more than 256 MiB"),
    ],
)
def test_paths_that_lead_nowhere(tmp_path, value, reason):
    (tmp_path / "empty.png").touch()
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(2**28 + 1)  # takes no room
    found = find_picture(value, tmp_path)
    assert (found.data, found.reason) == (None, reason)


def test_only_regular_files_are_opened(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    assert find_picture(b"pipe", tmp_path).reason == "image names something that is not a regular file"


def test_a_path_starts_from_the_folder(tmp_path):
    (tmp_path / "größe").mkdir()
    (tmp_path / "größe" / "a b.png").write_bytes(b"\x89")
    assert find_picture("größe/a b.png".encode(), tmp_path) == (b"\x89", "größe/a b.png", None)
    assert find_picture(str(tmp_path / "größe" / "a b.png").encode(), None).data == b"\x89"


def test_files_are_not_read_where_the_database_may_not(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89")
    assert find_picture(b"a.png", tmp_path, files=False).reason == (
        "image names a file, and enable_external_access is off"
    )


def test_bytes_are_no_path():
    data = as_bytes(plain())
    assert find_picture(data, None) == (data, None, None)
    assert find_picture(b"<svg></svg>", None).data == b"<svg></svg>"
