"""The soak: rounds that kill, fill the disk, take permissions away, and draw tables and values.

``make soak`` runs them by the hundred, the test suite a dozen of each. A round is made from its seed alone.
"""
