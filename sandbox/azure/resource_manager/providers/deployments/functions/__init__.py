"""The template functions, by what they work on."""
