"""Types of single setting values, each with its validation."""
