"""Algorithms: given a dataset and content, they give back what SQL serves."""
