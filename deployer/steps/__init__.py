"""The steps of a deployment, one subject a file; each ensures a state and changes only what differs."""
