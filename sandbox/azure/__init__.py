"""Azure: its directory, its storage, its container instances, and the resource manager over all of them."""
