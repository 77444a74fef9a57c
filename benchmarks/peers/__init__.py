"""Other recommender libraries, each in a virtual environment of its own, asked through files."""
