"""Loaders: files of a shop and public data sets, into the sources."""
