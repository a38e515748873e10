"""Template functions that take evaluated arguments, by what they work on."""
