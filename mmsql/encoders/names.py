"""The packaged encoder, known without loading it."""

DEFAULT_ENCODER = "wordllama"
DEFAULT_DIMENSION = 256
