"""Trained models in the file: versions, state tables and checkpoints."""
