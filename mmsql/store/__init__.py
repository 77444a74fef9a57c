"""Trained models in the file: versions, state tables, checkpoints."""
