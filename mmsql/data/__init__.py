"""Data that models read: checks of the sources, the training set, splits and content."""
