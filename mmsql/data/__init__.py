"""What is read of the shop: its tables, the training set, splits and content."""
