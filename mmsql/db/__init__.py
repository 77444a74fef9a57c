"""The file: opening it, its schema and macros, settings, queries and functions."""
