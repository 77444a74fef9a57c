"""Jobs behind a command or a CALL: train, evaluate, tune, refresh, forget, publish, check."""
