"""Load files of a shop, and the public data sets, into the sources."""
