"""The steps of a deployment, one file each: declaration and action, which changes only what differs."""
