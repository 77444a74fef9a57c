"""Names and dimensions of the packaged encoders, available without loading them."""

DEFAULT_ENCODER = "wordllama"
DEFAULT_DIMENSION = 256

MULTILINGUAL_ENCODER = "multilingual"
MULTILINGUAL_DIMENSION = 512
AUTO_ENCODER = "auto"  # chosen by the language of the texts

DEFAULT_IMAGE_ENCODER = "efficientnet-lite0"
DEFAULT_IMAGE_DIMENSION = 1280 + 104  # features of the CNN and bins of the colour histogram
NO_IMAGE_ENCODER = "none"  # leaves images out
