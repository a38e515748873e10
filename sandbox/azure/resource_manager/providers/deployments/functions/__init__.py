"""Template functions that need no template, by the type of their arguments."""
