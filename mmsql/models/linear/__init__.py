"""Linear item–item models."""
