"""The Kubernetes API of the hub's cluster."""
