"""Every SQL object of mmsql, one a file, read with :mod:`mmsql.sqlfiles`."""
