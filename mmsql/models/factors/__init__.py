"""Matrix factorisation models."""
