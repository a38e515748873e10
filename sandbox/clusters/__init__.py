"""Real Kubernetes control planes, one for each managed cluster of the sandbox."""
