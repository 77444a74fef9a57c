"""What a command or a CALL does: train, evaluate, tune, refresh, forget, publish, check."""
